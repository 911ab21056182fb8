"""Adaptive consistency: draw answers until their vote is settled, with a bound on its error.

    reasoning evaluate gsm8k --engine ENGINE --method adaptive,n=40,error=0.05
    reasoning evaluate gsm8k --engine ENGINE --method adaptive,n=40,test=beta

Draws end when the chance that the leading answer is not the model's most probable one is at most `error` (see
`settling` for the two tests), when the vote over all n draws can no longer come out otherwise, or after n draws. The
reached bound stays in the trace.

Source: Aggarwal et al. 2023, "Let's Sample Step by Step: Adaptive-Consistency for Efficient Reasoning and Coding with
LLMs".
"""

from __future__ import annotations

from dataclasses import dataclass

from reasoning.methods.base import Attempt, Question, Workbench
from reasoning.methods.draws import DrawOptions, chosen, classes_of, draw, tallied
from reasoning.methods.settling import SETTLING_RULES, cannot_change
from reasoning.methods.voting import majority
from reasoning.options import bounded, one_of

__all__ = ["AdaptiveOptions", "adaptive"]


@dataclass(frozen=True, slots=True)
class AdaptiveOptions(DrawOptions):
    """Options of `adaptive`: those of `DrawOptions` (n is the most draws), and when they end.

    Attributes:
        n: most samples drawn.
        error: chance of a wrong leader at which drawing ends.
        test: `sequential` (holds for each problem) or `beta` (on the average over a uniform prior; fewer draws).
        batch: draws at once between two looks at the vote.
    """

    n: int = bounded(40, low=1)
    error: float = bounded(0.05, above=0, below=1)
    test: str = one_of("sequential", SETTLING_RULES)
    batch: int = bounded(1, low=1)


async def adaptive(question: Question, workbench: Workbench, options: AdaptiveOptions) -> Attempt:
    """Draw until the vote is settled and take the first of the most frequent answer.

    Raises:
        EngineError: no answer could be had.
        MethodError: answers of this kind cannot be compared.
    """
    error_of = SETTLING_RULES[options.test]
    attempts: list[Attempt] = []
    end = "all draws"
    while len(attempts) < options.n:
        following = range(len(attempts), min(len(attempts) + options.batch, options.n))
        attempts += await draw(question, workbench, options, following)
        classes = classes_of(question, attempts)
        error = error_of(classes)
        if error <= options.error:
            end = "settled"
            break
        if len(attempts) < options.n and cannot_change(classes, options.n - len(attempts)):
            end = "cannot change"
            break
    trace = {**tallied(classes), "error": round(error, 6), "end": end}
    return chosen(question, attempts, majority(classes), trace, None)
