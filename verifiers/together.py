"""Coroutines done at the same time, which end together.

    first, second = await all_or_first_error([judge("a"), judge("b")])

At the first error the others are cancelled and waited for, and the error is raised as it is: a caller need not know of
groups of exceptions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

__all__ = ["all_or_first_error"]

Result = TypeVar("Result")


async def all_or_first_error(works: Iterable[Coroutine[Any, Any, Result]]) -> list[Result]:
    """The results of all `works`, in their order.

    Raises:
        Exception: the first that one of them raised.
    """
    parts = list(works)
    if len(parts) == 1:
        return [await parts[0]]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(part) for part in parts]
    except ExceptionGroup as errors:
        first = errors.exceptions[0]
        raise first from first.__cause__
    return [task.result() for task in tasks]
