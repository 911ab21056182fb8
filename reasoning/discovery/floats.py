"""Values of many polynomial continued fractions at once, in float64: the filter in front of everything exact.

    a = np.array([[1, 2, 0], ...])          # shape (fractions, 3): coefficients of 1, n, n^2
    b = np.array([[0, 0, 1], ...])
    values, trusted = evaluate_many(a, b)   # shape (fractions,); trusted where two depths agree to ~1e-11

Fractions of the same degrees are evaluated together, backwards from a fixed depth, beginning with the first terms of
the tail's asymptotic series, so that slow fractions come out as well as fast ones. Fractions without a limit, with an
end, or with a double root (whose series begins otherwise) are left out: their value is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["AGREEMENT", "degrees_of", "ends_of", "evaluate_many", "polynomials_at"]

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Number = TypeVar("Number", np.int64, np.float64)

AGREEMENT: Final = 1e-11
"""Relative difference of two depths up to which a value is trusted."""
_DEPTHS: Final = (48, 72)
_SLOW_DEPTHS: Final = (160, 240)
"""For the classes that converge more slowly than geometrically, whose series needs a larger n."""
_TERMS: Final = 9


def evaluate_many(a: npt.ArrayLike, b: npt.ArrayLike) -> tuple[Array, Flags]:
    """Values of fractions by their coefficients.

    Args:
        a: shape (fractions, degree + 1), the coefficients of the denominators from the constant one up.
        b: shape (fractions, degree + 1), of the numerators.

    Returns:
        Values (NaN where there is none) and whether two depths agree, both of shape (fractions,).
    """
    a = np.asarray(a, dtype=np.float64)
    b = np.asarray(b, dtype=np.float64)
    values = np.full(len(a), np.nan)
    trusted = np.zeros(len(a), dtype=bool)
    degrees_a, degrees_b = degrees_of(a), degrees_of(b)
    usable = (degrees_a >= 0) & (degrees_b >= 0) & ~ends_of(b)
    for da in range(a.shape[1]):
        for db in range(b.shape[1]):
            chosen = np.flatnonzero(usable & (degrees_a == da) & (degrees_b == db))
            if db > 2 * da + 2 or not len(chosen):
                continue
            kept = chosen[_has_limit(a[chosen, da], b[chosen, db], da, db)]
            if len(kept):
                values[kept], trusted[kept] = _group(a[kept, : da + 1], b[kept, : db + 1])
    return values, trusted


def degrees_of(coefficients: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Degree of each row of coefficients, -1 for a row of zeros."""
    places = np.arange(coefficients.shape[1])
    degrees: npt.NDArray[np.int64] = np.where(coefficients != 0, places, -1).max(axis=1)
    return degrees


def ends_of(b: npt.NDArray[Any]) -> Flags:
    """Whether b(m) is 0 for some m >= 1, for each row of coefficients; not exact where b(m) is beyond 2^53."""
    ends = np.zeros(len(b), dtype=bool)
    bounds = _root_bounds(b)
    rows = np.argsort(-bounds)
    bounds, coefficients = bounds[rows], b[rows].astype(np.float64)
    for m in range(1, int(bounds.max(initial=0.0)) + 1):
        # Rows stand by falling bound, so those that may still have a root are the first ones.
        count = int(np.searchsorted(-bounds, -m, side="right"))
        ends[rows[:count]] |= polynomials_at(coefficients[:count], m) == 0
    return ends


def _root_bounds(b: npt.NDArray[Any]) -> Array:
    """A whole number that no positive whole root of each row exceeds: Cauchy's bound, in the leading coefficient."""
    size = np.abs(b).astype(np.float64)
    leading = size[np.arange(len(b)), degrees_of(b)]
    bounds: Array = np.floor(1 + size.max(axis=1) / np.where(leading > 0, leading, 1.0))
    return bounds


def polynomials_at(coefficients: npt.NDArray[Number], n: int) -> npt.NDArray[Number]:
    """The values at n of many polynomials, by Horner's rule.

    Args:
        coefficients: one row a polynomial, of the powers 0, 1, ...; shape (polynomials, powers).
        n: where.

    Returns:
        The values, of the coefficients' type; shape (polynomials,). Whole ones wrap around where they are too large.
    """
    value = coefficients[:, -1].copy()
    for power in range(coefficients.shape[1] - 2, -1, -1):
        value *= n
        value += coefficients[:, power]
    return value


def _has_limit(leading_a: Array, leading_b: Array, da: int, db: int) -> Flags:
    if db == 2 * da:
        return leading_a * leading_a + 4 * leading_b > 0
    if db > 2 * da:
        return leading_b > 0
    return np.ones(len(leading_a), dtype=bool)


def _group(a: Array, b: Array) -> tuple[Array, Flags]:
    """Values of fractions of the same degrees."""
    # A negative leading coefficient of a is turned round: (-a, b) has the value -x.
    sign = np.sign(a[:, -1])
    a = a * sign[:, None]
    slow = b.shape[1] - 1 > 2 * (a.shape[1] - 1)
    with np.errstate(all="ignore"):
        series = _Series.of(a, b)
        first, second = (_backward(a, b, series, depth) for depth in (_SLOW_DEPTHS if slow else _DEPTHS))
        agree = np.abs(first - second) <= AGREEMENT * np.abs(second)
    return second * sign, agree & np.isfinite(second)


def _backward(a: Array, b: Array, series: _Series, depth: int) -> Array:
    tail = series.at(float(depth))
    for n in range(depth, 0, -1):
        tail = polynomials_at(b, n) / (polynomials_at(a, n) + tail)
    return a[:, 0] + tail


@dataclass(frozen=True, slots=True)
class _Series:
    """T(n) = sum_k t_k n^(power - k step), one t_k a fraction; `verifiers.constants.tails` is the exact version."""

    power: float
    step: float
    terms: list[Array]

    @classmethod
    def of(cls, a: Array, b: Array) -> _Series:
        """The first terms for fractions of the same degrees, leading coefficients of `a` positive."""
        da, db = a.shape[1] - 1, b.shape[1] - 1
        leading_a, leading_b = a[:, -1], b[:, -1]
        step = 1.0
        if db > 2 * da:
            power, first = db / 2, np.sqrt(leading_b)
            step = 0.5 if (db - 2 * da) % 2 else 1.0
        elif db == 2 * da:
            power, first = float(da), (np.sqrt(leading_a**2 + 4 * leading_b) - leading_a) / 2
        else:
            power, first = float(db - da), leading_b / leading_a
        top = max(2 * power, da + power)
        slope = np.zeros(len(a))
        if top == 2 * power:
            slope += 2 * first
        if top == da + power:
            slope += leading_a
        found = cls(power, step, [first])
        moved_a, moved_b = _moved(a), _moved(b)
        for k in range(1, _TERMS):
            found.terms.append(np.zeros(len(a)))
            found.terms[k] = -found._residual(k, top, moved_a, moved_b) / slope
        return found

    def at(self, n: float) -> Array:
        """T(n), cut at each fraction's smallest term."""
        total = self.terms[0].copy()
        smallest = np.abs(self.terms[0])
        going = np.ones(len(total), dtype=bool)
        factor = 1.0
        for term in self.terms[1:]:
            factor *= n**-self.step
            size = np.abs(term) * factor
            # A term far above the smallest one so far is where the series has begun to diverge.
            going &= size <= 4 * smallest
            total += np.where(going, term * factor, 0.0)
            smallest = np.where(size > 0, np.minimum(smallest, size), smallest)
        scaled: Array = total * n**self.power
        return scaled

    def _residual(self, order: int, top: float, moved_a: Array, moved_b: Array) -> Array:
        drop = order * self.step
        total = np.zeros(len(moved_a))
        both = (drop - (top - 2 * self.power)) / self.step
        if both >= 0:
            for k in range(int(both) + 1):
                total += self.terms[k] * self._shifted(int(both) - k) if k < len(self.terms) else 0.0
        da, db = moved_a.shape[1] - 1, moved_b.shape[1] - 1
        for power in range(da + 1):
            place = (drop - (top - da - self.power) - (da - power)) / self.step
            if place >= 0 and int(place) < len(self.terms):
                total += moved_a[:, power] * self.terms[int(place)]
        power_of_b = db - (drop - (top - db))
        if power_of_b.is_integer() and 0 <= power_of_b <= db:
            total -= moved_b[:, int(power_of_b)]
        return total

    def _shifted(self, order: int) -> Array:
        """The coefficient of n^(power - order step) in T(n+1)."""
        per_whole = int(1 / self.step)
        total = np.zeros_like(self.terms[0])
        for k in range(order % per_whole, min(order, len(self.terms) - 1) + 1, per_whole):
            total += self.terms[k] * _binomial(self.power - k * self.step, (order - k) // per_whole)
        return total


def _moved(coefficients: Array) -> Array:
    """The coefficients of p(n + 1)."""
    size = coefficients.shape[1]
    binomials = np.array([[_binomial(float(i), j) if j <= i else 0.0 for j in range(size)] for i in range(size)])
    moved: Array = coefficients @ binomials
    return moved


def _binomial(top: float, below: int) -> float:
    product = 1.0
    for i in range(below):
        product *= (top - i) / (i + 1)
    return product
