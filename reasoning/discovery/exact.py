"""Exact convergents of many polynomial continued fractions, several terms at a step.

    blocks = Blocks.of(a, b, depths=(6, 16, 32, 64, 128))       # a, b: shape (fractions, degree + 1)
    for p, q, before_p, before_q in blocks.convergents(7): ...   # of fraction 7, at each of the depths

The matrix of one term, (a_n b_n; 1 0), has small entries, so as many as 64 bits hold are multiplied for all fractions
at once; one product of matrices of large numbers then takes several terms at a time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from flint import fmpz_mat

from reasoning.discovery.floats import polynomials_at

__all__ = ["Blocks", "to_digits"]

_WORD_BITS: Final = 62
_DIGIT_DEPTHS: Final = (16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 1024)


@dataclass(frozen=True, slots=True)
class Blocks:
    """Products of the matrices of a few terms each.

    Attributes:
        entries: for each block an array of shape (fractions, 4).
        counts: blocks from one depth to the next.
        first: a(0) of each fraction.
    """

    entries: list[npt.NDArray[np.int64]]
    counts: list[int]
    first: npt.NDArray[np.int64]

    @classmethod
    def of(cls, a: npt.NDArray[np.int64], b: npt.NDArray[np.int64], depths: Sequence[int]) -> Blocks:
        """The blocks up to the last of the ascending depths; terms beyond 61 bits go one at a time."""
        first = a[:, 0]
        entries, counts = [], []
        place = 1
        for depth in depths:
            most = max(_largest(a, depth), _largest(b, depth))
            together = int(_WORD_BITS / np.log2(2.0 * most + 2))
            if together < 1:
                a, b, together = a.astype(object), b.astype(object), 1
            starts = range(place, depth + 1, together)
            entries += [_block(a, b, start, min(start + together, depth + 1)) for start in starts]
            counts.append(len(starts))
            place = depth + 1
        return cls(entries, counts, first)

    def convergents(self, index: int) -> Iterator[tuple[Any, Any, Any, Any]]:
        """p, q and the p and q before them, at each depth."""
        state = fmpz_mat(2, 2, [int(self.first[index]), 1, 1, 0])
        rest = iter(self.entries)
        for count in self.counts:
            for _ in range(count):
                state = fmpz_mat(2, 2, next(rest)[index].tolist()) * state
            yield state[0, 0], state[0, 1], state[1, 0], state[1, 1]


def to_digits(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64], digits: int) -> list[tuple[Any, Any, int] | None]:
    """p, q and depth of the first convergents that differ from the ones before by less than 10^-digits.

    None where 1024 terms do not suffice. What stops is an agreement of two convergents: a filter, not a proof.
    """
    scale = 10**digits
    bits = math.ceil(digits * math.log2(10))
    found: list[tuple[Any, Any, int] | None] = [None] * len(a)
    waiting = np.arange(len(a))
    # Most fractions need few terms, so blocks of the later ones are made for those that are left.
    for depths in (_DIGIT_DEPTHS[:4], _DIGIT_DEPTHS[:7], _DIGIT_DEPTHS):
        blocks = Blocks.of(a[waiting], b[waiting], depths)
        for place, index in enumerate(waiting.tolist()):
            for depth, (p, q, before_p, before_q) in zip(depths, blocks.convergents(place), strict=True):
                both = q * before_q
                if both.bit_length() > bits and abs(p * before_q - before_p * q) * scale < abs(both):
                    found[index] = (p, q, depth)
                    break
        waiting = np.array([index for index in waiting.tolist() if found[index] is None], dtype=np.int64)
        if not len(waiting):
            break
    return found


def _largest(coefficients: npt.NDArray[np.int64], n: int) -> float:
    powers = float(n) ** np.arange(coefficients.shape[1])
    return float((np.abs(coefficients).astype(np.float64) @ powers).max(initial=1.0))


def _block(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64], start: int, stop: int) -> npt.NDArray[np.int64]:
    """The product of the matrices of the terms start, ..., stop - 1, the last one leftmost."""
    upper, upper_right = polynomials_at(a, start), polynomials_at(b, start)
    lower, lower_right = np.ones_like(upper), np.zeros_like(upper)
    for n in range(start + 1, stop):
        term, numerator = polynomials_at(a, n), polynomials_at(b, n)
        upper, lower = term * upper + numerator * lower, upper
        upper_right, lower_right = term * upper_right + numerator * lower_right, upper_right
    return np.stack([upper, upper_right, lower, lower_right], axis=1)
