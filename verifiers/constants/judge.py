"""Judges a claim about a constant: is this fraction that number, to so many digits?

    finding = judge(read_claim('{"a": "2*n+1", "b": "n**2", "value": "4/pi"}'), given_value=None, digits=100)
    finding.status, finding.digits, finding.proved      # Status.PASSED, 100, True

The fraction and the closed form are evaluated by paths that share nothing: exact convergents (or a tail's series under
them) on one side, ball arithmetic of the closed form on the other. Where the fraction converges geometrically or faster
its ball is proved; elsewhere two depths must agree, and the finding says so.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flint import arb, ctx, fmpz_poly

from verifiers.constants.closed_form import evaluate_to, is_rational
from verifiers.constants.convergence import Kind, classify
from verifiers.constants.convergents import enclose
from verifiers.constants.evidence import hidden_part, near_rational, written_digits
from verifiers.constants.expressions import ExpressionError, Node, parse
from verifiers.constants.limits import MAX_CLAIM, MAX_DEGREE
from verifiers.constants.polynomials import polynomial, scaled_pair, whole_roots
from verifiers.constants.signed import SignedFraction, evaluate_signed
from verifiers.constants.tails import NoLimitError, accelerate
from verifiers.records import Status
from verifiers.wording import counted

__all__ = ["Claim", "Finding", "false_positive_bound", "judge", "read_claim"]

_GUARD_DIGITS: Final = 5
_MARGIN_DIGITS: Final = 25
"""A claim is compared to so many digits more than it holds itself."""
_MOST_HELD: Final = 300
"""A claim that holds more digits than are asked for and more than these is no formula."""
_LEAST_TRUSTED: Final = 25
"""With fewer digits nothing is said of a claim."""
_BITS_PER_DIGIT: Final = 3.3219280948873626


@dataclass(frozen=True, slots=True)
class Claim:
    """A fraction, polynomial or signed, and the closed form it is said to equal (None: none is given)."""

    a: str = ""
    b: str = ""
    signed: SignedFraction | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found.

    Attributes:
        status: the verdict's.
        detail: in words.
        digits: relative digits on which the fraction and the closed form agree, as far as they were compared.
        proved: whether the fraction's digits rest on a proved error bound.
        kind: class of convergence.
        digits_per_term: of a geometric fraction, otherwise 0.
        depth: terms that were worked out.
    """

    status: Status
    detail: str
    digits: int = 0
    proved: bool = False
    kind: str = ""
    digits_per_term: float = 0.0
    depth: int = 0


@dataclass(frozen=True, slots=True)
class _Value:
    """The fraction's value with what is known of it; `trusted` counts relative digits."""

    ball: arb
    trusted: int
    proved: bool
    kind: str
    digits_per_term: float
    depth: int


class _RefusedError(ValueError):
    """The fraction is no candidate at all; carries the finding."""

    def __init__(self, status: Status, detail: str, kind: str = "") -> None:
        self.finding = Finding(status, detail, kind=kind)
        super().__init__(detail)


def read_claim(text: str) -> Claim:
    """The claim in a candidate's JSON, which may stand in a fenced block or among words.

    Raises:
        ExpressionError: there is no object of the agreed form.
    """
    if len(text) > MAX_CLAIM:
        raise ExpressionError(f"the claim is longer than {MAX_CLAIM} characters")
    record = _last_object(text)
    if record is None:
        raise ExpressionError('no JSON object such as {"a": "2*n+1", "b": "n**2", "value": "4/pi"}')
    value = record.get("value")
    if value is not None and not isinstance(value, str | int):
        raise ExpressionError("field 'value': expected a string")
    stated = None if value is None else str(value)
    if "sign_period" in record or "lfsr" in record:
        fraction = SignedFraction(*(_whole_numbers(record, name) for name in ("sign_period", "initial", "lfsr")))
        return Claim(signed=fraction, value=stated)
    a, b = (_polynomial_text(record, name) for name in ("a", "b"))
    return Claim(a, b, value=stated)


def judge(claim: Claim, given_value: str | None, digits: int) -> Finding:
    """Whether the claim holds.

    Args:
        claim: from `read_claim`.
        given_value: closed form that the problem asks for; None: the claim's own is judged.
        digits: relative digits to which both sides must agree; more where the claim holds as many itself (`evidence`).

    Returns:
        `passed`; `wrong` with the digit at which it fails, or because there is no limit; `rejected` for a fraction that
        ends or has a rational value, and for a closed form with a part that the digits cannot show; `unparsable` for
        what cannot be read; `limit` when too few digits can be had.
    """
    try:
        held = written_digits(claim) + _MARGIN_DIGITS
        if held > max(digits, _MOST_HELD):
            raise _RefusedError(Status.REJECTED, f"its numbers hold {held} digits: any value could be fitted by them")
        digits = max(digits, held)
        targets = _targets(claim, given_value, digits)
        found = _evaluate(claim, digits)
        _refuse_rational(found, [node for _, node, _ in targets])
    except _RefusedError as refused:
        return refused.finding
    except ExpressionError as error:
        return Finding(Status.UNPARSABLE, str(error))
    agreements = [(_agreement(found, target), text) for text, _, target in targets]
    finding = _decide(found, agreements, digits)
    if finding.status is Status.PASSED and claim.value is not None:
        hidden = hidden_part(parse(claim.value), digits)
        if hidden is not None:
            return Finding(Status.REJECTED, f"not a closed form: {hidden}", kind=found.kind)
    return finding


def false_positive_bound(fractions: float, constants: float, height: int, digits: int) -> float:
    """The expected number of accidental agreements in a search.

    Args:
        fractions: tried.
        constants: compared with each.
        height: largest coefficient of the integer Moebius maps (four coefficients) that were allowed.
        digits: of agreement.

    Returns:
        fractions * constants * (2 height + 1)^4 * 10^-digits.
    """
    return math.exp(math.log(fractions) + math.log(constants) + 4 * math.log(2 * height + 1) - digits * math.log(10))


def _targets(claim: Claim, given_value: str | None, digits: int) -> list[tuple[str, Node, arb]]:
    texts = list(dict.fromkeys(text for text in (given_value, claim.value) if text is not None))
    if not texts:
        raise ExpressionError("field 'value': missing, and the problem names none")
    nodes = [(text, parse(text)) for text in texts]
    return [(text, node, evaluate_to(node, digits + _GUARD_DIGITS)) for text, node in nodes]


def _evaluate(claim: Claim, digits: int) -> _Value:
    wanted = digits + _GUARD_DIGITS
    if claim.signed is not None:
        value, agreed, depth = evaluate_signed(claim.signed, wanted)
        return _Value(value, _whole(agreed, wanted), False, "signed fraction", 0.0, depth)
    a, b, factor = scaled_pair(polynomial(claim.a), polynomial(claim.b))
    if a == 0:
        raise _RefusedError(Status.WRONG, "a(n) is 0 everywhere: the convergents have no limit", Kind.NONE)
    if b == 0:
        raise _RefusedError(Status.REJECTED, "b(n) is 0 everywhere: the fraction is its first term")
    if roots := whole_roots(b, 1):
        raise _RefusedError(Status.REJECTED, f"b({roots[0]}) is 0: the fraction ends there and is rational")
    sign = 1
    if a[a.degree()] < 0:
        a, sign = -a, -1
    found = _polynomial_value(a, b, wanted)
    before = ctx.prec
    ctx.prec = int(wanted * _BITS_PER_DIGIT) + 64
    try:
        return _Value(
            sign * found.ball / factor, found.trusted, found.proved, found.kind, found.digits_per_term, found.depth
        )
    finally:
        ctx.prec = before


def _polynomial_value(a: fmpz_poly, b: fmpz_poly, wanted: int) -> _Value:
    convergence = classify(a, b)
    kind = convergence.kind
    if kind is Kind.NONE:
        raise _RefusedError(Status.WRONG, "the convergents have no limit", kind)
    if kind.provable:
        enclosure = enclose(a, b, wanted)
        if enclosure is not None:
            return _Value(enclosure.value, wanted, True, kind, convergence.digits_per_term, enclosure.depth)
    try:
        tail = accelerate(a, b, wanted)
    except NoLimitError as error:
        raise _RefusedError(Status.LIMIT, f"too slow to be computed: {error}", kind) from None
    return _Value(tail.value, _whole(tail.agreed, wanted), False, kind, convergence.digits_per_term, tail.depth)


def _whole(agreed: float, most: int) -> int:
    return most if agreed >= most else max(0, math.floor(agreed)) if math.isfinite(agreed) else 0


def _refuse_rational(found: _Value, targets: list[Node]) -> None:
    if any(is_rational(node) for node in targets):
        raise _RefusedError(Status.REJECTED, "the closed form is a rational number", found.kind)
    if found.trusted < _LEAST_TRUSTED:
        return
    if found.ball.contains(0):
        raise _RefusedError(Status.REJECTED, "its value is 0", found.kind)
    # Convergents of the regular fraction of the value: one with a small denominator that is far too good is the value.
    digits = found.trusted - 2
    bits = int(digits * _BITS_PER_DIGIT)
    before = ctx.prec
    ctx.prec = bits + 64
    try:
        scaled = int((found.ball * arb(2) ** bits).mid().floor().unique_fmpz() or 0)
    finally:
        ctx.prec = before
    if (near := near_rational(scaled, 1 << bits)) is not None:
        raise _RefusedError(Status.REJECTED, f"its value is the rational number {near[0]}/{near[1]}", found.kind)


def _agreement(found: _Value, target: arb) -> int:
    """Relative digits on which value and target certainly agree, at most `found.trusted`."""
    before = ctx.prec
    ctx.prec = int((found.trusted + _GUARD_DIGITS) * _BITS_PER_DIGIT) + 64
    try:
        difference = abs((found.ball - target) / target).abs_upper()
        if difference == 0:
            return found.trusted
        return max(0, min(found.trusted, math.floor(-float(difference.log()) / math.log(10))))
    finally:
        ctx.prec = before


def _decide(found: _Value, agreements: list[tuple[int, str]], digits: int) -> Finding:
    agreed, text = min(agreements)
    how = "proved" if found.proved else "two depths agree"
    about = f"{found.kind}, {counted(found.depth, 'term')}, {how}"
    facts = (agreed, found.proved, found.kind, found.digits_per_term, found.depth)
    if agreed >= digits:
        return Finding(
            Status.PASSED, f"agrees with {text[:200]} to {counted(digits, 'digit')} ({about})", digits, *facts[1:]
        )
    if found.trusted < digits and agreed >= found.trusted - _GUARD_DIGITS:
        return Finding(
            Status.LIMIT, f"only {found.trusted} of {digits} digits can be computed; they agree ({about})", *facts
        )
    if found.trusted < _LEAST_TRUSTED:
        return Finding(Status.LIMIT, f"only {counted(found.trusted, 'digit')} can be computed ({about})", *facts)
    return Finding(Status.WRONG, f"differs from {text[:200]} at digit {agreed + 1} ({about})", *facts)


def _last_object(text: str) -> Mapping[str, Any] | None:
    """The last JSON object in a text that is a claim by its fields."""
    decoder = json.JSONDecoder()
    found: Mapping[str, Any] | None = None
    position = text.find("{")
    tries = 0
    while position >= 0 and tries < 100:
        tries += 1
        try:
            value, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            end = position + 1
        else:
            if isinstance(value, dict) and ("a" in value or "lfsr" in value):
                found = value
        position = text.find("{", end)
    return found


def _polynomial_text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ExpressionError(f"field '{name}': {'missing' if value is None else 'expected a string'}")
    try:
        text = str(value)
    except ValueError:
        raise ExpressionError(f"field '{name}': too many digits") from None
    try:
        if polynomial(text).degree() > MAX_DEGREE:
            raise ExpressionError(f"the degree is above {MAX_DEGREE}")
    except ExpressionError as error:
        raise ExpressionError(f"field '{name}': {error}") from None
    return text


def _whole_numbers(record: Mapping[str, Any], name: str) -> tuple[int, ...]:
    values = record.get(name)
    if not isinstance(values, list) or any(isinstance(v, bool) or not isinstance(v, int) for v in values):
        raise ExpressionError(f"field '{name}': expected a list of whole numbers")
    if any(v.bit_length() > 4_000 for v in values):
        raise ExpressionError(f"field '{name}': a number is too large")
    return tuple(values)
