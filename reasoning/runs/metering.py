"""What one sample takes: an engine that counts what it is asked, and the sandbox's usage beside it.

with Meter(engine, Budget(tokens=20_000)) as meter:
    attempt = await method(question, Workbench(meter.engine, sandbox))
meter.cost()            # Cost(calls=3, prompt_tokens=812, completion_tokens=240, sandbox_tasks=2, ...)
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self

from reasoning.engines.base import Completion, Engine, Request
from reasoning.runs.budget import Budget, BudgetedEngine
from reasoning.runs.store import Cost
from verifiers.sandbox import Usage, measure_usage

__all__ = ["Meter", "MeteredEngine"]


class MeteredEngine:
    """Passes requests on and counts the completions that come back."""

    def __init__(self, engine: Engine) -> None:
        self.name = engine.name
        self.calls = 0
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self._engine = engine

    async def complete(self, request: Request) -> list[Completion]:
        """See `Engine.complete`."""
        completions = await self._engine.complete(request)
        self.calls += len(completions)
        self.prompt_tokens += sum(completion.prompt_tokens for completion in completions)
        self.completion_tokens += sum(completion.completion_tokens for completion in completions)
        return completions

    async def close(self) -> None:
        """Leave the engine open: it belongs to the run, not to the sample."""

    def describe(self) -> dict[str, Any]:
        """See `Engine.describe`."""
        return self._engine.describe()


class Meter:
    """Measures one sample: the block in which its method works."""

    def __init__(self, engine: Engine, budget: Budget | None = None) -> None:
        self.engine: Engine = engine
        self._budget = budget
        self._metered = MeteredEngine(engine)
        self._measuring: AbstractContextManager[Usage] = measure_usage()
        self._usage = Usage()

    def __enter__(self) -> Self:
        self._usage = self._measuring.__enter__()
        budget = self._budget
        self.engine = self._metered if budget is None else BudgetedEngine(self._metered, budget, self._usage)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._measuring.__exit__(kind, error, trace)

    def cost(self) -> Cost:
        """What was spent so far."""
        engine, usage = self._metered, self._usage
        return Cost(
            engine.calls, engine.prompt_tokens, engine.completion_tokens, usage.tasks, round(usage.cpu_seconds, 6)
        )
