"""Problems of the built-in families, with worked solutions: verified by construction and by the answer verifier.

$ reasoning generate families --count 300 --split train --out runs/families

Every solution is judged by the verifier before it is kept. A split's problems are disjoint from those of the others,
whatever the seed (see `reasoning.families.streams`); the benchmark `families` is drawn from `test`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from reasoning.families import Family, FamilyError, Instance, find_families, instances
from reasoning.families.catalogue import GRADES
from reasoning.families.streams import SPLITS
from reasoning.pipelines.base import Discarded, Outcome, Pipeline, Row, option
from reasoning.pipelines.job import Job
from reasoning.pipelines.solutions import steps_of
from verifiers.records import Problem

__all__ = ["PIPELINE", "FamiliesOptions", "run"]

_GRADE_WEIGHT = 0.5
"""Share of the grade in a row's difficulty; the rest is the level."""


@dataclass(frozen=True, slots=True)
class FamiliesOptions:
    """Which families, and how much of each."""

    family: str = option("", "Families, topics or grades, separated by commas. Default: all.")
    count: int = option(300, "Different problems of each family, at most.", low=1)
    split: str = option("train", "Split of the families' streams: train, validation or test.", known=SPLITS)
    solution: str = option(
        "text", "The solution of a row: text, or code (a program that prints the answer).", known=("text", "code")
    )

    def __post_init__(self) -> None:
        """See that all of it exists, before anything is begun.

        Raises:
            FamilyError: there is no such family, topic or grade.
        """
        self.families()

    def families(self) -> list[Family]:
        """The families that are named; all where none is."""
        return find_families(name.strip() for name in self.family.split(",") if name.strip())


def run(job: Job, options: FamiliesOptions) -> AsyncIterator[Outcome]:
    """Draw, judge and keep."""

    async def work(family: Family) -> list[Outcome]:
        return [outcome async for outcome in _outcomes(job, family, options)]

    return job.map("families", options.families(), work)


async def _outcomes(job: Job, family: Family, options: FamiliesOptions) -> AsyncIterator[Outcome]:
    seed = job.settings.seed
    try:
        async for instance in instances(job.pool, family, split=options.split, seed=seed, count=options.count):
            id = f"{family.id}/{options.split}/{seed}/{instance.index}"
            problem = family.problem(id, instance)
            verdict = await job.verdict(problem, instance.solution)
            if not verdict.passed:
                yield Discarded(id, "verdict", f"{verdict.status.value}: {verdict.detail}", instance.solution)
            else:
                yield _row(family, problem, seed, instance, options)
    except FamilyError as error:
        yield Discarded(family.id, "draw", str(error))


def _row(family: Family, problem: Problem, seed: int, instance: Instance, options: FamiliesOptions) -> Row:
    text = instance.solution if options.solution == "text" else f"```python\n{family.program(instance.params)}```"
    grade = GRADES.index(family.grade) / (len(GRADES) - 1)
    meta: dict[str, Any] = {"params": json.dumps(instance.params, default=str), "grade": family.grade}
    return Row(
        problem=problem,
        group=family.id,
        completion=text,
        topic=family.topic,
        difficulty=round(_GRADE_WEIGHT * grade + (1 - _GRADE_WEIGHT) * (instance.level - 1) / 4, 4),
        steps=steps_of(instance.solution.replace(". ", ".\n")),
        source=f"families ({options.split})",
        stream=f"{options.split}/{seed}/{instance.index}",
        meta={**meta, "level": instance.level},
    )


PIPELINE = Pipeline(
    name="families",
    summary="Draw problems with worked solutions from the built-in families.",
    options=FamiliesOptions,
    run=run,
    sized=lambda rows: FamiliesOptions(count=rows // 140 + 2),
    description=(
        "Problems of hand-written executable families, drawn with parameters of five levels of difficulty. Problem, "
        "worked solution (in words or in code) and answer are computed from the parameters; the answer verifier judged "
        "every solution. `difficulty` is half the family's grade (elementary to olympiad) and half the level."
    ),
    references=("Khan et al. 2025, Executable Functional Abstractions (arXiv 2504.09763)",),
    kept_apart=("families",),
    examples=(
        "reasoning generate families --count 300 --out runs/families",
        "reasoning generate families --family algebra,olympiad --solution code --out runs/programs",
    ),
)
