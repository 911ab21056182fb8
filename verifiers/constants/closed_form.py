"""A closed form as a real number with a rigorous error bound, by ball arithmetic.

>>> from verifiers.constants.expressions import parse
>>> evaluate(parse("6/zeta(3)"), bits=100).str(25)
'[4.991444235484244812098758 +/- 3.28e-25]'

Only the constants and functions that `expressions` knows can be written; everything stays real.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flint import arb, ctx, fmpq

from verifiers.constants.expressions import Binary, Call, ExpressionError, Name, Negative, Node, Number
from verifiers.constants.limits import MAX_ARGUMENT_BITS, MAX_EXPONENT

__all__ = ["CONSTANTS", "evaluate", "evaluate_to", "is_rational"]

CONSTANTS: Final[dict[str, Callable[[], arb]]] = {
    "pi": arb.pi,
    "e": arb.const_e,
    "phi": lambda: (1 + arb(5).sqrt()) / 2,
    "catalan": arb.const_catalan,
    "euler": arb.const_euler,
}

_PLAIN: Final[dict[str, Callable[[arb], arb]]] = {
    "sqrt": arb.sqrt,
    "log": arb.log,
    "ln": arb.log,
    "exp": arb.exp,
    "sin": arb.sin,
    "cos": arb.cos,
    "tan": arb.tan,
    "sinh": arb.sinh,
    "cosh": arb.cosh,
    "tanh": arb.tanh,
    "asin": arb.asin,
    "acos": arb.acos,
    "atan": arb.atan,
    "atanh": arb.atanh,
    "gamma": arb.gamma,
    "zeta": arb.zeta,
    "erf": arb.erf,
    "erfc": arb.erfc,
    "e1": lambda x: x.expint(arb(1)),
}
_ORDERED: Final[dict[str, Callable[[arb, arb], arb]]] = {
    "besseli": lambda order, x: x.bessel_i(order),
    "besselj": lambda order, x: x.bessel_j(order),
    "besselk": lambda order, x: x.bessel_k(order),
    "polylog": lambda order, x: x.polylog(order),
}
_FIRST_GUARD_BITS: Final = 64
_MOST_GUARD_FACTOR: Final = 16


def evaluate_to(node: Node, digits: int) -> arb:
    """The value, known to at least `digits` relative digits.

    Raises:
        ExpressionError: a part has no real value, or the digits cannot be had with reasonable working precision
            (the value may be 0, say).
    """
    wanted = int(digits * 3.3219280948873626) + 8
    guard = _FIRST_GUARD_BITS
    while guard <= _MOST_GUARD_FACTOR * (wanted + _FIRST_GUARD_BITS):
        value = evaluate(node, wanted + guard)
        if not value.contains(0) and value.rel_accuracy_bits() >= wanted:
            return value
        guard *= 4
    raise ExpressionError("the value is 0, or cancels too far to be told from it")


def evaluate(node: Node, bits: int) -> arb:
    """A ball that holds the value, worked out with `bits` bits.

    Raises:
        ExpressionError: a part has no real value or an argument is beyond a limit.
    """
    previous = ctx.prec
    ctx.prec = bits
    try:
        return _value(node)
    finally:
        ctx.prec = previous


def is_rational(node: Node) -> bool:
    """Whether a form is built of numbers and the four operations alone."""
    if isinstance(node, Number):
        return True
    if isinstance(node, Negative):
        return is_rational(node.inner)
    if isinstance(node, Binary):
        whole = node.operator != "**" or (isinstance(node.right, Number) and node.right.value.denominator == 1)
        return whole and is_rational(node.left) and is_rational(node.right)
    return False


def _value(node: Node) -> arb:
    if isinstance(node, Number):
        return arb(fmpq(node.value.numerator, node.value.denominator))
    if isinstance(node, Name):
        constant = CONSTANTS.get(node.name)
        if constant is None:
            raise ExpressionError(f"no constant {node.name[:20]!r}; known: {', '.join(CONSTANTS)}")
        return constant()
    if isinstance(node, Negative):
        return -_value(node.inner)
    if isinstance(node, Call):
        return _call(node)
    return _binary(node)


def _binary(node: Binary) -> arb:
    left = _value(node.left)
    if node.operator == "**":
        return _finite(_power(left, node.right), "a power")
    right = _value(node.right)
    if node.operator == "+":
        return left + right
    if node.operator == "-":
        return left - right
    if node.operator == "*":
        return left * right
    return _finite(left / right, "a quotient")


def _power(base: arb, exponent: Node) -> arb:
    power = _value(exponent)
    if power.is_integer():
        if not abs(power) <= MAX_EXPONENT:
            raise ExpressionError(f"an exponent is beyond {MAX_EXPONENT}")
        return base ** int(power.unique_fmpz())
    if not base >= 0:
        raise ExpressionError("a power of a negative number with a fractional exponent is not real")
    _bounded(power * base.log() if base > 0 else power, "a power")
    return base**power


def _call(node: Call) -> arb:
    arguments = [_bounded(_value(argument), node.function) for argument in node.arguments]
    if len(arguments) == 1:
        return _finite(_PLAIN[node.function](arguments[0]), node.function)
    return _finite(_ORDERED[node.function](arguments[0], arguments[1]), node.function)


def _bounded(value: arb, what: str) -> arb:
    if not abs(value) < arb(2) ** MAX_ARGUMENT_BITS:
        raise ExpressionError(f"an argument of {what} is beyond 2**{MAX_ARGUMENT_BITS}")
    return value


def _finite(value: arb, what: str) -> arb:
    if not value.is_finite():
        raise ExpressionError(f"{what} has no real value here")
    return value
