"""Runs code that nobody trusts: one fresh, isolated child a task, forked from a warm server.

    async with SandboxPool() as pool:
        outcome = await pool.run(Task("verifiers.sandbox.entries:run_program", payload), Limits(wall_seconds=2))

`SandboxPool.session` opens a two-way conversation with a child (frames of bytes both ways) for a judge that has to
ask a candidate one question after another. `SandboxPool.report` says which layers are active, as probed.
"""

from verifiers.sandbox.pool import SandboxPool, Session
from verifiers.sandbox.report import IsolationReport, SandboxUnavailableError
from verifiers.sandbox.task import End, Limits, Outcome, Profile, Task

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
]
