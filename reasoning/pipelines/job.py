"""What a pipeline works with while it runs: problems, an engine, a judge, and a memory of what is finished.

    async with aclosing(job.map("samples", job.seeds(), work)) as outcomes:     # work(entry) -> list[Outcome]
        async for outcome in outcomes:
            ...

Whatever `work` returns is kept under (stage, position of the item), so that a resumed run repeats none of it;
completions and verdicts are kept one by one besides, so that even unfinished items lose little.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import aclosing, asynccontextmanager
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from reasoning.engines.base import Completion, Engine, EngineError, Request, derive_seed
from reasoning.evaluation.benchmarks.base import Entry
from reasoning.evaluation.seeds import Seeds, styles_of
from reasoning.methods import Attempt, Prompt, PromptStyle, Question, Sampling, Workbench, find_method
from reasoning.pipelines.base import Discarded, Outcome, PipelineError, outcome_from_json
from reasoning.pipelines.settings import Settings
from reasoning.runs import Run
from reasoning.runs.failures import EngineFailures
from reasoning.runs.judging import Judges, RecordingJudge
from reasoning.runs.recording import RecordingEngine
from verifiers.records import Problem, RecordError, Status, Verdict
from verifiers.sandbox import Limits, SandboxPool, measure_usage
from verifiers.together import all_or_first_error

if TYPE_CHECKING:
    from reasoning.pipelines.backend.protected import Protected

__all__ = ["Job", "Judged"]

WALL_FACTOR = 6
"""Seconds by the clock for each second of processor time that is granted: what is kept must not depend on how busy the
machine was, as a resumed or repeated run is to end with the same bytes."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Judged:
    """A sampled solution and what the verifier says of it.

    Attributes:
        sample: index among the samples of its problem.
        text: the candidate; None where the reply holds none.
        verdict: on it.
        finish: how the completion ended.
    """

    sample: int
    text: str | None
    verdict: Verdict
    finish: str


class Job:
    """One run of a pipeline.

    Args:
        settings: what is wanted.
        run: where the work is kept.
        pool: the sandbox.
        protected: no row may give away one of these problems.
        seeds: problems to start from, where the pipeline takes some.
        engine: the model, where the pipeline asks one.
        concurrency: completions in flight at once.
        judges: where judging is done; None: in `pool`.
    """

    def __init__(
        self,
        settings: Settings,
        run: Run,
        pool: SandboxPool,
        *,
        protected: Protected,
        seeds: Seeds | None = None,
        engine: Engine | None = None,
        concurrency: int = 64,
        judges: Judges | None = None,
    ) -> None:
        self.settings = settings
        self.pool = pool
        self.protected = protected
        self.limits = self._limits(settings.timeout)
        self.sampling = Sampling(settings.temperature, settings.top_p, settings.max_tokens)
        self.judge = RecordingJudge(pool, run.store, self.limits, judges)
        self.failures = EngineFailures(run.directory)
        self._run = run
        self._prefix = ""
        self._seeds = seeds
        self._engine = None if engine is None else run.recording(engine, concurrency)
        self._method = find_method(settings.method)
        self._concurrency = concurrency

    @property
    def engine(self) -> RecordingEngine:
        """The engine; what it says is kept in the run.

        Raises:
            PipelineError: the pipeline has none.
        """
        if self._engine is None:
            raise PipelineError(f"pipeline '{self.settings.pipeline}' has no engine")
        return self._engine

    @asynccontextmanager
    async def other_engine(self, spec: str) -> AsyncIterator[RecordingEngine]:
        """A further engine for some of the steps, open as long as the block; an empty `spec` means the run's own.

        Raises:
            EngineSpecError: there is no such engine.
        """
        if not spec:
            yield self.engine
            return
        from reasoning.engines.registry import create_engine

        engine = create_engine(spec)
        try:
            yield self._run.recording(engine, self._concurrency)
        finally:
            await engine.close()

    def seeds(self) -> Iterator[Entry]:
        """The problems to start from, as far as the settings want them.

        Raises:
            PipelineError: the pipeline has none.
        """
        if self._seeds is None:
            raise PipelineError(f"pipeline '{self.settings.pipeline}' has no problems to start from")
        return self._seeds.entries(self.settings.limit)

    def part(self, settings: Settings, seeds: Seeds | None) -> Job:
        """A job within this one: other settings and problems, stages of its own, the same run, judge and engine."""
        part = copy(self)
        part.settings = settings
        part._seeds = seeds
        part._prefix = f"{self._prefix}{settings.pipeline}/"
        return part

    def within(self, seconds: float) -> Job:
        """This job with a judge that gives a candidate at most so many seconds of processor time."""
        part = copy(self)
        part.limits = self._limits(min(seconds, self.settings.timeout))
        part.judge = self.judge.within(part.limits)
        return part

    def _limits(self, seconds: float) -> Limits:
        return Limits(wall_seconds=WALL_FACTOR * seconds, cpu_seconds=seconds, memory_mib=self.settings.memory)

    def seed(self, *parts: object) -> int:
        """A seed that depends on the run's seed and `parts` alone."""
        return derive_seed(self.settings.seed, self.settings.pipeline, *parts)

    def style(self, problem: Problem) -> PromptStyle:
        """How a problem is put to a model.

        Raises:
            PipelineError: there is no prompt style of the wanted name.
        """
        name = self.settings.prompt
        if self._seeds is not None and self._seeds.benchmark is not None:
            return self._seeds.benchmark.style(name)
        styles = styles_of(problem.kind)
        for style in styles:
            if not name or style.name == name:
                return style
        known = ", ".join(style.name for style in styles)
        raise PipelineError(f"no prompt style '{name}' for problems of kind '{problem.kind}'; there are: {known}")

    async def attempt(self, problem: Problem, sample: int) -> Attempt:
        """One sample of a solution, by the method that the settings name.

        Raises:
            EngineError: no answer could be had.
        """
        question = Question(problem, self.style(problem), sample, self.settings.seed, self.sampling)
        return await self._method(question, Workbench(self.engine, self.pool, replies=self._run.store))

    async def judged_attempts(self, problem: Problem, samples: Iterable[int]) -> list[Judged]:
        """These samples of a problem's solution, all asked for at once, with their verdicts.

        Raises:
            EngineError: no answer could be had.
        """

        async def one(sample: int) -> Judged:
            attempt = await self.attempt(problem, sample)
            text = None if attempt.candidate is None else attempt.candidate.text
            return Judged(sample, text, await self.verdict(problem, text), attempt.finish_reason)

        return await all_or_first_error(one(sample) for sample in samples)

    async def ask(
        self,
        step: str,
        id: str,
        sample: int,
        prompt: Prompt,
        *,
        engine: Engine | None = None,
        problem: Problem | None = None,
    ) -> Completion:
        """One completion of a prompt of the pipeline's own.

        Args:
            step: names its random stream, together with `id` and `sample`.
            id: of the problem.
            sample: index of the sample.
            prompt: what the engine is shown.
            engine: asked instead of the run's own.
            problem: what the prompt asks, for engines that read no text.

        Raises:
            EngineError: no answer could be had.
        """
        request = Request(
            messages=prompt.messages,
            prompt=prompt.text,
            seeds=(self.seed(step, id, sample),),
            temperature=self.sampling.temperature,
            top_p=self.sampling.top_p,
            max_tokens=self.sampling.max_tokens,
            stop=prompt.stop,
            problem=problem,
            sample_indices=(sample,),
        )
        (completion,) = await (engine or self.engine).complete(request)
        return completion

    async def verdict(self, problem: Problem, candidate: str | None) -> Verdict:
        """The verdict on a candidate; None stands for a reply without one.

        Raises:
            PipelineError: the problem is malformed.
        """
        if candidate is None:
            return Verdict.of(problem.id, Status.UNPARSABLE, "no candidate in the reply")
        try:
            return await self.judge.verdict(problem, candidate)
        except RecordError as error:
            raise PipelineError(f"problem '{problem.id}': {error}") from None

    async def map(
        self, stage: str, items: Iterable[Item], work: Callable[[Item], Awaitable[list[Outcome]]]
    ) -> AsyncGenerator[Outcome, None]:
        """Yield what `await work(item)` gives for each item, in their order; finished items are not worked on again.

        Each item leaves a trace. An `EngineError` that `work` lets through makes it a discarded one of stage `engine`,
        which a resume tries again (too many of them in a row end the run); work that gives no outcome makes it one of
        stage `nothing`.

        Args:
            stage: names this map within the pipeline.
            items: the same, in the same order, whenever the run is resumed.
            work: must depend on the item and the settings alone.

        Raises:
            EngineError: the engine failed too often in a row.
        """

        async def encoded(item: Item) -> list[dict[str, Any]]:
            return [outcome.to_json() for outcome in await work(item)]

        async with aclosing(self.each(stage, items, encoded)) as results:
            number = 0
            async for result in results:
                if isinstance(result, EngineError):
                    yield Discarded("", "engine", str(result))
                elif not result:
                    yield Discarded("", "nothing", f"item {number} of stage '{stage}' gave no outcome")
                else:
                    for record in result:
                        yield outcome_from_json(record)
                number += 1

    async def each(
        self, stage: str, items: Iterable[Item], work: Callable[[Item], Awaitable[Any]]
    ) -> AsyncGenerator[Any, None]:
        """As `map`, for work whose result is plain JSON; an item that the engine failed yields its `EngineError`."""
        stage = self._prefix + stage

        async def recorded(numbered: tuple[int, Item]) -> Any:
            position, item = numbered
            known = self._run.store.outcome(stage, position)
            if known is not None:
                return known
            try:
                with measure_usage() as usage:
                    result = await work(item)
            except EngineError as error:
                self.failures.add(error)
                return error
            finally:
                self._run.store.add_sandbox_usage(usage.tasks, usage.cpu_seconds)
            self.failures.answered()
            self._run.store.add_outcome(stage, position, result)
            return result

        mapped = self._run.map(enumerate(items), recorded, concurrency=self._concurrency)
        async with aclosing(mapped) as results:
            async for result in results:
                yield result
