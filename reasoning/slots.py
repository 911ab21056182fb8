"""A bounded number of things at once, at the same cost for each however many wait.

    slots = Slots(64)
    async with slots:
        ...                     # at most 64 are here

`asyncio.Semaphore` does the same, but each release looks at all waiters that were woken and have not run yet: when a
batch of a thousand answers comes at once, that is half a million looks.
"""

from __future__ import annotations

import asyncio
from collections import deque

__all__ = ["Slots"]


class Slots:
    """Async context manager that `count` tasks can be in at once; those that wait come in the order of their arrival.

    Raises:
        ValueError: `count` is below 1.
    """

    def __init__(self, count: int) -> None:
        if count < 1:
            raise ValueError(f"{count} slots, expected at least 1")
        self._free = count
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        if self._free:
            self._free -= 1
            return
        handed = asyncio.get_running_loop().create_future()
        self._waiting.append(handed)
        try:
            await handed
        except asyncio.CancelledError:
            if handed.done() and not handed.cancelled():
                # Cancelled between being handed a slot and running: the next one gets it.
                self._release()
            raise

    async def __aexit__(self, *raised: object) -> None:
        self._release()

    def _release(self) -> None:
        """Hand the slot to the first that still waits, or keep it free."""
        while self._waiting:
            first = self._waiting.popleft()
            if not first.done():
                first.set_result(None)
                return
        self._free += 1
