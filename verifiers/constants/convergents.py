"""Exact convergents p_n / q_n, and enclosures of the value that are proved.

    enclosure = enclose(a, b, digits=100)       # a ball that certainly holds the value, or None where it is too slow
    pairs = Convergents(a, b); pairs.advance_to(300); pairs.p, pairs.q

x = a(0) + b(1)/(a(1) + b(2)/(a(2) + ...)) = (p_n + T p_{n-1}) / (q_n + T q_{n-1}), where T is the tail from n on. From
some place on one of two facts bounds it, and both are checked as inequalities between polynomials for all later n:

- a > 0 and b > 0: then T > 0, and x lies between two successive convergents;
- a(n+1) (2 a(n+1) - a(n+2)) >= 4 |b(n+1)|: then |T(n)| <= a(n+1)/2 (Pringsheim's criterion, scaled).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flint import arb, ctx, fmpq, fmpz, fmpz_poly

from verifiers.constants.limits import MAX_EXACT_DEPTH
from verifiers.constants.polynomials import positive_from

__all__ = ["Convergents", "Enclosure", "enclose"]

_FIRST_DEPTH: Final = 32
_BITS_PER_DIGIT: Final = 3.3219280948873626


class Convergents:
    """p and q of a polynomial continued fraction, advanced term by term in whole numbers."""

    def __init__(self, a: fmpz_poly, b: fmpz_poly) -> None:
        self._a, self._b = a, b
        self.depth = 0
        self.p, self.previous_p = a(fmpz(0)), fmpz(1)
        self.q, self.previous_q = fmpz(1), fmpz(0)

    def advance_to(self, depth: int) -> None:
        """Go on to the convergent p_depth / q_depth."""
        a, b = self._a, self._b
        p, before_p, q, before_q = self.p, self.previous_p, self.q, self.previous_q
        for n in range(self.depth + 1, depth + 1):
            term, numerator = a(n), b(n)
            p, before_p = term * p + numerator * before_p, p
            q, before_q = term * q + numerator * before_q, q
        self.p, self.previous_p, self.q, self.previous_q = p, before_p, q, before_q
        self.depth = max(depth, self.depth)

    def determinant(self) -> fmpz:
        """p_n q_{n-1} - p_{n-1} q_n."""
        return self.p * self.previous_q - self.previous_p * self.q


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A ball that holds the value, the terms that it took, and the last convergents."""

    value: arb
    depth: int
    convergents: Convergents


def enclose(a: fmpz_poly, b: fmpz_poly, digits: int) -> Enclosure | None:
    """A proved ball around the value with at least `digits` relative digits (absolute ones, where it holds 0).

    Args:
        a: polynomial of the denominators; its leading coefficient is positive.
        b: polynomial of the numerators; b(m) is not 0 for m >= 1.
        digits: wanted.

    Returns:
        None when `MAX_EXACT_DEPTH` terms do not suffice, or neither fact above holds early enough.
    """
    positive, place = _safe_place(a, b)
    if place is None:
        return None
    pairs = Convergents(a, b)
    depth = max(_FIRST_DEPTH, place)
    precision = int(digits * _BITS_PER_DIGIT) + 64
    while depth <= MAX_EXACT_DEPTH:
        pairs.advance_to(depth)
        radius = _between(pairs) if positive else _around(pairs, a(depth + 1))
        if radius is not None:
            ball = _ball(pairs, radius, precision)
            # A value of 0 has no relative digits; it is seen by its absolute ones.
            vanishes = ball.contains(0) and ball.rad() < arb(10) ** -digits
            if vanishes or ball.rel_accuracy_bits() >= digits * _BITS_PER_DIGIT:
                return Enclosure(ball, depth, pairs)
        depth *= 2
    return None


def _safe_place(a: fmpz_poly, b: fmpz_poly) -> tuple[bool, int | None]:
    """Whether both polynomials become positive, and from where on the tail is bounded."""
    a_place = positive_from(a, MAX_EXACT_DEPTH)
    if a_place is None:
        return False, None
    b_place = positive_from(b, MAX_EXACT_DEPTH)
    if b_place is not None:
        return True, max(a_place, b_place)
    next_a, after = a(fmpz_poly([1, 1])), a(fmpz_poly([2, 1]))
    margin = next_a * (2 * next_a - after) + 4 * b(fmpz_poly([1, 1]))
    # b is negative from some place on, so |b| = -b there; at a double root the margin may be 0 or worse.
    negative_place = positive_from(-b, MAX_EXACT_DEPTH)
    margin_place = positive_from(margin, MAX_EXACT_DEPTH)
    if negative_place is None or margin_place is None:
        return False, None
    return False, max(a_place, negative_place, margin_place)


def _between(pairs: Convergents) -> fmpq | None:
    """The distance of the last two convergents, where the value lies between them."""
    if pairs.q * pairs.previous_q <= 0:
        return None
    return fmpq(abs(pairs.determinant()), pairs.q * pairs.previous_q)


def _around(pairs: Convergents, next_term: fmpz) -> fmpq | None:
    """The largest |x - p_n/q_n| while |T| <= g = next_term / 2."""
    q, previous = abs(pairs.q), abs(pairs.previous_q)
    room = 2 * q - next_term * previous
    if room <= 0:
        return None
    return fmpq(abs(pairs.determinant()) * next_term, q * room)


def _ball(pairs: Convergents, radius: fmpq, precision: int) -> arb:
    before = ctx.prec
    ctx.prec = precision
    try:
        return arb(fmpq(pairs.p, pairs.q)) + arb(0, arb(radius).upper())
    finally:
        ctx.prec = before
