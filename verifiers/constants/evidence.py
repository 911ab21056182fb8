"""Could a claim agree by the digits that its own text holds, instead of by being true?

>>> hidden_part(parse("tanh(300)/log(2)"), digits=100)
'tanh(300) is the number 1 as far as 33 digits show; where 1 is meant, write that'
>>> from verifiers.constants.judge import Claim
>>> written_digits(Claim(a="2*n+1", b="n**2", value="4/pi"))
5

A fraction can be fitted to any number by coefficients of many digits, and a closed form to any fraction. So a claim is
checked to more digits than it holds. What needs few signs, such as a factor 1 + exp(-600), is told by its parts: one
that is very small or large, or that cannot be told from a whole number, a simple quotient or its own argument, has no
place in a closed form.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from flint import arb, ctx, fmpq_poly

from verifiers.constants.closed_form import evaluate, is_rational
from verifiers.constants.expressions import Binary, Call, Name, Negative, Node, Number, parse
from verifiers.constants.polynomials import polynomial

if TYPE_CHECKING:
    from verifiers.constants.judge import Claim

__all__ = ["hidden_part", "near_rational", "written_digits"]

RATIONAL_DENOMINATOR: Final = 100_000
"""A value this close to a fraction with a smaller denominator is taken for rational."""
_LEAST_SEEN: Final = 30
"""What changes a part by less than this many digits is hidden, however few digits are compared."""
_SEEN_SHARE: Final = 3
"""Of the digits compared a third: a change by a third of them that is squared is still seen."""
_OPERATIONS: Final = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
_BITS_PER_DIGIT: Final = 3.3219280948873626


def written_digits(claim: Claim) -> int:
    """About the decimal digits that somebody could have fitted by choosing a claim's numbers, names and signs.

    The value of a fraction with whole terms is known to twice the digits of the terms' product, so these count double.

    Raises:
        ExpressionError: a part of the claim cannot be read.
    """
    total = 0
    if claim.value is not None:
        total += sum(_digits_of_part(part) for part in _parts(parse(claim.value)))
    if claim.signed is not None:
        numbers = (*claim.signed.initial, *(c for c in claim.signed.recurrence if c))
        terms = sum(2 * math.log10(abs(number) + 1) for number in numbers)
        return total + math.ceil(terms + len(claim.signed.signs) * math.log10(2))
    return total + sum(_digits_of_polynomial(polynomial(text)) for text in (claim.a, claim.b))


def hidden_part(node: Node, digits: int) -> str | None:
    """What in a closed form the digits compared cannot show, in words; None where there is nothing.

    Args:
        node: the form; it can be evaluated.
        digits: to which it was compared.
    """
    seen = max(_LEAST_SEEN, digits // _SEEN_SHARE)
    bits = int(2 * seen * _BITS_PER_DIGIT) + 64
    for part in _parts(node):
        value = evaluate(part, bits)
        if value == 0:
            continue
        if value.contains(0) or not -seen <= _magnitude(value) <= seen:
            return f"{_shown(part)} is beyond 10**{seen}, or below 1/10**{seen}"
        if isinstance(part, Binary) and part.operator in "+-":
            sizes = [_magnitude(term) for side in (part.left, part.right) if (term := evaluate(side, bits)) != 0]
            if len(sizes) == 2 and abs(sizes[0] - sizes[1]) > seen:
                return f"a term of {_shown(part)} is too small to be seen"
        if is_rational(part):
            continue
        if isinstance(part, Call):
            for argument in part.arguments:
                other = evaluate(argument, bits)
                if other != 0 and abs(value / other - 1) < arb(10) ** -seen:
                    return f"{_shown(part)} is its own argument as far as {seen} digits show"
        if (near := _rational_value(value, seen)) is not None and not _is_exact_root(part, near):
            return (
                f"{_shown(part)} is the number {near} as far as {seen} digits show; where {near} is meant, write that"
            )
    return None


def near_rational(numerator: int, denominator: int) -> tuple[int, int] | None:
    """p/q with q below `RATIONAL_DENOMINATOR` that agrees with the number to nearly all of its bits."""
    n, d = numerator, denominator
    p, before_p, q, before_q = 1, 0, 0, 1
    while d:
        quotient, rest = divmod(n, d)
        p, before_p = quotient * p + before_p, p
        q, before_q = quotient * q + before_q, q
        n, d = d, rest
        if q >= RATIONAL_DENOMINATOR:
            return None
        if abs(numerator * q - p * denominator) <= 16 * q + abs(numerator).bit_length():
            return p, q
    return p, q


def _is_exact_root(part: Node, near: Fraction) -> bool:
    """Whether `part` is the square root of a square, such as sqrt(4)."""
    match part:
        case Call("sqrt", (argument,)) if is_rational(argument):
            return _fraction(argument) == near**2
    return False


def _fraction(node: Node) -> Fraction:
    """The value of a rational form that `evaluate` and the bounds on its parts have let through."""
    match node:
        case Number(value):
            return value
        case Negative(inner):
            return -_fraction(inner)
        case Binary("**", left, right):
            power: Fraction = _fraction(left) ** int(_fraction(right))
            return power
        case Binary(sign, left, right):
            result: Fraction = _OPERATIONS[sign](_fraction(left), _fraction(right))
            return result
    raise TypeError(f"not rational: {_shown(node)}")


def _rational_value(value: arb, seen: int) -> Fraction | None:
    bits = int(seen * _BITS_PER_DIGIT)
    before = ctx.prec
    ctx.prec = 3 * bits + 64
    try:
        scaled = (value * arb(2) ** bits).mid().floor().unique_fmpz()
    finally:
        ctx.prec = before
    near = near_rational(int(scaled or 0), 1 << bits)
    return None if near is None else Fraction(*near)


def _parts(node: Node) -> Iterator[Node]:
    match node:
        case Negative(inner):
            yield from _parts(inner)
        case Binary(_, left, right):
            yield from _parts(left)
            yield from _parts(right)
        case Call(_, arguments):
            for argument in arguments:
                yield from _parts(argument)
    yield node


def _digits_of_part(part: Node) -> int:
    if isinstance(part, Number):
        return _length(part.value.numerator) + (0 if part.value.denominator == 1 else _length(part.value.denominator))
    if isinstance(part, Name | Call):
        return 2
    return int(isinstance(part, Binary))


def _digits_of_polynomial(poly: fmpq_poly) -> int:
    numbers = [int(c) for c in (*poly.numer().coeffs(), poly.denom()) if c != 0]
    return sum(map(_length, numbers))


def _length(number: int) -> int:
    """Decimal digits of a whole number; none for 0, 1 and -1."""
    return 0 if abs(number) < 2 else int(abs(number).bit_length() / _BITS_PER_DIGIT) + 1


def _magnitude(value: arb) -> float:
    """log10 |value|."""
    return float(abs(value).log().mid()) / math.log(10)


def _shown(part: Node) -> str:
    """A part of a form, roughly as it was written."""
    match part:
        case Number(value):
            text = str(value)
        case Name(name):
            text = name
        case Negative(inner):
            text = f"-{_side(inner)}"
        case Call(function, arguments):
            text = f"{function}({', '.join(map(_shown, arguments))})"
        case Binary(sign, left, right):
            text = f"{_side(left)}{sign}{_side(right)}"
    return text if len(text) <= 60 else text[:60] + "..."


def _side(part: Node) -> str:
    """A part as an operand: a longer one in brackets."""
    return f"({_shown(part)})" if isinstance(part, Binary | Negative) else _shown(part)
