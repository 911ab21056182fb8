"""How fractions converge, as numbers: irrationality measure, growth of denominators, fall of the error.

    features = measure(a, b)            # a, b: shape (fractions, degree + 1); features: shape (fractions, 8)
    features[:, DELTA], features[:, RATIO]

Nothing but the fraction is needed ("blind"): its limit is taken from twice the depth. The denominators are divided by
gcd(p_n, q_n); where that cancels their factorial growth, the fraction is likely to be a known constant's.

Source: "Unsupervised Discovery of Formulas for Mathematical Constants" (arXiv 2412.16818), section 3: the blind delta.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from reasoning.discovery.exact import Blocks

__all__ = [
    "DELTA",
    "DENOMINATOR_LINEAR",
    "DENOMINATOR_LOG",
    "DEPTHS",
    "ERROR_LINEAR",
    "ERROR_LOG",
    "ERROR_POWER",
    "FEATURES",
    "NAIVE_DELTA",
    "RATIO",
    "log_of",
    "measure",
]

DELTA, NAIVE_DELTA, ERROR_POWER, ERROR_LINEAR, ERROR_LOG, DENOMINATOR_LINEAR, DENOMINATOR_LOG, RATIO = range(8)
FEATURES: Final = (
    "delta", "naive delta", "error: ln n", "error: n", "error: n ln n", "denominators: n", "denominators: n ln n",
    "ratio",
)  # fmt: skip
"""Columns: -log|x - p/q| / log|q/gcd| - 1 and the same without the gcd; log error = e1 ln n + e2 n + e3 n ln n;
log reduced denominator = d1 n + d2 n ln n; and the ratio of the eigenvalues of a late step, the smaller above."""
DEPTHS: Final = (6, 16, 32, 64, 128)
"""Where the convergents are looked at; the last one stands for the limit."""
_FLAT: Final = 0.05
"""A coefficient of n ln n below this is taken for 0 and the rest fitted again: the factorial growth cancels."""

Array = npt.NDArray[np.float64]


def measure(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> Array:
    """The features of fractions with a limit and without an end, of shape (fractions, 8); NaN where they have none."""
    errors = np.full((len(a), len(DEPTHS) - 1), np.nan)
    plain, reduced = (np.full((len(a), len(DEPTHS)), np.nan) for _ in range(2))
    blocks = Blocks.of(a, b, DEPTHS)
    for index in range(len(a)):
        pairs = [(p, q) for p, q, _, _ in blocks.convergents(index)]
        far_p, far_q = pairs[-1]
        for place, (p, q) in enumerate(pairs):
            if not q or not p:
                continue
            plain[index, place] = log_of(q)
            reduced[index, place] = plain[index, place] - log_of(p.gcd(q))
            if place < len(DEPTHS) - 1 and far_q and (distance := p * far_q - far_p * q):
                errors[index, place] = log_of(distance) - plain[index, place] - log_of(far_q)
    return _features(errors, plain, reduced, _eigenvalue_ratio(a, b))


def log_of(number: Any) -> float:
    """The natural logarithm of the size of a whole number of any size, not 0."""
    size = abs(int(number))
    shift = max(size.bit_length() - 60, 0)
    return math.log(size >> shift) + shift * math.log(2)


def _features(errors: Array, plain: Array, reduced: Array, ratio: Array) -> Array:
    n = np.array(DEPTHS, dtype=np.float64)
    early = n[:-1]
    middle = len(DEPTHS) - 2
    with np.errstate(all="ignore"):
        delta = -errors[:, middle] / reduced[:, middle] - 1
        naive = -errors[:, middle] / plain[:, middle] - 1
    error_fit = errors @ np.linalg.pinv(np.stack([np.log(early), early, early * np.log(early)], axis=1)).T
    growth = reduced @ np.linalg.pinv(np.stack([n, n * np.log(n)], axis=1)).T
    flat = np.abs(growth[:, 1]) < _FLAT
    growth[flat, 0] = reduced[flat] @ (n / (n @ n))
    growth[flat, 1] = 0.0
    found: Array = np.column_stack([delta, naive, error_fit, growth, ratio])
    found[~np.isfinite(found)] = np.nan
    return found


def _eigenvalue_ratio(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> Array:
    """|smaller/larger| root of t^2 = a(n) t + b(n) in the limit: 0 where it converges faster, 1 where slower."""
    degree_a = np.where(a != 0, np.arange(a.shape[1]), -1).max(axis=1)
    degree_b = np.where(b != 0, np.arange(b.shape[1]), -1).max(axis=1)
    rows = np.arange(len(a))
    leading_a, leading_b = a[rows, degree_a].astype(np.float64), b[rows, degree_b].astype(np.float64)
    with np.errstate(all="ignore"):
        root = np.sqrt(leading_a**2 + 4 * leading_b)
        ratio = np.abs((np.abs(leading_a) - root) / (np.abs(leading_a) + root))
    found: Array = np.where(degree_b < 2 * degree_a, 0.0, np.where(degree_b > 2 * degree_a, 1.0, ratio))
    return found
