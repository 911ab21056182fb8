"""One sample of a run, explained: what was asked and answered, what the method made of it, how it was judged.

    item = await explain_item(Path("runs/he"), "HumanEval/3", sample=0)
    item.record["status"], item.trace["tree"]["chosen"], item.exchanges[0].replies

A run keeps completions by the content of their requests. So the method is run once more on the completions that the run
has kept, which shows every request with its replies; nothing is sampled and nothing in the run changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoning.engines.base import BudgetSpentError, Completion, EngineError, Request
from reasoning.evaluation.benchmarks import BenchmarkError, digest, find_benchmark, prepared
from reasoning.evaluation.evaluating import Settings, files_of, problems_of
from reasoning.evaluation.judging_again import settings_of
from reasoning.evaluation.methods_side_by_side import METHODS_NAME
from reasoning.evaluation.results import record_of
from reasoning.methods import MethodError, Question, Sampling, Workbench, find_method
from reasoning.runs.budget import Budget
from reasoning.runs.metering import Meter
from reasoning.runs.replaying import RunReplayEngine
from reasoning.runs.run import STORE_NAME, read_config
from reasoning.runs.store import Cost, FinishedItem, RunStore
from verifiers.records import Problem
from verifiers.sandbox import SandboxPool

__all__ = ["Exchange", "ExplainError", "ExplainedItem", "explain_item"]


class ExplainError(ValueError):
    """There is no such sample in the run; one clear line."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what was answered."""

    request: Request
    replies: tuple[Completion, ...]


@dataclass(frozen=True, slots=True)
class ExplainedItem:
    """All that is known of one sample.

    Attributes:
        record: its line of `records.jsonl`.
        method: spec of the method.
        cost: what it took.
        trace: what its method kept.
        problem: what was asked; None where the benchmark's files are not here.
        exchanges: requests with their replies, in order; empty where they cannot be had.
        note: why they cannot be had, or what is uncertain about them.
    """

    record: Mapping[str, Any]
    method: str
    cost: Cost
    trace: Mapping[str, Any]
    problem: Problem | None = None
    exchanges: tuple[Exchange, ...] = ()
    note: str = ""


async def explain_item(directory: Path, id: str, sample: int = 0, *, allow_weak: bool = False) -> ExplainedItem:
    """Gather what a run knows of one sample.

    Args:
        directory: the run.
        id: of the problem.
        sample: index among its samples.
        allow_weak: accept a weak sandbox, should the method run programs.

    Raises:
        ExplainError: the run has no such sample, or the directory holds several runs.
        RunError: the directory holds no run.
    """
    if (directory / METHODS_NAME).exists():
        runs = sorted(path.parent.name for path in directory.glob("*/config.json"))
        raise ExplainError(f"{directory} holds a run for each method: name one of {', '.join(runs)} in it")
    config = read_config(directory)
    if not (directory / STORE_NAME).is_file():
        raise ExplainError(f"{directory} holds no {STORE_NAME}")
    settings = settings_of(config)
    item, trace = _stored(directory, settings, id, sample)
    exchanges: tuple[Exchange, ...] = ()
    async with SandboxPool(allow_weak=allow_weak) as pool:
        problem, note = await _problem(config, settings, item, pool)
        if problem is not None:
            exchanges, note = await _replayed(directory, settings, problem, sample, pool)
    return ExplainedItem(record_of(item), settings.method, item.cost, trace, problem, exchanges, note)


def _stored(directory: Path, settings: Settings, id: str, sample: int) -> tuple[FinishedItem, dict[str, Any]]:
    store = RunStore(directory / STORE_NAME)
    try:
        known = False
        for item in store.items(settings.samples):
            known = known or item.problem_id == id
            if item.problem_id == id and item.sample == sample:
                return item, store.trace(item.problem * settings.samples + sample)
        if known or any(name == id for _, name, _ in store.problems()):
            raise ExplainError(f"{directory}: sample {sample} of '{id}' is not there, or not finished")
        examples = ", ".join(name for _, (_, name, _) in zip(range(3), store.problems(), strict=False))
        if not examples:
            raise ExplainError(f"{directory}: has nothing finished yet; go on with it with --resume")
        what = f"no problem '{id}'" if id else "give the ITEM to explain"
        raise ExplainError(f"{directory}: {what}; its problems are {examples} ...")
    finally:
        store.close()


async def _problem(
    config: Mapping[str, Any], settings: Settings, item: FinishedItem, pool: SandboxPool
) -> tuple[Problem | None, str]:
    try:
        benchmark, paths = files_of(settings)
        if digest(paths) != config["settings"]["problems_sha256"]:
            return None, f"{paths[0]} is not the file that the run was made with"
        problems = problems_of(benchmark, await prepared(benchmark, paths, pool), settings)
        return next(problem for number, problem in problems if number == item.problem), ""
    except BenchmarkError as error:
        return None, str(error)


async def _replayed(
    directory: Path, settings: Settings, problem: Problem, sample: int, pool: SandboxPool
) -> tuple[tuple[Exchange, ...], str]:
    benchmark = find_benchmark(settings.benchmark)
    sampling = Sampling(settings.temperature, settings.top_p, settings.max_tokens)
    question = Question(problem, benchmark.style(settings.prompt), sample, settings.seed, sampling)
    recorded = RunReplayEngine(directory)
    listening = _Listening(recorded)
    note = ""
    try:
        method = find_method(settings.method)
        with Meter(listening, Budget.parse(settings.budget)) as meter:
            await method(question, Workbench(meter.engine, pool, replies=recorded))
    except (EngineError, BudgetSpentError, MethodError) as error:
        note = str(error)
    finally:
        await listening.close()
    missing = sum(reply.finish_reason == "unrecorded" for made in listening.exchanges for reply in made.replies)
    if missing:
        note = (
            f"{missing} replies are not in the run: the engine refused the request, or what the method ran depended "
            "on time or chance"
        )
    return tuple(listening.exchanges), note


class _Listening:
    """Passes requests on and keeps them with their replies."""

    def __init__(self, engine: RunReplayEngine) -> None:
        self.name = engine.name
        self.exchanges: list[Exchange] = []
        self._engine = engine

    async def complete(self, request: Request) -> list[Completion]:
        """See `Engine.complete`."""
        replies = await self._engine.complete(request)
        self.exchanges.append(Exchange(request, tuple(replies)))
        return replies

    async def close(self) -> None:
        """Close the run's store."""
        await self._engine.close()

    def describe(self) -> dict[str, Any]:
        """See `Engine.describe`."""
        return self._engine.describe()
