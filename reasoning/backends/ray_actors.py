"""What runs on the machines of a Ray cluster: one process that judges and one or more that hold an engine.

Both are plain asynchronous actors. What goes wrong with a call travels back as a value (`Failed`), since an exception
that leaves an actor reaches the caller in Ray's own wrapping.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, TypeVar

from reasoning.engines.base import Completion, Request
from verifiers.records import Problem, Verdict
from verifiers.registry import VerifierRegistry
from verifiers.sandbox import Limits, Outcome, Profile, SandboxPool, Task, Usage, measure_usage

__all__ = ["EngineActor", "Failed", "JudgeActor"]

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Failed:
    """A call that raised.

    Attributes:
        kind: `module:name` of the exception's class.
        arguments: its `args`.
        attributes: what else it holds.
    """

    kind: str
    arguments: tuple[Any, ...]
    attributes: dict[str, Any]

    @classmethod
    def of(cls, error: Exception) -> Failed:
        """Keep what is needed to raise `error` elsewhere."""
        return cls(f"{type(error).__module__}:{type(error).__qualname__}", error.args, dict(vars(error)))


async def _kept(work: Awaitable[Result]) -> Result | Failed:
    try:
        return await work
    except Exception as error:  # noqa: BLE001 - it is raised where the call was made
        return Failed.of(error)


class JudgeActor:
    """A machine's sandbox and the verifiers that use it."""

    def __init__(self, jobs: int | None, allow_weak: bool) -> None:
        self._pool = SandboxPool(workers=jobs, allow_weak=allow_weak)
        self._registry = VerifierRegistry(self._pool)

    async def begin(self) -> int | Failed:
        """Probe the machine's isolation; how many tasks run at once here."""
        report = await _kept(self._pool.report())
        return report if isinstance(report, Failed) else self._pool.workers

    async def verify(self, problem: Problem, candidate: str, limits: Limits) -> tuple[Verdict, Usage] | Failed:
        """Judge a candidate; the verdict and what the sandbox spent on it."""
        with measure_usage() as usage:
            verdict = await _kept(self._registry.verify(problem, candidate, limits))
        return verdict if isinstance(verdict, Failed) else (verdict, usage)

    async def run(self, task: Task, limits: Limits | None, profile: Profile) -> Outcome | Failed:
        """Run a task in the sandbox; `profile` is the one that it names."""
        return await _kept(self._run(task, limits, profile))

    async def _run(self, task: Task, limits: Limits | None, profile: Profile) -> Outcome:
        self._pool.add_profile(profile)
        return await self._pool.run(task, limits)

    async def close(self) -> None:
        """End the sandbox."""
        await self._pool.close()


class EngineActor:
    """An engine on some machine."""

    def __init__(self, spec: str) -> None:
        self._spec = spec
        self._engine: Any = None

    async def begin(self) -> dict[str, Any] | Failed:
        """Make the engine; its description."""
        return await _kept(self._begin())

    async def _begin(self) -> dict[str, Any]:
        from reasoning.engines.registry import create_engine

        self._engine = create_engine(self._spec)
        description: dict[str, Any] = self._engine.describe()
        return description

    async def complete(self, request: Request) -> list[Completion] | Failed:
        """Complete a request."""
        return await _kept(self._engine.complete(request))

    async def close(self) -> None:
        """Release what the engine holds."""
        if self._engine is not None:
            await self._engine.close()
