r"""Resident provers that converse over standard input and output (coqtop, F*), warm and in the sandbox.

    pool = DialoguePool(sandbox, program, workers=2)
    async with pool.worker() as worker:
        outputs = await worker.ask([Step("Check 1.\nFail Check mark7.\n", ("mark7",))], seconds=10)

A worker that died or was killed is replaced by the next use; whoever asked it decides whether to ask again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from verifiers.proofs.dialogue_entry import converse_payload
from verifiers.sandbox import Limits, Outcome, Profile, SandboxPool, Session, Task

__all__ = ["DialoguePool", "Program", "ProgramDied", "ProgramTimeout", "Step", "Worker"]

_ENTRY: Final = "verifiers.proofs.dialogue_entry:converse"
_LIFE_SECONDS: Final = 86_400.0
_RETIRE_AGE_SECONDS: Final = 3_600.0
_RETIRE_REQUESTS: Final = 5_000
_ANSWER_BYTES: Final = 1 << 30
_REPORT_CHARACTERS: Final = 300


class ProgramDied(RuntimeError):
    """The program ended, or did not come up; the message says how."""


class ProgramTimeout(RuntimeError):
    """No answer in time; the program has been ended."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to start.

    Attributes:
        name: shown in messages; also the name of its sandbox profile.
        argv: the command.
        read_only_paths: what it needs of the host's files beside the system libraries.
        environment: variables.
        memory_mib: limit of all its processes together.
        retire_mib: a worker whose resident memory is larger is replaced.
        processes: processes and threads at once.
    """

    name: str
    argv: tuple[str, ...]
    read_only_paths: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    memory_mib: int = 3_072
    retire_mib: int = 1_536
    processes: int = 16


@dataclass(frozen=True, slots=True)
class Step:
    """Something to write, and the marks of the line that ends the output.

    Attributes:
        text: written to standard input.
        marks: the line holds all of these (spaces do not count).
    """

    text: str
    marks: tuple[str, ...]


class Worker:
    """A running program; one request at a time. `notes` is the user's: what this process has loaded, say."""

    def __init__(self, session: Session, isolation: tuple[str, ...], program: Program) -> None:
        self._session = session
        self.program = program
        self._born = time.monotonic()
        self._asked = 0
        self._resident = 0
        self.isolation = isolation
        self.alive = True
        self.notes: dict[str, Any] = {}

    @classmethod
    async def start(cls, sandbox: SandboxPool, program: Program) -> Worker:
        """Start the program; whether it works shows with the first request.

        Raises:
            SandboxUnavailableError: the sandbox cannot be had.
        """
        sandbox.add_profile(Profile(program.name, read_only_paths=program.read_only_paths))
        report = await sandbox.report()
        payload = converse_payload(list(program.argv), dict(program.environment))
        limits = Limits(
            wall_seconds=_LIFE_SECONDS,
            cpu_seconds=_LIFE_SECONDS,
            memory_mib=program.memory_mib,
            address_space_mib=4 * program.memory_mib,
            processes=program.processes,
            answer_bytes=_ANSWER_BYTES,
        )
        task = Task(_ENTRY, payload, capture=True, profile=program.name)
        return cls(await sandbox.resident(task, limits), report.layers, program)

    async def ask(self, steps: Sequence[Step], seconds: float, stop: str = "") -> list[str]:
        """Take steps one after another.

        Args:
            steps: what to write.
            seconds: limit for all of them.
            stop: an output with a line that begins so ends the request after its step.

        Returns:
            The output of each step that was taken.

        Raises:
            ProgramDied: it ended.
            ProgramTimeout: it did not answer in time.
        """
        self._asked += 1
        request = json.dumps({"steps": [[step.text, list(step.marks)] for step in steps], "stop": stop}).encode()
        try:
            async with asyncio.timeout(seconds):
                await self._session.send(request)
                frame = await self._session.receive()
        except TimeoutError:
            await self.kill()
            raise ProgramTimeout(f"no answer within {seconds:g} s") from None
        except BaseException:
            await self.kill()
            raise
        if frame is None:
            raise ProgramDied(_report(self.program.name, await self.kill()))
        try:
            answer = json.loads(frame)
            self._resident = int(answer["rss"])
            outputs = [str(output) for output in answer["outputs"]]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            await self.kill()
            raise ProgramDied(f"{self.program.name}: unreadable answer: {error}") from None
        return outputs

    @property
    def worn(self) -> bool:
        """Whether it is time for a fresh process."""
        return (
            not self.alive
            or self._asked >= _RETIRE_REQUESTS
            or self._resident > self.program.retire_mib << 20
            or time.monotonic() - self._born > _RETIRE_AGE_SECONDS
        )

    async def kill(self) -> Outcome:
        """End the process."""
        self.alive = False
        return await self._session.kill()


class DialoguePool:
    """Workers of one program.

    Args:
        sandbox: where they run; they end when it is closed.
        program: what to start.
        workers: how many at once; None: as many as the sandbox runs tasks.
    """

    def __init__(self, sandbox: SandboxPool, program: Program, workers: int | None = None) -> None:
        self._sandbox = sandbox
        self._program = program
        self._slots = asyncio.Semaphore(workers or sandbox.workers)
        self._idle: list[Worker] = []
        self._most = workers or sandbox.workers
        self._busy = 0
        self.starts = 0

    @contextlib.asynccontextmanager
    async def worker(
        self, wanted: Callable[[Worker], bool] = lambda worker: True, program: Program | None = None
    ) -> AsyncIterator[Worker]:
        """A worker for one check, if possible one that is `wanted`.

        Args:
            wanted: which of several idle ones is best.
            program: what it runs, where that is not the pool's own program; an idle worker of another program makes
                room for it.
        """
        program = program or self._program
        async with self._slots:
            fitting = [one for one in self._idle if one.program == program]
            worker = next((one for one in fitting if wanted(one)), fitting[0] if fitting else None)
            self._busy += 1
            try:
                if worker is not None:
                    self._idle.remove(worker)
                else:
                    worker = await self._started(program)
                yield worker
            finally:
                self._busy -= 1
                if worker is not None and worker.worn:
                    await worker.kill()
                elif worker is not None:
                    self._idle.append(worker)

    async def _started(self, program: Program) -> Worker:
        if len(self._idle) + self._busy > self._most:
            await self._idle.pop(0).kill()
        self.starts += 1
        return await Worker.start(self._sandbox, program)


def _report(name: str, outcome: Outcome) -> str:
    """How a process ended, in words."""
    if outcome.exit_code is not None:
        how = f"ended with exit status {outcome.exit_code}"
    elif outcome.signal is not None:
        how = f"was killed by signal {outcome.signal}"
    else:
        how = f"ended: {outcome.detail or outcome.end.value}"
    text = outcome.stderr.decode("utf-8", "replace").strip().splitlines()
    return f"{name} {how}" + (f" ({text[-1][:_REPORT_CHARACTERS]})" if text else "")
