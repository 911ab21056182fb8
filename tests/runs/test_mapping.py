import asyncio
import random

import pytest

from reasoning.runs.mapping import WINDOW_FACTOR, stream


def collect(items, work, **options):
    async def run():
        return [result async for result in stream(items, work, **options)]

    return asyncio.run(run())


async def slow_square(number):
    await asyncio.sleep(random.Random(number).random() / 500)
    return number * number


def test_results_come_in_item_order_whatever_finishes_first():
    assert collect(range(100), slow_square, concurrency=7) == [n * n for n in range(100)]


def test_unordered_results_are_complete():
    results = collect(range(100), slow_square, concurrency=7, ordered=False)
    assert sorted(results) == [n * n for n in range(100)]
    assert results != sorted(results)


def test_work_that_never_waits_and_no_items_at_all():
    async def immediate(number):
        return number

    assert collect(range(5000), immediate, concurrency=3) == list(range(5000))
    assert collect([], immediate, concurrency=3) == []


@pytest.mark.parametrize("ordered", [True, False])
def test_there_are_no_more_workers_than_items(ordered):
    most = 0

    async def waiting(number):
        nonlocal most
        most = max(most, len(asyncio.all_tasks()))
        await asyncio.sleep(0)
        return number

    assert collect(range(5), waiting, concurrency=20_000, ordered=ordered) == list(range(5))
    assert most <= 1 + 5 + 1  # the consumer, a worker an item, and one that finds none


def test_the_number_in_flight_is_bounded():
    under_way = most = 0

    async def work(number):
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.001)
        under_way -= 1
        return number

    collect(range(50), work, concurrency=4)
    assert most == 4


def test_a_slow_head_holds_back_reading_so_that_memory_stays_bounded():
    pulled = 0

    def items():
        nonlocal pulled
        for number in range(10_000):
            pulled += 1
            yield number

    async def run():
        gate = asyncio.Event()

        async def work(number):
            if number == 0:
                await gate.wait()
            return number

        results = stream(items(), work, concurrency=2)
        first = asyncio.ensure_future(anext(results))
        for _ in range(200):
            await asyncio.sleep(0)
        held = pulled
        gate.set()
        assert await first == 0
        await results.aclose()
        return held

    assert asyncio.run(run()) <= 2 * WINDOW_FACTOR + 2


def test_an_exception_ends_the_stream_and_the_other_workers():
    cancelled = 0

    async def work(number):
        nonlocal cancelled
        if number == 3:
            raise LookupError("three")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled += 1
            raise

    with pytest.raises(LookupError, match="three"):
        collect(range(10), work, concurrency=4)
    assert cancelled == 3


def test_an_exception_of_the_items_ends_the_stream():
    def items():
        yield 1
        raise LookupError("items")

    with pytest.raises(LookupError, match="items"):
        collect(items(), slow_square, concurrency=2)


def test_a_concurrency_of_zero_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        collect([1], slow_square, concurrency=0)
