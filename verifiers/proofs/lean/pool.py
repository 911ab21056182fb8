"""Warm Lean processes: some that elaborate, few that judge, all replaced when worn or dead.

    pool = LeanPool(sandbox)
    async with pool.elaborator() as worker:
        answer, export = await worker.ask(request, seconds=10)
    answer = await pool.judge(request, export, seconds=10)

A start costs some seconds of processor time, so processes live long; each has the modules of one header imported. The
time that a check waits for one is not its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

from verifiers.proofs.lean import install
from verifiers.proofs.lean.program import CORE, Program, embedded_program
from verifiers.proofs.lean.worker import ImportsMissing, Role, Worker, WorkerNotStarted
from verifiers.sandbox import SandboxPool

__all__ = ["MOST_KILLS", "LeanPool", "workers_that_fit"]

_MOST_STARTS: Final = 2
"""Attempts to bring a process up before the check fails."""
MOST_KILLS: Final = 8
"""How often processes may be killed from outside before a check ends without a verdict."""
_MOST_JUDGES: Final = 2
"""Judging processes that are kept, for different imports."""
_EMBEDDED_ROOM_MIB: Final = 2_048


def workers_that_fit(processors: int, room_mib: int = _EMBEDDED_ROOM_MIB) -> int:
    """How many elaborating processes of this size the free memory holds beside the judge; at least one."""
    try:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        with open("/proc/meminfo") as file:
            available = next((line for line in file if line.startswith("MemAvailable:")), None)
        free = int(available.split()[1]) * 1024 if available else free
    except (OSError, ValueError):
        return 1
    return max(1, min(processors, free // (room_mib << 20) - 1))


class LeanPool:
    """Processes of one Lean in one sandbox; they end when that is closed.

    Args:
        sandbox: where they run.
        workers: elaborating processes at once; None: one a processor, as far as memory reaches.
        program: finds the Lean, when the first process is to start; None: the embedded one, prepared if need be. May
            raise `LeanMissingError`.
        room_mib: free memory that one more elaborating process asks for.
    """

    def __init__(
        self,
        sandbox: SandboxPool,
        workers: int | None = None,
        program: Callable[[], Program] | None = None,
        room_mib: int = _EMBEDDED_ROOM_MIB,
    ) -> None:
        self._sandbox = sandbox
        self.workers = workers or workers_that_fit(sandbox.workers, room_mib)
        self._slots = asyncio.Semaphore(self.workers)
        self._busy = 0
        self._idle: list[Worker] = []
        self._judges: list[Worker] = []
        self._judging = asyncio.Lock()
        self._finding = asyncio.Lock()
        self._find = program or _embedded
        self.core_only = program is None
        self._program: Program | None = None
        self._missing: dict[tuple[str, ...], ImportsMissing] = {}
        self.starts = 0

    async def warm_up(self) -> None:
        """Start one process of each role, if there is none yet.

        Raises:
            LeanMissingError: Lean is not installed and cannot be prepared.
            WorkerNotStarted: a process does not come up.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._ready_judge(CORE))
            group.create_task(self._ready_elaborator(CORE))

    def current(self) -> tuple[Worker, list[Worker]]:
        """The last judging process and the idle elaborating ones, for measurements after `warm_up`."""
        return self._judges[-1], list(self._idle)

    async def _ready_judge(self, imports: tuple[str, ...]) -> None:
        async with self._judging:
            await self._judge_with(imports)

    async def _ready_elaborator(self, imports: tuple[str, ...]) -> None:
        async with self.elaborator(imports):
            pass

    async def program(self) -> Program:
        """The Lean of this pool.

        Raises:
            LeanMissingError: it is not installed and cannot be prepared.
        """
        async with self._finding:
            if self._program is None:
                self._program = await asyncio.to_thread(self._find)
            return self._program

    @contextlib.asynccontextmanager
    async def elaborator(self, imports: tuple[str, ...] = CORE, *, keep: bool = True) -> AsyncIterator[Worker]:
        """A ready elaborating process for one check.

        Args:
            imports: modules that it has imported.
            keep: whether it may serve further checks afterwards.
        """
        async with self._slots:
            self._busy += 1
            try:
                worker = await self._elaborator_with(imports)
                try:
                    yield worker
                finally:
                    if keep and not worker.worn:
                        self._idle.append(worker)
                    else:
                        await worker.kill()
            finally:
                self._busy -= 1

    async def _elaborator_with(self, imports: tuple[str, ...]) -> Worker:
        fitting = next((worker for worker in reversed(self._idle) if worker.imports == imports), None)
        if fitting is not None:
            self._idle.remove(fitting)
            return fitting
        if self._busy + len(self._idle) > self.workers:
            await self._idle.pop(0).kill()
        return await self._start(Role.ELABORATE, imports)

    async def judge(
        self, request: Mapping[str, Any], data: bytes, seconds: float, imports: tuple[str, ...] = CORE
    ) -> dict[str, Any]:
        """Ask the judging process that has these modules.

        Raises:
            WorkerDied: it ended over this request.
            WorkerTimeout: no answer in time.
        """
        async with self._judging:
            answer, _ = await (await self._judge_with(imports)).ask(request, seconds, data)
            return answer

    async def _judge_with(self, imports: tuple[str, ...]) -> Worker:
        """The judging process that has these modules, which becomes the last in the list."""
        found = next((worker for worker in self._judges if worker.imports == imports), None)
        if found is not None:
            self._judges.remove(found)
            if found.worn:
                await found.kill()
                found = None
        if found is None:
            while len(self._judges) >= _MOST_JUDGES:
                await self._judges.pop(0).kill()
            found = await self._start(Role.JUDGE, imports)
        self._judges.append(found)
        return found

    async def _start(self, role: Role, imports: tuple[str, ...]) -> Worker:
        if imports in self._missing:
            raise self._missing[imports]
        program = await self.program()
        failures = kills = 0
        while True:
            self.starts += 1
            try:
                return await Worker.start(self._sandbox, program, role, imports)
            except ImportsMissing as error:
                self._missing[imports] = error
                raise
            except WorkerNotStarted as error:
                failures, kills = failures + (not error.killed), kills + error.killed
                if failures >= _MOST_STARTS or kills > MOST_KILLS:
                    raise


def _embedded() -> Program:
    found = install.find()
    return embedded_program(found if found is not None and found.complete else install.prepare(say=_say))


def _say(text: str) -> None:
    print(f"lean: {text}", file=sys.stderr, flush=True)
