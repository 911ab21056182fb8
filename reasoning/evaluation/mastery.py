r"""We-Math's four ways to fare on a problem that is made of steps.

    outcome(composite=True, steps=[True, False])         ->   Outcome.ROTE (strict), Outcome.MASTERY (loose)
    four_way_metrics(problems)["strict score"].value     # 0.41

A composite problem stands beside one-step problems, one for each piece of knowledge that it needs. Right or wrong on
all of them tells insufficient knowledge (IK), inadequate generalisation (IG), complete mastery (CM) and rote
memorisation (RM) apart.

Source: Qiao et al. 2024, "We-Math: Does Your Large Multimodal Model Achieve Human-like Mathematical Reasoning?",
section 3; edge cases as in its published evaluation, save that a rate of nothing has no value here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from reasoning.evaluation.metrics import Metric, bootstrap_interval, wilson_interval

__all__ = ["Composite", "Outcome", "four_way_metrics", "outcome"]


class Outcome(Enum):
    """How a composite problem fared."""

    INSUFFICIENT = "IK"
    GENERALISATION = "IG"
    MASTERY = "CM"
    ROTE = "RM"


@dataclass(frozen=True, slots=True)
class Composite:
    """Right or wrong: the composite question, and each of its one-step questions. What is missing is wrong."""

    composite: bool
    steps: tuple[bool, ...]


_WORTH = {Outcome.MASTERY: 1.0, Outcome.GENERALISATION: 0.5, Outcome.INSUFFICIENT: 0.0, Outcome.ROTE: 0.0}
"""score = (N - IK - RM - IG / 2) / N, which is (CM + IG / 2) / N."""


def outcome(composite: bool, steps: Sequence[bool], *, strict: bool = True) -> Outcome:
    """The way in which one composite problem fared.

    Args:
        composite: whether the composite question was answered rightly.
        steps: the same of each one-step question; at least one.
        strict: mastery needs all steps, not just one.

    Raises:
        ValueError: there are no steps.
    """
    if not steps:
        raise ValueError("a composite problem without one-step problems")
    if not composite:
        return Outcome.GENERALISATION if all(steps) else Outcome.INSUFFICIENT
    mastered = all(steps) if strict else any(steps)
    return Outcome.MASTERY if mastered else Outcome.ROTE


def four_way_metrics(problems: Iterable[Composite]) -> dict[str, Metric]:
    """The rates of the four ways and the score, strict and loose.

    Args:
        problems: the composite problems, one entry for each sample of each.

    Returns:
        `IK`, `IG` (the same in both settings) and, for `strict` and `loose`, `CM`, `RM` (the share of right composites
        that are learnt by rote; not a number where no composite is right) and `score`.
    """
    counts = Counter(problems)
    total = counts.total()
    if not total:
        return {}
    metrics: dict[str, Metric] = {}
    for setting in ("strict", "loose"):
        ways: Counter[Outcome] = Counter()
        for problem, count in counts.items():
            ways[outcome(problem.composite, problem.steps, strict=setting == "strict")] += count
        if setting == "strict":
            metrics["IK"] = _share(ways[Outcome.INSUFFICIENT], total)
            metrics["IG"] = _share(ways[Outcome.GENERALISATION], total)
        right = ways[Outcome.MASTERY] + ways[Outcome.ROTE]
        metrics[f"{setting} CM"] = _share(ways[Outcome.MASTERY], total)
        metrics[f"{setting} RM"] = _share(ways[Outcome.ROTE], right)
        metrics[f"{setting} score"] = _score(ways, total)
    return metrics


def _share(part: int, whole: int) -> Metric:
    if not whole:
        return Metric(math.nan, math.nan, math.nan, "wilson", 0, 0)
    return Metric(part / whole, *wilson_interval(part, whole), "wilson", whole, whole)


def _score(ways: Mapping[Outcome, int], total: int) -> Metric:
    worth: Counter[float] = Counter()
    for way, count in ways.items():
        worth[_WORTH[way]] += count
    value = sum(score * count for score, count in worth.items()) / total
    return Metric(value, *bootstrap_interval(worth), "bootstrap", total, total)
