"""The fractions of a box: all pairs of polynomials with whole coefficients up to a bound, in numbered chunks.

    box = Box(a_degree=1, a_coefficients=5, b_degree=2, b_coefficients=5)
    box.fractions                   # 121 - 1 over 2, times 1331 - 1
    a, b = box.chunk(0)             # two arrays of coefficients, from the constant one up

(-a, b) has the negative value of (a, b), so only polynomials `a` with a positive leading coefficient are listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["CHUNK", "Box"]

CHUNK: Final = 200_000
"""Fractions of one chunk, about."""

Coefficients = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Box:
    """All a of degree at most `a_degree` with coefficients in [-a_coefficients, a_coefficients], and likewise b.

    Raises:
        ValueError: a degree or bound is out of range.
    """

    a_degree: int
    a_coefficients: int
    b_degree: int
    b_coefficients: int

    def __post_init__(self) -> None:
        if not (0 <= self.a_degree <= 6 and 0 <= self.b_degree <= 12):
            raise ValueError("degrees: expected 0 to 6 for a and 0 to 12 for b")
        if not (1 <= self.a_coefficients <= 1_000 and 1 <= self.b_coefficients <= 1_000):
            raise ValueError("coefficients: expected bounds from 1 to 1000")

    @property
    def a_count(self) -> int:
        """Polynomials a: those with a positive leading coefficient."""
        return int(((2 * self.a_coefficients + 1) ** (self.a_degree + 1) - 1) // 2)

    @property
    def b_count(self) -> int:
        """Polynomials b: all but 0."""
        return int((2 * self.b_coefficients + 1) ** (self.b_degree + 1) - 1)

    @property
    def fractions(self) -> int:
        """Fractions in the box, up to sign."""
        return self.a_count * self.b_count

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-self.fractions // CHUNK)

    def chunk(self, number: int) -> tuple[Coefficients, Coefficients]:
        """The coefficients of a chunk's fractions: arrays of shape (fractions, degree + 1)."""
        first = self.first(number)
        return self.coefficients(np.arange(first, min(first + CHUNK, self.fractions), dtype=np.int64))

    def first(self, number: int) -> int:
        """The number of a chunk's first fraction."""
        return number * CHUNK

    def fraction(self, number: int) -> tuple[list[int], list[int]]:
        """The coefficients of one fraction."""
        a, b = self.coefficients(np.array([number], dtype=np.int64))
        return a[0].tolist(), b[0].tolist()

    def coefficients(self, indices: Coefficients) -> tuple[Coefficients, Coefficients]:
        """The coefficients of the fractions with these numbers."""
        a_index, b_index = np.divmod(indices, self.b_count)
        # Read as numbers with digits from -bound up, the polynomials above the middle one, 0, lead positively.
        a = _digits(a_index + self.a_count + 1, self.a_coefficients, self.a_degree)
        zero = self.b_count // 2
        b = _digits(b_index + (b_index >= zero), self.b_coefficients, self.b_degree)
        return a, b


def _digits(index: Coefficients, bound: int, degree: int) -> Coefficients:
    base = 2 * bound + 1
    columns = []
    for _ in range(degree + 1):
        index, digit = np.divmod(index, base)
        columns.append(digit - bound)
    return np.stack(columns, axis=1)
