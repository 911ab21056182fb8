"""Shared by the sandbox tests: which levels this machine gives, and one way to run a hostile program."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from verifiers.sandbox import Limits, Outcome, SandboxPool, SandboxUnavailableError, Task
from verifiers.sandbox.entries import program_payload

RUN_PROGRAM = "verifiers.sandbox.entries:run_program"
ORDINARY_USER = 65534


def available_levels() -> list[str]:
    """Strong levels that a pool can be started at here, each tried."""

    async def try_level(level: str) -> bool:
        try:
            async with SandboxPool(workers=1, levels=[level]) as pool:
                await pool.report()
        except SandboxUnavailableError:
            return False
        return True

    return [level for level in ("A", "B", "C") if asyncio.run(try_level(level))]


LEVELS = available_levels()


Run = Callable[..., Coroutine[Any, Any, Outcome]]


@asynccontextmanager
async def runner(level: str | None = None, **options: Any) -> AsyncIterator[Run]:
    """A pool of one server, as a function from source text (and limits) to an outcome."""
    async with SandboxPool(workers=1, levels=[level] if level else None, **options) as pool:

        async def run(source: str, *, stdin: bytes | None = None, profile: str = "bare", **limits: Any) -> Outcome:
            task = Task(RUN_PROGRAM, program_payload(source), stdin=stdin, capture=True, profile=profile)
            return await pool.run(task, Limits(**{"wall_seconds": 5.0, **limits}))

        yield run


def run_at(level: str | None, source: str, **options: Any) -> Outcome:
    """Run one program at `level` and return its outcome."""

    async def go() -> Outcome:
        async with runner(level) as run:
            return await run(source, **options)

    return asyncio.run(go())


def host_processes() -> set[int]:
    """Pids on the host that are not kernel threads."""
    found = set()
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if os.readlink(f"/proc/{name}/exe"):
                    found.add(int(name))
            except OSError:
                continue
    return found
