"""The Kimina client against our own server and the REPL client against our own REPL, with the real embedded Lean behind."""

from __future__ import annotations

import asyncio
import sys

import pytest
from lean_runner import CASES, task

from tests.support.doc_commands import shown
from verifiers.proofs.lean.server import LeanServer
from verifiers.proofs.lean.text_backends.guarded import TRUST, TextBridge
from verifiers.proofs.lean.text_backends.kimina import KiminaProver
from verifiers.proofs.lean.text_backends.repl import ReplProcess
from verifiers.records import Status
from verifiers.sandbox import Limits

pytestmark = pytest.mark.slow
READS_OTHERWISE = {
    "honest_macro_tactic", "honest_local_notation", "honest_instance", "honest_namespace", "honest_section",
    "honest_header_namespace_closed",
}  # fmt: skip
"""Honest proofs that change how text is read: rejected where no kernel replay has the last word."""
REPL = [sys.executable, *shown("proofs.md", "python -m verifiers.proofs.lean.repl_server").split()[1:]]


@pytest.fixture(scope="module")
def reports():
    async def run(url):
        prover = KiminaProver(url)
        bridge = TextBridge(prover)
        try:
            return {
                case["id"]: await bridge.check(task(case), case["proof"], Limits(wall_seconds=60)) for case in CASES
            }
        finally:
            await prover.close()

    with LeanServer("127.0.0.1", 0, jobs=1) as server:
        return asyncio.run(run("http://{}:{}".format(*server.address)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_verdicts_through_a_kimina_server(reports, case):
    report = reports[case["id"]]
    expected = "rejected" if case["id"] in READS_OTHERWISE else case["expected"]
    assert report.status.value == expected, report.detail
    assert (report.trust == TRUST) == report.passed


def test_axioms_are_those_of_the_kernel_bridge(reports):
    assert reports["honest_propext"].axioms == ("propext",)
    assert reports["good_term"].axioms == ()


def test_the_repl_protocol_command_and_tactic_mode():
    async def run():
        async with ReplProcess(REPL) as repl:
            return [await repl.request(request, 300) for request in REQUESTS]

    answers = asyncio.run(run())
    context = "p q : Prop\nh : p ∧ q\n⊢ "
    left, right = f"case left\n{context}q", f"case right\n{context}p"
    assert answers[0]["sorries"] == [
        {
            "pos": {"line": 2, "column": 2},
            "endPos": {"line": 2, "column": 7},
            "goal": f"{context}q ∧ p",
            "proofState": 0,
        }
    ]
    assert answers[0]["messages"][0]["severity"] == "warning"
    assert answers[1] == {"proofState": 1, "goals": [left, right], "proofStatus": "Incomplete: open goals remain"}
    assert answers[2]["goals"] == [right]
    assert answers[3] == {"proofState": 3, "goals": [], "proofStatus": "Completed"}
    assert answers[4]["message"].startswith("Lean error:")
    assert [one["goal"] for one in answers[5]["sorries"]] == ["n : Nat\n⊢ n = n + 0", "n : Nat\n⊢ True"]
    assert answers[6]["goals"] == []
    assert answers[7]["env"] == 2
    assert "messages" not in answers[8]
    assert answers[9]["message"] == "Unknown environment."
    assert answers[10]["messages"][-1]["data"].endswith("depends on axioms: [sorryAx]")
    assert "refused" in answers[11]["messages"][0]["data"]
    assert "not read here" in answers[12]["message"]


REQUESTS = [
    {"cmd": "theorem a (p q : Prop) (h : p ∧ q) : q ∧ p := by\n  sorry"},
    {"tactic": "constructor", "proofState": 0},
    {"tactic": "exact h.2", "proofState": 1},
    {"tactic": "exact h.1", "proofState": 2},
    {"tactic": "omega", "proofState": 1},
    {"cmd": "theorem b (n : Nat) : n = n + 0 ∧ True := ⟨sorry, sorry⟩"},
    {"tactic": "rfl", "proofState": 4},
    {"cmd": "def f := 2"},
    {"cmd": "example : f = 2 := rfl", "env": 2},
    {"cmd": "example : f = 2 := rfl", "env": 99},
    {"cmd": "#print axioms a", "env": 0},
    {"cmd": "#eval 1"},
    {"path": "/etc/passwd"},
]


def test_unavailable_servers_say_nothing_about_a_candidate():
    async def run():
        prover = KiminaProver("http://127.0.0.1:9")
        try:
            return await TextBridge(prover).check(task(CASES[0]), "  rfl", Limits(wall_seconds=1))
        finally:
            await prover.close()

    assert asyncio.run(run()).status is Status.UNAVAILABLE
