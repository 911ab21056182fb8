"""How a polynomial continued fraction converges, decided from its coefficients before anything is evaluated.

>>> classify(fmpz_poly([1, 2]), fmpz_poly([0, 0, 1])).kind      # a = 2n+1, b = n^2: 4/pi
<Kind.GEOMETRIC: 'geometric'>

With degrees da, db, leading coefficients A > 0, B and D = A^2 + 4B (where db = 2 da):

- db < 2da: faster than geometric;
- db = 2da: D > 0 geometric, D < 0 no limit, D = 0 a double root: slow, or no limit, as the next terms decide;
- db = 2da + 1 and B > 0: the error falls like exp(-c sqrt n);
- db = 2da + 2 and B > 0: like a power of n;
- anything else diverges.

Source: the asymptotics of Birkhoff and Trjitzinsky for the two solutions of u_n = a(n) u_{n-1} + b(n) u_{n-2}, of
which the fraction's value is the ratio for the smaller one (Pincherle's theorem).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from flint import fmpz_poly

__all__ = ["Convergence", "Kind", "classify"]


class Kind(StrEnum):
    """A class of convergence."""

    FASTER = "faster than geometric"
    GEOMETRIC = "geometric"
    DOUBLE_ROOT = "double root"
    ROOT_EXPONENTIAL = "exp(-c sqrt n)"
    POWER = "a power of n"
    NONE = "no limit"

    @property
    def provable(self) -> bool:
        """Whether plain convergents come with a proved bound at a reasonable depth."""
        return self in (Kind.FASTER, Kind.GEOMETRIC)


@dataclass(frozen=True, slots=True)
class Convergence:
    """A class, and for geometric convergence the digits that each term brings (0 otherwise)."""

    kind: Kind
    digits_per_term: float = 0.0


def classify(a: fmpz_poly, b: fmpz_poly) -> Convergence:
    """The class of the fraction with these polynomials; the leading coefficient of `a` is positive, `b` is not 0."""
    da, db = a.degree(), b.degree()
    leading_a, leading_b = int(a[da]), int(b[db])
    if db < 2 * da:
        return Convergence(Kind.FASTER)
    if db == 2 * da:
        discriminant = leading_a * leading_a + 4 * leading_b
        if discriminant < 0:
            return Convergence(Kind.NONE)
        if discriminant == 0:
            return Convergence(Kind.DOUBLE_ROOT)
        return Convergence(Kind.GEOMETRIC, _digits_per_term(leading_a, discriminant))
    if leading_b < 0 or db > 2 * da + 2:
        return Convergence(Kind.NONE)
    return Convergence(Kind.ROOT_EXPONENTIAL if db == 2 * da + 1 else Kind.POWER)


def _digits_per_term(leading_a: int, discriminant: int) -> float:
    """-log10 |(A - sqrt D)/(A + sqrt D)|, also for numbers beyond a float."""
    bits = max(leading_a.bit_length(), (discriminant.bit_length() + 1) // 2) - 50
    scale = max(bits, 0)
    first = (leading_a << 60) >> scale
    second = math.isqrt(discriminant << 120) >> scale
    difference = abs(first - second)
    if not difference:
        return math.inf
    return math.log10((first + second) / difference)
