r"""Are two expressions equal? Proved, refuted, or not decided.

    sqrt(8), 2*sqrt(2)        ->  EQUAL      (balls agree to 6,000 bits)
    (x+1)^2, x^2 + 2*x + 1    ->  EQUAL      (exact at every sampled point)
    sqrt(x^2), x              ->  DIFFERENT  (at x = -17/12)

Numbers are told apart by balls that do not touch, which is a proof; that they agree is accepted when their balls
still overlap at the last precision and no tiny term can hide. Functions are compared at fixed pseudo-random points.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Any
from zlib import crc32

from verifiers.answers.evaluate import Budget, Evaluator, UndefinedError, Value
from verifiers.answers.limits import PRECISIONS, AnswerTooLargeError
from verifiers.answers.tree import Call, Constant, Node, Number, symbols_of, walk

__all__ = ["Answer", "Proof", "Prover"]

_PRECISION_LOCK = threading.Lock()
"""Flint's precision belongs to the process, so only one thread at a time computes with balls."""

_APPROXIMATION_ERROR = 1e-9
"""Relative error of a ball up to which its middle is taken for its value."""
_POINTS_EACH = 5
_NEEDED_POINTS = 3
_INTEGERS = (5, 8, 3, 12, 7, 10)


class Answer(Enum):
    """What is known of a claim."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Proof:
    """An answer and how it was found.

    Attributes:
        answer: the result.
        rule: in words.
        limited: a limit was hit, so that a stronger tool would hit its own.
        domains_differ: the two functions agree where both are defined, and one is defined on a larger region.
    """

    answer: Answer
    rule: str
    domains_differ: bool = False
    limited: bool = False


@contextmanager
def _precision(bits: int) -> Iterator[None]:
    from flint import ctx

    with _PRECISION_LOCK:
        before = ctx.prec
        ctx.prec = bits
        try:
            yield
        finally:
            ctx.prec = before


class Prover:
    """Compares expressions within one budget."""

    def __init__(self) -> None:
        self._budget = Budget()

    def equal(self, left: Node, right: Node) -> Proof:
        """Whether the two expressions always have the same value."""
        if left == right:
            return Proof(Answer.EQUAL, "the same expression")
        names = symbols_of(left) | symbols_of(right)
        try:
            if not names:
                return self._numbers(left, right)
            return self._functions(left, right, sorted(names))
        except AnswerTooLargeError as error:
            return Proof(Answer.UNKNOWN, f"not evaluated: {error}", limited=True)

    def number(self, node: Node) -> Fraction | None:
        """The exact rational value of `node`, if it has one that can be computed exactly."""
        if symbols_of(node):
            return None
        try:
            with _precision(PRECISIONS[0]):
                value = Evaluator({}, PRECISIONS[0], self._budget).value(node)
        except (UndefinedError, AnswerTooLargeError):
            return None
        return value if isinstance(value, Fraction) else None

    def approximation(self, node: Node) -> float | None:
        """The real value of `node` as a float with an error far below one part in a million; None where it has none.

        Each variable stands for a fixed number of its own, so that functions that are equal have the same value.
        """
        point = {name: Fraction(101 + crc32(name.encode()) % 1009, 307) for name in symbols_of(node)}
        try:
            with _precision(PRECISIONS[0]):
                evaluator = Evaluator(point, PRECISIONS[0], self._budget)
                value = evaluator.value(node)
                if isinstance(value, Fraction):
                    return float(value)
                middle = float(value.mid())
                exact = abs(float(value.rad())) <= abs(middle) * _APPROXIMATION_ERROR
        except (UndefinedError, AnswerTooLargeError, OverflowError, AttributeError, TypeError, ValueError):
            return None
        return middle if exact and math.isfinite(middle) else None

    def sign(self, node: Node) -> int | None:
        """-1, 0 or 1 when the sign of the number `node` is certain."""
        proof = self.equal(node, _ZERO)
        if proof.answer is Answer.EQUAL:
            return 0
        for bits in PRECISIONS:
            try:
                with _precision(bits):
                    evaluator = Evaluator({}, bits, self._budget)
                    value = evaluator.ball(evaluator.value(node))
                    if value > 0:
                        return 1
                    if value < 0:
                        return -1
            except (UndefinedError, AnswerTooLargeError):
                return None
        return None

    def within(self, node: Node, center: Fraction, radius: Fraction) -> bool:
        """Whether the number `node` certainly lies in [center - radius, center + radius]."""
        if isinstance(node, Number):
            return abs(node.value - center) <= radius
        if symbols_of(node):
            return False
        for bits in PRECISIONS[:2]:
            try:
                with _precision(bits):
                    evaluator = Evaluator({}, bits, self._budget)
                    value = evaluator.value(node)
                    if isinstance(value, Fraction):
                        return abs(value - center) <= radius
                    distance = abs(value - evaluator.ball(center))
                    if distance <= evaluator.ball(radius):
                        return True
            except (UndefinedError, AnswerTooLargeError):
                return False
        return False

    def ratio(self, left: Node, right: Node) -> tuple[Answer, int]:
        """Whether left = c * right for a constant c other than 0, and the sign of c (0: complex or not known)."""
        names = sorted(symbols_of(left) | symbols_of(right))
        constants: list[tuple[Any, Any]] = []
        sign = 0
        bits = PRECISIONS[1]
        try:
            for point in _points(names):
                with _precision(bits):
                    pair = self._pair(left, right, point, bits, complex_domain=False, log_base=0)
                    if pair is None:
                        continue
                    first, second, evaluator = pair
                    zeros = [_is_zero(value) for value in (first, second)]
                    if zeros[0] != zeros[1]:
                        return Answer.DIFFERENT, 0
                    if zeros[0]:
                        continue
                    for other_first, other_second in constants[:1]:
                        if (
                            isinstance(first, Fraction)
                            and isinstance(second, Fraction)
                            and isinstance(other_first, Fraction)
                            and isinstance(other_second, Fraction)
                        ):
                            if first * other_second != other_first * second:
                                return Answer.DIFFERENT, 0
                            continue
                        cross = evaluator.ball(first) * evaluator.ball(other_second)
                        if not (cross - evaluator.ball(other_first) * evaluator.ball(second)).contains(0):
                            return Answer.DIFFERENT, 0
                    constants.append((first, second))
                    quotient = evaluator.ball(first) / evaluator.ball(second)
                    sign = 1 if quotient > 0 else -1 if quotient < 0 else 0
        except AnswerTooLargeError:
            return Answer.UNKNOWN, 0
        return (Answer.EQUAL, sign) if len(constants) >= _NEEDED_POINTS else (Answer.UNKNOWN, 0)

    def _numbers(self, left: Node, right: Node) -> Proof:
        rule = "both sides evaluated"
        for log_base in _log_bases(left, right):
            for complex_domain in (False, True):
                proof = self._number_pair(left, right, complex_domain=complex_domain, log_base=log_base)
                if proof is not None and proof.answer is not Answer.UNKNOWN:
                    if proof.answer is Answer.EQUAL or log_base == 10 or not _has_log(left, right):
                        return proof
                    break
        return Proof(Answer.UNKNOWN, rule)

    def _number_pair(self, left: Node, right: Node, *, complex_domain: bool, log_base: int) -> Proof | None:
        smallest = 0.0
        for bits in PRECISIONS:
            with _precision(bits):
                pair = self._pair(left, right, {}, bits, complex_domain=complex_domain, log_base=log_base)
                if pair is None:
                    return None
                first, second, evaluator = pair
                if isinstance(first, Fraction) and isinstance(second, Fraction):
                    if first == second:
                        return Proof(Answer.EQUAL, "equal as exact rationals")
                    return Proof(Answer.DIFFERENT, "different exact rationals")
                if not (evaluator.ball(first) - evaluator.ball(second)).contains(0):
                    return Proof(Answer.DIFFERENT, f"proved different with {bits} bits")
                smallest = evaluator.smallest_log2
        if smallest < -PRECISIONS[-1] / 4:
            return Proof(Answer.UNKNOWN, "a term is too small to be told from zero")
        return Proof(Answer.EQUAL, f"equal to {PRECISIONS[-1]} bits")

    def _pair(
        self,
        left: Node,
        right: Node,
        point: Mapping[str, Fraction],
        bits: int,
        *,
        complex_domain: bool,
        log_base: int,
    ) -> tuple[Value, Value, Evaluator] | None:
        evaluator = Evaluator(point, bits, self._budget, complex_domain=complex_domain, log_base=log_base)
        try:
            return evaluator.value(left), evaluator.value(right), evaluator
        except UndefinedError:
            return None

    def _functions(self, left: Node, right: Node, names: list[str]) -> Proof:
        for log_base in _log_bases(left, right):
            proof = self._sampled(left, right, names, log_base)
            if proof.answer is not Answer.DIFFERENT:
                return proof
        return proof

    def _sampled(self, left: Node, right: Node, names: list[str], log_base: int) -> Proof:
        has_imaginary = any(part == Constant("i") for node in (left, right) for part in walk(node))
        for complex_domain in (True,) if has_imaginary else (False, True):
            common, one_sided = 0, 0
            for point in _points(names):
                outcome = self._at(left, right, point, complex_domain, log_base)
                if outcome is False:
                    where = ", ".join(f"{name} = {value}" for name, value in list(point.items())[:4])
                    return Proof(Answer.DIFFERENT, f"different at {where}")
                common += outcome is True
                one_sided += outcome is None
            if common >= _NEEDED_POINTS:
                return Proof(Answer.EQUAL, f"equal at {common} points", domains_differ=one_sided > 0)
        return Proof(Answer.UNKNOWN, "too few points where both sides are defined")

    def _at(
        self, left: Node, right: Node, point: Mapping[str, Fraction], complex_domain: bool, log_base: int
    ) -> bool | str | None:
        """True and False: equal and different; None: only one side is defined; "neither"."""
        for bits in PRECISIONS[:2]:
            with _precision(bits):
                evaluator = Evaluator(point, bits, self._budget, complex_domain=complex_domain, log_base=log_base)
                values = []
                for node in (left, right):
                    try:
                        values.append(evaluator.value(node))
                    except UndefinedError:
                        continue
                if len(values) < 2:
                    return None if values else "neither"
                first, second = values
                if isinstance(first, Fraction) and isinstance(second, Fraction):
                    return bool(first == second)
                if not (evaluator.ball(first) - evaluator.ball(second)).contains(0):
                    return False
        return True


_ZERO = Number(Fraction(0))


def _is_zero(value: Value) -> bool:
    return value == 0 if isinstance(value, Fraction) else bool(value.contains(0))


def _has_log(*nodes: Node) -> bool:
    return any(isinstance(part, Call) and part.name == "log" for node in nodes for part in walk(node))


def _log_bases(left: Node, right: Node) -> tuple[int, ...]:
    r"""`\\log` without a base is natural or decimal, the same on both sides."""
    return (0, 10) if _has_log(left, right) else (0,)


def _points(names: list[str]) -> list[dict[str, Fraction]]:
    """Sample points: positive, mixed signs, in (0, 1), and positive integers; the same ones for the same names."""
    import random

    source = random.Random("/".join(names))

    def between(low: float, high: float) -> Fraction:
        return Fraction(source.randint(int(low * 97), int(high * 97)) * 2 + 1, 194)

    points = [{name: between(1.1, 4) for name in names} for _ in range(_POINTS_EACH)]
    points += [{name: between(0.05, 0.9) for name in names} for _ in range(2)]
    points += [{name: between(-3, 3) for name in names} for _ in range(_POINTS_EACH)]
    points += [{name: between(-3, -0.1) for name in names} for _ in range(2)]
    points += [
        {name: Fraction(_INTEGERS[(start + index) % len(_INTEGERS)]) for index, name in enumerate(names)}
        for start in range(len(_INTEGERS))
    ]
    return points
