"""Work on many items at once, with a bounded number in flight and results in the order of the items.

    async for square in stream([3, 1, 2], work, concurrency=2):        # async def work(n): return n * n
        print(square)                                                   # 9, 1, 4

Workers pull from one iterator, no more of them than may work at once and than there are items, so a million items cost
no million tasks, and work that returns at once never waits for the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from typing import Generic, TypeVar

__all__ = ["WINDOW_FACTOR", "stream"]

WINDOW_FACTOR = 16
"""In item order, at most this many times `concurrency` results wait for a slow item before them."""
_YIELD_EVERY = 256
"""After this many items that never suspended, a worker lets the event loop breathe."""

Item = TypeVar("Item")
Result = TypeVar("Result")


async def stream(
    items: Iterable[Item], work: Callable[[Item], Awaitable[Result]], *, concurrency: int, ordered: bool = True
) -> AsyncGenerator[Result, None]:
    """Yield `await work(item)` for every item.

    Args:
        items: read lazily, from the event loop.
        work: must not raise for what it can report as a result; what it raises ends the stream.
        concurrency: how many items are worked on at once, at least 1.
        ordered: whether results come in the order of the items, or as they are ready.

    Raises:
        ValueError: `concurrency` is below 1.
        BaseException: whatever `work` or `items` raised; the other workers are cancelled and waited for.
    """
    if concurrency < 1:
        raise ValueError(f"concurrency is {concurrency}, expected at least 1")
    crew = _Crew(iter(items), work, concurrency, ordered)
    crew.hire()
    try:
        while True:
            for result in await crew.ready():
                yield result
            if crew.finished:
                break
    finally:
        for task in crew.tasks:
            task.cancel()
        await asyncio.gather(*crew.tasks, return_exceptions=True)


class _Crew(Generic[Item, Result]):
    """The state that the workers of one stream share."""

    def __init__(
        self, items: Iterator[Item], work: Callable[[Item], Awaitable[Result]], workers: int, ordered: bool
    ) -> None:
        self._items = items
        self._work = work
        self.tasks: list[asyncio.Task[None]] = []
        self._active = 0
        self._workers = workers
        self._window = workers * WINDOW_FACTOR
        self._ordered = ordered
        self._started = 0
        self._emitted = 0
        self._done: dict[int, Result] = {}
        self._exhausted = False
        self._failure: BaseException | None = None
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    def hire(self) -> None:
        """Begin with one more worker where there may be one."""
        if len(self.tasks) < self._workers:
            self._active += 1
            self.tasks.append(asyncio.create_task(self.pull()))

    async def pull(self) -> None:
        """Work on items until there are none."""
        try:
            while not self._exhausted:
                if self._started >= self._emitted + self._window:
                    self._room.clear()
                    await self._room.wait()
                    continue
                try:
                    item = next(self._items)
                except StopIteration:
                    self._exhausted = True
                    break
                index = self._started
                self._started += 1
                self.hire()
                result = await self._work(item)
                self._done[index] = result
                if not self._ordered or index == self._emitted:
                    self._changed.set()
                if index % _YIELD_EVERY == 0:
                    await asyncio.sleep(0)
        except BaseException as error:  # noqa: BLE001 - handed to the consumer of the stream, which raises it
            self._failure = self._failure or error
        finally:
            self._active -= 1
            self._changed.set()

    @property
    def finished(self) -> bool:
        """Whether all workers have ended and all results were given out."""
        return not self._active and not self._done

    async def ready(self) -> list[Result]:
        """The results that can be given out now; waits until there may be one or a worker has ended.

        Raises:
            BaseException: what a worker raised.
        """
        await self._changed.wait()
        self._changed.clear()
        if self._failure is not None:
            raise self._failure
        ready: list[Result] = []
        if self._ordered:
            while (position := self._emitted + len(ready)) in self._done:
                ready.append(self._done.pop(position))
        else:
            ready.extend(self._done.values())
            self._done.clear()
        self._emitted += len(ready)
        self._room.set()
        return ready
