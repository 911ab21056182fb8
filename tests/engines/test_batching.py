"""Batches: who shares one, who is answered when, and what happens to failures, cancellation and closing."""

from __future__ import annotations

import asyncio
import threading

import pytest

from reasoning.engines.base import EngineError
from reasoning.engines.batching import Batcher, Job
from verifiers.together import all_or_first_error


def test_waiting_jobs_share_full_batches_in_order() -> None:
    batches: list[list[int]] = []
    go = threading.Event()

    def run(jobs: list[Job[int, int]]) -> None:
        go.wait()
        batches.append([job.item for job in jobs])
        for job in jobs:
            job.finish(job.item * 10)

    async def main() -> list[int]:
        batcher = Batcher(run, limit=4)
        tasks = [asyncio.create_task(batcher.submit(item)) for item in range(10)]
        await asyncio.sleep(0)
        go.set()
        results = await asyncio.gather(*tasks)
        await batcher.close()
        return results

    assert asyncio.run(main()) == [item * 10 for item in range(10)]
    assert [item for batch in batches for item in batch] == list(range(10))
    assert [len(batch) for batch in batches] == [4, 4, 2]


def test_early_jobs_do_not_wait_for_their_batch() -> None:
    first_seen = threading.Event()

    def run(jobs: list[Job[int, int]]) -> None:
        jobs[0].finish(0)
        # Would wait forever if the first result only came with the end of the batch.
        assert first_seen.wait(60)
        for job in jobs[1:]:
            job.finish(1)

    async def main() -> list[int]:
        batcher = Batcher(run, limit=2)
        early, late = asyncio.create_task(batcher.submit(1)), asyncio.create_task(batcher.submit(2))
        await early
        first_seen.set()
        results = [await early, await late]
        await batcher.close()
        return results

    assert asyncio.run(main()) == [0, 1]


def test_failure_reaches_every_job_of_its_batch_and_the_next_batch_runs() -> None:
    def run(jobs: list[Job[int, int]]) -> None:
        if any(job.item < 0 for job in jobs):
            raise ValueError("bad batch")
        for job in jobs:
            job.finish(job.item)

    async def main() -> None:
        batcher = Batcher(run, limit=8)
        results = await asyncio.gather(batcher.submit(-1), batcher.submit(1), return_exceptions=True)
        assert [str(result) for result in results] == ["bad batch", "bad batch"]
        assert await batcher.submit(5) == 5
        await batcher.close()

    asyncio.run(main())


def test_cancelled_jobs_are_not_run() -> None:
    ran: list[int] = []
    started, go = threading.Event(), threading.Event()

    def run(jobs: list[Job[int, int]]) -> None:
        started.set()
        go.wait()
        for job in jobs:
            ran.append(job.item)
            job.finish(job.item)

    async def main() -> None:
        batcher = Batcher(run, limit=1)
        busy = asyncio.create_task(batcher.submit(1))
        await asyncio.to_thread(started.wait)
        waiting = asyncio.create_task(batcher.submit(2))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
        go.set()
        assert await busy == 1
        assert await batcher.submit(3) == 3
        await batcher.close()

    asyncio.run(main())
    assert ran == [1, 3]


def test_closing_fails_what_waits_and_what_comes() -> None:
    started, go = threading.Event(), threading.Event()

    def run(jobs: list[Job[int, int]]) -> None:
        started.set()
        go.wait()
        for job in jobs:
            job.finish(job.item)

    async def main() -> None:
        batcher = Batcher(run, limit=1)
        busy = asyncio.create_task(batcher.submit(1))
        await asyncio.to_thread(started.wait)
        waiting = asyncio.create_task(batcher.submit(2))
        await asyncio.sleep(0)
        closing = asyncio.create_task(batcher.close())
        await asyncio.sleep(0)
        go.set()
        await closing
        assert await busy == 1
        with pytest.raises(EngineError, match="closed"):
            await waiting
        with pytest.raises(EngineError, match="closed"):
            await batcher.submit(3)

    asyncio.run(main())


def test_first_error_cancels_the_others() -> None:
    cancelled = []

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    async def fail() -> None:
        await asyncio.sleep(0)
        raise EngineError("no")

    async def main() -> None:
        with pytest.raises(EngineError, match=r"^no$"):
            await all_or_first_error([forever(), fail(), forever()])

    asyncio.run(main())
    assert cancelled == [True, True]


def test_jobs_that_a_running_batch_takes_are_answered_or_fail_with_it() -> None:
    batches: list[list[int]] = []
    go = threading.Event()

    def run(jobs: list[Job[int, int]]) -> None:
        go.wait()
        batches.append([job.item for job in jobs])
        while jobs:
            for job in jobs:
                if job.item < 0:
                    raise ValueError("bad job")
                job.finish(job.item * 10)
            jobs = batcher.take(3)
            batches[-1] += [job.item for job in jobs]

    async def main() -> list[object]:
        nonlocal batcher
        batcher = Batcher(run, limit=2)
        tasks = [asyncio.create_task(batcher.submit(item)) for item in (0, 1, 2, 3, 4, -5, 6)]
        await asyncio.sleep(0)
        go.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert await batcher.submit(7) == 70
        await batcher.close()
        return [str(result) if isinstance(result, Exception) else result for result in results]

    batcher: Batcher[int, int]
    # 5 is taken with 6: what 6 waits for would never come if only the first jobs of a batch failed with it.
    assert asyncio.run(main()) == [0, 10, 20, 30, 40, "bad job", "bad job"]
    assert batches == [[0, 1, 2, 3, 4, -5, 6], [7]]


def test_a_batch_that_goes_on_and_on_keeps_no_finished_jobs() -> None:
    most = 0

    def run(jobs: list[Job[int, int]]) -> None:
        nonlocal most
        while jobs:
            for job in jobs:
                job.finish(job.item)
            most = max(most, len(batcher._running))
            waited = threading.Event()
            loop.call_soon_threadsafe(waited.set)
            waited.wait(60)
            jobs = batcher.take(4)

    async def main() -> None:
        nonlocal batcher, loop
        loop = asyncio.get_running_loop()
        batcher = Batcher(run, limit=4)
        await asyncio.gather(*(batcher.submit(item) for item in range(400)))
        await batcher.close()

    batcher: Batcher[int, int]
    loop: asyncio.AbstractEventLoop
    asyncio.run(main())
    assert most <= 8
