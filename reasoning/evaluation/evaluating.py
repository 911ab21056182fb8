"""Evaluates an engine on a benchmark: ask, judge, keep, count.

    outcome = await evaluate(Settings("puzzles", "search"), Path("runs/first"))
    outcome.metrics["pass@1"].value     # 0.62

Each sample of each problem is one item: its method asks the engine, whose completions are kept as they come; what the
prompt style reads in the reply is judged in the sandbox, once for each distinct text of a problem; then the item is
finished. Asking and judging overlap. What is finished is never done again, whenever the process dies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from reasoning.backends import Backend, Execution
from reasoning.engines.base import BudgetSpentError, Engine, EngineError, PromptTooLongError, concurrency_for
from reasoning.evaluation.benchmarks import Benchmark, digest, find_benchmark, locate, prepared
from reasoning.evaluation.results import Results, export, exported
from reasoning.methods import Attempt, Method, Question, Sampling, Workbench, find_method
from reasoning.methods.draws import check_needs, rated
from reasoning.rewards import RewardModel, create_reward_model
from reasoning.runs import Run, RunStore, progress_display
from reasoning.runs.budget import Budget
from reasoning.runs.failures import EngineFailures
from reasoning.runs.judging import RecordingJudge, judgement_key, problem_digest
from reasoning.runs.metering import Meter
from verifiers.records import Problem, RecordError, Status, Verdict
from verifiers.sandbox import Limits, SandboxPool

__all__ = ["EvaluationError", "Outcome", "Settings", "evaluate", "files_of", "open_run", "problem_files", "problems_of"]

JUDGED_AHEAD_FACTOR = 128
"""Samples that may wait for each sandbox worker (to be judged, or for what their method runs), so that the engine
always finds others to answer."""


class EvaluationError(RuntimeError):
    """The evaluation cannot be done, or cannot go on; one clear line."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides the results of an evaluation.

    Attributes:
        benchmark: name of the benchmark.
        engine: spec of the engine.
        method: the method, `NAME[,key=value...]`.
        samples: samples of each problem.
        limit: only the first so many problems; None: all.
        split: of the benchmark; empty: its default one.
        data: where its files are; None: the usual places.
        prompt: name of the prompt style; empty: the benchmark's default one.
        seed: of the run.
        temperature: 0 is greedy.
        top_p: nucleus mass.
        max_tokens: longest completion.
        timeout: seconds for judging one candidate.
        memory: MiB for judging one candidate.
        budget: of each sample, `tokens=N,calls=N,sandbox=SECONDS`; empty: none.
        reward_model: spec of the model that rates each candidate; empty: none.
    """

    benchmark: str
    engine: str = "search"
    method: str = "direct"
    samples: int = 1
    limit: int | None = None
    split: str = ""
    data: str | None = None
    prompt: str = ""
    seed: int = 0
    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 1024
    timeout: float = 10.0
    memory: int = 1024
    budget: str = ""
    reward_model: str = ""

    @property
    def limits(self) -> Limits:
        """The sandbox limits of one judgement."""
        return Limits(wall_seconds=self.timeout, memory_mib=self.memory)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an evaluation came to.

    Attributes:
        results: metrics, in all and by group.
        unanswered: samples for which the engine gave no answer; they are tried again by a resume.
        first_failure: what the engine said of the first of them.
    """

    results: Results
    unanswered: int = 0
    first_failure: str = ""


async def evaluate(
    settings: Settings,
    directory: Path,
    *,
    engine: Engine | None = None,
    resume: bool = False,
    execution: Execution = Execution(),
) -> Outcome:
    """Run an evaluation to its end, or go on with one.

    Args:
        settings: what to do.
        directory: the run directory.
        engine: asked instead of the one that `settings.engine` names; closed at the end.
        resume: the directory holds an earlier attempt with the same settings.
        execution: how it is carried out.

    Raises:
        EngineError: the engine failed too often in a row.
        BackendError, RunError, BenchmarkError, MethodError, EngineSpecError, SandboxUnavailableError: it cannot begin.
    """
    method = find_method(settings.method)
    benchmark, paths = files_of(settings, execution.quiet)
    benchmark.style(settings.prompt)
    async with AsyncExitStack() as stack:
        if engine is not None:
            stack.push_async_callback(engine.close)
        place = await stack.enter_async_context(execution.place())
        read_from = await prepared(benchmark, paths, place.pool, execution.quiet)
        _, first = next(problems_of(benchmark, read_from, settings), (0, None))
        check_needs(
            method, first, engine=settings.engine if engine is None else "", rewarded=bool(settings.reward_model)
        )
        reward = create_reward_model(settings.reward_model) if settings.reward_model else None
        if reward is not None:
            stack.push_async_callback(reward.close)
        if engine is None:
            engine = await place.engine(settings.engine)
            stack.push_async_callback(engine.close)
        with await open_run(settings, directory, digest(paths), engine, place.pool, resume, reward) as run:
            job = _Evaluation(
                settings, run, engine, benchmark, method, place, concurrency_for(engine, execution.concurrency), reward
            )
            await job.work_through(lambda: problems_of(benchmark, read_from, settings), execution.quiet)
            results = exported(run, settings.samples)
            if results is None:
                asked = problems_of(benchmark, read_from, settings)
                results = export(run, settings.samples, benchmark.groups, benchmark.metrics, asked)
            return Outcome(results, job.failures.count, job.failures.first)


async def open_run(
    settings: Settings,
    directory: Path,
    problems: str,
    engine: Engine,
    pool: SandboxPool,
    resume: bool,
    reward: RewardModel | None = None,
) -> Run:
    """Start or resume a run.

    Args:
        settings: that decide its results; a resumed run has to have the same.
        directory: of the run.
        problems: digest of the benchmark's files.
        engine: the model.
        pool: the sandbox.
        resume: go on with what is there.
        reward: the reward model, if there is one.

    Raises:
        RunError: it cannot be started or resumed with these settings.
    """
    known = {**asdict(settings), "problems_sha256": problems, "engine_description": engine.describe()}
    if not settings.budget:
        del known["budget"]  # so that runs that were begun before there were budgets go on
    if reward is None:
        # Runs from before there were reward models can be gone on with.
        del known["reward_model"]
    else:
        known["reward_description"] = reward.describe()
    run = await Run.open(directory, known, pool, resume)
    run.store.forget_unjudged()
    run.store.commit()
    return run


def files_of(settings: Settings, quiet: bool = True) -> tuple[Benchmark, tuple[Path, ...]]:
    """The benchmark, and the files of its split, downloaded if need be.

    Raises:
        BenchmarkError: there is no such benchmark or split, or its files cannot be had.
        DataFileError: a built-in file is missing.
    """
    benchmark = find_benchmark(settings.benchmark)
    data = None if settings.data is None else Path(settings.data)
    return benchmark, locate(benchmark, benchmark.split(settings.split), data, quiet)


async def problem_files(settings: Settings, pool: SandboxPool, quiet: bool) -> tuple[Benchmark, tuple[Path, ...]]:
    """The benchmark, and the files from which it reads its problems, prepared where they have to be.

    Raises:
        BenchmarkError: they cannot be found or prepared.
    """
    benchmark, paths = files_of(settings, quiet)
    return benchmark, await prepared(benchmark, paths, pool, quiet)


def problems_of(benchmark: Benchmark, paths: tuple[Path, ...], settings: Settings) -> Iterator[tuple[int, Problem]]:
    """Number and problem, for each problem that the settings ask for."""
    for number, entry in enumerate(benchmark.read(paths, benchmark.split(settings.split))):
        if settings.limit is not None and number >= settings.limit:
            return
        yield number, entry.problem


@dataclass(frozen=True, slots=True)
class _Item:
    position: int
    number: int
    sample: int
    problem: Problem
    digest: bytes


class _Evaluation:
    """One evaluation under way."""

    def __init__(
        self,
        settings: Settings,
        run: Run,
        engine: Engine,
        benchmark: Benchmark,
        method: Method,
        place: Backend,
        concurrency: int,
        reward: RewardModel | None = None,
    ) -> None:
        self.failures = EngineFailures(run.directory)
        self._settings = settings
        self._limits = settings.limits
        self._run = run
        self._store: RunStore = run.store
        self._style = benchmark.style(settings.prompt)
        self._groups = benchmark.groups
        self._method = method
        self._judge = RecordingJudge(place.pool, run.store, self._limits, place.judges)
        self._pool = place.pool
        self._reward = reward
        self._in_flight = concurrency + JUDGED_AHEAD_FACTOR * place.pool.workers
        self._engine = run.recording(engine, concurrency)
        self._budget = Budget.parse(settings.budget)
        self._sampling = Sampling(settings.temperature, settings.top_p, settings.max_tokens)

    async def work_through(self, problems: Callable[[], Iterator[tuple[int, Problem]]], quiet: bool) -> None:
        """Finish every sample of every problem that is not finished; `problems` reads them, once to count them."""
        count = 0
        for number, problem in problems():
            groups = {name: problem.meta[name] for name in self._groups if name in problem.meta}
            self._store.add_problem(number, problem.id, groups)
            count += 1
        total = count * self._settings.samples
        finished = self._store.finished(total)
        with progress_display(
            total=total, label=self._settings.benchmark, quiet=quiet, before_showing=self._store.commit
        ) as progress:
            progress.skip(sum(finished))
            results = self._run.map(
                self._unfinished(problems(), finished),
                self._item,
                concurrency=self._in_flight,
                ordered=False,
            )
            async with aclosing(results):
                async for verdict in results:
                    progress.advance(verdict.passed if verdict.status.judged else None)

    def _unfinished(self, problems: Iterator[tuple[int, Problem]], finished: bytearray) -> Iterator[_Item]:
        samples = self._settings.samples
        for number, problem in problems:
            seen = problem_digest(number, problem)
            for sample in range(samples):
                position = number * samples + sample
                if not finished[position]:
                    yield _Item(position, number, sample, problem, seen)

    async def _item(self, item: _Item) -> Verdict:
        question = Question(item.problem, self._style, item.sample, self._settings.seed, self._sampling)
        try:
            with Meter(self._engine, self._budget) as meter:
                attempt = await self._attempt(question, Workbench(meter.engine, self._pool, self._reward, self._store))
                attempt = await rated(question, attempt, self._reward)
        except EngineError as error:
            return self._no_answer(item, error)
        self.failures.answered()
        if attempt.candidate is None:
            judgement, verdict = self._no_candidate(item, attempt.finish_reason)
        else:
            try:
                judgement, verdict = await self._judge.judge(
                    item.problem, item.digest, item.number, attempt.candidate.text
                )
            except RecordError as error:
                raise EvaluationError(f"problem '{item.problem.id}': {error}") from None
        cost = replace(meter.cost(), tool_calls=len(attempt.trace.get("tools", ())))
        self._store.add_item(item.position, judgement, attempt.finish_reason, cost, attempt.trace)
        return verdict

    async def _attempt(self, question: Question, workbench: Workbench) -> Attempt:
        """What the method makes of it; a method that does not expect the end of its means has nothing to offer."""
        try:
            return await self._method(question, workbench)
        except (BudgetSpentError, PromptTooLongError) as error:
            return Attempt.stopped(error)

    def _no_candidate(self, item: _Item, reason: str) -> tuple[int, Verdict]:
        key = judgement_key(item.digest, None, reason)
        known = self._store.judgement(key)
        if known is not None:
            return known
        verdict = Verdict.of("", Status.UNPARSABLE, f"no candidate: {reason}")
        return self._store.add_judgement(key, item.number, None, verdict), verdict

    def _no_answer(self, item: _Item, error: EngineError) -> Verdict:
        self.failures.add(error)
        verdict = Verdict.of("", Status.UNAVAILABLE, f"engine: {error}")
        key = judgement_key(item.digest, None, verdict.detail)
        known = self._store.judgement(key)
        judgement = known[0] if known is not None else self._store.add_judgement(key, item.number, None, verdict)
        self._store.add_item(item.position, judgement, "unanswered")
        return verdict
