"""What the sandbox spent on one piece of work, however many judges and tasks it went through.

    with measure_usage() as usage:
        await registry.verify(problem, candidate, limits)
    usage.tasks, usage.cpu_seconds          # 2, 0.011

Each asynchronous task that is started inside the block counts as well: the meter travels with the context.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from verifiers.sandbox.task import Outcome

__all__ = ["Usage", "add_usage", "measure_usage", "record_usage"]


@dataclass(slots=True)
class Usage:
    """Children that ended while this was measured, with their wall and CPU seconds added up."""

    tasks: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0


_meter: Final[ContextVar[Usage | None]] = ContextVar("sandbox_usage", default=None)


@contextmanager
def measure_usage() -> Iterator[Usage]:
    """Count what is run in the sandbox within the block; an outer measurement does not see it."""
    usage = Usage()
    token = _meter.set(usage)
    try:
        yield usage
    finally:
        _meter.reset(token)


def record_usage(outcome: Outcome) -> None:
    """Count a child that has ended; called by the pool."""
    add_usage(Usage(1, outcome.seconds, outcome.cpu_seconds))


def add_usage(spent: Usage) -> None:
    """Count what was spent elsewhere on the work that is being measured."""
    usage = _meter.get()
    if usage is not None:
        usage.tasks += spent.tasks
        usage.seconds += spent.seconds
        usage.cpu_seconds += spent.cpu_seconds
