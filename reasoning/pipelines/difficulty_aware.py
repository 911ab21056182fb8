"""Difficulty-aware rejection sampling of DART: harder problems are tried longer, so that they are not lost.

$ reasoning generate difficulty-aware --problems gsm8k:train --engine vllm:Qwen/Qwen3-4B --strategy prop2diff \
    --right 192 --out runs/dart-hard

>>> quotas("uniform", [0.0, 0.5, 1.0], right=40)
[40, 40, 40]
>>> quotas("prop2diff", [0.0, 0.5, 0.8], right=40)
[1, 25, 40]

Tong et al. 2024, section 3: *Uniform* wants the same number k of right solutions of each problem; *Prop2Diff* wants
n_i = max(least, round(k * d_i / max_j d_j)), where d_i, the difficulty, is the fail rate of problem i measured with the
synthesis model. A problem is sampled until its right solutions exceed its quota (in the released code; with
`--stop reach` until they reach it), or until `--max-trials` solutions were tried; the first right ones up to the quota
are kept. The paper's plain rejection sampling is the pipeline `rejection`.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from reasoning.engines.base import EngineError
from reasoning.evaluation.benchmarks.base import Entry
from reasoning.pipelines.base import Discarded, Outcome, Pipeline, option
from reasoning.pipelines.job import Job, Judged
from reasoning.pipelines.solutions import discarded_sample, solution_row

__all__ = ["PIPELINE", "DifficultyAwareOptions", "quotas", "run"]

UNIFORM, PROP2DIFF = "uniform", "prop2diff"
EXCEED, REACH = "exceed", "reach"
_UNKNOWN = -1.0


@dataclass(frozen=True, slots=True)
class DifficultyAwareOptions:
    """How many right solutions of each problem are wanted, and how long they are tried for."""

    strategy: str = option(
        UNIFORM,
        "uniform (the same for each problem) or prop2diff (in proportion to difficulty).",
        known=(UNIFORM, PROP2DIFF),
    )
    right: int = option(40, "Right solutions wanted: of each problem, or of the hardest one.", low=1)
    least: int = option(1, "Of prop2diff: right solutions wanted even of the easiest problem.", low=0)
    trials: int = option(16, "Of prop2diff: samples that measure a problem's difficulty.", low=1)
    max_trials: int = option(2048, "Most solutions tried of one problem; 0: no bound.", low=0)
    stop: str = option(
        EXCEED, "Stop when right solutions exceed the wanted number (as DART does), or reach it.", known=(EXCEED, REACH)
    )
    batch: int = option(8, "Samples of a problem that are asked for at once.", low=1)


def quotas(strategy: str, difficulties: Sequence[float], right: int, least: int = 1) -> list[int]:
    """How many right solutions of each problem are wanted.

    Args:
        strategy: `uniform` or `prop2diff`.
        difficulties: of each problem, in [0, 1].
        right: of each problem (uniform), or of the hardest one (prop2diff).
        least: the smallest quota of prop2diff.

    Returns:
        uniform: `right` for each; prop2diff: max(least, right * d_i / max_j d_j rounded, halves up).
    """
    if strategy == UNIFORM:
        return [right] * len(difficulties)
    hardest = max(difficulties, default=0.0)
    if hardest <= 0:
        return [least] * len(difficulties)
    return [max(least, math.floor(right * difficulty / hardest + 0.5)) for difficulty in difficulties]


async def run(job: Job, options: DifficultyAwareOptions) -> AsyncIterator[Outcome]:
    """Measure difficulties where the strategy needs them, then sample each problem for its quota."""
    difficulties: list[float] | None = None
    if options.strategy == PROP2DIFF:
        difficulties = [difficulty async for difficulty in _difficulties(job, options)]

    async def work(item: tuple[Entry, int]) -> list[Outcome]:
        entry, quota = item
        return _outcomes(job, entry, quota, await _trials(job, entry, quota, options))

    async with aclosing(job.map("trials", _with_quotas(job, difficulties, options), work)) as outcomes:
        async for outcome in outcomes:
            yield outcome


async def _difficulties(job: Job, options: DifficultyAwareOptions) -> AsyncIterator[float]:
    """The fail rate of each problem; `_UNKNOWN` where nothing could be judged."""

    async def measure(entry: Entry) -> list[int]:
        judged = await job.judged_attempts(entry.problem, range(options.trials))
        counted = [one.verdict.passed for one in judged if one.verdict.status.judged]
        return [sum(counted), len(counted)]

    async with aclosing(job.each("difficulty", job.seeds(), measure)) as results:
        async for result in results:
            if isinstance(result, EngineError) or not result[1]:
                yield _UNKNOWN
            else:
                yield 1 - result[0] / result[1]


def _with_quotas(
    job: Job, difficulties: list[float] | None, options: DifficultyAwareOptions
) -> Iterator[tuple[Entry, int]]:
    if difficulties is None:
        for entry in job.seeds():
            yield entry, options.right
        return
    wanted = quotas(options.strategy, difficulties, options.right, options.least)
    yield from zip(job.seeds(), wanted, strict=True)


async def _trials(job: Job, entry: Entry, quota: int, options: DifficultyAwareOptions) -> list[Judged]:
    """Judged samples in their order, up to the one at which sampling stops.

    Samples are asked for in batches; what a batch holds behind the stop is left out as if it had not been asked for.
    """
    enough = quota + (options.stop == EXCEED)
    cap = options.max_trials or math.inf
    trials: list[Judged] = []
    right = 0
    while right < enough and len(trials) < cap:
        last = min(len(trials) + options.batch, cap)
        for judged in await job.judged_attempts(entry.problem, range(len(trials), int(last))):
            if right < enough:
                trials.append(judged)
                right += judged.verdict.passed
    return trials


def _outcomes(job: Job, entry: Entry, quota: int, trials: list[Judged]) -> list[Outcome]:
    """The first right solutions up to the quota, and the rest with the reason why it is no row."""
    counted = [judged.verdict.passed for judged in trials if judged.verdict.status.judged]
    rate = sum(counted) / len(counted) if counted else 0.0
    pool = {"n_samples": len(counted), "n_corrects": sum(counted), "pass_rate": round(rate, 6), "quota": quota}
    outcomes: list[Outcome] = []
    kept = 0
    for judged in trials:
        if not judged.verdict.passed:
            outcomes.append(discarded_sample(entry.problem, judged))
        elif kept >= quota:
            outcomes.append(Discarded(entry.problem.id, "surplus", "the quota is full", judged.text or ""))
        else:
            kept += 1
            outcomes.append(solution_row(job, entry.problem, judged, 1 - rate, meta=pool))
    if not kept:
        outcomes.append(Discarded(entry.problem.id, "unsolved", f"no right solution in {len(trials)} trials"))
    return outcomes


PIPELINE = Pipeline(
    name="difficulty-aware",
    summary="Rejection sampling that tries harder problems longer (DART).",
    options=DifficultyAwareOptions,
    run=run,
    engine=True,
    seeds=True,
    description=(
        "Each problem was sampled until it had as many right solutions as its quota says: the same for every problem "
        "(uniform), or in proportion to its difficulty (prop2diff). A verifier judged every sample. `difficulty` is "
        "the share of the judged samples of a problem that were not right; `meta` holds the counts of its pool."
    ),
    references=(
        "Tong et al. 2024, DART-Math: Difficulty-Aware Rejection Tuning for Mathematical Problem-Solving, section 3",
    ),
    examples=(
        "reasoning generate difficulty-aware --problems gsm8k:train --engine vllm:Qwen/Qwen3-4B --out runs/uniform",
        "reasoning generate difficulty-aware --problems math.jsonl --engine openai:my-model --strategy prop2diff "
        "--right 192 --out runs/prop2diff",
    ),
)
