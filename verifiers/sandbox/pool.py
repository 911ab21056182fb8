r"""The sandbox as its users see it: an asynchronous pool of fork servers.

    async with SandboxPool(workers=2) as pool:
        task = Task("verifiers.sandbox.entries:run_program", program_payload("print(6*7)"), capture=True)
        outcome = await pool.run(task)
        outcome.stdout      # b"42\n"

The strongest level that this machine gives is found by trying, in a child, what must fail there. A level that leaves
files, network, processes, memory or time uncovered is refused unless `allow_weak` is given.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any, Final, TypeVar

from verifiers.sandbox.conversation import Conversation
from verifiers.sandbox.launch import Launcher
from verifiers.sandbox.report import IsolationReport, SandboxUnavailableError
from verifiers.sandbox.task import Limits, Outcome, Profile, Task
from verifiers.sandbox.usage import record_usage
from verifiers.sandbox.worker import Worker, WorkerStartError

__all__ = ["BARE", "NUMERIC", "SandboxPool", "Session", "available_processors"]

_Shared = TypeVar("_Shared")

_TASKS_PER_SERVER: Final = 20_000
"""A server is replaced after so many tasks."""

BARE: Final = Profile("bare")
NUMERIC: Final = Profile("numeric", modules=("numpy", "sympy"), packages=("numpy", "sympy", "mpmath"))
"""numpy and sympy imported once, before any task."""
EXACT: Final = Profile("exact", modules=("flint",), packages=("flint",))
"""python-flint imported once: exact and ball arithmetic."""


def available_processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Session:
    """A conversation with one running child.

    Args:
        conversation: with the child.
        on_end: called once, when the end of the child has been awaited.
    """

    def __init__(self, conversation: Conversation, on_end: Callable[[], None] | None = None) -> None:
        self._conversation = conversation
        self._outcome: Outcome | None = None
        self._on_end = on_end

    async def send(self, frame: bytes) -> None:
        """Send a frame to the child; lost silently when it is dead (the outcome says so)."""
        self._conversation.send(frame)
        await self._conversation.drain()

    async def receive(self) -> bytes | None:
        """The next frame from the child; None when it has ended or closed its channel."""
        return await self._conversation.receive()

    @property
    def unread(self) -> int:
        """Frames that have arrived and were not received yet."""
        return self._conversation.unread

    async def finish(self) -> Outcome:
        """Close our half, wait for the end of the child and say how it ended."""
        if self._outcome is None:
            self._conversation.close_outgoing()
            await self._end()
        assert self._outcome is not None
        return self._outcome

    async def kill(self) -> Outcome:
        """End the child now."""
        if self._outcome is None:
            self._conversation.kill()
            await self._end()
        assert self._outcome is not None
        return self._outcome

    async def _end(self) -> None:
        try:
            self._outcome = await self._conversation.outcome()
            record_usage(self._outcome)
        finally:
            if self._on_end is not None:
                self._on_end()
                self._on_end = None


class SandboxPool:
    """Runs tasks in fresh children of warm servers, a bounded number at once.

    Args:
        workers: tasks at once; None: the number of processors that this process may use.
        profiles: further profiles beside `bare`, `numeric` and `exact`.
        allow_weak: accept a level that leaves a threat class uncovered.
        levels: levels to try, strongest first; None: all. For tests and measurements of single levels.
    """

    def __init__(
        self,
        *,
        workers: int | None = None,
        profiles: Sequence[Profile] = (),
        allow_weak: bool = False,
        levels: Sequence[str] | None = None,
    ) -> None:
        self._size = workers or available_processors()
        self._profiles = {profile.name: profile for profile in (BARE, NUMERIC, EXACT, *profiles)}
        self._launcher = Launcher(allow_weak=allow_weak, levels=levels)
        self._idle: dict[str, list[Worker]] = {name: [] for name in self._profiles}
        self._entry_modules: dict[str, list[str]] = {name: [] for name in self._profiles}
        self._all: set[Worker] = set()
        self._known: dict[Worker, tuple[str, ...]] = {}
        self._slots: asyncio.Semaphore | None = None
        self._starting: asyncio.Lock | None = None
        self._null = -1
        self._closing: list[Callable[[], Awaitable[None]]] = []
        self._shared: dict[Callable[[SandboxPool], Any], Any] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def workers(self) -> int:
        """How many tasks run at once."""
        return self._size

    async def __aenter__(self) -> SandboxPool:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def report(self) -> IsolationReport:
        """What isolation this machine gives, as probed in a child.

        Raises:
            SandboxUnavailableError: not enough, and weak isolation was not allowed.
        """
        self._bind()
        if self._launcher.report is None:
            self._give_back("bare", await self._new_worker("bare"))
        if self._launcher.report is None:
            raise SandboxUnavailableError("the isolation of this machine could not be probed")
        return self._launcher.report

    async def run(self, task: Task, limits: Limits | None = None) -> Outcome:
        """Run one task in one fresh child.

        Args:
            task: what to run.
            limits: its limits; None: the defaults.

        Returns:
            How it ended, its answers and output. A failure of the sandbox itself is `End.INTERNAL`.

        Raises:
            SandboxUnavailableError: no isolation that is strong enough can be had here.
            KeyError: the task names a profile that the pool does not have.
        """
        async with self._slot():
            worker = await self._take(task)
            try:
                conversation = worker.begin(task, limits or Limits(), self._null)
                conversation.send(task.payload, last=True)
                outcome = await conversation.outcome()
            finally:
                self._give_back(task.profile, worker)
        record_usage(outcome)
        return outcome

    @contextlib.asynccontextmanager
    async def session(
        self, task: Task, limits: Limits | None = None, *, beside: Session | None = None
    ) -> AsyncIterator[Session]:
        """Converse with a child; it is killed when the block is left before its end.

        Args:
            task: what to run.
            limits: its limits.
            beside: an open session that this one works with: the two count as one task of the pool, so that pairs
                cannot wait for each other.

        Raises:
            SandboxUnavailableError: no isolation that is strong enough can be had here.
        """
        async with contextlib.AsyncExitStack() as stack:
            if beside is None:
                await stack.enter_async_context(self._slot())
            worker = await self._take(task)
            stack.callback(self._give_back, task.profile, worker)
            conversation = worker.begin(task, limits or Limits(), self._null, interactive=True)
            conversation.send(task.payload)
            session = Session(conversation)
            try:
                yield session
            finally:
                await session.kill()

    def add_profile(self, profile: Profile) -> None:
        """Make a further profile known; one of the same name and content may be added again.

        Raises:
            ValueError: another profile has this name.
        """
        known = self._profiles.setdefault(profile.name, profile)
        if known != profile:
            raise ValueError(f"another profile is called '{profile.name}'")
        self._idle.setdefault(profile.name, [])
        self._entry_modules.setdefault(profile.name, [])

    async def resident(self, task: Task, limits: Limits) -> Session:
        """Start a child that stays beside the pool's tasks until it is killed or the pool is closed.

        It is none of the tasks that run at once, so whoever starts residents bounds their number.

        Args:
            task: what to run; it converses through its channel.
            limits: its limits, over its whole life.

        Raises:
            SandboxUnavailableError: no isolation that is strong enough can be had here.
        """
        self._bind()
        worker = await self._take(task)
        conversation = worker.begin(task, limits, self._null, interactive=True)
        conversation.send(task.payload)
        return Session(conversation, on_end=lambda: self._give_back(task.profile, worker))

    def server_pids(self) -> list[int]:
        """Pids of the running servers, for measurements."""
        return [worker.pid for worker in self._all if worker.alive]

    def call_on_close(self, close: Callable[[], Awaitable[None]]) -> None:
        """Have what works beside the pool (a connection, a process of its own) closed with it."""
        self._closing.append(close)

    def shared(self, make: Callable[[SandboxPool], _Shared]) -> _Shared:
        """What `make(pool)` gave the first time: one helper for all who work with this pool, until it is closed."""
        if make not in self._shared:
            self._shared[make] = make(self)
        found: _Shared = self._shared[make]
        return found

    async def close(self) -> None:
        """End all servers and remove what they used."""
        self._shared.clear()
        while self._closing:
            await self._closing.pop()()
        for worker in list(self._all):
            worker.kill()
            self._launcher.discard(worker)
        self._all.clear()
        for idle in self._idle.values():
            idle.clear()
        if self._null >= 0:
            os.close(self._null)
            self._null = -1
        self._slots = self._starting = self._loop = None

    def _bind(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            if self._loop is not None:
                raise RuntimeError("a SandboxPool belongs to the event loop that first used it; close it there first")
            self._loop = loop
            self._slots = asyncio.Semaphore(self._size)
            self._starting = asyncio.Lock()
            self._null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)

    def _slot(self) -> asyncio.Semaphore:
        self._bind()
        if self._slots is None:
            raise RuntimeError("the pool is closed")
        return self._slots

    async def _take(self, task: Task) -> Worker:
        profile = task.profile
        idle = self._idle[profile]
        module = task.entry.partition(":")[0]
        if module not in self._entry_modules[profile]:
            # Servers import entries before they are shut in, so those that run now cannot learn a new one.
            self._entry_modules[profile].append(module)
            for worker in idle:
                worker.kill()
                self._forget(worker)
            idle.clear()
        while idle:
            worker = idle.pop()
            if worker.alive:
                return worker
            self._forget(worker)
        return await self._new_worker(profile)

    async def _new_worker(self, profile: str) -> Worker:
        if self._starting is None:
            raise RuntimeError("the pool is closed")
        entry_modules = tuple(self._entry_modules[profile])
        try:
            if self._launcher.report is None:
                # One prober at a time; the others then know the level.
                async with self._starting:
                    worker = await self._launcher.start(self._profiles[profile], entry_modules, self._null)
            else:
                worker = await self._launcher.start(self._profiles[profile], entry_modules, self._null)
        except WorkerStartError as error:
            raise SandboxUnavailableError(f"the sandbox's '{profile}' server does not start: {error}") from None
        self._all.add(worker)
        self._known[worker] = entry_modules
        return worker

    def _give_back(self, profile: str, worker: Worker) -> None:
        current = self._known.get(worker) == tuple(self._entry_modules[profile])
        if worker.alive and not worker.busy and current and worker.tasks_done < _TASKS_PER_SERVER:
            self._idle[profile].append(worker)
        else:
            worker.kill()
            self._forget(worker)

    def _forget(self, worker: Worker) -> None:
        self._all.discard(worker)
        self._known.pop(worker, None)
        self._launcher.discard(worker)
