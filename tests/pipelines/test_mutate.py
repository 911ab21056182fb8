"""Mutation of the library: by real Lean (slow), and the rules for what is kept (fast)."""

import asyncio
from collections import Counter
from types import SimpleNamespace

import pytest
from pipeline_runs import run_pipeline

from reasoning.pipelines.base import Discarded, PipelineError, Row
from reasoning.pipelines.library_mutations import FORMS, Effort, LibraryMutator, Mutation
from reasoning.pipelines.mutate import _ALONE, _judged, _kept
from reasoning.pipelines.settings import settings_from
from verifiers.proofs import ProofTask, ProofVerifier
from verifiers.records import Problem, Status, Verdict
from verifiers.sandbox import Limits, SandboxPool

NAT = range(3000, 3012)
"""Theorems about natural numbers, in the order of the library that is pinned."""


def row(name, statement, rule):
    text = f"theorem {name} : {statement} := by"
    problem = Problem(name, "proof", text, {"system": "lean", "statement": text})
    return Row(problem, "Nat.add_comm", "  trivial", meta={"rule": rule})


def test_a_statement_is_kept_once_and_a_rule_has_its_share():
    seen, used = set(), Counter()
    given = [
        row("a", "1 = 1", "R"), row("b", "1 = 1", "S"), row("c", "2 = 2", "R"), row("d", "3 = 3", "R"),
        Discarded("e", "verdict", "wrong"), row("f", "3 = 3", "S"), row("g", "4 = 4", "S"),
    ]  # fmt: skip
    kept = [_kept(outcome, seen, used, 2) for outcome in given]
    stages = [one.stage if isinstance(one, Discarded) else "kept" for one in kept]
    assert stages == ["kept", "duplicate", "kept", "surplus", "verdict", "duplicate", "kept"]
    assert used == {"R": 2, "S": 1}


def test_other_names_make_no_other_statement():
    texts = [
        "∀ {a b : Nat}, a ≤ b → a < b.succ",
        "∀ {m n : Nat}, m ≤ n → m < n.succ",
        "∀ {a b : Nat}, b ≤ a → a < b.succ",
    ]
    kept = [
        _kept(row(f"m_{place}", text, "R"), seen, Counter(), 9) for seen in [set()] for place, text in enumerate(texts)
    ]
    assert [isinstance(one, Row) for one in kept] == [True, False, True]
    assert kept[1].stage == "duplicate"


def test_an_unknown_mode_is_one_clear_line():
    with pytest.raises(PipelineError, match="--mode simp: expected one of rw, apply, both"):
        settings_from({"pipeline": "mutate", "mode": "simp"})


@pytest.mark.parametrize(
    ("alone", "hard"),
    [(Status.WRONG, True), (Status.TIMEOUT, True), (Status.PASSED, False), (Status.INTERNAL, None),
     (Status.CRASH, None), (Status.UNAVAILABLE, None)],
)  # fmt: skip
def test_a_theorem_is_hard_only_if_lean_tried_it_and_failed(alone, hard):
    async def verdict(problem, candidate):
        return Verdict.of(problem.id, Status.PASSED if candidate == "  proof" else alone, "said")

    job = SimpleNamespace(judge=SimpleNamespace(verdict=verdict))
    outcome = asyncio.run(_judged(job, "m", Mutation("Nat.t", "Nat.r", "rw", "", "1 = 1", "  proof")))
    if hard is None:
        assert (outcome.stage, outcome.reason) == ("alone", f"{alone.value}: said")
    else:
        assert (outcome.meta["hard"], outcome.difficulty) == (hard, float(hard))


@pytest.mark.slow
def test_what_one_tactic_proves_alone_is_not_hard():
    statements = {
        "∀ (n : Nat), n + 0 = n": True,
        "∀ (n m : Nat), n < 0 → n = m": True,  # by a hypothesis that simp refutes
        "∀ (p q : Prop), p ∧ q → q ∧ p": True,  # by a hypothesis that simp takes apart
        "∀ (a b c : Nat), a + b < c → a < c": False,
    }

    async def go():
        async with SandboxPool() as sandbox:
            judge = ProofVerifier(sandbox)
            return [
                (await judge.check(ProofTask("lean", f"theorem t : {one} := by"), _ALONE, Limits(wall_seconds=120)))
                for one in statements
            ]

    found = asyncio.run(go())
    assert [report.status is Status.PASSED for report in found] == list(statements.values())
    assert all(report.status in (Status.PASSED, Status.WRONG) for report in found)


@pytest.mark.slow
def test_every_form_of_mutation_is_found_proved_and_found_again_by_a_new_process():
    async def go():
        async with SandboxPool() as sandbox, LibraryMutator(sandbox) as mutator:
            assert await mutator.size() > 13_000
            found = [await mutator.mutations(number, Effort()) for number in NAT]
            await mutator._worker._session.kill()
            again = await mutator.mutations(NAT[1], Effort())
            mutations = {one.form: one for _, several in found for one in several if len(one.statement) < 200}
            judge = ProofVerifier(sandbox)
            reports = {}
            for form, one in mutations.items():
                statement = f"theorem changed{one.universes} : {one.statement} := by"
                reports[form] = await judge.check(ProofTask("lean", statement), one.proof, Limits(wall_seconds=120))
                stranger = ProofTask("lean", "theorem changed : ∀ (n : Nat), n < n := by")
                reports[form, "stranger"] = await judge.check(stranger, one.proof, Limits(wall_seconds=120))
            return found, again, reports

    found, again, reports = asyncio.run(go())
    assert again == found[1]
    assert {form for form in reports if isinstance(form, str)} == set(FORMS)
    for form, report in reports.items():
        assert report.passed == isinstance(form, str), (form, report)
    texts = [one.statement for _, several in found for one in several]
    assert len(set(texts)) > len(texts) / 2
    assert all(one.proof.count(f"@{target}") == 1 for target, several in found for one in several)


@pytest.mark.slow
def test_a_corpus_holds_what_lean_accepts_and_says_what_is_hard(tmp_path):
    settings = {"pipeline": "mutate", "targets": 4, "most": 1, "timeout": 120.0}
    rows, thrown, _ = run_pipeline(tmp_path, **settings)
    kept = rows["default"]
    assert len(kept) >= 3
    assert {one["stage"] for one in thrown} <= {"mutation", "statement", "duplicate", "surplus", "length"}
    assert all(one["difficulty"] in (0.0, 1.0) for one in kept)
    assert len({one["prompt"].partition(" : ")[2] for one in kept}) == len(kept)
    assert all(f"@{one['group']}" in one["completion"] for one in kept)
