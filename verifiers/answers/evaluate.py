r"""The value of an expression: an exact rational as long as possible, a ball of proved radius otherwise.

    sqrt(16) + 1/3   ->   Fraction(13, 3)
    sqrt(2)          ->   arb [1.41421356237309504880168872421 +/- 2e-29]

Balls (flint's `arb` and `acb`) enclose the true value, so two values whose balls do not touch are proved different.
In the real domain everything that is not real is undefined (`sqrt(x)` at -1), and odd roots of negative numbers are
real; the complex domain takes principal values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeAlias

from verifiers.answers.limits import (
    MAX_EVALUATION_COST,
    MAX_EXACT_BITS,
    MAX_FACTORIAL,
    MAX_MAGNITUDE_LOG2,
    MAX_SUM_TERMS,
    AnswerTooLargeError,
)
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
)

__all__ = ["Budget", "Evaluator", "UndefinedError", "Value"]

Value: TypeAlias = Any
"""A `Fraction`, or a flint `arb` (real domain) or `acb` (complex domain)."""

_TRIGONOMETRIC = {"sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "sech", "csch"}
_RECIPROCALS = {"arccot": "atan", "arcsec": "acos", "arccsc": "asin"}
_INVERSES = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
}  # fmt: skip
_LARGEST_EXACT_ROOT = 12
_SAMPLE_TERMS = (2, 3, 5, 8, 11, 14, 26, 153)
"""Indices whose terms stand for an infinite sum, which is never added up: two sums with these terms are the same."""


class UndefinedError(ArithmeticError):
    """The expression has no (real) value here, or the precision does not show it."""


class Budget:
    """Counts what one judgement spends on evaluation."""

    def __init__(self, limit: int = MAX_EVALUATION_COST) -> None:
        self._left = limit

    def spend(self, cost: int) -> None:
        """Take `cost` from what is left.

        Raises:
            AnswerTooLargeError: nothing is left.
        """
        self._left -= cost
        if self._left < 0:
            raise AnswerTooLargeError("the evaluation costs too much")


class Evaluator:
    r"""Values of expressions at one point.

    Args:
        point: value of each variable.
        precision: bits of the balls; the caller has set flint's context to it.
        complex_domain: principal complex values instead of real ones.
        log_base: base of `\\log` without one: 0 for e, 10 for ten.
        budget: what may be spent.
    """

    def __init__(
        self,
        point: Mapping[str, Fraction],
        precision: int,
        budget: Budget,
        *,
        complex_domain: bool = False,
        log_base: int = 0,
    ) -> None:
        import flint

        self._flint = flint
        self._ball: Any = flint.acb if complex_domain else flint.arb
        self._complex = complex_domain
        self._point = dict(point)
        self._cost = 1 + precision // 200
        self._budget = budget
        self._log_base = log_base
        self.smallest_log2 = 0.0
        """Base-2 logarithm of the smallest power or exponential met: tells whether cancellation could be hidden."""

    def value(self, node: Node) -> Value:
        """The value of `node`.

        Raises:
            UndefinedError: it has none.
            AnswerTooLargeError: an intermediate result is over a limit.
        """
        self._budget.spend(self._cost)
        match node:
            case Number(value, _):
                return value
            case Based(_, _, value):
                return Fraction(value)
            case Symbol(name):
                if name not in self._point:
                    raise UndefinedError(f"no value for {name}")
                return self._point[name]
            case Constant(name):
                return self._constant(name)
            case Sum(terms):
                total: Value = Fraction(0)
                for term in terms:
                    total = self._plus(total, self.value(term))
                return total
            case Product(factors):
                product: Value = Fraction(1)
                for factor in factors:
                    product = self._times(product, self.value(factor))
                return product
            case Power(base, exponent):
                return self._power(self.value(base), self.value(exponent))
            case Call(name, arguments):
                return self._call(name, arguments)
        raise UndefinedError(f"{type(node).__name__} has no numeric value")

    def ball(self, value: Value) -> Any:
        """`value` as a ball of this domain."""
        if isinstance(value, Fraction):
            self._check_bits(value)
            return self._ball(self._flint.fmpq(value.numerator, value.denominator))
        return value

    def _check_bits(self, value: Fraction) -> None:
        if max(abs(value.numerator).bit_length(), value.denominator.bit_length()) > 4 * MAX_EXACT_BITS:
            raise AnswerTooLargeError("an exact number is too long")

    def _finite(self, value: Any) -> Any:
        if not value.is_finite():
            raise UndefinedError("not a finite value")
        return value

    def _constant(self, name: str) -> Value:
        if name == "pi":
            return self._ball.pi()
        if name == "e":
            return self._ball(1).exp()
        if name == "deg":
            return self._ball.pi() / 180
        if name == "i" and self._complex:
            return self._flint.acb(0, 1)
        raise UndefinedError(f"{name} is not a finite number of this domain")

    def _plus(self, left: Value, right: Value) -> Value:
        if isinstance(left, Fraction) and isinstance(right, Fraction):
            total = left + right
            self._check_bits(total)
            return total
        return self.ball(left) + self.ball(right)

    def _times(self, left: Value, right: Value) -> Value:
        if isinstance(left, Fraction) and isinstance(right, Fraction):
            product = left * right
            self._check_bits(product)
            return product
        if left == 0 and isinstance(left, Fraction):
            return left
        return self.ball(left) * self.ball(right)

    def _divide(self, left: Value, right: Value) -> Value:
        return self._times(left, self._power(right, Fraction(-1)))

    def _power(self, base: Value, exponent: Value) -> Value:
        if isinstance(exponent, Fraction):
            if exponent == 1:
                return base
            if exponent == 0:
                if isinstance(base, Fraction) and base == 0:
                    raise UndefinedError("0^0")
                return Fraction(1)
            if isinstance(base, Fraction):
                exact = self._exact_power(base, exponent)
                if exact is not None:
                    return exact
            if exponent.denominator == 1 and abs(exponent.numerator) < 1 << 20:
                return self._integer_power(self.ball(base), exponent.numerator)
        return self._general_power(base, exponent)

    def _exact_power(self, base: Fraction, exponent: Fraction) -> Value | None:
        top, bottom = exponent.numerator, exponent.denominator
        if base == 0:
            if top < 0:
                raise UndefinedError("division by zero")
            return Fraction(0)
        if base == 1:
            return Fraction(1)
        if bottom > 1:
            if bottom > _LARGEST_EXACT_ROOT or (base < 0 and (bottom % 2 == 0 or self._complex)):
                return None
            root = _exact_root(abs(base), bottom)
            if root is None:
                return None
            base = -root if base < 0 else root
        bits = max(abs(base.numerator).bit_length(), base.denominator.bit_length())
        if bits * abs(top) > MAX_EXACT_BITS and base not in (1, -1):
            return None
        if base == -1:
            return Fraction(-1 if top % 2 else 1)
        return base**top

    def _integer_power(self, base: Any, exponent: int) -> Any:
        self._check_magnitude(base, abs(exponent))
        if base.contains(0) and exponent < 0:
            raise UndefinedError("division by a ball around zero")
        return self._note(self._finite(base**exponent))

    def _general_power(self, base: Value, exponent: Value) -> Value:
        ball, power = self.ball(base), self.ball(exponent)
        self._check_magnitude(ball, self._upper(power))
        if self._complex:
            if ball.contains(0):
                raise UndefinedError("a power of a ball around zero")
            return self._note(self._finite((ball.log() * power).exp()))
        if isinstance(exponent, Fraction) and exponent.denominator % 2 == 1 and ball < 0:
            result = (-ball) ** power
            return self._note(self._finite(-result if exponent.numerator % 2 else result))
        if isinstance(exponent, Fraction) and exponent > 0 and ball.contains(0) and not ball < 0:
            ball = ball.nonnegative_part()
            return self._finite(ball**power)
        if not ball > 0:
            raise UndefinedError("a power of a negative number")
        return self._note(self._finite(ball**power))

    def _upper(self, value: Any) -> float:
        """An upper bound of |value| as a float."""
        bound = value.abs_upper() if self._complex else abs(value).upper()
        number = float(bound)
        if math.isnan(number):
            raise UndefinedError("not a number")
        return number

    def _check_magnitude(self, base: Any, exponent: float) -> None:
        """Refuse base**exponent when its logarithm would be over the limit."""
        lower = base.abs_lower() if self._complex or hasattr(base, "abs_lower") else base
        upper = self._upper(base)
        size = abs(math.log2(upper)) if 0 < upper < math.inf else MAX_MAGNITUDE_LOG2 if upper else 1.0
        smallest = float(lower)
        if smallest > 0:
            size = max(size, abs(math.log2(smallest)))
        if not exponent * size < MAX_MAGNITUDE_LOG2:
            raise AnswerTooLargeError("a power is too large to evaluate")

    def _note(self, value: Any) -> Any:
        """Keep track of very small results, which could hide behind larger terms."""
        upper = self._upper(value)
        size = math.log2(upper) if 0 < upper < math.inf else -MAX_MAGNITUDE_LOG2
        self.smallest_log2 = min(self.smallest_log2, size)
        return value

    def _call(self, name: str, arguments: tuple[Node, ...]) -> Value:
        if name in ("sum", "prod"):
            return self._big_operator(name, arguments)
        values = [self.value(argument) for argument in arguments]
        if name.startswith("apply ") or name in ("bar", "det", "dot"):
            return self._opaque(name, values)
        if len(values) == 1:
            return self._unary(name, values[0])
        return self._several(name, values)

    def _several(self, name: str, values: list[Value]) -> Value:
        if name == "root":
            return self._power(values[0], self._divide(Fraction(1), values[1]))
        if name == "logb":
            return self._divide(self._log(values[0]), self._log(values[1]))
        if name == "binom":
            return self._binomial(values[0], values[1])
        if not all(isinstance(value, Fraction) for value in values):
            raise UndefinedError(f"{name} of inexact numbers")
        if name == "max":
            return max(values)
        if name == "min":
            return min(values)
        if name in ("gcd", "lcm") and all(value.denominator == 1 for value in values):
            integers = [value.numerator for value in values]
            return Fraction(math.gcd(*integers) if name == "gcd" else math.lcm(*integers))
        raise UndefinedError(f"{name} of {len(values)} arguments is not known")

    def _unary(self, name: str, value: Value) -> Value:
        if name == "sqrt":
            return self._sqrt(value)
        if name == "percent":
            return self._divide(value, Fraction(100))
        if name in ("floor", "ceil", "round", "factorial", "doublefactorial"):
            return self._integral(name, value)
        if name == "abs":
            return abs(value) if isinstance(value, Fraction) or not self._complex else self._flint.acb(abs(value))
        if name in ("max", "min", "gcd", "lcm"):
            return value
        if name == "sgn" and isinstance(value, Fraction):
            return Fraction((value > 0) - (value < 0))
        if name in ("re", "im", "arg"):
            ball = self._flint.acb(self.ball(value))
            part = {"re": ball.real, "im": ball.imag}.get(name)
            return self._ball(part if part is not None else ball.arg())
        if name == "ln":
            return self._log(value)
        if name == "lg":
            return self._divide(self._log(value), self._log(Fraction(10)))
        if name == "log":
            logarithm = self._log(value)
            return self._divide(logarithm, self._log(Fraction(10))) if self._log_base else logarithm
        if name == "gamma":
            return self._finite(self.ball(value).gamma())
        return self._trigonometry(name, value)

    def _trigonometry(self, name: str, value: Value) -> Value:
        ball = self.ball(value)
        if name in _TRIGONOMETRIC:
            if self._upper(ball) > MAX_MAGNITUDE_LOG2:
                raise AnswerTooLargeError("the argument of a function is too large")
            return self._finite(getattr(ball, name)())
        if name in _INVERSES:
            return self._finite(getattr(ball, _INVERSES[name])())
        if name in _RECIPROCALS:
            if isinstance(value, Fraction) and value == 0 and name == "arccot":
                return self._ball.pi() / 2
            inverse = getattr(self.ball(self._power(value, Fraction(-1))), _RECIPROCALS[name])()
            if name == "arccot" and not self._complex and ball < 0:
                inverse += self._ball.pi()
            return self._finite(inverse)
        raise UndefinedError(f"no function {name}")

    def _sqrt(self, value: Value) -> Value:
        if isinstance(value, Fraction) and value >= 0:
            root = _exact_root(value, 2)
            if root is not None:
                return root
        ball = self.ball(value)
        if self._complex:
            return self._finite(ball.sqrt())
        if ball < 0:
            raise UndefinedError("root of a negative number")
        return self._finite(ball.nonnegative_part().sqrt())

    def _log(self, value: Value) -> Value:
        if isinstance(value, Fraction) and value == 1:
            return Fraction(0)
        ball = self.ball(value)
        if ball.contains(0) or (not self._complex and not ball > 0):
            raise UndefinedError("logarithm of a number that is not positive")
        return self._finite(ball.log())

    def _integral(self, name: str, value: Value) -> Value:
        if name in ("floor", "ceil", "round"):
            if isinstance(value, Fraction):
                if name == "round":
                    return Fraction(round(value))
                return Fraction(math.floor(value) if name == "floor" else math.ceil(value))
            if self._complex:
                raise UndefinedError("rounding a complex number")
            whole = (value.floor() if name == "floor" else value.ceil()).unique_fmpz()
            if whole is None or name == "round":
                raise UndefinedError("the precision does not show the integer part")
            return Fraction(int(whole))
        step = 1 if name == "factorial" else 2
        if isinstance(value, Fraction) and value.denominator == 1:
            if value < 0:
                raise UndefinedError("factorial of a negative integer")
            if value <= MAX_FACTORIAL:
                return _factorial(int(value), step)
        if step == 2:
            raise UndefinedError("a double factorial is only taken of small integers")
        ball = self.ball(value) + 1
        if self._upper(ball) > MAX_MAGNITUDE_LOG2 / 64:
            raise AnswerTooLargeError("a factorial is too large to evaluate")
        return self._finite(ball.gamma())

    def _binomial(self, top: Value, bottom: Value) -> Value:
        if isinstance(bottom, Fraction) and bottom.denominator == 1 and isinstance(top, Fraction):
            if top.denominator == 1 and 0 <= top <= MAX_FACTORIAL:
                return Fraction(math.comb(int(top), int(bottom)) if bottom >= 0 else 0)
            if 0 <= bottom <= 64:
                product = Fraction(1)
                for index in range(int(bottom)):
                    product = product * (top - index) / (index + 1)
                return product
        one = Fraction(1)
        factorials = [
            self._integral("factorial", value) for value in (top, bottom, self._plus(top, self._times(-one, bottom)))
        ]
        return self._divide(factorials[0], self._times(factorials[1], factorials[2]))

    def _opaque(self, name: str, values: list[Value]) -> Value:
        """An unknown function: some fixed function of its arguments, different for every name."""
        total: Any = self._ball(0)
        for index, value in enumerate(values):
            first, second = _coefficients(f"{name}/{index}")
            ball = self.ball(value)
            total += (ball * self.ball(first) + self.ball(second)).sin() + ball * self.ball(second)
        return total

    def _big_operator(self, name: str, arguments: tuple[Node, ...]) -> Value:
        variable, lower, upper, body = arguments
        assert isinstance(variable, Symbol | Constant)
        if isinstance(variable, Constant) and variable.name not in ("i", "e"):
            raise UndefinedError("a sum over a constant")
        if isinstance(variable, Constant):
            raise UndefinedError("a sum over i is not read")
        start = self.value(lower)
        stop = None if upper == Constant("oo") else self.value(upper)
        outer = self._point.get(variable.name)
        try:
            if (
                isinstance(start, Fraction)
                and isinstance(stop, Fraction)
                and start.denominator == stop.denominator == 1
                and stop - start < MAX_SUM_TERMS
            ):
                total: Value = Fraction(0 if name == "sum" else 1)
                for index in range(int(start), int(stop) + 1):
                    self._point[variable.name] = Fraction(index)
                    term = self.value(body)
                    total = self._plus(total, term) if name == "sum" else self._times(total, term)
                return total
            if stop is not None and not (isinstance(stop, Fraction) and stop.denominator == 1):
                raise UndefinedError("a sum up to a number that is no integer")
            values = [start] if stop is None else [start, stop]
            for sample in _SAMPLE_TERMS:
                self._point[variable.name] = Fraction(sample)
                values.append(self.value(body))
            return self._opaque(f"{name} {len(values)}", values)
        finally:
            if outer is None:
                self._point.pop(variable.name, None)
            else:
                self._point[variable.name] = outer


@lru_cache(maxsize=256)
def _coefficients(name: str) -> tuple[Fraction, Fraction]:
    import hashlib

    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return (
        Fraction(int.from_bytes(digest[:4], "big") % 9_973 + 1, 4_001),
        Fraction(int.from_bytes(digest[4:], "big") % 9_967 + 1, 5_003),
    )


def _exact_root(value: Fraction, degree: int) -> Fraction | None:
    """The rational root of a positive rational, if it has one."""
    top, bottom = _integer_root(value.numerator, degree), _integer_root(value.denominator, degree)
    return None if top is None or bottom is None else Fraction(top, bottom)


def _integer_root(value: int, degree: int) -> int | None:
    if value.bit_length() > MAX_EXACT_BITS:
        return None
    if degree == 2:
        root = math.isqrt(value)
    else:
        root = 1 << -(-value.bit_length() // degree)
        while (smaller := ((degree - 1) * root + value // root ** (degree - 1)) // degree) < root:
            root = smaller
    return root if root**degree == value else None


@lru_cache(maxsize=64)
def _factorial(value: int, step: int) -> Fraction:
    return Fraction(math.factorial(value) if step == 1 else math.prod(range(value, 0, -2)))
