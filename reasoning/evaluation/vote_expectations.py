"""What a vote over k of n samples is worth on the average: exact, over all ways of drawing them.

>>> round(expected_majority(((3, 3), (2, 0)), 0, 3), 4)     # three equal right answers, two equal wrong ones
0.7
>>> expected_best([False, True, True], 2)                   # best first by reward: the wrong one is in 2 of 3 pairs
0.3333333333333333

The average over all draws without replacement of k of n samples is the unbiased estimate of what k fresh samples give,
as the usual estimate of pass@k is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

__all__ = ["MAX_EXPECTED_K", "expected_best", "expected_majority", "expected_worst"]

MAX_EXPECTED_K = 64
"""Largest k for which a majority's average is computed; its cost grows with the third power of k."""


def expected_best(right: Sequence[bool], k: int) -> float:
    """The chance that the best of k samples is right.

    Args:
        right: of all n samples, the best first.
        k: samples drawn, 1 <= k <= n.

    Returns:
        The sum over places i from 0 of C(n - 1 - i, k - 1) / C(n, k), where sample i is right: i is the best of the
        drawn ones when the others come after it.
    """
    n = len(right)
    ways = sum(math.comb(n - 1 - place, k - 1) for place, is_right in enumerate(right) if is_right)
    return ways / math.comb(n, k)


def expected_worst(n: int, c: int, k: int) -> float:
    """The chance that all of k samples are right when c of n are: C(c, k) / C(n, k)."""
    return math.comb(c, k) / math.comb(n, k)


@lru_cache(maxsize=65_536)
def expected_majority(classes: tuple[tuple[int, int], ...], silent: int, k: int) -> float:
    """The chance that the majority of k samples is right.

    A tie goes to the class whose first sample was drawn first, which is each of the tied ones equally often; the
    winner speaks by that first sample, which is each of its class equally often.

    Args:
        classes: for each class of equal answers its samples and how many of them are right.
        silent: samples without an answer; they are drawn and do not vote.
        k: samples drawn, at most all of them and at most `MAX_EXPECTED_K`.

    Returns:
        With C(n_i, l) ways to draw l of class i, the sum over the winner's votes m = 1..k of the coefficient of x^k in
        the product over classes of (sum over l < m of C(n_i, l) x^l + y C(n_i, m) x^m), in which y counts the tied
        classes and each tie is weighed by the mean share of right samples in its classes; divided by C(n, k).
    """
    n = silent + sum(count for count, _ in classes)
    total = 0.0
    for votes in range(1, min(k, max((count for count, _ in classes), default=0)) + 1):
        total += _won_with(votes, classes, silent, k)
    return total / math.comb(n, k)


def _won_with(votes: int, classes: tuple[tuple[int, int], ...], silent: int, k: int) -> float:
    """Ways to draw k samples so that the winner has exactly `votes`, weighed by the winner's share of right ones."""
    tied = k // votes
    ways = np.zeros((tied + 1, k + 1))
    ways[0] = [math.comb(silent, drawn) for drawn in range(k + 1)]
    shares = np.zeros_like(ways)
    for count, right in classes:
        next_ways, next_shares = np.zeros_like(ways), np.zeros_like(ways)
        for drawn in range(min(votes - 1, count) + 1):
            factor = float(math.comb(count, drawn))
            next_ways[:, drawn:] += factor * ways[:, : k + 1 - drawn]
            next_shares[:, drawn:] += factor * shares[:, : k + 1 - drawn]
        if count >= votes:
            factor = float(math.comb(count, votes))
            next_ways[1:, votes:] += factor * ways[:-1, : k + 1 - votes]
            next_shares[1:, votes:] += factor * (shares + right / count * ways)[:-1, : k + 1 - votes]
        ways, shares = next_ways, next_shares
    return float(sum(shares[number, k] / number for number in range(1, tied + 1)))
