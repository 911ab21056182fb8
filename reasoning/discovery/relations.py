"""Small integer relations between real numbers, by lattice reduction.

>>> find_relation([arb(6), arb(4)], digits=30).coefficients
(2, -3)

LLL on the lattice of the scaled numbers finds a relation when there is one; PSLQ is asked as a second opinion where LLL
gives none that is small enough and the numbers are few (its misses cost far more).

Sources: Lenstra, Lenstra and Lovasz 1982; Ferguson, Bailey and Arno 1999.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flint import arb, ctx, fmpz_mat

__all__ = ["Relation", "find_relation"]

_UNTRUSTED: Final = 3
"""Last digits that the lattice does not use."""
_BITS_PER_DIGIT: Final = 3.3219280948873626
_PSLQ_NUMBERS: Final = 4
_PSLQ_STEPS: Final = 500


@dataclass(frozen=True, slots=True)
class Relation:
    """Whole numbers with sum c_i x_i = 0 as far as the digits go.

    Attributes:
        coefficients: one a number, the first that is not 0 positive, with no common factor.
        digits: decimal digits of all coefficients together.
    """

    coefficients: tuple[int, ...]
    digits: int


def find_relation(numbers: Sequence[arb], digits: int, *, most_digits: float | None = None) -> Relation | None:
    """The smallest relation between numbers known to `digits` decimal digits.

    Args:
        numbers: at least two.
        digits: to which they are known, absolutely.
        most_digits: largest total size of the coefficients; None: half of `digits`, so that the relation explains twice
            as many digits as it holds.

    Returns:
        None when there is none that is so small and holds to all but the last few digits.
    """
    bound = digits / 2 if most_digits is None else most_digits
    before = ctx.prec
    ctx.prec = int(digits * _BITS_PER_DIGIT) + 64
    try:
        shortest, length = _by_lattice(numbers, digits)
        # The first vector of an LLL-reduced basis is at most 2^((n-1)/2) times as long as the shortest one: what PSLQ
        # looks for is known not to be there when even that would be longer than any relation of such coefficients.
        longest = _largest_for_pslq(bound, len(numbers)) * 2 * len(numbers)
        excluded = length > longest * 2 ** ((len(numbers) - 1) / 2)
        for second_opinion in (False, True):
            if second_opinion and excluded:
                return None
            coefficients = _by_pslq(numbers, digits, bound) if second_opinion else shortest
            if coefficients is None or not any(coefficients):
                continue
            relation = _normal(coefficients)
            if relation.digits <= bound and _holds(relation, numbers, digits):
                return relation
            if relation.digits <= bound:
                # A small vector that does not hold: what the digits rule out, PSLQ cannot bring back.
                return None
    finally:
        ctx.prec = before
    return None


def _by_lattice(numbers: Sequence[arb], digits: int) -> tuple[tuple[int, ...], int]:
    """The first vector of a reduced basis, and its length with the residual."""
    scale = arb(10) ** (digits - _UNTRUSTED)
    size = len(numbers)
    rows = [
        [*(int(i == j) for j in range(size)), int((number * scale).mid().floor().unique_fmpz())]
        for i, number in enumerate(numbers)
    ]
    reduced = fmpz_mat(rows).lll()
    shortest = [int(reduced[0, j]) for j in range(size + 1)]
    return tuple(shortest[:size]), math.isqrt(sum(c * c for c in shortest))


def _by_pslq(numbers: Sequence[arb], digits: int, bound: float) -> tuple[int, ...] | None:
    if len(numbers) > _PSLQ_NUMBERS:
        return None
    import mpmath

    largest = _largest_for_pslq(bound, len(numbers))
    with mpmath.workdps(digits):
        values = [mpmath.mpf(number.mid().str(digits + 10, radius=False)) for number in numbers]
        tolerance = mpmath.mpf(10) ** (_UNTRUSTED - digits)
        found = mpmath.pslq(values, tol=tolerance, maxcoeff=largest, maxsteps=_PSLQ_STEPS)
    return None if found is None else tuple(int(c) for c in found)


def _largest_for_pslq(bound: float, numbers: int) -> int:
    return int(10 ** max(1, math.ceil(bound / numbers)))


def _normal(coefficients: tuple[int, ...]) -> Relation:
    common = math.gcd(*coefficients)
    first = next(c for c in coefficients if c)
    factor = common if first > 0 else -common
    reduced = tuple(c // factor for c in coefficients)
    return Relation(reduced, sum(len(str(abs(c))) for c in reduced if c))


def _holds(relation: Relation, numbers: Sequence[arb], digits: int) -> bool:
    total = sum((c * number for c, number in zip(relation.coefficients, numbers, strict=True)), arb(0))
    largest = max(abs(c) for c in relation.coefficients)
    return bool(abs(total).mid() < len(numbers) * largest * arb(10) ** (1 - digits))
