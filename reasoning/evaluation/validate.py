"""Grades a benchmark's own reference answers, with no engine: what `reasoning benchmarks validate` runs.

validation = await validate_references("humaneval")
validation.accepted, validation.judged      # (164, 164)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

from reasoning.evaluation.benchmarks import Entry, find_benchmark, locate, prepared
from reasoning.evaluation.judging_lines import JUDGED_AT_ONCE_FACTOR
from reasoning.runs import progress_display, stream
from verifiers.records import Problem, Verdict
from verifiers.registry import VerifierRegistry
from verifiers.sandbox import Limits, SandboxPool

__all__ = ["Validation", "validate_references"]


@dataclass(slots=True)
class Validation:
    """What came of it.

    Attributes:
        problems: number of problems read.
        without_reference: those among them that have no reference answer.
        judged: number of reference answers.
        accepted: those that passed.
        refused: verdicts of the others, in order; their id is `PROBLEM`, or `PROBLEM#N` from the second answer on.
    """

    problems: int = 0
    without_reference: int = 0
    judged: int = 0
    accepted: int = 0
    refused: list[Verdict] = field(default_factory=list)


async def validate_references(
    name: str,
    *,
    split: str | None = None,
    data: Path | None = None,
    limit: int | None = None,
    timeout: float | None = None,
    memory: int | None = None,
    jobs: int | None = None,
    allow_weak: bool = False,
    quiet: bool = False,
) -> Validation:
    """Judge every reference answer of a benchmark.

    Args:
        name: of the benchmark.
        split: None: the default one.
        data: where its files are; None: the usual places.
        limit: only the first so many problems.
        timeout: seconds for one answer; None: the benchmark's own.
        memory: MiB for one answer; None: the sandbox's default.
        jobs: answers judged at once; None: one a processor.
        allow_weak: accept a weak sandbox.
        quiet: show no progress.

    Raises:
        BenchmarkError: it is unknown, or its files cannot be had.
        RecordError: a problem is malformed.
    """
    benchmark = find_benchmark(name)
    chosen = benchmark.split(split)
    paths = locate(benchmark, chosen, data, quiet)
    limits = Limits(wall_seconds=timeout or benchmark.timeout_seconds, memory_mib=memory or Limits().memory_mib)
    validation = Validation()
    async with SandboxPool(workers=jobs, allow_weak=allow_weak) as pool:
        entries = benchmark.read(await prepared(benchmark, paths, pool, quiet), chosen)
        registry = VerifierRegistry(pool)

        async def judge(item: tuple[str, Problem, str]) -> Verdict:
            id, problem, reference = item
            return (await registry.verify(problem, reference, limits)).with_id(id)

        with progress_display(total=None, label=f"validate {name}", quiet=quiet) as progress:
            answers = _references(entries, limit, validation)
            async with aclosing(stream(answers, judge, concurrency=JUDGED_AT_ONCE_FACTOR * pool.workers)) as verdicts:
                async for verdict in verdicts:
                    validation.judged += 1
                    validation.accepted += verdict.passed
                    if not verdict.passed:
                        validation.refused.append(verdict)
                    progress.advance(verdict.passed)
    return validation


def _references(
    entries: Iterator[Entry], limit: int | None, validation: Validation
) -> Iterator[tuple[str, Problem, str]]:
    for number, entry in enumerate(entries):
        if limit is not None and number >= limit:
            return
        validation.problems += 1
        validation.without_reference += not entry.references
        for index, reference in enumerate(entry.references):
            yield entry.problem.id + (f"#{index}" if index else ""), entry.problem, reference
