"""From sampled solutions to rows: shared by the pipelines that sample solutions of given problems.

(judged,) = await job.judged_attempts(problem, [0])
row = solution_row(job, problem, judged, difficulty=0.25)
"""

from __future__ import annotations

from typing import Any

from reasoning.pipelines.base import Discarded, Row
from reasoning.pipelines.job import Job, Judged
from reasoning.runs.judging import without_addresses
from verifiers.records import Problem

__all__ = ["discarded_sample", "solution_row", "steps_of", "topic_of"]

_TOPIC_FIELDS = ("topic", "subject", "category", "type")


def solution_row(job: Job, problem: Problem, judged: Judged, difficulty: float | None, **more: Any) -> Row:
    """An accepted solution of a seed problem; `more` are further attributes of the row."""
    text = judged.text or ""
    return Row(
        problem=problem,
        group=problem.id,
        completion=text,
        topic=topic_of(problem),
        difficulty=difficulty,
        steps=steps_of(text),
        source=job.settings.problems,
        stream=f"sample {judged.sample}",
        **more,
    )


def discarded_sample(problem: Problem, judged: Judged) -> Discarded:
    """A sample that was not accepted; one that could not be judged is not called wrong."""
    verdict = judged.verdict
    stage = "verdict" if verdict.status.judged else "unjudged"
    detail = without_addresses(verdict.detail)
    reason = f"{verdict.status.value}: {detail}" if detail else verdict.status.value
    return Discarded(problem.id, stage, reason, judged.text or "", {"sample": judged.sample, "finish": judged.finish})


def topic_of(problem: Problem) -> str:
    """What the problem's `meta` calls its topic, or nothing."""
    return next((str(problem.meta[name]) for name in _TOPIC_FIELDS if problem.meta.get(name)), "")


def steps_of(text: str) -> int:
    """Lines of a solution that are not blank: how deep it is, roughly."""
    return sum(not line.isspace() for line in text.splitlines() if line)
