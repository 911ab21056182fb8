"""Slots: never more than their number at once, in order of arrival, none lost to a cancelled task."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning.slots import Slots


def test_no_more_than_the_number_at_once_and_in_order():
    inside, most, order = 0, 0, []

    async def work(number: int, slots: Slots) -> None:
        nonlocal inside, most
        async with slots:
            inside += 1
            most = max(most, inside)
            order.append(number)
            for _ in range(number % 4):
                await asyncio.sleep(0)
            inside -= 1

    async def run() -> None:
        slots = Slots(3)
        await asyncio.gather(*(work(number, slots) for number in range(50)))

    asyncio.run(run())
    assert (inside, most, order) == (0, 3, list(range(50)))


@given(
    count=st.integers(1, 3),
    lengths=st.lists(st.integers(0, 3), min_size=1, max_size=12),
    cancelled=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 6)), max_size=8),
)
def test_cancelled_tasks_leave_all_slots_free(count, lengths, cancelled):
    async def hold(slots: Slots, steps: int) -> None:
        async with slots:
            for _ in range(steps):
                await asyncio.sleep(0)

    async def run() -> None:
        slots = Slots(count)
        tasks = [asyncio.create_task(hold(slots, steps)) for steps in lengths]
        for moment in range(7):
            await asyncio.sleep(0)
            for number, when in cancelled:
                if when == moment and number < len(tasks):
                    tasks[number].cancel()
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
        for _ in range(count):
            await asyncio.wait_for(slots.__aenter__(), 5)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(slots.__aenter__(), 0)

    asyncio.run(run())


def test_an_exception_inside_gives_the_slot_back():
    async def run() -> None:
        slots = Slots(1)
        with pytest.raises(ZeroDivisionError):
            async with slots:
                _ = 1 / 0
        async with slots:
            pass

    asyncio.run(run())


def test_no_slots_is_an_error():
    with pytest.raises(ValueError, match="0 slots"):
        Slots(0)
