"""Rejection sampling: several samples of each problem, and the right ones are kept.

$ reasoning generate rejection --problems gsm8k:train --engine vllm:Qwen/Qwen3-4B --samples 16 --keep 4 --out runs/rs

The plainest way to a training set; DART (Tong et al. 2024, section 2) calls it vanilla rejection tuning and samples 52
times. The difficulty that a row is given is the share of its problem's judged samples that were not right.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from reasoning.evaluation.benchmarks.base import Entry
from reasoning.pipelines.base import Discarded, Outcome, Pipeline, option
from reasoning.pipelines.job import Job, Judged
from reasoning.pipelines.solutions import discarded_sample, solution_row

__all__ = ["PIPELINE", "RejectionOptions", "run"]


@dataclass(frozen=True, slots=True)
class RejectionOptions:
    """How much is sampled and kept of each problem."""

    samples: int = option(4, "Samples of each problem.", low=1)
    keep: int = option(0, "Most right solutions kept of each problem; 0: all.", low=0)


def run(job: Job, options: RejectionOptions) -> AsyncIterator[Outcome]:
    """Sample, judge and keep what is right."""

    async def work(entry: Entry) -> list[Outcome]:
        judged = await job.judged_attempts(entry.problem, range(options.samples))
        return _outcomes(job, entry, judged, options.keep)

    return job.map("samples", job.seeds(), work)


def _outcomes(job: Job, entry: Entry, samples: list[Judged], keep: int) -> list[Outcome]:
    """The first `keep` different right solutions as rows, and the rest with the reason why it is none."""
    counted = [judged.verdict for judged in samples if judged.verdict.status.judged]
    difficulty = 1 - sum(verdict.passed for verdict in counted) / len(counted) if counted else None
    seen: set[str] = set()
    outcomes: list[Outcome] = []
    for judged in samples:
        text = judged.text or ""
        if not judged.verdict.passed:
            outcomes.append(discarded_sample(entry.problem, judged))
        elif text in seen:
            outcomes.append(Discarded(entry.problem.id, "duplicate", "the same solution again", text))
        elif keep and len(seen) >= keep:
            outcomes.append(Discarded(entry.problem.id, "surplus", f"{keep} are kept already", text))
        else:
            seen.add(text)
            outcomes.append(solution_row(job, entry.problem, judged, difficulty))
    return outcomes


PIPELINE = Pipeline(
    name="rejection",
    summary="Sample solutions and keep the right ones.",
    options=RejectionOptions,
    run=run,
    engine=True,
    seeds=True,
    default_problems="puzzles",
    description=(
        "Each problem was sampled several times; a verifier judged every sample, and the right ones were kept. "
        "`difficulty` is the share of the judged samples of a problem that were not right."
    ),
    references=("Tong et al. 2024, DART-Math: Difficulty-Aware Rejection Tuning for Mathematical Problem-Solving",),
    examples=(
        "reasoning generate rejection --limit 20 --out runs/puzzles-solved",
        "reasoning generate rejection --problems gsm8k:train --engine vllm:Qwen/Qwen3-4B --samples 16 --out runs/rs",
    ),
)
