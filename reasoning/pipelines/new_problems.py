"""Problems that a model has written: found in its reply, and solved to learn their answers.

>>> statements_in("Sure. <problem> What is 2 + 3? </problem>")
['What is 2 + 3?']
"""

from __future__ import annotations

import re
from dataclasses import replace

from reasoning.pipelines.agreement import agreed_answer
from reasoning.pipelines.base import Discarded, Outcome
from reasoning.pipelines.job import Job
from reasoning.pipelines.solutions import discarded_sample, solution_row
from verifiers.records import Problem
from verifiers.together import all_or_first_error

__all__ = ["MAX_SOLUTION_CHARACTERS", "solved_rows", "statements_in"]

MAX_SOLUTION_CHARACTERS = 1_800
"""Longer solutions of new problems are dropped, as in Orca-Math."""

_PROBLEM = re.compile(r"<problem>\s*(.*?)\s*</problem>", re.DOTALL)


def statements_in(reply: str) -> list[str]:
    """The texts that stand between `<problem>` and `</problem>`."""
    return [text for text in _PROBLEM.findall(reply) if text]


async def solved_rows(job: Job, problem: Problem, group: str, solutions: int, agree: float) -> list[Outcome]:
    """Solutions of a problem whose answer nobody knows, as rows, when enough of them agree on it.

    Args:
        job: asks and judges.
        problem: of kind `answer`; the agreed answer becomes its gold.
        group: of the rows.
        solutions: how many are asked for.
        agree: share of them that must have the same answer.

    Raises:
        EngineError: no answer could be had.
    """
    attempts = await all_or_first_error(job.attempt(problem, sample) for sample in range(solutions))
    agreement = agreed_answer([one.candidate.text if one.candidate is not None else "" for one in attempts])
    count = 0 if agreement is None else len(agreement.samples)
    if agreement is None or count < agree * solutions:
        reason = f"too few solutions agree: {count} of {solutions}"
        return [Discarded(problem.id, "agreement", reason, problem.prompt)]
    known = replace(problem, fields={**problem.fields, "gold": agreement.answer})
    outcomes: list[Outcome] = []
    for judged in await job.judged_attempts(known, range(solutions)):
        text = judged.text or ""
        if not judged.verdict.passed:
            outcomes.append(discarded_sample(known, judged))
        elif len(text) > MAX_SOLUTION_CHARACTERS:
            outcomes.append(Discarded(known.id, "length", f"more than {MAX_SOLUTION_CHARACTERS} characters", text))
        else:
            meta = {"agent": str(problem.meta.get("agent", ""))}
            outcomes.append(replace(solution_row(job, known, judged, 1 - count / solutions, meta=meta), group=group))
    return outcomes
