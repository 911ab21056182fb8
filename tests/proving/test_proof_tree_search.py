"""The method `proof_tree_search`: its options, what it refuses, and (slow) a search in the embedded Lean."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from scripted_engine import ScriptedEngine

from reasoning.engines.base import Completion, TokenLogprob
from reasoning.evaluation.benchmarks.proof_prompts import PROVER
from reasoning.evaluation.explain_item import ExplainedItem
from reasoning.evaluation.explain_text import explanation_text
from reasoning.methods import MethodError, Question, Sampling, Workbench, find_method
from reasoning.runs.store import Cost
from verifiers.proofs import ProofVerifier
from verifiers.records import Problem, Status
from verifiers.sandbox import Limits, SandboxPool

STATEMENT = "theorem swap (p q : Prop) (h : p ∧ q) : q ∧ p := by"
PROBLEM = Problem("swap", "proof", fields={"system": "lean", "statement": STATEMENT})


def question(problem=PROBLEM):
    return Question(problem, PROVER, 0, 0, Sampling())


@pytest.mark.parametrize("options", ["checks=0", "width=0", "alpha=2", "temperature=-1", "seconds=0", "policy=mcts"])
def test_wrong_options_are_refused(options):
    with pytest.raises(MethodError, match="proof_tree_search"):
        find_method(f"proof_tree_search,{options}")


def test_it_searches_for_lean_proofs_only():
    coq = replace(PROBLEM, fields={"system": "coq", "statement": "Theorem a : True."})
    with pytest.raises(MethodError, match="Lean proofs only"):
        asyncio.run(find_method("proof_tree_search")(question(coq), Workbench(ScriptedEngine(str), None)))


def test_the_tree_is_shown_with_failures_below_their_state():
    nodes = [
        {
            "parent": None,
            "tactic": "",
            "logprob": 0.0,
            "visits": 1,
            "goals": ["h : p\n⊢ q\x1b"],
            "failed": {"rfl": "no"},
        },
        {"parent": 0, "tactic": "intro x", "logprob": -0.5, "visits": 0, "goals": ["⊢ p", "⊢ q"], "failed": {}},
        {"parent": 1, "tactic": "done", "logprob": -0.25, "visits": 0, "goals": [], "failed": {}},
    ]
    tree = {"reason": "proved", "checks": 3, "tokens": 40, "transpositions": 1, "nodes": nodes}
    record = {"id": "p", "sample": 0, "status": "passed", "score": 1.0, "detail": "", "finish_reason": "stop"}
    item = ExplainedItem({**record, "candidate": "  x"}, "proof_tree_search", Cost(), {"proof_tree": tree})
    lines = explanation_text(item).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("== proof tree"))
    assert lines[start:] == [
        "== proof tree (proved; 3 tactics tried, 40 tokens, 1 led to known goals)",
        "h : p ⏎ ⊢ q\\x1b",
        "  x rfl: no",
        "  intro x (-0.50) => ⊢ p | ⊢ q",
        "    done (-0.25) => no goals",
        "",
        "== what was judged",
        "  x",
    ]


def answer(call):
    """A model that knows the way, beside nonsense: the first sample is right, the second wrong, the third repeats."""
    lines = {
        STATEMENT: ("\n  constructor", "\n  simp_nothing", "\n  constructor"),
        "constructor": ("\n  exact h.2\n  exact h.1", "\n  exact h.1", "\n  rfl"),
        "exact h.2": ("\n  · exact h.1", "\n  sorry", "\n  exact h.2"),
    }[call.turn.rsplit("\n", 1)[-1].strip()]
    text = lines[call.index]
    return Completion(text, "stop", 10, 5, logprobs=(TokenLogprob(text, -1.0 - call.index),))


@pytest.mark.slow
def test_a_search_in_the_embedded_lean_finds_proofs_that_the_verifier_accepts():
    engine = ScriptedEngine(answer)

    async def run():
        async with SandboxPool(workers=1) as sandbox:
            bench = Workbench(engine, sandbox)
            found = await find_method("proof_tree_search,width=3")(question(), bench)
            by_term = replace(PROBLEM, fields={**PROBLEM.fields, "statement": STATEMENT.removesuffix(" by")})
            prior = await find_method("proof_tree_search,policy=prior,checks=30")(question(by_term), bench)
            judge = ProofVerifier(sandbox)
            limits = Limits(wall_seconds=30)
            verdicts = [
                await judge.verify(problem, attempt.candidate.text, limits)
                for problem, attempt in ((PROBLEM, found), (by_term, prior))
            ]
            return found, prior, verdicts

    found, prior, verdicts = asyncio.run(run())
    assert found.candidate.text == "  constructor\n  exact h.2\n  · exact h.1"
    assert [verdict.status for verdict in verdicts] == [Status.PASSED] * 2
    assert prior.candidate.text.startswith("by\n  ")
    tree = found.trace["proof_tree"]
    first, second, third, last = tree["nodes"]
    assert first["goals"] == ["p q : Prop\nh : p ∧ q\n⊢ q ∧ p"]
    assert "simp_nothing" in first["failed"]
    assert second["goals"] == ["case left\np q : Prop\nh : p ∧ q\n⊢ q", "case right\np q : Prop\nh : p ∧ q\n⊢ p"]
    assert third["goals"] == ["case right\np q : Prop\nh : p ∧ q\n⊢ p"]
    assert last["goals"] == []
    assert tree["reason"] == "proved"
