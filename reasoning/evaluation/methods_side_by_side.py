"""Several methods on one benchmark with one engine and one budget: a run directory each, and a table.

    rows = await evaluate_methods(Settings("humaneval", engine, budget="tokens=20000"), ["funcoder", "direct"], out)
    rows[0].outcome.metrics["pass@1"], rows[0].tokens       # of funcoder

`OUT/methods.json` says which methods there are; each run below `OUT` is one like any other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from reasoning.backends import Execution
from reasoning.engines.base import Completion, Engine, Request, concurrency_for
from reasoning.evaluation.evaluating import EvaluationError, Outcome, Settings, evaluate, problem_files, problems_of
from reasoning.evaluation.metrics import Metric
from reasoning.methods import MethodError, find_method
from reasoning.methods.draws import check_needs
from reasoning.runs import Run, write_json
from reasoning.runs.run import CONFIG_NAME
from verifiers.sandbox import SandboxPool

__all__ = ["METHODS_NAME", "MethodRow", "evaluate_methods", "read_methods"]

METHODS_NAME = "methods.json"


@dataclass(frozen=True, slots=True)
class MethodRow:
    """One line of the table.

    Attributes:
        method: its spec.
        directory: of its run.
        outcome: of its run.
        calls: completions for one sample, on average.
        tokens: prompt and completion tokens for one sample, on average.
        sandbox_seconds: CPU seconds of the programs that the method ran for one sample, on average.
    """

    method: str
    directory: Path
    outcome: Outcome
    calls: float
    tokens: float
    sandbox_seconds: float

    @property
    def pass_at_1(self) -> Metric:
        """The share of problems solved by one sample."""
        return self.outcome.results.metrics["pass@1"]


async def evaluate_methods(
    settings: Settings,
    methods: Sequence[str],
    directory: Path,
    *,
    engine: Engine | None = None,
    execution: Execution = Execution(),
) -> list[MethodRow]:
    """Evaluate one method after the other, each to its end; what is finished in `directory` is not done again.

    Args:
        settings: of all; `method` is not looked at.
        methods: specs, without repetition.
        directory: holds a run directory for each method.
        engine: asked instead of the one that the settings name; closed at the end.
        execution: how it is carried out.

    Raises:
        EvaluationError: a method is named twice, or the directory holds something else; or see `evaluate`.
        MethodError: a method lacks what it needs; nothing has begun.
    """
    if len({_folder(method) for method in methods}) < len(methods):
        raise EvaluationError(f"methods {', '.join(methods)}: one is named twice")
    begun = read_methods(directory)
    wanted = {"methods": list(methods), "settings": asdict(replace(settings, method=""))}
    if begun is None and (directory / CONFIG_NAME).exists():
        raise EvaluationError(f"{directory} holds the run of one method; give a new directory")
    if begun is not None and begun != wanted:
        changed = next(name for name in ("methods", "settings") if begun.get(name) != wanted[name])
        raise EvaluationError(
            f"{directory / METHODS_NAME}: {changed} differ from what was asked for; give a new directory"
        )
    async with AsyncExitStack() as stack:
        if engine is not None:
            stack.push_async_callback(engine.close)
        place = await stack.enter_async_context(execution.place())
        await _check(settings, methods, place.pool, execution.quiet)
        if begun is None:
            directory.mkdir(parents=True, exist_ok=True)
            write_json(directory / METHODS_NAME, wanted)
        if engine is None:
            engine = await place.engine(settings.engine)
            stack.push_async_callback(engine.close)
        return [
            await _row(replace(settings, method=method), directory / _folder(method), _KeptOpen(engine), execution)
            for method in methods
        ]


def read_methods(directory: Path) -> dict[str, Any] | None:
    """What `methods.json` in `directory` holds; None where there is none.

    Raises:
        EvaluationError: it is damaged.
    """
    path = directory / METHODS_NAME
    if not path.exists():
        return None
    try:
        begun = json.loads(path.read_text(encoding="utf-8"))
        names = {field.name for field in fields(Settings)}
        if not set(begun["settings"]) <= names or not all(isinstance(name, str) for name in begun["methods"]):
            raise ValueError("unknown settings or methods")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvaluationError(f"{path}: cannot be read: {error}") from None
    return dict(begun)


async def _check(settings: Settings, methods: Sequence[str], pool: SandboxPool, quiet: bool) -> None:
    """See that each method has what it needs before the first one is asked."""
    _, problem = next(problems_of(*await problem_files(settings, pool, quiet), settings), (0, None))
    for method in methods:
        try:
            check_needs(find_method(method), problem, engine=settings.engine, rewarded=bool(settings.reward_model))
        except MethodError as error:
            raise MethodError(f"method '{method}': {error}") from None


async def _row(settings: Settings, directory: Path, engine: Engine, execution: Execution) -> MethodRow:
    resume = (directory / CONFIG_NAME).exists()
    outcome = await evaluate(settings, directory, engine=engine, resume=resume, execution=execution)
    per_sample = outcome.results.per_sample
    with Run.resume(directory) as run:
        seconds = [item.cost.sandbox_seconds for item in run.store.items(settings.samples)]
    return MethodRow(
        settings.method,
        directory,
        outcome,
        per_sample["calls"],
        per_sample["prompt_tokens"] + per_sample["completion_tokens"],
        sum(seconds) / max(len(seconds), 1),
    )


def _folder(method: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "_", method)[:80]


class _KeptOpen:
    """An engine that several runs use, one after the other."""

    def __init__(self, engine: Engine) -> None:
        self.name = engine.name
        self.concurrency = concurrency_for(engine, None)
        self._engine = engine

    async def complete(self, request: Request) -> list[Completion]:
        """See `Engine.complete`."""
        return await self._engine.complete(request)

    async def close(self) -> None:
        """Leave it open."""

    def describe(self) -> dict[str, Any]:
        """See `Engine.describe`."""
        return self._engine.describe()
