"""A budget for each sample, in tokens, calls and sandbox time, so that methods can be compared at equal cost.

    budget = Budget.parse("tokens=20000,calls=40,sandbox=30")
    engine = BudgetedEngine(engine, budget, usage)
    await engine.complete(request)          # BudgetSpentError once it is spent

Every completion counts, those that a resumed run reads from its store like the others, so a budget of tokens or calls
ends a sample at the same request whatever happened to the run. Sandbox time is measured and differs a little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reasoning.engines.base import BudgetSpentError, Completion, Engine, Request
from reasoning.options import OptionError, bounded, check_options, read_options, split_options
from verifiers.sandbox import Usage

__all__ = ["Budget", "BudgetError", "BudgetedEngine"]


class BudgetError(ValueError):
    """A budget cannot be read; one clear line."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one sample may spend; None: as much as it wants.

    Attributes:
        tokens: prompt and completion tokens of all its completions. The request that passes the bound is the last.
        calls: completions. A request that would pass the bound is refused.
        sandbox: CPU seconds of the programs that its method runs; the final judgement is not among them.
    """

    tokens: int | None = bounded(None, above=0)
    calls: int | None = bounded(None, above=0)
    sandbox: float | None = bounded(None, above=0)

    def __post_init__(self) -> None:
        check_options(self)

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Read `tokens=N,calls=N,sandbox=SECONDS`, any of them; an empty text sets no bound.

        Raises:
            BudgetError: a part is unknown, given twice or no number above 0.
        """
        if not text.strip():
            return cls()
        try:
            head, options = split_options(f",{text.strip()}")
            if head or not options:
                raise BudgetError(
                    f"budget {text!r}: expected tokens=N, calls=N or sandbox=SECONDS, with commas between"
                )
            return read_options("budget", cls, options)
        except OptionError as error:
            raise BudgetError(str(error)) from None


class BudgetedEngine:
    """Passes requests on while one sample's budget lasts."""

    def __init__(self, engine: Engine, budget: Budget, usage: Usage) -> None:
        """Bound what is asked of `engine`; `usage` is what the sample's programs have taken so far."""
        self.name = engine.name
        self._engine = engine
        self._budget = budget
        self._usage = usage
        self._calls = self._tokens = 0

    async def complete(self, request: Request) -> list[Completion]:
        """See `Engine.complete`.

        Raises:
            BudgetSpentError: the budget is spent.
        """
        self._check(len(request.seeds))
        completions = await self._engine.complete(request)
        self._calls += len(completions)
        self._tokens += sum(completion.prompt_tokens + completion.completion_tokens for completion in completions)
        return completions

    async def close(self) -> None:
        """Leave the engine open: it belongs to the run, not to the sample."""

    def describe(self) -> dict[str, Any]:
        """See `Engine.describe`."""
        return self._engine.describe()

    def _check(self, wanted: int) -> None:
        budget = self._budget
        if budget.calls is not None and self._calls + wanted > budget.calls:
            raise BudgetSpentError(f"{self._calls} of {budget.calls} calls are spent")
        if budget.tokens is not None and self._tokens >= budget.tokens:
            raise BudgetSpentError(f"{budget.tokens} tokens are spent")
        if budget.sandbox is not None and self._usage.cpu_seconds >= budget.sandbox:
            raise BudgetSpentError(f"{budget.sandbox:g} s of sandbox time are spent")
