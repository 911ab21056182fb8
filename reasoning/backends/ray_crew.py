"""The actors of one role on a Ray cluster, and which of them gets the next call.

    crew = Crew("judges", lambda node: a JudgeActor's handle on that node)
    await crew.start()
    verdict = await crew.call("verify", problem, candidate, limits)

Machines may come and go: a watcher gives each new one its actors and forgets dead ones. A call whose machine dies is
made again elsewhere; every call here is a pure function of its arguments, so nothing is lost or counted twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final

import ray
from ray.exceptions import RayActorError, RayError

from reasoning.backends.base import BackendError
from reasoning.backends.ray_actors import Failed

__all__ = ["Crew", "Node"]

DEATHS_PER_CALL: Final = 3
"""So many machines may die under one call; then the call is taken for the cause."""
PATIENCE_SECONDS: Final = 60.0
"""How long calls wait for a machine when there is none."""
WATCH_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of the cluster.

    Attributes:
        id: Ray's.
        processors: that Ray may use there.
        gpus: likewise.
    """

    id: str
    processors: int
    gpus: int


@dataclass(slots=True, eq=False)
class _Member:
    place: tuple[str, int]
    handle: Any
    answer: Any
    capacity: float = 1.0
    load: int = 0


@dataclass(slots=True)
class _State:
    members: list[_Member] = field(default_factory=list)
    begun: set[tuple[str, int]] = field(default_factory=set)
    refusals: dict[str, Exception] = field(default_factory=dict)


class Crew:
    """Actors of one role.

    Args:
        role: their name in messages.
        make: from a machine to the handle of a new actor on it.
        count: how many of them a machine has.
        capacity: from what an actor's `begin` answered to how much it takes at once, compared with the others.
    """

    def __init__(
        self,
        role: str,
        make: Callable[[Node], Any],
        *,
        count: Callable[[Node], int] = lambda node: 1,
        capacity: Callable[[Any], float] = lambda answer: 1.0,
    ) -> None:
        self._role = role
        self._make = make
        self._count = count
        self._capacity = capacity
        self._state = _State()
        self._changed = asyncio.Event()
        self._watcher: asyncio.Task[None] | None = None
        self._beginning: set[asyncio.Task[None]] = set()

    @property
    def answers(self) -> list[Any]:
        """What `begin` answered, of each actor that is there."""
        return [member.answer for member in self._state.members]

    async def start(self) -> None:
        """Bring up the actors of all machines that are there, and watch for others.

        Raises:
            Exception: what `begin` raised, where it did so on every machine.
        """
        await self._look()
        await asyncio.gather(*self._beginning)
        if not self._state.members:
            raise self._nobody()
        self._watcher = asyncio.create_task(self._watch())

    async def call(self, method: str, *arguments: Any) -> Any:
        """Call `method` of the actor that has least to do.

        Raises:
            BackendError: there is no machine, or the call ended several of them.
            Exception: what the method raised.
        """
        for _ in range(DEATHS_PER_CALL):
            member = await self._least_busy()
            member.load += 1
            try:
                answer = await getattr(member.handle, method).remote(*arguments)
            except RayActorError:
                self._forget(member)
            else:
                return _raised(answer)
            finally:
                member.load -= 1
        raise BackendError(f"{DEATHS_PER_CALL} machines or their processes died during one call of the {self._role}")

    async def close(self) -> None:
        """End all actors."""
        tasks = [*self._beginning, *([] if self._watcher is None else [self._watcher])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for member in self._state.members:
            with suppress(RayError, TimeoutError):
                await asyncio.wait_for(member.handle.close.remote(), timeout=10)
            with suppress(RayError):
                ray.kill(member.handle)
        self._state = _State()

    async def _least_busy(self) -> _Member:
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not self._state.members:
                    self._changed.clear()
                    await self._changed.wait()
        if not self._state.members:
            raise self._nobody()
        return min(self._state.members, key=lambda member: member.load / member.capacity)

    def _nobody(self) -> Exception:
        for error in self._state.refusals.values():
            return error
        return BackendError(f"no machine of the Ray cluster is there for the {self._role}")

    def _forget(self, member: _Member) -> None:
        # The machine may live on without this actor: then the watcher gives it another one.
        if member in self._state.members:
            self._state.members.remove(member)
            self._state.begun.discard(member.place)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            with suppress(RayError):
                await self._look()

    async def _look(self) -> None:
        alive = {node.id: node for node in _nodes(await asyncio.to_thread(ray.nodes))}
        for member in [one for one in self._state.members if one.place[0] not in alive]:
            self._forget(member)
        for node in alive.values():
            for place in ((node.id, number) for number in range(self._count(node))):
                if place not in self._state.begun:
                    self._state.begun.add(place)
                    task = asyncio.create_task(self._begin(node, place))
                    self._beginning.add(task)
                    task.add_done_callback(self._beginning.discard)

    async def _begin(self, node: Node, place: tuple[str, int]) -> None:
        handle = self._make(node)
        try:
            answer = await handle.begin.remote()
        except RayError:
            self._state.begun.discard(place)
            return
        if isinstance(answer, Failed):
            # What does not begin on a machine (weak isolation, a missing package) is not tried there again.
            self._state.refusals[node.id] = _exception(answer)
            with suppress(RayError):
                ray.kill(handle)
            return
        self._state.members.append(_Member(place, handle, answer, self._capacity(answer)))
        self._changed.set()


def _nodes(described: Sequence[Mapping[str, Any]]) -> list[Node]:
    return [
        Node(one["NodeID"], int(one["Resources"].get("CPU", 1)) or 1, int(one["Resources"].get("GPU", 0)))
        for one in described
        if one["Alive"]
    ]


def _raised(answer: Any) -> Any:
    if isinstance(answer, Failed):
        raise _exception(answer)
    return answer


def _exception(failed: Failed) -> Exception:
    module, _, name = failed.kind.partition(":")
    kind = getattr(import_module(module), name, None)
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        return BackendError(f"{name}: {' '.join(map(str, failed.arguments))}")
    # Not called: it may be made from other things than it keeps as its arguments.
    error = kind.__new__(kind, *failed.arguments)
    vars(error).update(failed.attributes)
    return error
