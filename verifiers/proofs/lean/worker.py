"""One Lean process in the sandbox, as its user sees it: started, asked, ended.

    worker = await Worker.start(sandbox, embedded_program(installation), Role.ELABORATE)
    answer, export = await worker.ask({"header": "", "name": "two", "code": "theorem two : ...", ...}, seconds=10)

The two roles are two processes: one elaborates what candidates wrote, and is believed in nothing; the other one
elaborates only statements and headers and hands the candidate's terms, which it gets as plain bytes, to its kernel.
"""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from verifiers.proofs.lean.engine import runtime_directory
from verifiers.proofs.lean.entry import KILLED_STATUS, program_payload
from verifiers.proofs.lean.program import CORE, Program
from verifiers.sandbox import End, Limits, Outcome, SandboxPool, Session, Task

__all__ = ["ImportsMissing", "Role", "Worker", "WorkerDied", "WorkerKilled", "WorkerNotStarted", "WorkerTimeout"]

START_SECONDS: Final = 300.0
"""A worker that is not ready by then has failed; a busy machine takes long."""
_END_SECONDS: Final = 10.0
"""A process that has closed its channel has gone by then, or is ended."""
LIFE_SECONDS: Final = 86_400.0
RETIRE_AGE_SECONDS: Final = 3_600.0
RETIRE_CHECKS: Final = 2_000
RETIRE_ANSWER_BYTES: Final = 256 << 20
MOST_ANSWER_BYTES: Final = 512 << 20
_ADDRESS_SPACE_MIB: Final = 1 << 20
"""WebAssembly and the JavaScript engine reserve far more than they use."""
_THREADS: Final = 64
_REPORT_CHARACTERS: Final = 300


class Role(StrEnum):
    """What a process is for."""

    ELABORATE = "elaborate"
    JUDGE = "judge"
    MUTATE = "mutate"

    @property
    def script(self) -> str:
        """The file in `runtime/` that such a process runs."""
        return "mutator.lean" if self is Role.MUTATE else "checker.lean"


class WorkerDied(RuntimeError):
    """The process ended; the message says how."""


class WorkerKilled(WorkerDied):
    """Something outside ended the process; that says nothing about the candidate that it was working on."""


class WorkerNotStarted(WorkerDied):
    """The process did not come up; that says nothing about any candidate.

    Attributes:
        killed: whether something outside ended it.
    """

    def __init__(self, message: str, *, killed: bool = False) -> None:
        self.killed = killed
        super().__init__(message)


class ImportsMissing(RuntimeError):
    """This Lean has not got what the header imports; the message is Lean's."""


class WorkerTimeout(RuntimeError):
    """No answer in time; the process has been ended.

    Attributes:
        cpu_seconds: processor time that it used for this request: little, if it was stuck.
    """

    def __init__(self, seconds: float, cpu_seconds: float) -> None:
        self.cpu_seconds = cpu_seconds
        super().__init__(f"no answer within {seconds:g} s")


class Worker:
    """A ready process. Make one with `Worker.start`; one request at a time."""

    def __init__(self, session: Session, program: Program, role: Role, imports: tuple[str, ...]) -> None:
        self._session = session
        self._retire_mib = program.retire_mib
        self.role = role
        self.imports = imports
        self._born = time.monotonic()
        self._asked = 0
        self._answer_bytes = 0
        self._cpu_seconds = 0.0
        self._resident = 0
        self.isolation: tuple[str, ...] = ()
        self.version = ""
        self.ready: dict[str, Any] = {}
        self.alive = True

    @classmethod
    async def start(cls, sandbox: SandboxPool, program: Program, role: Role, imports: tuple[str, ...] = CORE) -> Worker:
        """Start a process and wait until it is ready.

        Args:
            sandbox: where it runs.
            program: whose process.
            role: what it is for.
            imports: modules that its environment holds.

        Raises:
            ImportsMissing: this Lean has not got them.
            WorkerNotStarted: it does not come up.
            SandboxUnavailableError: the sandbox cannot be had.
        """
        sandbox.add_profile(program.profile)
        report = await sandbox.report()
        payload = program_payload(program.command(runtime_directory() / role.script), program.environment)
        task = Task(program.entry, payload, capture=True, profile=program.profile.name)
        limits = Limits(
            wall_seconds=LIFE_SECONDS,
            cpu_seconds=LIFE_SECONDS,
            memory_mib=program.memory_mib,
            address_space_mib=_ADDRESS_SPACE_MIB,
            processes=_THREADS,
            answer_bytes=MOST_ANSWER_BYTES,
        )
        worker = cls(await sandbox.resident(task, limits), program, role, imports)
        worker.isolation = report.layers
        order = {"role": role.value, "imports": list(imports), "bytes": int(program.exports_bytes)}
        try:
            ready, _ = await worker._exchange(order, b"", START_SECONDS)
        except WorkerTimeout:
            raise WorkerNotStarted(f"{program.name} was not ready in time") from None
        except WorkerDied as error:
            raise WorkerNotStarted(f"{program.name}: {error}", killed=isinstance(error, WorkerKilled)) from None
        if ready.get("ready") is not True:
            await worker.kill()
            raise ImportsMissing(f"{program.name}: {str(ready.get('reason'))[:_REPORT_CHARACTERS]}")
        worker.version = str(ready.get("version", ""))
        worker.ready = ready
        return worker

    async def ask(self, request: Mapping[str, Any], seconds: float, data: bytes = b"") -> tuple[dict[str, Any], bytes]:
        """Send one request and wait for its answer.

        Args:
            request: fields of the protocol (`runtime/checker.lean`) without `id`.
            seconds: time limit.
            data: bytes that follow the request.

        Returns:
            The answer and the bytes that follow it.

        Raises:
            WorkerDied: the process ended.
            WorkerKilled: something outside ended it.
            WorkerTimeout: it did not answer in time.
        """
        self._asked += 1
        return await self._exchange({"id": self._asked, "bytes": len(data), **request}, data, seconds)

    async def _exchange(self, request: Mapping[str, Any], data: bytes, seconds: float) -> tuple[dict[str, Any], bytes]:
        line = json.dumps(request).encode() + b"\n"
        try:
            async with asyncio.timeout(seconds):
                await self._session.send(line + data)
                frame = await self._session.receive()
        except TimeoutError:
            outcome = await self.kill()
            raise WorkerTimeout(seconds, outcome.cpu_seconds - self._cpu_seconds) from None
        except BaseException:
            await self.kill()
            raise
        if frame is None:
            outcome = await self._end()
            raise (WorkerKilled if _from_outside(outcome) else WorkerDied)(_report(outcome))
        self._answer_bytes += len(frame)
        head, _, rest = frame.partition(b"\n")
        try:
            answer = json.loads(head)
            self._resident = int(answer["rss"])
            self._cpu_seconds = float(answer["cpu"])
            if answer.get("id") != request.get("id"):
                raise ValueError("an answer to something else")
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            await self.kill()
            raise WorkerDied(f"unreadable answer: {error}") from None
        return answer, rest

    @property
    def worn(self) -> bool:
        """Whether it is time for a fresh process."""
        return (
            not self.alive
            or self._asked >= RETIRE_CHECKS
            or self.resident_mib > self._retire_mib
            or self._answer_bytes > RETIRE_ANSWER_BYTES
            or time.monotonic() - self._born > RETIRE_AGE_SECONDS
        )

    @property
    def resident_mib(self) -> float:
        """Resident memory at the last answer."""
        return self._resident / (1 << 20)

    @property
    def cpu_seconds(self) -> float:
        """Processor time of the process until the last answer."""
        return self._cpu_seconds

    async def _end(self) -> Outcome:
        """How a process ended that has closed its channel."""
        self.alive = False
        try:
            async with asyncio.timeout(_END_SECONDS):
                return await self._session.finish()
        except TimeoutError:
            return await self.kill()

    async def kill(self) -> Outcome:
        """End the process; nothing is lost, since it keeps nothing."""
        self.alive = False
        return await self._session.kill()


def _from_outside(outcome: Outcome) -> bool:
    """A candidate cannot send signals, and limits are told apart from a kill."""
    return outcome.end is End.INTERNAL or outcome.signal == signal.SIGKILL or outcome.exit_code == KILLED_STATUS


def _report(outcome: Outcome) -> str:
    """How a process ended, in words."""
    if outcome.exit_code is not None:
        how = f"ended with exit status {outcome.exit_code}"
    elif outcome.signal is not None:
        how = f"was killed by signal {outcome.signal}"
    else:
        how = f"ended: {outcome.detail or outcome.end.value}"
    text = outcome.stderr.decode("utf-8", "replace")
    faults = [line for line in text.splitlines() if "rror" in line and len(line) < _REPORT_CHARACTERS]
    return f"Lean {how}" + (f" ({faults[-1].strip()})" if faults else "")
