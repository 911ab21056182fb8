"""pass@k and its confidence intervals.

>>> pass_at_k(n=10, c=3, k=1)
0.3
>>> metric = estimate_pass_at_k([Tally(10, 3), Tally(10, 0)], k=1)
>>> metric.value, metric.problems, metric.samples
(0.15, 2, 20)

A sample that could not be judged (`unavailable`, `internal`) is no sample here: it counts neither as right nor as
wrong, and is reported beside the metrics.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np

__all__ = [
    "BOOTSTRAP_REPLICATES",
    "CONFIDENCE",
    "FIRST_K",
    "Metric",
    "Tally",
    "bootstrap_interval",
    "estimate_pass_at_k",
    "metric_from_json",
    "pass_at_k",
    "reported_ks",
    "wilson_interval",
]

CONFIDENCE = 0.95
ALL_SUBSETS = "all subsets"
FIRST_K = "first k"
BOOTSTRAP_REPLICATES = 10_000
BOOTSTRAP_SEED = 20_210_107
"""Fixed, so that the same verdicts give the same `metrics.json`."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Judged samples of one problem: `n` in all, `c` of them right."""

    n: int
    c: int


@dataclass(frozen=True, slots=True)
class Metric:
    """An estimate.

    Attributes:
        value: the estimate, a share in [0, 1]; NaN where no problem has enough samples.
        low: lower end of the interval.
        high: upper end.
        interval: how it was made: `wilson` or `bootstrap`.
        problems: number of problems that enter.
        samples: number of samples that enter.
        left_out: number of problems with fewer than k judged samples; they do not enter.
        estimator: which k of a problem's samples are looked at: `all subsets` (the average over them) or `first k`.
    """

    value: float
    low: float
    high: float
    interval: str
    problems: int
    samples: int
    left_out: int = 0
    estimator: str = ALL_SUBSETS

    def estimated_by(self, estimator: str) -> Metric:
        """The same, said to look at other samples."""
        return replace(self, estimator=estimator)

    def to_json(self) -> dict[str, Any]:
        """All attributes; an estimate from nothing is null."""
        numbers = {"value": self.value, "low": self.low, "high": self.high}
        return {
            **{name: None if math.isnan(number) else number for name, number in numbers.items()},
            "confidence": CONFIDENCE,
            "interval": self.interval,
            "problems": self.problems,
            "samples": self.samples,
            "left_out": self.left_out,
            "estimator": self.estimator,
        }


def metric_from_json(data: Mapping[str, Any]) -> Metric:
    """The estimate that `Metric.to_json` wrote."""
    value, low, high = (math.nan if data[name] is None else data[name] for name in ("value", "low", "high"))
    return Metric(
        value, low, high, data["interval"], data["problems"], data["samples"], data["left_out"], data["estimator"]
    )


def pass_at_k(n: int, c: int, k: int) -> float:
    """The chance that at least one of k samples, drawn without replacement from n of which c are right, is right.

    This is 1 - C(n - c, k) / C(n, k), as the product 1 - prod over i = n-c+1..n of (1 - k/i), which neither
    overflows nor cancels.

    Raises:
        ValueError: not 0 <= c <= n, or not 1 <= k <= n.

    Source: Chen et al. 2021, "Evaluating Large Language Models Trained on Code", section 2.1.
    """
    if not 0 <= c <= n:
        raise ValueError(f"{c} of {n} samples right: expected 0 <= c <= n")
    if not 1 <= k <= n:
        raise ValueError(f"pass@{k} needs 1 <= k <= n, but there are n = {n} samples")
    if n - c < k:
        return 1.0
    if k == 1:
        return c / n
    return 1.0 - math.prod(1.0 - k / i for i in range(n - c + 1, n + 1))


def reported_ks(samples: int) -> list[int]:
    """The k that are reported for this many samples a problem: powers of ten, and the number itself.

    >>> reported_ks(50)
    [1, 10, 50]
    """
    powers = []
    k = 1
    while k <= samples:
        powers.append(k)
        k *= 10
    return sorted({*powers, samples})


def estimate_pass_at_k(tallies: Iterable[Tally], k: int) -> Metric:
    """pass@k, averaged over problems, with a 95 % interval over problems.

    Args:
        tallies: one a problem. A problem with fewer than k judged samples is left out and counted as such.
        k: number of draws.

    Returns:
        With a single sample each and k = 1 a Wilson interval of the share of problems solved, otherwise a percentile
        bootstrap over problems.
    """
    counts: dict[Tally, int] = {}
    left_out = 0
    for tally in tallies:
        if tally.n < k:
            left_out += 1
        else:
            counts[tally] = counts.get(tally, 0) + 1
    problems = sum(counts.values())
    samples = sum(tally.n * count for tally, count in counts.items())
    if not problems:
        return Metric(math.nan, math.nan, math.nan, "none", 0, 0, left_out)
    # Plain Python's fsum makes the value independent of the order of the problems.
    values = {tally: pass_at_k(tally.n, tally.c, k) for tally in counts}
    value = math.fsum(values[tally] * count for tally, count in counts.items()) / problems
    if k == 1 and all(tally.n == 1 for tally in counts):
        low, high = wilson_interval(sum(tally.c * count for tally, count in counts.items()), problems)
        return Metric(value, low, high, "wilson", problems, samples, left_out)
    low, high = bootstrap_interval(_merge(values, counts))
    return Metric(value, low, high, "bootstrap", problems, samples, left_out)


def wilson_interval(right: int, total: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The score interval of a share `right / total`.

    Raises:
        ValueError: not 0 <= right <= total, or total is 0.

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".
    """
    if not 0 <= right <= total or total == 0:
        raise ValueError(f"{right} of {total}: expected 0 <= right <= total and total above 0")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = right / total
    denominator = 1 + z * z / total
    centre = (share + z * z / (2 * total)) / denominator
    half = z / denominator * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    # At the ends the exact bound is 0 or 1; rounding must not leave it a hair inside.
    return (0.0 if right == 0 else max(0.0, centre - half)), (1.0 if right == total else min(1.0, centre + half))


def bootstrap_interval(
    counts: Mapping[float, int], confidence: float = CONFIDENCE, replicates: int = BOOTSTRAP_REPLICATES
) -> tuple[float, float]:
    """The percentile interval of a mean, resampling problems with replacement.

    Args:
        counts: value -> number of problems that have it. Drawing how often each distinct value comes up, by one
            multinomial a replicate, is the same as drawing the problems, and costs nothing for a million of them.
        confidence: coverage aimed at.
        replicates: number of resamples.

    Returns:
        Lower and upper end.

    Source: Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13.
    """
    ordered: Sequence[float] = sorted(counts)
    values = np.array(ordered)
    weights = np.array([counts[value] for value in ordered], dtype=float)
    total = int(weights.sum())
    draws = np.random.default_rng(BOOTSTRAP_SEED).multinomial(total, weights / total, size=replicates)
    means = draws @ values / total
    low, high = np.quantile(means, [0.5 - confidence / 2, 0.5 + confidence / 2])
    return float(low), float(high)


def _merge(values: Mapping[Tally, float], counts: Mapping[Tally, int]) -> dict[float, int]:
    merged: dict[float, int] = {}
    for tally, count in counts.items():
        merged[values[tally]] = merged.get(values[tally], 0) + count
    return merged
