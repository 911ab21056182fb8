"""Integer polynomials in `n` from text, exactly.

>>> polynomial("6*n**3 + 9*n**2 + 5*n + 1")
6*x^3 + 9*x^2 + 5*x + 1
>>> scaled_pair(polynomial("n + 1/2"), polynomial("n**2"))      # both whole, and the factor of the value
(2*x + 1, 4*x^2, 2)
"""

from __future__ import annotations

from typing import Any, Final

from flint import fmpq, fmpq_poly, fmpz, fmpz_poly

from verifiers.constants.expressions import Binary, Call, ExpressionError, Name, Negative, Node, Number, parse
from verifiers.constants.limits import MAX_COEFFICIENT_BITS, MAX_DEGREE

__all__ = ["polynomial", "positive_from", "scaled_pair", "whole_roots"]

_VARIABLE: Final = "n"


def polynomial(text: str) -> fmpq_poly:
    """The polynomial in `n` that the text writes; rational coefficients are allowed.

    Raises:
        ExpressionError: it is no polynomial, or beyond a limit.
    """
    return _polynomial(parse(text))


def scaled_pair(a: fmpq_poly, b: fmpq_poly) -> tuple[fmpz_poly, fmpz_poly, fmpz]:
    """Whole polynomials of the inflated fraction: `c a`, `c^2 b` and `c`, whose value is `c` times as large."""
    factor = a.denom() * b.denom() // a.denom().gcd(b.denom())
    return (a * factor).numer(), (b * factor * factor).numer(), factor


def whole_roots(poly: fmpz_poly, least: int) -> list[int]:
    """The whole roots of a polynomial that are at least `least`, in order; it is not zero."""
    roots = [int(root) for root, _ in poly.roots()]
    return sorted(root for root in roots if root >= least)


def positive_from(poly: fmpz_poly, limit: int) -> int | None:
    """A place from which on the polynomial is positive at every whole number, at most `limit`; None: not seen.

    After a shift to that place all coefficients are at least 0, and the constant one is positive.
    """
    place = 1
    while place <= limit:
        moved = poly(fmpz_poly([place, 1]))
        if moved[0] > 0 and all(coefficient >= 0 for coefficient in moved.coeffs()):
            return place
        place *= 2
    return None


def _polynomial(node: Node) -> fmpq_poly:
    if isinstance(node, Number):
        return _checked(fmpq_poly([fmpq(node.value.numerator, node.value.denominator)]))
    if isinstance(node, Name):
        if node.name != _VARIABLE:
            raise ExpressionError(f"a polynomial in {_VARIABLE} cannot hold {node.name[:20]!r}")
        return fmpq_poly([0, 1])
    if isinstance(node, Call):
        raise ExpressionError(f"a polynomial in {_VARIABLE} cannot hold {node.function}()")
    if isinstance(node, Negative):
        return -_polynomial(node.inner)
    return _binary(node)


def _binary(node: Binary) -> fmpq_poly:
    left = _polynomial(node.left)
    right = _polynomial(node.right)
    if node.operator == "+":
        return _checked(left + right)
    if node.operator == "-":
        return _checked(left - right)
    if node.operator == "*":
        if left.degree() + right.degree() > MAX_DEGREE:
            raise ExpressionError(f"the degree is above {MAX_DEGREE}")
        return _checked(left * right)
    if node.operator == "/":
        if right.degree() > 0:
            raise ExpressionError("a polynomial is divided by a polynomial")
        if right == 0:
            raise ExpressionError("division by zero")
        return _checked(left / right[0])
    return _power(left, right)


def _power(base: fmpq_poly, exponent: fmpq_poly) -> fmpq_poly:
    if exponent.degree() > 0 or exponent[0].q != 1 or exponent[0] < 0:
        raise ExpressionError("an exponent is not a whole number from 0")
    times = int(exponent[0].p)
    if max(base.degree(), 0) * times > MAX_DEGREE:
        raise ExpressionError(f"the degree is above {MAX_DEGREE}")
    if base != 0 and _bits(base) > 1 and (_bits(base) + base.length()) * times > MAX_COEFFICIENT_BITS:
        raise ExpressionError(f"a coefficient has more than {MAX_COEFFICIENT_BITS} bits")
    # A power of 0, 1 or -1 (the only constants of one bit) depends on the exponent's parity and sign alone.
    small = times if times <= MAX_COEFFICIENT_BITS else 2 + times % 2
    return _checked(base**small)


def _bits(poly: fmpq_poly) -> int:
    numerators = max((abs(int(c)).bit_length() for c in poly.numer().coeffs()), default=0)
    return max(numerators, int(poly.denom()).bit_length())


def _checked(poly: Any) -> fmpq_poly:
    if _bits(poly) > MAX_COEFFICIENT_BITS:
        raise ExpressionError(f"a coefficient has more than {MAX_COEFFICIENT_BITS} bits")
    return poly
