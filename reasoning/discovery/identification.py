"""What number is this? Closed forms of a decimal number over a basis of constants.

    found = identify("0.83190737258070746868312627882153073442", basis=["zeta(3)"])
    found[0].expression, found[0].evidence      # ("1/zeta(3)", 19.0)

Tried in turn, until one kind finds something, are algebraic numbers, Moebius images (p c + q)/(r c + s) of each
constant, linear combinations of all of them, products of powers, and quotients of quadratics in a constant. A form is
reported when its coefficients hold at most half as many digits as the number confirms, and when the form, evaluated
anew from its text, gives the number back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from flint import arb, ctx

from reasoning.discovery.formulas import affine, quadratic, quotient, signed, wrapped
from reasoning.discovery.relations import Relation, find_relation
from verifiers.constants.closed_form import evaluate_to
from verifiers.constants.expressions import ExpressionError, parse

__all__ = ["DEFAULT_BASIS", "LEAST_DIGITS", "Identification", "IdentificationError", "identify"]

DEFAULT_BASIS: Final = (
    "pi", "pi**2", "e", "log(2)", "log(3)", "sqrt(2)", "sqrt(3)", "phi", "zeta(3)", "zeta(5)", "catalan", "euler",
    "gamma(1/3)", "gamma(1/4)", "exp(2)", "sqrt(e)", "sqrt(pi)", "besseli(0,2)/besseli(1,2)",
)  # fmt: skip
LEAST_DIGITS: Final = 25
"""With fewer trusted digits accidental relations are common, so nothing is said."""

_MAX_DIGITS: Final = 5_000
_NUMBER: Final = re.compile(r"[+-]?(\d*)\.?(\d*)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_ROOT_DEGREE: Final = 4
_PRODUCT_BASIS: Final = ("2", "3", "5", "7", "pi", "e", "gamma(1/3)", "gamma(1/4)", "zeta(3)", "catalan")
_MAX_POWER: Final = 24
_BITS_PER_DIGIT: Final = 3.3219280948873626


class IdentificationError(ValueError):
    """The number or the basis cannot be used; one clear line."""


@dataclass(frozen=True, slots=True)
class Identification:
    """A closed form.

    Attributes:
        expression: as text that the constant verifier reads.
        form: which kind of relation it is.
        digits: trusted digits of the number, all of which the form gives back.
        relation_digits: digits of all coefficients together.
    """

    expression: str
    form: str
    digits: int
    relation_digits: int

    @property
    def evidence(self) -> float:
        """Trusted digits for each digit of the relation: 2 is the least that is reported."""
        return self.digits / max(self.relation_digits, 1)


def identify(number: str, basis: Sequence[str] = DEFAULT_BASIS) -> list[Identification]:
    """Closed forms of a number, the best supported first.

    Args:
        number: in decimals; all digits but the last are trusted.
        basis: constants, in the grammar of the constant verifier.

    Raises:
        IdentificationError: the text is no number, has too few digits, or a constant cannot be evaluated.
    """
    digits = _trusted_digits(number)
    before = ctx.prec
    ctx.prec = int(digits * _BITS_PER_DIGIT) + 64
    try:
        value = arb(number.strip())
        if value == 0:
            raise IdentificationError("the number is 0")
        # Relations are sought at the size of 1: digits count from the first one that is not 0.
        constants = {name: _constant(name, digits) for name in basis}
        found: list[Identification] = []
        for stage in (_algebraic, _moebius_images, _linear, _product, _quadratic_quotients):
            found = [
                Identification(expression, form, digits, relation.digits)
                for form, expression, relation in stage(value, constants, digits)
                if _gives_back(expression, value, digits)
            ]
            if found:
                break
    finally:
        ctx.prec = before
    unique = {identification.expression: identification for identification in reversed(found)}
    return sorted(unique.values(), key=lambda one: (one.relation_digits, len(one.expression)))


def _trusted_digits(number: str) -> int:
    match = _NUMBER.fullmatch(number.strip())
    if match is None or not (match[1] or match[2]):
        raise IdentificationError(f"{number[:40]!r} is not a decimal number")
    digits = len((match[1] + match[2]).lstrip("0")) - 1
    if digits < LEAST_DIGITS:
        raise IdentificationError(
            f"{max(digits, 0)} trusted digits (the last one given is not trusted); at least {LEAST_DIGITS} are needed"
        )
    if digits > _MAX_DIGITS:
        raise IdentificationError(f"{digits} digits, at most {_MAX_DIGITS} are taken")
    return digits


def _constant(name: str, digits: int) -> arb:
    try:
        return evaluate_to(parse(name), digits + 10)
    except ExpressionError as error:
        raise IdentificationError(f"constant {name[:40]!r}: {error}") from None


_Candidates = Iterator[tuple[str, str, Relation]]
"""Form, expression and relation of what may be the number."""


def _algebraic(value: arb, constants: dict[str, arb], digits: int) -> _Candidates:
    relation = find_relation([value, arb(1)], digits)
    if relation is not None and relation.coefficients[0]:
        yield "rational", quotient(str(-relation.coefficients[1]), str(relation.coefficients[0])), relation
        return
    relation = find_relation([value * value, value, arb(1)], digits)
    if relation is not None and relation.coefficients[0]:
        a, b, c = relation.coefficients
        for sign in "+-":
            root = f"{sign}sqrt({b * b - 4 * a * c})"
            yield "algebraic", quotient(f"{-b}{root}" if b else root.lstrip("+"), str(2 * a)), relation
        return
    for degree in range(3, _ROOT_DEGREE + 1):
        relation = find_relation([value**degree, arb(1)], digits)
        if relation is not None and relation.coefficients[0]:
            p, q = (abs(c) for c in reversed(relation.coefficients))
            yield "algebraic", f"{_minus(value)}{wrapped(quotient(str(p), str(q)))}**(1/{degree})", relation


def _moebius_images(value: arb, constants: dict[str, arb], digits: int) -> _Candidates:
    for name, constant in constants.items():
        relation = find_relation([value * constant, value, constant, arb(1)], digits)
        if relation is not None and _is_moebius(relation.coefficients):
            vc, v, c, one = relation.coefficients
            yield "moebius", quotient(affine(-c, -one, name), affine(vc, v, name)), relation


def _quadratic_quotients(value: arb, constants: dict[str, arb], digits: int) -> _Candidates:
    for name, constant in constants.items():
        squared = constant * constant
        relation = find_relation([value * squared, value * constant, value, squared, constant, arb(1)], digits)
        if relation is not None and any(relation.coefficients[:3]):
            v2, v1, v0, c2, c1, c0 = relation.coefficients
            text = quotient(quadratic(-c2, -c1, -c0, name), quadratic(v2, v1, v0, name))
            yield "quadratic quotient", text, relation


def _linear(value: arb, constants: dict[str, arb], digits: int) -> _Candidates:
    relation = find_relation([value, arb(1), *constants.values()], digits)
    if relation is None or not relation.coefficients[0]:
        return
    first, rest, *others = relation.coefficients
    parts = [signed(-c, f"*{wrapped(name)}") for c, name in zip(others, constants, strict=True) if c]
    numerator = "".join(parts) + (signed(-rest, "") if rest else "")
    yield "linear combination", quotient(numerator.lstrip("+"), str(first)), relation


def _product(value: arb, constants: dict[str, arb], digits: int) -> _Candidates:
    logs = [evaluate_to(parse(f"log({name})"), digits + 10) for name in _PRODUCT_BASIS]
    relation = find_relation([abs(value).log(), *logs], digits)
    if relation is None:
        return
    first, *powers = relation.coefficients
    if not first or max(map(abs, (first, *powers))) > _MAX_POWER:
        return
    factors = [_factor(name, -power, first) for name, power in zip(_PRODUCT_BASIS, powers, strict=True) if power]
    if factors:
        yield "product of powers", _minus(value) + "*".join(factors), relation


def _minus(value: arb) -> str:
    return "-" if value < 0 else ""


def _factor(name: str, numerator: int, denominator: int) -> str:
    if numerator % denominator:
        return f"{wrapped(name)}**({numerator}/{denominator})"
    power = numerator // denominator
    return wrapped(name) if power == 1 else f"{wrapped(name)}**({power})"


def _is_moebius(coefficients: Sequence[int]) -> bool:
    vc, v, c, one = coefficients
    # A vanishing determinant relates the constants of the two factors, not the number with the constant.
    return bool((vc or v) and vc * one - v * c)


def _gives_back(expression: str, value: arb, digits: int) -> bool:
    try:
        form = evaluate_to(parse(expression), digits + 5)
    except ExpressionError:
        return False
    return bool(abs((form - value) / value).mid() < arb(10) ** (1 - digits))
