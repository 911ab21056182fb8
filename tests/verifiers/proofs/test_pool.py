"""Retries and replacement of processes, with a double in the place of the embedded Lean."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

import pytest

from verifiers.proofs import ProofTask
from verifiers.proofs.lean import install, pool
from verifiers.proofs.lean.bridge import LeanBridge
from verifiers.proofs.lean.program import CORE, Program
from verifiers.proofs.lean.worker import (
    ImportsMissing,
    Role,
    Worker,
    WorkerDied,
    WorkerKilled,
    WorkerNotStarted,
    WorkerTimeout,
)
from verifiers.records import RecordError, Status
from verifiers.sandbox import Limits, Profile, SandboxPool

TASK = ProofTask("lean", "theorem a : True := by")
PROVED = {"status": "proved", "ms": 5, "messages": []}
NATIVE = Program("Lean 4", Profile("lean-native"), "no:entry", ())
ACCEPTED = {"status": "accepted", "ms": 3, "axioms": ["propext"]}


class Double:
    """A process that says what its script says: an answer, or an exception to raise."""

    started: ClassVar[list[Double]] = []

    def __init__(self, role, script, imports=CORE):
        self.role = role
        self.imports = imports
        self.script = script
        self.alive = True
        self.worn = False
        self.isolation = ("double",)
        self.cpu_seconds = 0.0
        Double.started.append(self)

    async def ask(self, request, seconds, data=b""):
        step = self.script.pop(0)
        await asyncio.sleep(0)
        if isinstance(step, Exception):
            self.alive, self.worn = False, True
            raise step
        return dict(step), b"bytes" if step.get("status") == "proved" else b""

    async def kill(self):
        self.alive, self.worn = False, True


@pytest.fixture
def lean(monkeypatch):
    """`lean(elaborating=[...], judging=[...], proofs=n)`: reports of n checks, given the steps of all processes."""
    Double.started = []
    prepared = install.Installation(Path("/prepared"), Path("/node"), Path("/modules"), Path("/code"))
    monkeypatch.setattr(install, "find", lambda: prepared)

    def run(elaborating, judging=(), proofs=1, proof="  trivial", workers=1, starts=None, headers=None):
        scripts = {Role.ELABORATE: list(elaborating), Role.JUDGE: list(judging)}

        async def start(sandbox, program, role, imports):
            if starts:
                step = starts.pop(0)
                if step is not None:
                    raise step
            return Double(role, scripts[role], imports)

        monkeypatch.setattr(Worker, "start", start)

        async def checks():
            async with SandboxPool(workers=1) as sandbox:
                if headers is None:
                    bridge = LeanBridge(sandbox, workers=workers)
                    return await asyncio.gather(
                        *(bridge.check(TASK, proof, Limits(wall_seconds=10)) for _ in range(proofs))
                    )
                bridge = LeanBridge(sandbox, pool=pool.LeanPool(sandbox, workers, lambda: NATIVE))
                tasks = [ProofTask("lean", TASK.statement, header) for header in headers]
                return [await bridge.check(task, proof, Limits(wall_seconds=10)) for task in tasks]

        return asyncio.run(checks())

    return run


def elaborators():
    return [one for one in Double.started if one.role is Role.ELABORATE]


def test_a_proof_goes_through_both_processes(lean):
    (report,) = lean([PROVED], [ACCEPTED])
    assert report.status is Status.PASSED
    assert report.axioms == ("propext",)
    assert report.seconds == pytest.approx(0.008)
    assert report.isolation == ("double",)


def test_processes_serve_many_checks(lean):
    reports = lean([PROVED] * 5, [ACCEPTED] * 5, proofs=5)
    assert [report.passed for report in reports] == [True] * 5
    assert len(Double.started) == 2


def test_a_dead_process_costs_one_retry_and_no_verdict(lean):
    (report,) = lean([WorkerDied("gone"), PROVED], [WorkerDied("gone"), ACCEPTED])
    assert report.status is Status.PASSED
    assert len(Double.started) == 4


def test_a_process_killed_from_outside_costs_no_attempt(lean):
    (report,) = lean(
        [WorkerKilled("kill"), WorkerKilled("kill"), WorkerDied("gone"), PROVED], [WorkerKilled("kill"), ACCEPTED]
    )
    assert report.status is Status.PASSED


def test_processes_killed_over_and_over_are_no_verdict(lean):
    (report,) = lean([WorkerKilled("kill")] * (pool.MOST_KILLS + 1))
    assert report.status is Status.INTERNAL


def test_a_start_that_is_killed_costs_no_attempt(lean):
    killed = WorkerNotStarted("kill", killed=True)
    (report,) = lean([PROVED], [ACCEPTED], starts=[killed, WorkerNotStarted("no"), killed, None, None])
    assert report.passed


def test_a_stuck_process_costs_one_retry_and_no_verdict(lean):
    (report,) = lean([WorkerTimeout(10, cpu_seconds=0.1), PROVED], [ACCEPTED])
    assert report.status is Status.PASSED


def test_a_process_that_worked_all_the_time_is_not_asked_again(lean):
    (report,) = lean([WorkerTimeout(10, cpu_seconds=9.0)])
    assert report.status is Status.TIMEOUT
    assert len(elaborators()) == 1


def test_a_candidate_over_which_two_processes_die_is_a_crash(lean):
    (report,) = lean([WorkerDied("stack"), WorkerDied("stack")])
    assert report.status is Status.CRASH
    assert "stack" in report.detail


def test_a_candidate_over_which_two_judges_die_is_a_crash(lean):
    (report,) = lean([PROVED], [WorkerDied("stack"), WorkerDied("stack")])
    assert report.status is Status.CRASH


def test_a_statement_over_which_two_judges_die_is_no_verdict(lean):
    (report,) = lean([{"status": "errors"}], [WorkerDied("stack"), WorkerDied("stack")])
    assert report.status is Status.INTERNAL


def test_a_process_that_does_not_come_up_is_no_verdict(lean):
    (report,) = lean([], starts=[WorkerNotStarted("no"), WorkerNotStarted("no")])
    assert report.status is Status.INTERNAL


def test_a_process_that_comes_up_the_second_time_serves(lean):
    (report,) = lean([PROVED], [ACCEPTED], starts=[WorkerNotStarted("no"), None, None])
    assert report.passed


def test_a_candidate_that_may_leave_traces_gets_a_process_of_its_own(lean):
    macro = 'macro "go" : tactic => do return mkIdent `x\ntheorem a : True := by go'
    lean([PROVED] * 2, [ACCEPTED] * 2, proofs=2, proof=macro)
    assert len(elaborators()) == 2
    assert not any(one.alive for one in elaborators())


def test_headers_with_other_imports_get_processes_of_their_own_within_the_limit(lean):
    headers = ["import A", "import A\nopen A", "import B", "import A", "import C"]
    reports = lean([PROVED] * 5, [ACCEPTED] * 5, headers=headers)
    assert all(report.passed for report in reports)
    assert [one.imports for one in elaborators()] == [("Init", name) for name in "ABAC"]
    assert [one.alive for one in elaborators()] == [False, False, False, True]
    judges = [one for one in Double.started if one.role is Role.JUDGE]
    assert [(one.imports[-1], one.alive) for one in judges] == [("A", True), ("B", False), ("C", True)]


def test_modules_that_an_installed_lean_has_not_got_are_asked_for_once(lean):
    missing = ImportsMissing("unknown module prefix 'A'")
    reports = lean([PROVED], [ACCEPTED], headers=["import A", "import A", ""], starts=[missing, None, None])
    assert [report.status for report in reports] == [Status.UNAVAILABLE, Status.UNAVAILABLE, Status.PASSED]
    assert "'A'" in reports[1].detail


@pytest.mark.parametrize(
    ("judged", "status"),
    [
        ({"status": "rejected", "reason": "a different statement"}, Status.REJECTED),
        ({"status": "timeout", "reason": "heartbeats"}, Status.TIMEOUT),
        ({"status": "known"}, Status.REJECTED),
        ({"status": "failed", "reason": "x"}, Status.CRASH),
    ],
)
def test_only_accepted_passes(lean, judged, status):
    (report,) = lean([PROVED], [judged])
    assert report.status is status


@pytest.mark.parametrize("status", ["header", "statement"])
def test_a_statement_that_the_judge_refuses_is_a_malformed_problem(lean, status):
    with pytest.raises(RecordError, match=status):
        lean([{"status": "errors"}], [{"status": status, "reason": "bad", "messages": []}])


def test_nothing_that_an_elaborating_process_says_raises(lean):
    strange = {"status": "errors", "messages": [3, {"severity": 1}, {"pos": None}], "ms": "x", "reason": [1]}
    (report,) = lean([strange], [{"status": "known"}])
    assert report.status is Status.WRONG


def test_workers_that_fit_are_at_least_one_and_at_most_the_processors():
    assert pool.workers_that_fit(1) == 1
    assert 1 <= pool.workers_that_fit(64) <= 64
