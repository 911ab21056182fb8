"""Warm embedded Lean processes: some that elaborate, one that judges, all replaced when worn or dead.

    pool = LeanPool(sandbox)
    async with pool.elaborator() as worker:
        answer, export = await worker.ask(request, seconds=10)
    answer = await pool.judge(request, export, seconds=10)

A start costs some 15 s of processor time, so processes live long. The time that a check waits for one is not its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from verifiers.proofs.lean import install
from verifiers.proofs.lean.worker import Role, Worker, WorkerNotStarted
from verifiers.sandbox import SandboxPool

__all__ = ["MOST_KILLS", "LeanPool", "workers_that_fit"]

_WORKER_BYTES: Final = 2 << 30
"""Free memory that one more elaborating process asks for."""
_MOST_STARTS: Final = 2
"""Attempts to bring a process up before the check fails."""
MOST_KILLS: Final = 8
"""How often processes may be killed from outside before a check ends without a verdict."""


def workers_that_fit(processors: int) -> int:
    """How many elaborating processes the free memory holds beside the judge; at least one."""
    try:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        with open("/proc/meminfo") as file:
            available = next((line for line in file if line.startswith("MemAvailable:")), None)
        free = int(available.split()[1]) * 1024 if available else free
    except (OSError, ValueError):
        return 1
    return max(1, min(processors, free // _WORKER_BYTES - 1))


class LeanPool:
    """Processes of the embedded Lean in one sandbox; they end when that is closed.

    Args:
        sandbox: where they run.
        workers: elaborating processes at once; None: one a processor, as far as memory reaches.
    """

    def __init__(self, sandbox: SandboxPool, workers: int | None = None) -> None:
        self._sandbox = sandbox
        self.workers = workers or workers_that_fit(sandbox.workers)
        self._slots = asyncio.Semaphore(self.workers)
        self._idle: list[Worker] = []
        self._judge: Worker | None = None
        self._judging = asyncio.Lock()
        self._installing = asyncio.Lock()
        self._installation: install.Installation | None = None
        self.starts = 0

    async def warm_up(self) -> None:
        """Start one process of each role, if there is none yet.

        Raises:
            LeanMissingError: the embedded Lean is not installed and cannot be prepared.
            WorkerNotStarted: a process does not come up.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._ready_judge())
            group.create_task(self._ready_elaborator())

    def current(self) -> tuple[Worker, list[Worker]]:
        """The judging process and the idle elaborating ones, for measurements after `warm_up`."""
        assert self._judge is not None
        return self._judge, list(self._idle)

    async def _ready_judge(self) -> None:
        async with self._judging:
            await self._current_judge()

    async def _ready_elaborator(self) -> None:
        async with self.elaborator():
            pass

    @contextlib.asynccontextmanager
    async def elaborator(self, *, keep: bool = True) -> AsyncIterator[Worker]:
        """A ready elaborating process for one check.

        Args:
            keep: whether it may serve further checks afterwards.
        """
        async with self._slots:
            worker = self._idle.pop() if self._idle else await self._start(Role.ELABORATE)
            try:
                yield worker
            finally:
                if keep and not worker.worn:
                    self._idle.append(worker)
                else:
                    await worker.kill()

    async def judge(self, request: Mapping[str, Any], data: bytes, seconds: float) -> dict[str, Any]:
        """Ask the judging process.

        Raises:
            WorkerDied: it ended over this request.
            WorkerTimeout: no answer in time.
        """
        async with self._judging:
            answer, _ = await (await self._current_judge()).ask(request, seconds, data)
            return answer

    async def _current_judge(self) -> Worker:
        if self._judge is not None and self._judge.worn:
            await self._judge.kill()
            self._judge = None
        if self._judge is None:
            self._judge = await self._start(Role.JUDGE)
        return self._judge

    async def _start(self, role: Role) -> Worker:
        installation = await self._installed()
        failures = kills = 0
        while True:
            self.starts += 1
            try:
                return await Worker.start(self._sandbox, installation, role)
            except WorkerNotStarted as error:
                failures, kills = failures + (not error.killed), kills + error.killed
                if failures >= _MOST_STARTS or kills > MOST_KILLS:
                    raise

    async def _installed(self) -> install.Installation:
        async with self._installing:
            found = self._installation or install.find()
            if found is None:
                found = await asyncio.to_thread(install.prepare, say=_say)
            self._installation = found
            return found


def _say(text: str) -> None:
    print(f"lean: {text}", file=sys.stderr, flush=True)
