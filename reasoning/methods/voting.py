"""How several samples become one answer: majority, weighted vote, best by reward. Pure functions over one problem.

>>> majority([0, 1, 1, None, 2])                       # classes of equal answers, see verifiers.answers.classes
1
>>> weighted([0, 1, 1], [5.0, 1.0, 1.0])               # sums of weights by class: 5 against 2
0
>>> best([0.1, 2.5, None])
1

Each gives the index of the sample that speaks for the winner: the first of its class. Ties go to what was seen first,
as in the script of Qwen2.5-Math.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["TRANSFORMS", "WEIGHTS", "VerificationWeights", "best", "majority", "reward_weights", "weighted"]

TRANSFORMS = ("softmax", "shift", "raw")
"""From rewards to weights: exp(reward), reward above the lowest one, the reward itself."""


@dataclass(frozen=True, slots=True)
class VerificationWeights:
    """The weight of a vote by the state of its verification.

    The score of an answer is the sum over states v of w_v times the number of samples with this answer in state v;
    equal weights give the plain majority. The defaults keep the order w_true > w_uncertain > w_false; their values are
    a choice, so report results over several.

    Source: Zhou et al. 2024, "Solving Challenging Math Word Problems Using GPT-4 Code Interpreter with Code-based
    Self-Verification" (the form of the score; its weights are not given here).
    """

    true: float = 1.0
    uncertain: float = 0.5
    false: float = 0.2

    def __post_init__(self) -> None:
        if min(self.true, self.uncertain, self.false) < 0 or not self.true > 0:
            raise ValueError("verification weights must not be negative, and that of 'true' must be above 0")

    def of(self, state: str | None) -> float:
        """The weight of a vote; one without a verification counts as uncertain."""
        return {"true": self.true, "false": self.false}.get(state or "", self.uncertain)


WEIGHTS = VerificationWeights()
"""The default weights."""


def majority(classes: Sequence[int | None]) -> int | None:
    """Index of the first sample of the most frequent class; None when no sample has an answer."""
    return weighted(classes, [1.0] * len(classes))


def weighted(classes: Sequence[int | None], weights: Sequence[float]) -> int | None:
    """Index of the first sample of the class whose weights have the largest sum; None when there is no answer."""
    parts: dict[int, list[float]] = {}
    first: dict[int, int] = {}
    for index, (number, weight) in enumerate(zip(classes, weights, strict=True)):
        if number is not None:
            parts.setdefault(number, []).append(weight)
            first.setdefault(number, index)
    if not parts:
        return None
    # fsum, so that equal sums are equal in whatever order they were added.
    sums = {number: math.fsum(values) for number, values in parts.items()}
    return first[max(sums, key=lambda number: (sums[number], -first[number]))]


def best(rewards: Sequence[float | None]) -> int | None:
    """Index of the first of the samples with the highest reward; None when none has one."""
    found = [index for index, reward in enumerate(rewards) if reward is not None]
    return max(found, key=lambda index: (rewards[index], -index), default=None)


def reward_weights(rewards: Sequence[float], transform: str) -> list[float]:
    """The weights of votes by their rewards, which for many models are logits without bounds.

    Raises:
        ValueError: there is no such transform.
    """
    if transform == "softmax":
        highest = max(rewards, default=0.0)
        return [math.exp(reward - highest) for reward in rewards]
    if transform == "shift":
        lowest = min(rewards, default=0.0)
        return [reward - lowest for reward in rewards]
    if transform == "raw":
        return list(rewards)
    raise ValueError(f"expected one of {', '.join(TRANSFORMS)}, got {transform!r}")
