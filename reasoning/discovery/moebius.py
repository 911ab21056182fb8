"""Moebius images of a constant in a sorted table, to be looked up by value.

table = MoebiusTable("pi", height=20)
table.matches(np.array([1.2732395447351628]))       # [(0, (0, 4, 1, 0))]: (0 pi + 4)/(1 pi + 0)
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from reasoning.discovery.formulas import affine, quotient
from verifiers.constants.closed_form import evaluate_to
from verifiers.constants.expressions import parse

__all__ = ["MAX_HEIGHT", "Moebius", "MoebiusTable", "moebius_text"]

MAX_HEIGHT: Final = 30
"""Largest coefficient; the table grows with its fourth power."""
_TOLERANCE: Final = 2e-11
_LARGEST_VALUE: Final = 1e9

Moebius = tuple[int, int, int, int]


class MoebiusTable:
    """All values (p c + q)/(r c + s) with coprime coefficients up to `height` in size and p s - q r not 0."""

    def __init__(self, constant: str, height: int) -> None:
        """Make the table.

        Raises:
            ExpressionError: the constant is no closed form.
            ValueError: `height` is out of range.
        """
        if not 1 <= height <= MAX_HEIGHT:
            raise ValueError(f"height: expected 1 to {MAX_HEIGHT}, got {height}")
        self.constant = constant
        c = float(evaluate_to(parse(constant), 30).mid().str(20, radius=False))
        side = np.arange(-height, height + 1, dtype=np.int8)
        values, maps = [], []
        for r in range(height + 1):
            p, q, s = (axis.ravel() for axis in np.meshgrid(side, side, side, indexing="ij"))
            wide_p, wide_q, wide_s = (axis.astype(np.int64) for axis in (p, q, s))
            kept = (wide_p * wide_s != wide_q * r) & (np.gcd(np.gcd(wide_p, wide_q), np.gcd(wide_s, r)) == 1)
            if r == 0:
                kept &= s > 0
            with np.errstate(all="ignore"):
                value = (wide_p * c + wide_q) / (r * c + wide_s)
            kept &= np.isfinite(value) & (np.abs(value) < _LARGEST_VALUE) & (np.abs(value) > 1 / _LARGEST_VALUE)
            values.append(value[kept])
            maps.append(np.stack([p[kept], q[kept], np.full(kept.sum(), r, np.int8), s[kept]], axis=1))
        value = np.concatenate(values)
        order = np.argsort(value)
        self._values = value[order]
        self._maps = np.concatenate(maps)[order]

    def __len__(self) -> int:
        return len(self._values)

    def matches(self, values: npt.NDArray[np.float64]) -> list[tuple[int, Moebius]]:
        """Index in `values` and map, for each pair that agrees to about eleven digits; NaN matches nothing."""
        slack = np.abs(values) * _TOLERANCE
        low = np.searchsorted(self._values, values - slack)
        high = np.searchsorted(self._values, values + slack)
        found: list[tuple[int, Moebius]] = []
        for index in np.flatnonzero((high > low) & np.isfinite(values)):
            for place in range(low[index], high[index]):
                p, q, r, s = (int(x) for x in self._maps[place])
                found.append((int(index), (p, q, r, s)))
        return found

    def images(self, values: npt.NDArray[np.float64]) -> dict[int, list[Moebius]]:
        """For each index in `values` that meets images, those, the simplest first (an algebraic number meets many)."""
        found: dict[int, list[Moebius]] = {}
        for index, image in self.matches(values):
            found.setdefault(index, []).append(image)
        return {index: sorted(images, key=_simplicity) for index, images in found.items()}


def _simplicity(image: Moebius) -> tuple[int, Moebius]:
    return sum(map(abs, image)), image


def moebius_text(constant: str, image: Moebius) -> str:
    """The image as a closed form."""
    p, q, r, s = image
    return quotient(affine(p, q, constant), affine(r, s, constant))
