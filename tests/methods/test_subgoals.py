"""Subgoal proofs: the claims by a script, the gaps by automation or the script, in a double, and in real Lean."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from isabelle_double import IsabelleDouble

from reasoning.engines.base import BudgetSpentError, Completion
from reasoning.evaluation.benchmarks.proof_prompts import CHAT, COMPLETE
from reasoning.methods import MethodError, Question, Sampling, Workbench, find_method
from reasoning.methods.subgoal_closing import Closing, Effort, close_gaps, goal_statement
from reasoning.methods.subgoals import SubgoalsOptions
from reasoning.runs.budget import Budget, BudgetedEngine
from verifiers.proofs import ProofTask, ProofVerifier
from verifiers.proofs.lean.bridge import Attempt
from verifiers.proofs.records import ProofMessage, ProofReport
from verifiers.records import Problem, Status
from verifiers.sandbox import Limits, SandboxPool, Usage

STATEMENT = "theorem t (n : Nat) (h : 0 < n) : n * n + n > 0 := by"
PROBLEM = Problem("t", "proof", fields={"system": "lean", "statement": STATEMENT})
DRAFT = "  have square : 0 < n * n := by sorry\n  have sum : n * n + n > 0 := by sorry\n  exact sum"
OPEN = ProofMessage("warning", 0, 0, "declaration uses `sorry`")


class Scripted:
    """Answers by the step that a request is for."""

    name = "scripted"

    def __init__(self, *drafts, plan="1. The square is positive.", proofs=()):
        self.drafts, self.plan, self.proofs = list(drafts), plan, list(proofs)
        self.prompts = []

    async def complete(self, request):
        text = request.prompt if request.prompt is not None else request.messages[-1].content
        self.prompts.append(text)
        if text.endswith("### Proof in steps\n"):
            return [Completion(self.plan)]
        if "### Proof in" in text:
            return [Completion(self.drafts.pop(0)) if self.drafts else Completion("", "exhausted")]
        return [Completion(proof) for proof in self.proofs][: len(request.seeds)]

    async def close(self):
        pass

    def describe(self):
        return {"engine": self.name}


class PretendLean:
    """Says of a proof what a table says: the texts that close goals, by the claim before them. Knows no logic."""

    def __init__(self, closes, broken=()):
        self.closes, self.broken = closes, broken
        self.tried, self.checked = [], []

    async def check(self, task, proof, limits):
        self.checked.append(proof)
        tried = await self.attempt(task, proof, limits.wall_seconds)
        self.tried.pop()
        return ProofReport(Status.PASSED if tried.proved else Status.WRONG, tried.detail)

    async def attempt(self, task, proof, seconds):
        self.tried.append(proof)
        for line in proof.split("\n"):
            if any(word in line for word in self.broken):
                return Attempt(False, detail="unknown identifier", messages=(ProofMessage("error", 1, 0, "unknown"),))
            claim, _, text = line.partition(" := by ")
            if claim.lstrip().startswith("have") and text != "sorry":
                name = claim.split()[1]
                if not any(word in text for word in self.closes.get(name, ())):
                    goals = (f"n : Nat\nh : 0 < n\n⊢ {claim.partition(' : ')[2]}",)
                    return Attempt(False, goals, "unsolved", 0.1, messages=(ProofMessage("error", 1, 0, "unsolved"),))
        # With a gap left Lean's process calls nothing proved; it has no objection either.
        return Attempt("sorry" not in proof, messages=(OPEN,) if "sorry" in proof else (), seconds=0.1)


def attempt(engine, lean, style=COMPLETE, problem=PROBLEM, **options):
    question = Question(problem, style, 0, 0, Sampling())
    sandbox = SimpleNamespace(shared=lambda make: lean)
    method = find_method(",".join(["subgoals", *(f"{key}={value}" for key, value in options.items())]))
    return asyncio.run(method(question, Workbench(engine, sandbox)))


def test_automation_closes_each_gap_on_its_own():
    lean = PretendLean({"square": {"omega"}, "sum": {"omega"}})
    engine = Scripted(DRAFT)
    found = attempt(engine, lean)
    assert "sorry" not in found.candidate.text
    assert found.candidate.text.count("omega") >= 2
    (draft,) = found.trace["drafts"]
    assert [(step["step"], step["by"]) for step in draft["subgoals"]] == [
        ("have square : 0 < n * n", "automation"),
        ("have sum : n * n + n > 0", "automation"),
    ]
    assert draft["plan"] == engine.plan
    assert engine.plan in engine.prompts[1]
    assert STATEMENT in engine.prompts[0]
    # Never were both gaps tried at once.
    assert all("sorry" in proof for proof in lean.tried)


def test_what_automation_leaves_open_is_put_to_the_engine_as_a_theorem():
    lean = PretendLean({"square": {"Nat.mul_pos"}, "sum": {"omega"}})
    whole = "theorem subgoal (n : Nat) (h : 0 < n) : 0 < n * n := by\n  exact Nat.mul_pos h h"
    engine = Scripted(DRAFT, proofs=["  wrong", whole])
    found = attempt(engine, lean, attempts=3)
    assert engine.prompts[-1] == "theorem subgoal (n : Nat) (h : 0 < n) : 0 < n * n := by\n"
    assert "have square : 0 < n * n := by exact Nat.mul_pos h h\n" in found.candidate.text
    steps = found.trace["drafts"][0]["subgoals"]
    assert [step["by"] for step in steps] == ["engine", "automation"]
    assert steps[0]["attempts"] == 3 + 2


@pytest.mark.parametrize("proof", ["  sorry", "  run_cmd skip", "  native_decide", ""])
def test_an_engine_that_leaves_gaps_or_runs_code_is_not_even_tried(proof):
    lean = PretendLean({"square": {"sorry", "run_cmd", "native_decide"}, "sum": {"omega"}})
    found = attempt(Scripted(DRAFT, proofs=[proof]), lean, drafts=1, tries=1, attempts=3)
    assert found.candidate is None
    assert found.finish_reason == "1 of 2 subgoals are open"
    assert all("run_cmd" not in text and "native_decide" not in text for text in lean.tried)


def test_claims_that_do_not_hold_together_cost_a_draft_and_no_search():
    lean = PretendLean({"square": {"omega"}, "sum": {"omega"}}, broken=("nonsense",))
    engine = Scripted("  have square : nonsense := by sorry\n  exact square", DRAFT)
    found = attempt(engine, lean)
    assert found.candidate is not None
    assert [draft["reason"] for draft in found.trace["drafts"]] == ["unknown identifier", ""]
    assert sum("nonsense" in text for text in lean.tried) == 1


def test_a_draft_that_runs_code_is_refused_before_lean_sees_it():
    lean = PretendLean({})
    found = attempt(Scripted('  have : True := by sorry\n  run_tac (IO.println "x")'), lean, drafts=1)
    assert (found.candidate, lean.tried) == (None, [])
    assert "run_tac" in found.finish_reason


def test_a_draft_without_gaps_that_lean_accepts_is_taken_as_it_is():
    lean = PretendLean({})
    engine = Scripted("```lean4\n" + STATEMENT + "\n  omega\n```", DRAFT)
    found = attempt(engine, lean, style=CHAT, plan="false")
    assert found.candidate.text.strip() == STATEMENT + "\n  omega"
    assert (lean.tried, lean.checked) == ([], [found.candidate.text])
    assert engine.drafts == [DRAFT]


def test_a_draft_without_gaps_that_lean_refuses_costs_a_draft():
    lean = PretendLean({"square": {"omega"}, "sum": {"omega"}}, broken=("nonsense",))
    found = attempt(Scripted("  exact nonsense", DRAFT), lean, drafts=3)
    assert found.candidate.text.startswith("  have square")
    assert [draft["reason"] for draft in found.trace["drafts"]] == ["wrong: unknown identifier", ""]


@pytest.mark.parametrize(
    "drafts",
    [
        ("  exact nonsense 1", "  exact nonsense 2"),
        ("  exact nonsense 2", "  have a : nonsense := by sorry\n  exact a"),
        ("  exact nonsense 2",),  # then the engine has no answer
    ],
)
def test_where_lean_accepts_none_the_last_draft_without_gaps_is_judged(drafts):
    lean = PretendLean({}, broken=("nonsense",))
    found = attempt(Scripted(*drafts), lean)
    assert (found.candidate.text, found.finish_reason) == ("  exact nonsense 2", "stop")
    assert lean.checked == [drafts[0]]  # the last is judged anyway


def test_a_spent_budget_leaves_the_draft_without_gaps():
    lean = PretendLean({}, broken=("nonsense",))
    engine = Scripted("  exact nonsense", DRAFT)
    assert attempt(BudgetedEngine(engine, Budget(calls=3), Usage()), lean).candidate.text == "  exact nonsense"
    with pytest.raises(BudgetSpentError):
        attempt(BudgetedEngine(engine, Budget(calls=1), Usage()), lean)


def test_an_engine_without_an_answer_is_not_asked_again():
    found = attempt(Scripted(), PretendLean({}), drafts=5)
    assert (found.candidate, found.finish_reason) == (None, "exhausted")
    assert len(found.trace["drafts"]) == 1


def test_other_problems_and_wrong_options_are_one_clear_line():
    with pytest.raises(MethodError, match="proves in lean and isabelle"):
        attempt(Scripted(DRAFT), PretendLean({}), problem=Problem("a", "answer"))
    with pytest.raises(MethodError, match="option drafts=0: expected at least 1"):
        find_method("subgoals,drafts=0")


@pytest.mark.parametrize(
    ("goal", "statement"),
    [
        ("⊢ True", "theorem subgoal : True"),
        ("case a\nα : Type\ninst✝ : DecidableEq α\n⊢ 1 = 1", "theorem subgoal (α : Type) [DecidableEq α] : 1 = 1"),
        ("h : ∀ x,\n    x = x\n⊢ a ∧\n  b", "theorem subgoal (h : ∀ x, x = x) : a ∧ b"),
        ("x✝ : Nat\n⊢ 0 = 0", "theorem subgoal (x' : Nat) : 0 = 0"),
        ("x : Nat := 5\n⊢ x = 5", None),
        ("no goal", None),
    ],
)
def test_a_goal_as_a_theorem(goal, statement):
    assert goal_statement(goal) == statement


ISAR = 'proof -\n  have a: "x" by sledgehammer\n  have b: "y"\n    sorry\n  show ?thesis by sledgehammer\nqed'


def closed_in_isabelle(tmp_path, monkeypatch, *drafts, closes, proofs=(), style=COMPLETE, statement='lemma "x + y"'):
    async def run():
        async with IsabelleDouble(tmp_path, closes) as server, SandboxPool(workers=1) as sandbox:
            monkeypatch.setenv("REASONING_ISABELLE", server.variable)
            problem = Problem("i", "proof", fields={"system": "isabelle", "statement": statement})
            engine = Scripted(*drafts, proofs=proofs)
            question = Question(problem, style, 0, 0, Sampling())
            method = find_method(f"subgoals,drafts={len(drafts)},plan=false")
            found = await method(question, Workbench(engine, sandbox))
            verdict = None
            if found.candidate is not None:
                verdict = await ProofVerifier(sandbox).verify(problem, found.candidate.text, Limits(wall_seconds=30))
            return found, verdict, engine, server

    return asyncio.run(run())


def test_isar_gaps_are_closed_by_the_list_of_methods(tmp_path, monkeypatch):
    found, verdict, _, _ = closed_in_isabelle(tmp_path, monkeypatch, ISAR, closes={"x + y": {"blast"}})
    assert verdict.passed
    assert found.candidate.text == ISAR.replace("by sledgehammer", "sledgehammer").replace("sorry", "sledgehammer")
    assert [step["by"] for step in found.trace["drafts"][0]["subgoals"]] == ["automation"] * 3


@pytest.mark.parametrize("style", [CHAT, COMPLETE])
def test_what_the_methods_leave_open_in_isar_is_asked_for(tmp_path, monkeypatch, style):
    closes = {"x + y": {"metis"}}
    proofs = ["by simp", "by metis"] if style is COMPLETE else ["```isabelle\nby simp\n```", "by metis"]
    found, verdict, engine, _ = closed_in_isabelle(
        tmp_path, monkeypatch, ISAR, closes=closes, proofs=proofs, style=style
    )
    assert verdict.passed
    assert found.candidate.text.count("by metis") == 3
    assert [step["attempts"] for step in found.trace["drafts"][0]["subgoals"]] == [3, 3, 3]
    assert "have b" in engine.prompts[-1]
    assert "sorry" not in engine.prompts[-1]


def test_an_isar_gap_that_nothing_closes_gives_no_candidate(tmp_path, monkeypatch):
    found, _, _, _ = closed_in_isabelle(tmp_path, monkeypatch, ISAR, closes={"x + y": {"metis"}}, proofs=["by simp"])
    assert (found.candidate, found.finish_reason) == (None, "3 of 3 subgoals are open")


def test_an_isar_draft_without_gaps_that_fails_costs_a_draft(tmp_path, monkeypatch):
    found, verdict, _, _ = closed_in_isabelle(
        tmp_path, monkeypatch, "by simp", ISAR, "by auto", closes={"x + y": {"blast"}}
    )
    assert verdict.passed
    assert [bool(draft["reason"]) for draft in found.trace["drafts"]] == [True, False]


def test_a_refused_isar_draft_gives_none_either(tmp_path, monkeypatch):
    found, _, _, server = closed_in_isabelle(tmp_path, monkeypatch, "ML_val \\<open>1\\<close> sorry", closes={})
    assert found.candidate is None
    assert "ML_val" in found.finish_reason
    assert server.theories == []


def test_without_a_server_the_verdict_is_unavailable_and_not_wrong(monkeypatch):
    monkeypatch.delenv("REASONING_ISABELLE", raising=False)

    async def run():
        async with SandboxPool(workers=1) as sandbox:
            task = ProofTask("isabelle", 'lemma "x"')
            closing = await close_gaps(sandbox, task, "by sledgehammer", Effort())
            return closing, await ProofVerifier(sandbox).check(task, closing.text, Limits(wall_seconds=5))

    closing, report = asyncio.run(run())
    assert isinstance(closing, Closing)
    assert report.status.value == "unavailable"


@pytest.mark.slow
def test_real_lean_closes_the_gaps_and_its_kernel_accepts_the_whole():
    drafts = {
        "automation": DRAFT,
        "nested": (
            "  have both : 0 < n * n ∧ n ≤ n * n := by\n    constructor\n    · sorry\n    · sorry\n"
            "  exact Nat.lt_of_lt_of_le both.1 sorry"
        ),
        "engine": "  have odd : ∃ k, n * n + n = 2 * k := by sorry\n  exact Nat.add_pos_right _ h",
        "false": "  have wrong : n = 0 := by sorry\n  exact absurd wrong (by sorry)",
        "broken": "  have a : nonsense := by sorry\n  exact a",
    }
    hint = (
        "theorem subgoal (n : Nat) (h : 0 < n) : ∃ k, n * n + n = 2 * k := by\n"
        "  refine ⟨(n * n + n) / 2, ?_⟩\n  have : (n * n + n) % 2 = 0 := by\n"
        "    have : n % 2 = 0 ∨ n % 2 = 1 := by omega\n    rcases this with h | h <;> simp [Nat.add_mod, Nat.mul_mod, h]\n"
        "  omega"
    )

    async def run():
        found = {}
        async with SandboxPool(workers=1) as sandbox:
            method = find_method("subgoals,drafts=1,plan=false,tries=1,seconds=4")
            verifier = ProofVerifier(sandbox)
            for name, draft in drafts.items():
                engine = Scripted(draft, proofs=[hint])
                attempt = await method(Question(PROBLEM, COMPLETE, 0, 0, Sampling()), Workbench(engine, sandbox))
                text = None if attempt.candidate is None else attempt.candidate.text
                verdict = text and await verifier.verify(PROBLEM, text, Limits(wall_seconds=60))
                found[name] = attempt, verdict
        return found

    found = asyncio.run(run())
    for name in ("automation", "nested", "engine"):
        attempt, verdict = found[name]
        assert verdict is not None, (name, attempt)
        assert verdict.passed, (name, attempt.candidate.text, verdict)
        assert "sorry" not in attempt.candidate.text
    by = {name: [step["by"] for step in attempt.trace["drafts"][0]["subgoals"]] for name, (attempt, _) in found.items()}
    assert by["automation"] == ["automation"] * 2
    assert by["nested"] == ["automation"] * 3
    assert by["engine"] == ["engine"]
    assert by["false"][0] == ""
    assert found["false"][0].candidate is None
    assert by["broken"] == []
    assert "nonsense" in found["broken"][0].finish_reason


def test_options_name_their_bounds():
    with pytest.raises(ValueError, match="seconds=0: expected more than 0"):
        SubgoalsOptions(seconds=0)
