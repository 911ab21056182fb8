"""Values and classes of all fractions of a box: the float filter, and the exact series where the filter sees nothing.

    values = values_of(a, b)        # a, b: shape (fractions, degree + 1); NaN where there is no trusted value
    kinds, ends = classes_of(a, b)

Fractions with A^2 + 4 B = 0 (double roots) are left out by the float filter: the exact series of the tail gives theirs.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from flint import fmpz_poly

from reasoning.discovery.floats import degrees_of, ends_of, evaluate_many
from verifiers.constants.convergence import Kind
from verifiers.constants.tails import NoLimitError, accelerate

__all__ = ["classes_of", "values_of"]

_DOUBLE_ROOT_DIGITS: Final = 20
"""Digits on which two depths must agree."""

Coefficients = npt.NDArray[np.int64]


def values_of(a: Coefficients, b: Coefficients) -> npt.NDArray[np.float64]:
    """The value of each fraction, NaN where there is none that can be trusted.

    Args:
        a: shape (fractions, degree + 1), the coefficients of the denominators from the constant one up.
        b: likewise, of the numerators.
    """
    values, trusted = evaluate_many(a, b)
    values[~trusted] = np.nan
    kinds, ends = classes_of(a, b)
    for index in np.flatnonzero((kinds == Kind.DOUBLE_ROOT.value) & ~ends):
        values[index] = _slow_value(a[index], b[index])
    return values


def classes_of(a: Coefficients, b: Coefficients) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.bool_]]:
    """The class of convergence by degrees and leading coefficients, and whether some b(m) is 0.

    The vectorised counterpart of `verifiers.constants.convergence.classify`; a polynomial that is 0 has no limit.
    """
    degree_a, degree_b = degrees_of(a), degrees_of(b)
    rows = np.arange(len(a))
    leading_a, leading_b = a[rows, degree_a], b[rows, degree_b]
    surplus = degree_b - 2 * degree_a
    discriminant = leading_a * leading_a + 4 * leading_b
    kinds = np.select(
        [
            (degree_a < 0) | (degree_b < 0),
            surplus < 0,
            (surplus == 0) & (discriminant > 0),
            (surplus == 0) & (discriminant == 0),
            (surplus == 1) & (leading_b > 0),
            (surplus == 2) & (leading_b > 0),
        ],
        [Kind.NONE, Kind.FASTER, Kind.GEOMETRIC, Kind.DOUBLE_ROOT, Kind.ROOT_EXPONENTIAL, Kind.POWER],
        Kind.NONE,
    )
    return kinds, ends_of(b)


def _slow_value(a: Any, b: Any) -> float:
    """The value of a fraction with a double root, NaN where two depths do not agree to twenty digits."""
    upper, lower = fmpz_poly([int(c) for c in a]), fmpz_poly([int(c) for c in b])
    # The series is that of a fraction whose `a` leads positively; (-a, b) has the negative value.
    sign = -1 if upper[upper.degree()] < 0 else 1
    try:
        found = accelerate(sign * upper, lower, _DOUBLE_ROOT_DIGITS)
    except (NoLimitError, ZeroDivisionError):
        return float("nan")
    return sign * float(found.value.mid()) if found.agreed >= _DOUBLE_ROOT_DIGITS else float("nan")
