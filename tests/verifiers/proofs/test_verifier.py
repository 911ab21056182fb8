"""The interface: systems, fields, and what is decided without starting a prover."""

from __future__ import annotations

import asyncio

import pytest

from verifiers.proofs import ProofMessage, ProofReport, ProofTask, ProofVerifier
from verifiers.proofs.lean import install
from verifiers.records import Problem, RecordError, Status
from verifiers.registry import VerifierRegistry
from verifiers.sandbox import Limits, SandboxPool

STATEMENT = "theorem two : 1 + 1 = 2 := by"


def judge(candidate, **fields):
    problem = Problem("p", "proof", fields={"system": "lean", "statement": STATEMENT, **fields})

    async def run():
        async with SandboxPool(workers=1) as sandbox:
            return await VerifierRegistry(sandbox).verify(problem, candidate, Limits())

    return asyncio.run(run())


@pytest.mark.parametrize("candidate", ["let f x = x", "let f x = x + 1"])
def test_f_star_that_is_not_installed_is_unavailable_and_never_wrong(candidate, monkeypatch):
    monkeypatch.setenv("REASONING_FSTAR", "/nowhere/fstar.exe")
    verdict = judge(candidate, system="fstar", statement="val f : int -> int")
    assert verdict.status is Status.UNAVAILABLE
    assert "opam install fstar" in verdict.detail


@pytest.mark.parametrize("candidate", ["by auto", "by nothing"])
def test_isabelle_without_a_server_is_unavailable_and_says_what_to_do(candidate, monkeypatch):
    monkeypatch.delenv("REASONING_ISABELLE", raising=False)
    verdict = judge(candidate, system="isabelle", statement='theorem two: "1 + 1 = (2::nat)"')
    assert verdict.status is Status.UNAVAILABLE
    assert "install Isabelle" in verdict.detail
    assert "REASONING_ISABELLE=HOST:PORT:PASSWORD" in verdict.detail


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"system": "lisp"}, "system"),
        ({"statement": "def x := 1"}, "statement"),
        ({"statement": None}, "statement"),
        ({"axioms": "propext"}, "axioms"),
        ({"heartbeats": True}, "heartbeats"),
        ({"heartbeats": 0}, "heartbeats"),
        ({"header": 3}, "header"),
    ],
)
def test_a_malformed_problem_names_its_field(fields, field):
    with pytest.raises(RecordError) as error:
        judge("rfl", **fields)
    assert error.value.field == field


def test_a_header_with_mathlib_cannot_be_judged_here():
    verdict = judge("norm_num", header="import Mathlib\nimport Aesop\nset_option maxHeartbeats 400000")
    assert verdict.status is Status.UNAVAILABLE
    assert "Mathlib, Aesop" in verdict.detail


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [("#eval 1", "#eval"), ("x" * 500_000, "longer"), ("rfl \ud800", "Unicode"), ("native_decide", "compiled")],
)
def test_rejected_unseen(candidate, reason):
    verdict = judge(candidate)
    assert verdict.status is Status.REJECTED
    assert reason in verdict.detail


def test_without_the_extra_it_says_how_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(install, "_node", lambda: None)
    verdict = judge("rfl")
    assert verdict.status is Status.UNAVAILABLE
    assert "reasoning setup lean" in verdict.detail


def test_a_report_tells_places_and_axioms():
    message = ProofMessage("error", 3, 2, "unsolved\n  goals")
    assert message.describe() == "line 3, column 2: unsolved goals"
    report = ProofReport(Status.PASSED, axioms=("propext",))
    assert report.verdict("p").detail == "axioms: propext"
    assert ProofReport(Status.WRONG, "why", (message,)).to_json()["messages"][0]["line"] == 3


def test_a_task_has_the_standard_axioms_unless_told_otherwise():
    problem = Problem("p", "proof", fields={"system": "lean", "statement": STATEMENT})
    assert ProofTask.of(problem).axioms == ("propext", "Classical.choice", "Quot.sound")
    assert ProofTask.of(Problem("p", "proof", fields={**problem.fields, "axioms": []})).axioms == ()


def test_a_verifier_makes_a_bridge_once():
    async def run():
        async with SandboxPool(workers=1) as sandbox:
            verifier = ProofVerifier(sandbox)
            task = ProofTask("lean", STATEMENT)
            await verifier.check(task, "#eval 1", Limits())
            first = verifier._bridges["lean"]
            await verifier.check(task, "#eval 1", Limits())
            return first is verifier._bridges["lean"]

    assert asyncio.run(run())


def test_line_ends_of_other_systems_reach_no_prover():
    seen = []

    class Recorder:
        async def check(self, task, proof, limits):
            seen.append((task.statement, proof))
            return ProofReport(Status.WRONG)

    verifier = ProofVerifier(None)
    verifier._bridges["lean"] = Recorder()
    asyncio.run(verifier.check(ProofTask("lean", "theorem a :\r\n 1 = 1 := by"), "  skip\r\n  rfl\r", Limits()))
    assert seen == [("theorem a :\n 1 = 1 := by", "  skip\n  rfl\n")]


def test_goals_are_asked_for_by_a_field():
    fields = {"system": "lean", "statement": STATEMENT}
    assert ProofTask.of(Problem("p", "proof", fields={**fields, "goals": True})).goals
    assert not ProofTask.of(Problem("p", "proof", fields=fields)).goals
    with pytest.raises(RecordError, match="goals"):
        ProofTask.of(Problem("p", "proof", fields={**fields, "goals": 1}))


def test_what_works_beside_a_pool_is_closed_with_it():
    closed = []

    async def close():
        closed.append(True)

    async def run():
        async with SandboxPool(workers=1) as sandbox:
            sandbox.call_on_close(close)
            assert not closed
        await sandbox.close()

    asyncio.run(run())
    assert closed == [True]
