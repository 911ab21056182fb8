"""Runs code that nobody trusts: one fresh, isolated child a task, forked from a warm server.

    async with SandboxPool() as pool:
        outcome = await pool.run(Task("verifiers.sandbox.entries:run_program", payload), Limits(wall_seconds=2))

`SandboxPool.session` opens a two-way conversation with a child (frames of bytes both ways) for a judge that has to
ask a candidate one question after another. `SandboxPool.report` says which layers are active, as probed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifiers.late_imports import lazy_exports

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

__getattr__ = lazy_exports(
    __name__,
    {
        "pool": ("SandboxPool", "Session"),
        "report": ("IsolationReport", "SandboxUnavailableError"),
        "task": ("End", "Limits", "Outcome", "Profile", "Task"),
        "usage": ("Usage", "measure_usage"),
    },
)
