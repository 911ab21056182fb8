"""Slow fractions to many digits: the tail as an asymptotic series, put under exact convergents at two depths.

    accelerated = accelerate(a, b, digits=110)
    accelerated.value, accelerated.agreed       # a number, and the digits to which two depths agree

The tail T(n) = b(n+1) / (a(n+1) + T(n+1)) has an expansion T(n) = sum_k t_k n^(s - k h) with h = 1, or h = 1/2 where
the two solutions of the recurrence differ by exp(c sqrt n). Its coefficients follow one after another from
T(n) (a(n+1) + T(n+1)) = b(n+1). With it x = (p_n + T p_{n-1}) / (q_n + T q_{n-1}) gains what plain convergents would
need thousands of terms for. The series diverges in the end, so it is cut at its smallest term, and nothing is proved:
only digits that agree at two depths count.

Source of the form of the expansion: Birkhoff and Trjitzinsky 1933, "Analytic theory of singular difference equations".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from flint import arb, ctx, fmpq, fmpz_poly

from verifiers.constants.convergents import Convergents

__all__ = ["Accelerated", "NoLimitError", "accelerate"]

_DEPTHS: Final = ((300, 420), (1_200, 1_680), (4_800, 6_720))
"""Pairs of depths, tried in this order: going deeper is cheaper than a longer series."""
_TERMS_PER_DIGIT: Final = (0.65, 1.3)
"""Whole powers of n in the series for each digit wanted; the longer one is tried when no depth suffices."""
_LEAST_TERMS: Final = 20
_MOST_TERMS: Final = 140
_EXTRA_BITS: Final = 256
_NEIGHBOURS: Final = 5


class NoLimitError(ArithmeticError):
    """The expansion shows that the convergents oscillate or drift apart."""


@dataclass(frozen=True, slots=True)
class Accelerated:
    """The value at the greater depth, the relative digits on which both depths agree, and that depth."""

    value: arb
    agreed: float
    depth: int


def accelerate(a: fmpz_poly, b: fmpz_poly, digits: int) -> Accelerated:
    """The value of a fraction by its tail's series.

    Args:
        a: polynomial of the denominators; its leading coefficient is positive.
        b: polynomial of the numerators; b(m) is not 0 for m >= 1.
        digits: wanted; deeper and longer series are tried until two depths agree on so many.

    Raises:
        NoLimitError: the fraction has no limit, or the series cannot tell the smaller solution.
    """
    best = Accelerated(arb(0), -math.inf, 0)
    before = ctx.prec
    ctx.prec = 4 * digits * 2 + _EXTRA_BITS
    try:
        series = _Series(a, b)
        for terms_per_digit in _TERMS_PER_DIGIT:
            series.extend(min(_MOST_TERMS, max(_LEAST_TERMS, int(terms_per_digit * digits))))
            pairs = Convergents(a, b)
            for shallow, deep in _DEPTHS:
                first = _at(pairs, series, shallow)
                second = _at(pairs, series, deep)
                agreed = _agreement(first, second)
                if agreed > best.agreed:
                    best = Accelerated(second, agreed, deep)
                if best.agreed >= digits:
                    return best
    finally:
        ctx.prec = before
    return best


def _at(pairs: Convergents, series: _Series, depth: int) -> arb:
    pairs.advance_to(depth)
    tail = series.at(depth)
    return (arb(pairs.p) + tail * pairs.previous_p) / (arb(pairs.q) + tail * pairs.previous_q)


def _agreement(first: arb, second: arb) -> float:
    """Relative digits on which two values agree, their own error bounds taken in."""
    if not (first.is_finite() and second.is_finite()) or second.contains(0):
        return -math.inf
    difference = abs((first - second) / second).abs_upper()
    if difference == 0:
        return float(ctx.prec) / 3.33
    return -float(difference.log()) / math.log(10)


class _Series:
    """The coefficients t_0, t_1, ... of T(n) = sum t_k n^(s - k h), found one after another."""

    def __init__(self, a: fmpz_poly, b: fmpz_poly) -> None:
        da, db = a.degree(), b.degree()
        self._step = Fraction(1)
        moved_a, moved_b = a(fmpz_poly([1, 1])), b(fmpz_poly([1, 1]))
        leading_a, leading_b = arb(a[da]), arb(b[db])
        self._lag = 0
        if db > 2 * da:
            self._power = Fraction(db, 2)
            first = leading_b.sqrt()
            if (db - 2 * da) % 2:
                self._step = Fraction(1, 2)
        elif db == 2 * da:
            self._power = Fraction(da)
            discriminant = a[da] * a[da] + 4 * b[db]
            # The smaller root of t^2 + A t - B, for A > 0.
            first = (-leading_a + arb(discriminant).sqrt()) / 2
            if discriminant == 0:
                self._lag = 1
        else:
            self._power = Fraction(db - da)
            first = leading_b / leading_a
        self._top = max(2 * self._power, da + self._power)
        self._da = da
        self._a_terms = {da - power: arb(moved_a[power]) for power in range(da + 1)}
        self._b_terms = {db - power: arb(moved_b[power]) for power in range(db + 1)}
        self._db = db
        self._t = [first]
        self._shifted = [first]
        self._binomials: list[list[arb]] = []
        if self._lag:
            self._start_double_root()

    def extend(self, whole_terms: int) -> None:
        """Find the coefficients down to the power s - whole_terms."""
        wanted = int(whole_terms / self._step)
        while len(self._t) <= wanted:
            self._t.append(self._linear(len(self._t)))
            self._shift(len(self._t) - 1)

    def at(self, n: int) -> arb:
        """T(n) by the terms up to the smallest one."""
        root = arb(n).sqrt() if self._step == Fraction(1, 2) else arb(n)
        powers = [coefficient / root**k for k, coefficient in enumerate(self._t)]
        sizes = [abs(term).mid() for term in powers]
        # Single coefficients may vanish, so the smallest term is the smallest of a few neighbours' maxima.
        ends = range(_NEIGHBOURS, len(powers) + 1)
        end = min(ends, key=lambda end: max(sizes[end - _NEIGHBOURS : end]))
        total = sum(powers[:end], arb(0))
        return total * arb(n) ** arb(fmpq(self._power.numerator, self._power.denominator))

    def _start_double_root(self) -> None:
        """Find t_1 where both roots are equal: a quadratic equation, at the step 1/2 or else at the step 1.

        Raises:
            NoLimitError: its roots are complex (the convergents oscillate) or equal (the series has logarithms).
        """
        self._step = Fraction(1, 2)
        try:
            second = self._quadratic()
        except _VanishesError:
            self._step = Fraction(1)
            self._binomials.clear()
            second = self._quadratic()
        self._t.append(second)
        self._shifted = []
        for order in range(len(self._t)):
            self._shift(order)

    def _quadratic(self) -> arb:
        """The t_1 of the smaller solution: of the residual's coefficient two steps down, c0 + c1 t + t^2."""
        values = []
        for trial in (0, 1, -1):
            self._t.append(arb(trial))
            self._shifted = []
            for order in range(3):
                self._shift(order)
            values.append(self._residual(2))
            self._t.pop()
        c0 = values[0]
        c1 = (values[1] - values[2]) / 2
        if self._step == Fraction(1, 2) and c0.contains(0):
            raise _VanishesError
        discriminant = c1 * c1 - 4 * c0
        if not discriminant > 0:
            raise NoLimitError("the two solutions of its recurrence do not separate")
        # r = -T is the ratio of the smaller solution, t_0 = -A/2 < 0: the greater t_1 makes it grow less.
        return (-c1 + discriminant.sqrt()) / 2

    def _linear(self, k: int) -> arb:
        """t_k, which the residual's coefficient at k + lag holds linearly."""
        order = k + self._lag
        slope = self._slope(k)
        if slope.contains(0):
            raise NoLimitError("its tail has no series in powers of n")
        self._t.append(arb(0))
        kept = len(self._shifted)
        for later in range(kept, order + 1):
            self._shift(later)
        residual = self._residual(order)
        self._t.pop()
        del self._shifted[kept:]
        return -residual / slope

    def _slope(self, k: int) -> arb:
        """The derivative of the residual's coefficient at k + lag with respect to t_k."""
        if not self._lag:
            slope = arb(0)
            if self._top == 2 * self._power:
                slope += 2 * self._t[0]
            if self._top == self._da + self._power:
                slope += self._a_terms[0]
            return slope
        slope = self._t[1] + self._shifted[1]
        if self._step == 1:
            power = self._power - k
            slope += self._t[0] * fmpq(power.numerator, power.denominator) + self._a_terms.get(1, arb(0))
        return slope

    def _shift(self, order: int) -> None:
        """The next coefficient of T(n+1), in the same powers of n."""
        per_whole = int(1 / self._step)
        total = arb(0)
        for k in range(order % per_whole, min(order, len(self._t) - 1) + 1, per_whole):
            total += self._t[k] * self._binomial(k, (order - k) // per_whole)
        self._shifted.append(total)

    def _binomial(self, k: int, j: int) -> arb:
        """(s - k h) over j: what n^(s - k h - j) gets from (n + 1)^(s - k h)."""
        while len(self._binomials) <= k:
            self._binomials.append([arb(1)])
        row = self._binomials[k]
        if j < len(row):
            return row[j]
        power = self._power - k * self._step
        while len(row) <= j:
            factor = (power - (len(row) - 1)) / len(row)
            row.append(row[-1] * fmpq(factor.numerator, factor.denominator))
        return row[j]

    def _residual(self, order: int) -> arb:
        """The coefficient of n^(top - order h) in T(n) (a(n+1) + T(n+1)) - b(n+1)."""
        drop = order * self._step
        total = arb(0)
        both = drop - (self._top - 2 * self._power)
        if both >= 0 and both % self._step == 0:
            last = int(both / self._step)
            for k in range(max(0, last - len(self._shifted) + 1), min(last, len(self._t) - 1) + 1):
                total += self._t[k] * self._shifted[last - k]
        for down, coefficient in self._a_terms.items():
            place = drop - (self._top - self._da - self._power) - down
            if place >= 0 and place % self._step == 0 and int(place / self._step) < len(self._t):
                total += coefficient * self._t[int(place / self._step)]
        place = drop - (self._top - self._db)
        if place.denominator == 1 and int(place) in self._b_terms:
            total -= self._b_terms[int(place)]
        return total


class _VanishesError(ArithmeticError):
    """The equation at the step 1/2 has the root 0: the expansion goes in whole powers."""
