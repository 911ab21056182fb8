"""Waiting requests gathered into batches for one worker thread, so that the event loop never blocks.

    batcher = Batcher(run, limit=32)              # run(jobs): called in the worker thread with 1..32 jobs
    result = await batcher.submit(item)           # in the event loop, by as many tasks as like
    await batcher.close()

`run` ends each job by `job.finish(result)` or `job.fail(error)` as soon as that job is done, so a short answer does
not wait for the longest one of its batch. New jobs join at the next batch, or when `run` asks for them (`take`).
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from reasoning.engines.base import EngineError

__all__ = ["Batcher", "Job"]

GATHER_SECONDS = 0.005
"""How long a batch that is not full waits for more jobs."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class Job(Generic[Item, Result]):
    """One item on its way through the worker thread."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self._loop = asyncio.get_running_loop()
        self._future: asyncio.Future[Result] = self._loop.create_future()

    @property
    def abandoned(self) -> bool:
        """Whether nobody waits for the result any more (it was cancelled, or given already)."""
        return self._future.done()

    def finish(self, result: Result) -> None:
        """Hand the result to whoever waits; callable from any thread."""
        self._settle(lambda: self._future.set_result(result))

    def fail(self, error: BaseException) -> None:
        """Raise `error` where the result is awaited; callable from any thread."""
        self._settle(lambda: self._future.set_exception(error))

    async def result(self) -> Result:
        """Wait for the result."""
        return await self._future

    def _settle(self, act: Callable[[], None]) -> None:
        def settle() -> None:
            if not self._future.done():
                act()

        try:
            self._loop.call_soon_threadsafe(settle)
        except RuntimeError:
            # The event loop is closed: nobody waits any more.
            return


class Batcher(Generic[Item, Result]):
    """One worker thread that runs jobs in batches of at most `limit`, in the order of their arrival."""

    def __init__(self, run: Callable[[list[Job[Item, Result]]], None], *, limit: int) -> None:
        self._run = run
        self._limit = limit
        self._jobs: queue.SimpleQueue[Job[Item, Result] | None] = queue.SimpleQueue()
        self._running: list[Job[Item, Result]] = []
        self._thread: threading.Thread | None = None
        self._closed = False

    def take(self, most: int) -> list[Job[Item, Result]]:
        """Jobs that wait already, at most so many, to be run beside those that are; for `run`, in its thread."""
        taken: list[Job[Item, Result]] = []
        while len(taken) < most and not self._closed:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            if not job.abandoned:
                taken.append(job)
        self._running = [job for job in self._running if not job.abandoned] + taken
        return taken

    async def submit(self, item: Item) -> Result:
        """Wait for the result of one item.

        Raises:
            EngineError: the batcher is closed.
            Exception: whatever `run` gave to `Job.fail`, or raised.
        """
        if self._closed:
            raise EngineError("the engine is closed")
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="engine-batches", daemon=True)
            self._thread.start()
        job: Job[Item, Result] = Job(item)
        self._jobs.put(job)
        return await job.result()

    async def close(self) -> None:
        """End the thread after the running batch; jobs that still wait fail."""
        self._closed = True
        self._jobs.put(None)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while (batch := self._gather()) is not None:
            self._running = [job for job in batch if not job.abandoned]
            if not self._running:
                continue
            try:
                self._run(list(self._running))
            except Exception as error:  # noqa: BLE001 - handed on to every job of the batch
                for job in self._running:
                    job.fail(error)
            self._running = []
        while not self._jobs.empty():
            waiting = self._jobs.get()
            if waiting is not None:
                waiting.fail(EngineError("the engine is closed"))

    def _gather(self) -> list[Job[Item, Result]] | None:
        first = self._jobs.get()
        if first is None or self._closed:
            if first is not None:
                first.fail(EngineError("the engine is closed"))
            return None
        batch = [first]
        deadline = time.monotonic() + GATHER_SECONDS
        while len(batch) < self._limit:
            try:
                job = self._jobs.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            batch.append(job)
        return batch
