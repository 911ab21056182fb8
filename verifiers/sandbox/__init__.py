"""Runs code that nobody trusts: one fresh, isolated child a task, forked from a warm server.

    async with SandboxPool() as pool:
        outcome = await pool.run(Task("verifiers.sandbox.entries:run_program", payload), Limits(wall_seconds=2))

`SandboxPool.session` opens a two-way conversation with a child (frames of bytes both ways) for a judge that has to
ask a candidate one question after another. `SandboxPool.report` says which layers are active, as probed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verifiers.sandbox.pool import SandboxPool, Session
    from verifiers.sandbox.report import IsolationReport, SandboxUnavailableError
    from verifiers.sandbox.task import End, Limits, Outcome, Profile, Task
    from verifiers.sandbox.usage import Usage, measure_usage

__all__ = [
    "End",
    "IsolationReport",
    "Limits",
    "Outcome",
    "Profile",
    "SandboxPool",
    "SandboxUnavailableError",
    "Session",
    "Task",
    "Usage",
    "measure_usage",
]

_HOMES = {
    "SandboxPool": "pool",
    "Session": "pool",
    "IsolationReport": "report",
    "SandboxUnavailableError": "report",
    "End": "task",
    "Limits": "task",
    "Outcome": "task",
    "Profile": "task",
    "Task": "task",
    "Usage": "usage",
    "measure_usage": "usage",
}


def __getattr__(name: str) -> object:
    """Import on first use: the fork server shares this package, and every page it imports is copied with each task."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
