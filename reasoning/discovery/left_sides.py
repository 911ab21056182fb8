"""The left sides of a search for signed fractions: quotients P(c)/Q(c) of small whole polynomials in a constant.

>>> sides = left_sides(degree=1, coefficients=2)
>>> len(sides), sides[0].text("e")
(224, ...)

Each is in lowest terms and stands there with both signs, since the sign that makes it positive depends on the constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import gcd
from typing import Final

from flint import arb, fmpz_poly

from reasoning.discovery.formulas import polynomial_of, quotient

__all__ = ["MOST_QUOTIENTS", "LeftSide", "left_sides"]

MOST_QUOTIENTS: Final = 5_000_000
"""Pairs of polynomials that are looked through."""


@dataclass(frozen=True, slots=True)
class LeftSide:
    """P(c)/Q(c) by the coefficients, from the constant one up."""

    numerator: tuple[int, ...]
    denominator: tuple[int, ...]

    def text(self, constant: str) -> str:
        """As a closed form."""
        return quotient(polynomial_of(self.numerator, constant), polynomial_of(self.denominator, constant))

    def at(self, constant: arb) -> arb:
        """Its value."""
        return _at(self.numerator, constant) / _at(self.denominator, constant)


def left_sides(degree: int, coefficients: int) -> list[LeftSide]:
    """All quotients of polynomials of a degree and with coefficients up to a size, the simplest first.

    Raises:
        ValueError: a bound is out of range, or there are too many.
    """
    if degree < 1 or coefficients < 1:
        raise ValueError("degree and coefficients: expected at least 1")
    if (2 * coefficients + 1) ** (2 * degree + 2) > MOST_QUOTIENTS:
        raise ValueError(f"degree and coefficients: more than {MOST_QUOTIENTS} quotients")
    polynomials = [c for c in product(range(-coefficients, coefficients + 1), repeat=degree + 1) if any(c)]
    positive = [c for c in polynomials if next(x for x in reversed(c) if x) > 0]
    found = [
        LeftSide(upper, lower)
        for lower in positive
        for upper in polynomials
        if (any(upper[1:]) or any(lower[1:])) and gcd(*upper, *lower) == 1 and _coprime(upper, lower)
    ]
    return sorted(found, key=lambda side: (sum(map(abs, side.numerator + side.denominator)), side.numerator))


def _coprime(upper: tuple[int, ...], lower: tuple[int, ...]) -> bool:
    if len(upper) == 2:
        return upper[0] * lower[1] != upper[1] * lower[0]
    return bool(fmpz_poly(list(upper)).gcd(fmpz_poly(list(lower))).degree() == 0)


def _at(coefficients: tuple[int, ...], x: arb) -> arb:
    total = arb(0)
    for coefficient in reversed(coefficients):
        total = total * x + coefficient
    return total
