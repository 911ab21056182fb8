"""Fractions with A^2 + 4 B = 0, which the float filter leaves out: their values by the exact series of the tail.

roots = double_roots(a, b)                          # indices
values[roots] = [slow_value(a[i], b[i]) for i in roots]     # NaN where there is no limit to twenty digits
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from flint import fmpz_poly

from verifiers.constants.tails import NoLimitError, accelerate

__all__ = ["double_roots", "slow_value"]

_DIGITS: Final = 20


def double_roots(a: Any, b: Any) -> Any:
    """Indices of such fractions; arrays of shape (fractions, degree + 1)."""
    places_a, places_b = np.arange(a.shape[1]), np.arange(b.shape[1])
    degree_a = np.where(a != 0, places_a, -1).max(axis=1)
    degree_b = np.where(b != 0, places_b, -1).max(axis=1)
    rows = np.arange(len(a))
    leading_a, leading_b = a[rows, degree_a], b[rows, degree_b]
    return np.flatnonzero((degree_b == 2 * degree_a) & (leading_a * leading_a + 4 * leading_b == 0))


def slow_value(a: Any, b: Any) -> float:
    """The value of one of them, NaN where two depths do not agree to twenty digits."""
    try:
        found = accelerate(fmpz_poly([int(c) for c in a]), fmpz_poly([int(c) for c in b]), _DIGITS)
    except (NoLimitError, ZeroDivisionError):
        return float("nan")
    return float(found.value.mid()) if found.agreed >= _DIGITS else float("nan")
