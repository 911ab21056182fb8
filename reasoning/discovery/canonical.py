"""One form for fractions that are the same but for inflation and sign.

>>> canonical(fmpz_poly([2, 4]), fmpz_poly([0, 0, 4]))       # a = 4n+2, b = 4n^2 is a = 2n+1, b = n^2 inflated by 2
(2*x + 1, x^2)

Multiplying a(n) by c(n) and b(n) by c(n) c(n-1) multiplies the value by c(0); (-a, b) has the negative value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from flint import fmpz, fmpz_poly

__all__ = ["canonical", "coefficient_rows", "coefficient_sum", "polynomial_text"]


def canonical(a: fmpz_poly, b: fmpz_poly) -> tuple[fmpz_poly, fmpz_poly]:
    """The deflated fraction with a positive leading coefficient of `a`; neither polynomial is 0."""
    if a[a.degree()] < 0:
        a = -a
    a, b = _deflated_by_numbers(a, b)
    for factor, _ in a.factor()[1]:
        if factor.degree() == 0 or factor[0] == 0:
            continue
        both = factor * factor(fmpz_poly([-1, 1]))
        while a % factor == 0 and b % both == 0 and (a // factor) * factor == a and (b // both) * both == b:
            a, b = a // factor, b // both
    return (-a, b) if a[a.degree()] < 0 else (a, b)


def _deflated_by_numbers(a: fmpz_poly, b: fmpz_poly) -> tuple[fmpz_poly, fmpz_poly]:
    of_a, of_b = a.content(), b.content()
    factor = fmpz(1)
    for prime, power in of_a.factor():
        times = min(power, _multiplicity(of_b, prime) // 2)
        factor *= prime**times
    return a // factor, b // (factor * factor)


def _multiplicity(number: fmpz, prime: fmpz) -> int:
    count = 0
    while number % prime == 0:
        number //= prime
        count += 1
    return count


def polynomial_text(poly: fmpz_poly) -> str:
    """The polynomial in `n` as the constant verifier reads it, highest power first."""
    parts = []
    for power in range(poly.degree(), -1, -1):
        coefficient = int(poly[power])
        if not coefficient:
            continue
        variable = "" if power == 0 else "n" if power == 1 else f"n**{power}"
        if variable and abs(coefficient) == 1:
            parts.append(("-" if coefficient < 0 else "+") + variable)
        else:
            parts.append(f"{coefficient:+d}" + (f"*{variable}" if variable else ""))
    return "".join(parts).removeprefix("+") or "0"


def coefficient_sum(a: fmpz_poly, b: fmpz_poly) -> tuple[int, int]:
    """How simple a fraction is: sum of the sizes of all coefficients, then of the degrees."""
    size = sum(abs(int(c)) for c in (*a.coeffs(), *b.coeffs()))
    return size, a.degree() + math.floor(b.degree())


def coefficient_rows(polynomials: Sequence[fmpz_poly]) -> npt.NDArray[np.int64]:
    """The coefficients from the constant one up, of shape (polynomials, largest degree + 1)."""
    width = max(max(poly.degree(), 0) for poly in polynomials) + 1
    rows = np.zeros((len(polynomials), width), dtype=np.int64)
    for row, poly in zip(rows, polynomials, strict=True):
        row[: poly.degree() + 1] = [int(c) for c in poly.coeffs()]
    return rows
