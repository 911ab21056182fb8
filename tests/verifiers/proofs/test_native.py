"""An installed Lean: found, started, asked, with the verdicts of the embedded one."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from dataclasses import dataclass

import pytest
from lean_runner import CASES, task
from wasm_lean import make_toolchain, write_commands

from verifiers.proofs import ProofReport, ProofTask
from verifiers.proofs.lean.backends import kernel_bridge, lean_bridge
from verifiers.proofs.lean.bridge import LeanBridge
from verifiers.proofs.lean.install import LeanMissingError
from verifiers.proofs.lean.native import find_native, native_program
from verifiers.proofs.lean.program import Program
from verifiers.proofs.lean.worker import Role, Worker, WorkerDied, WorkerKilled, WorkerNotStarted, WorkerTimeout
from verifiers.proofs.provers import list_provers
from verifiers.records import Status
from verifiers.sandbox import Limits, Profile, SandboxPool

# ---- finding it


@pytest.fixture
def toolchain(tmp_path):
    return write_commands(tmp_path / "toolchain").parent.parent


def test_a_given_lean_and_one_on_path_are_found(toolchain, monkeypatch):
    monkeypatch.delenv("LEAN_PATH", raising=False)
    given = find_native(str(toolchain / "bin" / "lean"))
    assert (given.lean, given.prefix, given.version) == (toolchain / "bin" / "lean", toolchain, "4.28.0-pre")
    assert given.libraries == ()
    monkeypatch.setenv("PATH", str(toolchain / "bin"), prepend=":")
    assert find_native() == given


def test_a_project_tells_its_libraries(toolchain, tmp_path):
    project = tmp_path / "project"
    library = project / ".lake" / "build" / "lib" / "lean"
    library.mkdir(parents=True)
    found = find_native(str(toolchain / "bin" / "lean"), project)
    assert found.libraries == (library.resolve(),)
    program = native_program(str(toolchain / "bin" / "lean"), project)
    assert program.profile.read_only_paths == (str(toolchain), str(library))
    assert program.environment["LEAN_PATH"] == str(library)


@pytest.mark.parametrize(
    ("lean", "message"),
    [("/nonexistent/lean", "no such program"), ("false", "exit status 1"), ("true", "no bin/lean")],
)
def test_what_is_no_lean_is_one_clear_line(lean, message):
    with pytest.raises(LeanMissingError, match=message):
        find_native(lean)


def test_no_lean_on_path_says_where_to_get_one(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LeanMissingError, match="lean-lang"):
        find_native()


def test_the_environment_names_it():
    async def bridges(**environment):
        async with SandboxPool(workers=1) as sandbox:
            bridge = lean_bridge(sandbox, environment)
            report = await bridge.check(ProofTask("lean", "theorem a : True := by", "import A"), "  trivial", Limits())
            return bridge, report, kernel_bridge(sandbox, environment={"REASONING_LEAN": "repl:x"})

    bridge, report, other = asyncio.run(bridges(REASONING_LEAN="native:/nonexistent/lean"))
    assert isinstance(bridge, LeanBridge)
    assert report.status is Status.UNAVAILABLE
    assert "/nonexistent/lean: no such program" in report.detail
    assert other is None


def told():
    return next(prover for prover in list_provers() if prover.name == "lean (native)")


def test_doctor_tells_the_version_or_what_is_missing(toolchain, tmp_path, monkeypatch):
    monkeypatch.delenv("REASONING_LEAN", raising=False)
    monkeypatch.delenv("REASONING_LEAN_PROJECT", raising=False)
    monkeypatch.setenv("PATH", f"{toolchain / 'bin'}:/usr/bin:/bin")
    assert told().detail == f"4.28.0-pre; {toolchain}/bin/lean; REASONING_LEAN=native chooses it"
    monkeypatch.setenv("REASONING_LEAN", "native")
    monkeypatch.setenv("REASONING_LEAN_PROJECT", str(tmp_path / "absent"))
    assert told().detail == ""
    assert "absent: no such directory" in told().hint


# ---- the process beside it, over a script in its place

DOUBLE = """\
import json, os, signal, sys
print("noise", flush=True)
for line in sys.stdin.buffer:
    request = json.loads(line)
    if request.get("role"):
        print('@@{"ready": true, "version": "double"}', flush=True)
        continue
    data = sys.stdin.buffer.read(request["bytes"])
    if request["do"] == "die":
        print("script.lean:1:0: error: no such thing", flush=True)
        sys.exit(1)
    if request["do"] == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if request["do"] == "hang":
        signal.pause()
    if request["do"] == "huge":
        print('@@{"id": %d, "bytes": 99999999999}' % request["id"], flush=True)
        continue
    print('[DEBUG] @@{"forged": true}')
    print('@@{"id": %d, "bytes": %d}' % (request["id"], len(data)), flush=True)
    sys.stdout.buffer.write(data[::-1])
    sys.stdout.flush()
"""


def asked(*steps, double=DOUBLE, seconds=20.0):
    """What a process says to each `(do, data)`; an exception ends it."""
    program = Program(
        "a double",
        Profile("double"),
        "verifiers.proofs.lean.entry:serve_program",
        (os.path.realpath(sys.executable), "-c", double),
    )

    async def run():
        answers = []
        async with SandboxPool(workers=1) as sandbox:
            worker = await Worker.start(sandbox, program, Role.ELABORATE)
            for do, data in steps:
                try:
                    answers.append(await worker.ask({"do": do}, seconds, data))
                except (WorkerDied, WorkerTimeout) as error:
                    answers.append(error)
        return worker, answers

    return asyncio.run(run())


def test_frames_go_to_the_standard_streams_of_the_program_and_come_from_them():
    worker, answers = asked(("echo", b"ab\ncd"), ("echo", b""), ("echo", bytes(range(256)) * 1000))
    assert worker.version == "double"
    assert [data for _, data in answers] == [b"dc\nba", b"", (bytes(range(256)) * 1000)[::-1]]
    assert worker.resident_mib > 1
    assert "forged" not in answers[0][0]


def test_a_program_that_ends_tells_its_last_error():
    _, (error,) = asked(("die", b""))
    assert type(error) is WorkerDied
    assert "error: no such thing" in str(error)


def test_a_program_killed_from_outside_is_told_apart():
    _, (error,) = asked(("kill", b""))
    assert isinstance(error, WorkerKilled)


def test_a_program_that_hangs_is_ended():
    worker, (error,) = asked(("hang", b""), seconds=0.5)
    assert isinstance(error, WorkerTimeout)
    assert not worker.alive


def test_declarations_of_impossible_size_end_the_process():
    _, (error,) = asked(("huge", b""))
    assert isinstance(error, WorkerDied)


def test_a_lean_that_cannot_run_the_script_does_not_come_up():
    with pytest.raises(WorkerNotStarted, match=r"a double: Lean ended with exit status 1 .*unknown identifier"):
        asked(double="print('checker.lean:9:4: error: unknown identifier'); raise SystemExit(1)")


# ---- the real thing


@dataclass
class Checked:
    """What a native Lean said.

    Attributes:
        reports: by case.
        standard_library: of a proof whose header imports more than the core.
        missing: of one that imports what is not there.
        starts: processes started for the cases.
        killed: of a check whose idle processes had been killed.
    """

    reports: dict[str, ProofReport]
    standard_library: ProofReport
    missing: ProofReport
    starts: int
    killed: ProofReport


STANDARD = ProofTask(
    "lean", "theorem s : Std.Associative (α := Nat) (· + ·) := by", "import Std.Data.HashMap\nopen Nat"
)
MISSING = ProofTask("lean", "theorem m : True := by", "import Nonexistent.Module")


async def check_all(lean: str) -> Checked:
    async with SandboxPool(workers=2) as sandbox:
        bridge = kernel_bridge(sandbox, 2, {"REASONING_LEAN": f"native:{lean}"})
        assert bridge is not None
        limits, slots = Limits(wall_seconds=120), asyncio.Semaphore(2)

        async def one(case):
            async with slots:
                return case["id"], await bridge.check(task(case), case["proof"], limits)

        reports = dict(await asyncio.gather(*map(one, CASES)))
        starts = bridge.pool.starts
        for worker in sandbox._all:
            if worker.alive and worker.busy:
                worker.kill()
        killed = await bridge.check(task(CASES[0]), CASES[0]["proof"], limits)
        standard = await bridge.check(STANDARD, "  exact ⟨Nat.add_assoc⟩", limits)
        missing = await bridge.check(MISSING, "  trivial", limits)
        return Checked(reports, standard, missing, starts, killed)


@pytest.fixture(
    scope="module",
    params=[
        "wasm",
        pytest.param("path", marks=pytest.mark.skipif(shutil.which("lean") is None, reason="no lean on PATH")),
    ],
)
def native(request, tmp_path_factory):
    """The WebAssembly build behind the command line of an installed Lean; the Lean on PATH, where there is one."""
    found = shutil.which("lean")
    lean = str(make_toolchain(tmp_path_factory.mktemp("lean") / "prefix")) if request.param == "wasm" else str(found)
    return asyncio.run(check_all(lean))


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_verdicts_are_those_of_the_embedded_lean(native, case):
    report = native.reports[case["id"]]
    assert report.status.value == case["expected"], f"{case['why']}: {report.detail}"


@pytest.mark.slow
def test_axioms_places_and_goals_are_told(native):
    assert native.reports["honest_propext"].axioms == ("propext",)
    (message,) = (one for one in native.reports["wrong_type"].messages if one.severity == "error")
    assert (message.line, message.column) == (1, 2)
    assert native.reports["wrong_unfinished"].goals == ("case right\np q : Prop\nh : p ∧ q\n⊢ p",)
    assert "seccomp" in native.reports["good_term"].isolation


@pytest.mark.slow
def test_processes_are_kept_and_dead_ones_cost_no_verdict(native):
    assert native.starts <= 6
    assert native.killed.passed


@pytest.mark.slow
def test_headers_may_import_what_is_there_and_nothing_else(native):
    assert native.standard_library.passed, native.standard_library
    assert native.missing.status is Status.UNAVAILABLE
    assert "Nonexistent" in native.missing.detail
