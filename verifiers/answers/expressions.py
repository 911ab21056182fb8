r"""Two expressions compared: exactly, and with the stated tolerance where one side is a decimal.

gold 3.14,   answer \pi      ->  equal to as many digits as the gold answer gives
gold 1/3,    answer 0.333    ->  a shorter decimal for an exact number (not by default)
gold 50\%,   answer 1/2      ->  equal
gold 30^\circ, answer 30     ->  equal but for the degree sign
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from verifiers.answers.agreement import Agreement, Concession, agree, differ
from verifiers.answers.proof import Answer, Prover
from verifiers.answers.rewrite import rename
from verifiers.answers.tree import (
    Based,
    Call,
    Constant,
    Node,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    symbols_of,
    walk,
)

__all__ = ["compare_expressions"]

EXACT_DENOMINATOR = 25
"""A gold decimal equal to a fraction with a denominator up to this one (0.25, 1.5) is exact, not rounded."""

MIN_ROUNDED_DIGITS = 3
"""A gold decimal with fewer significant digits, and fewer than two decimals, is never taken as rounded."""

FLOAT_DIGITS = 10
"""Significant digits from which a decimal answer stands for an exact gold number."""

DOUBLE_DIGITS = 15
"""Digits of a printed double, whose last one or two may be off."""

ROUGH_DIGITS = 3

CUT_OFF_MARGIN = Fraction(1, 10**9)
"""Share of a decimal's last place that keeps a cut-off number apart from the next decimal."""

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CONSTANT_NAMES = frozenset({"C", "c", "K", "k", "C_1", "c_1", "D"})


def compare_expressions(gold: Node, answer: Node, prover: Prover) -> Agreement:
    """Whether `answer` has the value of `gold`."""
    if isinstance(gold, Number) and isinstance(answer, Number):
        return _numbers(gold, answer, prover)
    based = _bases(gold, answer)
    if based is not None:
        return based
    proof = prover.equal(gold, answer)
    if proof.answer is Answer.EQUAL:
        if proof.domains_differ and _has_absolute_value(gold) != _has_absolute_value(answer):
            return differ("equal only where the absolute value does not matter")
        return agree(proof.rule, *([Concession.DOMAIN] if proof.domains_differ else []))
    signs = _signs(gold, answer, prover)
    if signs is not None and signs.equal:
        return signs
    if symbols_of(gold) or symbols_of(answer):
        renamed = _renamed(gold, answer, prover)
        if renamed is not None:
            return renamed
    else:
        decimal = _decimals(gold, answer, prover)
        if decimal is not None:
            return decimal
    if proof.answer is Answer.UNKNOWN:
        return differ(f"not decided: {proof.rule}", None if proof.limited else (gold, answer))
    return differ(proof.rule)


def _numbers(gold: Number, answer: Number, prover: Prover) -> Agreement:
    """Two numbers as written."""
    if gold.value == answer.value:
        return agree("equal as exact rationals")
    if gold.places is None and answer.places is None:
        return differ("different exact rationals")
    return _decimals(gold, answer, prover) or differ("different numbers")


def _has_absolute_value(node: Node) -> bool:
    return any(isinstance(part, Call) and part.name == "abs" for part in walk(node))


def _bases(gold: Node, answer: Node) -> Agreement | None:
    """Numerals with a base: by value, or by digits when the other side gives no base."""
    for first, second in ((gold, answer), (answer, gold)):
        if isinstance(first, Based) and isinstance(second, Symbol):
            digits, _, base = second.name.partition("_")
            if (
                digits.isalnum()
                and base.isdigit()
                and 10 < int(base[:3]) <= 36
                and all(d in _DIGITS[: int(base)] for d in digits)
            ):
                same = int(digits, int(base)) == first.value
                return agree("the value of the numeral") if same else differ("different numerals")
        if isinstance(first, Based) and isinstance(second, Number) and second.places is None:
            if second.value == first.value:
                return agree("the value of the numeral")
            if second.value.denominator == 1 and str(second.value) == first.digits:
                return agree("the same digits", Concession.BASE)
            return differ("different numbers")
    return None


def _signs(gold: Node, answer: Node, prover: Prover) -> Agreement | None:
    """A percent or degree sign on one side only."""
    for first, second, swapped in ((gold, answer, False), (answer, gold, True)):
        for strip, concession in ((_without_percent, Concession.PERCENT), (_without_degree, Concession.DEGREE)):
            bare = strip(first)
            if concession is Concession.PERCENT and prover.within(second, Fraction(0), Fraction(99, 100)):
                continue
            if bare is None or strip(second) is not None or symbols_of(second) or _mentions_pi(second):
                continue
            agreement = (
                compare_expressions(second, bare, prover) if swapped else compare_expressions(bare, second, prover)
            )
            if agreement.equal:
                return agreement.conceding(concession)
    return None


def _mentions_pi(node: Node) -> bool:
    return any(part == Constant("pi") for part in walk(node))


def _without_percent(node: Node) -> Node | None:
    match node:
        case Call("percent", (inner,)):
            return inner
        case Product((Number(value, None), Call("percent", (inner,)))) if abs(value) == 1:
            return Product((Number(value), inner))
    return None


def _without_degree(node: Node) -> Node | None:
    if isinstance(node, Product) and node.factors[-1] == Constant("deg"):
        rest = node.factors[:-1]
        return rest[0] if len(rest) == 1 else Product(rest)
    return None


class _Decimal(NamedTuple):
    """A decimal literal.

    Attributes:
        value: what it stands for.
        unit: one in its last place.
        written: the number before a power of ten, which tells whether it may be rounded.
    """

    value: Fraction
    unit: Fraction
    written: Fraction


def _decimal(node: Node) -> _Decimal | None:
    """The decimal literal that `node` is: `2.70`, `5.8 * 10^3`, `2.5%`, `-0.3`."""
    match node:
        case Number(value, places) if places is not None:
            unit = Fraction(10) ** -places
            # 6.02e23 has a negative number of places, and was written with one digit before the point.
            written = value if places >= 0 else value / unit / 10 ** (_significant(value, unit) - 1)
            return _Decimal(value, unit, written)
        case Call("percent", (inner,)):
            found = _decimal(inner)
            return None if found is None else _Decimal(found.value / 100, found.unit / 100, found.value / 100)
        case Product((Number(value, places), Power(Number(base, None), Number(exponent, None)))) if (
            places is not None and base == 10 and exponent.denominator == 1 and abs(exponent) < 400
        ):
            scale = Fraction(10) ** int(exponent)
            written = value * scale if exponent < 0 else value
            return _Decimal(value * scale, Fraction(10) ** -places * scale, written)
        case Product((Number(value, None), inner)) if abs(value) == 1:
            found = _decimal(inner)
            return None if found is None else _Decimal(value * found.value, found.unit, found.written)
        case Product(factors) if len(factors) == 2 and factors[1] == Constant("deg"):
            return None
    return None


def _significant(value: Fraction, unit: Fraction) -> int:
    return len(str(abs(value) // unit)) if value else 0


def _decimals(gold: Node, answer: Node, prover: Prover) -> Agreement | None:
    """The tolerance rules; None when none of them makes the two equal."""
    gold_decimal, answer_decimal = _decimal(gold), _decimal(answer)
    if gold_decimal is not None and (_may_be_rounded(gold_decimal) or _is_rounded(gold_decimal, answer, prover)):
        value, unit, _ = gold_decimal
        finer = answer_decimal is None or answer_decimal.unit < unit
        if finer and prover.within(answer, value, unit / 2):
            return agree("rounds to the gold decimal", Concession.ROUNDING)
        if (
            answer_decimal is None
            and _significant(value, unit) > ROUGH_DIGITS
            and _shortened(answer, value, unit, prover)
        ):
            return agree("cut off to the gold decimal", Concession.ROUNDING)
        if finer and _significant(value, unit) >= DOUBLE_DIGITS and prover.within(answer, value, 8 * unit):
            return agree("the same double-precision number", Concession.FLOAT)
    if answer_decimal is not None and (gold_decimal is None or gold_decimal.unit > answer_decimal.unit):
        value, unit, _ = answer_decimal
        digits = _significant(value, unit)
        if digits >= DOUBLE_DIGITS and prover.within(gold, value, 8 * unit):
            return agree("the same double-precision number", Concession.FLOAT)
        if digits >= ROUGH_DIGITS and gold_decimal is None and _shortened(gold, value, unit, prover):
            enough = digits >= FLOAT_DIGITS and _is_irregular(gold, prover)
            rule = f"a decimal of {digits} digits for the exact number"
            return agree(rule, Concession.FLOAT if enough else Concession.ROUGH_DECIMAL)
    return None


def _shortened(gold: Node, value: Fraction, unit: Fraction, prover: Prover) -> bool:
    """Whether the decimal `value` is the number `gold`, rounded or cut off."""
    half = unit / 2
    # Cut off: the next decimal itself (20 for 19.99) is excluded.
    return prover.within(gold, value, half) or prover.within(
        gold, value + (half if value > 0 else -half), half * (1 - CUT_OFF_MARGIN)
    )


def _is_irregular(gold: Node, prover: Prover) -> bool:
    """Whether no finite decimal of usual length is the exact value of `gold`."""
    value = prover.number(gold)
    return value is None or 10**9 % value.denominator != 0


def _may_be_rounded(decimal: _Decimal) -> bool:
    denominator = decimal.written.denominator
    if decimal.value == 0 or (denominator <= EXACT_DENOMINATOR and denominator != 10):
        return False
    digits = _significant(decimal.value, decimal.unit)
    if digits >= MIN_ROUNDED_DIGITS:
        return True
    return digits == 2 and decimal.unit == Fraction(1, 100)


def _is_rounded(gold: _Decimal, answer: Node, prover: Prover) -> bool:
    """Whether `gold`, which may be exact (17.32), can only be a rounded value of `answer`, an irrational number."""
    enough = _significant(gold.value, gold.unit) >= MIN_ROUNDED_DIGITS
    return enough and _decimal(answer) is None and prover.number(answer) is None


def _renamed(gold: Node, answer: Node, prover: Prover) -> Agreement | None:
    """Equal after renaming: a constant of integration, letters of another case, other variables."""
    constants = _added_constants(gold), _added_constants(answer)
    if constants[0] and constants[1] and constants[0] != constants[1]:
        mapping = dict(zip(sorted(constants[1]), sorted(constants[0]), strict=False))
        if prover.equal(gold, rename(answer, lambda name: mapping.get(name, name))).answer is Answer.EQUAL:
            return agree("another letter for the constant")
    if bool(constants[0]) != bool(constants[1]):
        bare = _without_terms(gold, constants[0]), _without_terms(answer, constants[1])
        if prover.equal(*bare).answer is Answer.EQUAL:
            return agree("equal but for the constant", Concession.CONSTANT)
    names = symbols_of(gold), symbols_of(answer)
    if names[0] == names[1] or not all(names):
        return None
    if {name.lower() for name in names[0]} == {name.lower() for name in names[1]}:
        if prover.equal(rename(gold, str.lower), rename(answer, str.lower)).answer is Answer.EQUAL:
            return agree("equal but for the case of letters", Concession.LETTER_CASE)
        return None
    if len(names[0]) == len(names[1]):
        mapping = dict(zip(sorted(names[1]), sorted(names[0]), strict=True))
        if prover.equal(gold, rename(answer, lambda name: mapping[name])).answer is Answer.EQUAL:
            return agree("equal with other names of the variables", Concession.VARIABLES)
    return None


def _added_constants(node: Node) -> frozenset[str]:
    """Constants of integration: letters such as C that stand alone as a term."""
    if not isinstance(node, Sum):
        return frozenset()
    return frozenset(term.name for term in node.terms if isinstance(term, Symbol) and term.name in _CONSTANT_NAMES)


def _without_terms(node: Node, names: frozenset[str]) -> Node:
    if not names or not isinstance(node, Sum):
        return node
    terms = tuple(term for term in node.terms if not (isinstance(term, Symbol) and term.name in names))
    return terms[0] if len(terms) == 1 else Sum(terms)
