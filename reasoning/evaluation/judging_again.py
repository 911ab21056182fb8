"""Judges the candidates of a finished run again, without asking any engine: `reasoning verify --run RUN_DIR`.

    changes = await judge_run_again(Path("runs/first"), timeout=20.0)
    changes.statuses        # [("timeout", "passed", 3)]: three candidates needed more time

New verdicts stand beside the old ones until all are there; then they take their place at once and records and metrics
are written anew.
"""

from __future__ import annotations

import json
from contextlib import aclosing
from dataclasses import dataclass, fields, replace
from pathlib import Path

from reasoning.backends import Execution
from reasoning.evaluation.benchmarks import Benchmark, digest, find_benchmark, prepared
from reasoning.evaluation.evaluating import EvaluationError, Settings, files_of, problems_of
from reasoning.evaluation.judging_lines import JUDGED_AT_ONCE_FACTOR
from reasoning.evaluation.results import export
from reasoning.runs import Run, progress_display, write_json
from reasoning.runs.judging import Judges
from reasoning.runs.run import CONFIG_NAME
from verifiers.records import Problem, Verdict
from verifiers.sandbox import Limits, SandboxPool

__all__ = ["Changes", "files_of_run", "judge_run_again", "settings_of"]

_LIMITS_FACT = "rejudging"


@dataclass(frozen=True, slots=True)
class Changes:
    """How many candidates were judged again, and (old status, new status, number of candidates) where it changed."""

    judged: int
    statuses: list[tuple[str, str, int]]


def settings_of(config: dict[str, object]) -> Settings:
    """The settings that a run was started with.

    Raises:
        EvaluationError: it was no run of `reasoning evaluate`.
    """
    stored = config["settings"]
    if not isinstance(stored, dict) or "benchmark" not in stored:
        raise EvaluationError("the directory holds a run, but none of `reasoning evaluate`")
    names = {field.name for field in fields(Settings)}
    return Settings(**{name: value for name, value in stored.items() if name in names})


async def judge_run_again(
    directory: Path,
    *,
    timeout: float | None = None,
    memory: int | None = None,
    resume: bool = False,
    execution: Execution = Execution(),
) -> Changes:
    """Judge every distinct candidate of the run in `directory` again.

    Args:
        directory: the run.
        timeout: seconds for one candidate; None: as in the run.
        memory: MiB for one candidate; None: as in the run.
        resume: go on with an interrupted call that had the same limits.
        execution: how it is carried out; no engine is asked.

    Raises:
        RunError: the directory holds no run, or is in use.
        EvaluationError: the problems are not those of the run, or a resume has other limits.
    """
    with Run.resume(directory) as run:
        settings = settings_of(run.config)
        limits = replace(
            settings.limits,
            wall_seconds=timeout or settings.timeout,
            memory_mib=memory or settings.memory,
        )
        _begin(run, limits, resume)
        done = run.store.rejudged()
        waiting = [id for id in run.store.candidates() if id not in done]
        async with execution.place() as place:
            problems = await _problems(run, settings, place.pool, execution.quiet)
            await _judge(run, waiting, problems, place.judges, limits, place.pool.workers, execution.quiet, len(done))
            report = await place.pool.report()
        changed = run.store.changed_statuses()
        run.store.take_over_rejudgements()
        limits_used = {"timeout": limits.wall_seconds, "memory": limits.memory_mib}
        config = {**run.config, "judged_again": {**limits_used, "isolation": report.to_json()}}
        write_json(directory / CONFIG_NAME, config)
        benchmark = find_benchmark(settings.benchmark)
        export(run, settings.samples, benchmark.groups, benchmark.metrics, problems.items())
        return Changes(len(waiting) + len(done), changed)


def _begin(run: Run, limits: Limits, resume: bool) -> None:
    wanted = json.dumps([limits.wall_seconds, limits.memory_mib])
    if not resume:
        run.store.forget_rejudgements()
        run.store.set_fact(_LIMITS_FACT, wanted)
        run.store.commit()
        return
    begun = run.store.fact(_LIMITS_FACT)
    if begun != wanted:
        raise EvaluationError(
            f"{run.directory}: judging again was begun with [timeout, memory] {begun}, but {wanted} was asked for"
        )


def files_of_run(run: Run, settings: Settings) -> tuple[Benchmark, tuple[Path, ...]]:
    """A run's benchmark and its files.

    Raises:
        EvaluationError: they are not those that the run was made with.
    """
    benchmark, paths = files_of(settings)
    expected = run.config["settings"]["problems_sha256"]
    if digest(paths) != expected:
        raise EvaluationError(f"{paths[0]}: is not the file that {run.directory} was made with (SHA-256 {expected})")
    return benchmark, paths


async def _problems(run: Run, settings: Settings, pool: SandboxPool, quiet: bool) -> dict[int, Problem]:
    benchmark, paths = files_of_run(run, settings)
    return dict(problems_of(benchmark, await prepared(benchmark, paths, pool, quiet), settings))


async def _judge(
    run: Run,
    waiting: list[int],
    problems: dict[int, Problem],
    judges: Judges,
    limits: Limits,
    workers: int,
    quiet: bool,
    done: int,
) -> None:
    async def work(id: int) -> Verdict:
        stored = run.store.stored_judgement(id)
        assert stored.candidate is not None
        verdict = await judges.verify(problems[stored.problem], stored.candidate, limits)
        run.store.add_rejudgement(id, verdict)
        return verdict

    total = len(waiting) + done
    with progress_display(total=total, label="verify", quiet=quiet, before_showing=run.store.commit) as progress:
        progress.skip(done)
        results = run.map(waiting, work, concurrency=JUDGED_AT_ONCE_FACTOR * workers, ordered=False)
        async with aclosing(results):
            async for verdict in results:
                progress.advance(verdict.passed if verdict.status.judged else None)
