r"""The last resort: symbolic simplification, in a sandboxed child with its own time limit.

    payload(Symbol("x"), Product((Number(Fraction(1)), Symbol("x"))))   ->   JSON of the two trees
    prove(channel)   in the child                                        ->   b"equal", b"different" or b"unknown"

Sympy objects are built from our trees, constructor by constructor; no text is parsed by sympy.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

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
    is_expression,
    walk,
)

if TYPE_CHECKING:
    from verifiers.sandbox.channel import Channel

__all__ = ["ENTRY", "MAX_SYMBOLIC_NODES", "payload", "prove"]

ENTRY = "verifiers.answers.symbolic:prove"
MAX_SYMBOLIC_NODES = 200
"""Most nodes of a pair of expressions that is handed to sympy."""

_MAX_EXPONENT = 1_000
_RENAMED = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arccot": "acot", "arcsec": "asec", "arccsc": "acsc",
    "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "ln": "log", "abs": "Abs", "ceil": "ceiling",
    "binom": "binomial", "sgn": "sign", "doublefactorial": "factorial2",
}  # fmt: skip
_PLAIN = frozenset(
    [
        "sin",
        "cos",
        "tan",
        "cot",
        "sec",
        "csc",
        "sinh",
        "cosh",
        "tanh",
        "coth",
        "sqrt",
        "log",
        "floor",
        "factorial",
        "gamma",
        "re",
        "im",
        "arg",
        "root",
    ]
)


class _NotExpressibleError(ValueError):
    """A tree that has no counterpart here."""


def payload(left: Node, right: Node) -> bytes | None:
    """The two expressions for the child; None when they are too large or not expressions."""
    if not (is_expression(left) and is_expression(right)):
        return None
    if sum(1 for node in (left, right) for _ in walk(node)) > MAX_SYMBOLIC_NODES:
        return None
    try:
        return json.dumps([_encode(left), _encode(right)]).encode()
    except _NotExpressibleError:
        return None


def _encode(node: Node) -> list[Any]:
    match node:
        case Number(value, _):
            return ["number", str(value.numerator), str(value.denominator)]
        case Based(_, _, value):
            return ["number", str(value), "1"]
        case Symbol(name):
            return ["symbol", name]
        case Constant(name) if name in ("pi", "e", "i", "deg"):
            return ["constant", name]
        case Sum(terms):
            return ["sum", *map(_encode, terms)]
        case Product(factors):
            return ["product", *map(_encode, factors)]
        case Power(base, exponent):
            return ["power", _encode(base), _encode(exponent)]
        case Call(name, arguments) if name in _PLAIN or name in _RENAMED:
            return ["call", name, *map(_encode, arguments)]
    raise _NotExpressibleError


def prove(channel: Channel) -> None:
    """Entry of the child: tell whether the difference of two expressions simplifies to zero."""
    import sympy

    left, right = json.loads(channel.receive() or b"[]")
    difference = _build(sympy, left) - _build(sympy, right)
    simplified = sympy.simplify(difference)
    if simplified == 0:
        channel.send(b"equal")
    else:
        channel.send(b"different" if simplified.is_nonzero else b"unknown")


def _build(sympy: Any, tree: Sequence[Any]) -> Any:
    kind, *rest = tree
    if kind == "number":
        value = Fraction(int(rest[0]), int(rest[1]))
        return sympy.Rational(value.numerator, value.denominator)
    if kind == "symbol":
        return sympy.Symbol(rest[0], real=True)
    if kind == "constant":
        return {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "deg": sympy.pi / 180}[rest[0]]
    if kind == "call":
        return getattr(sympy, _RENAMED.get(rest[0], rest[0]))(*(_build(sympy, part) for part in rest[1:]))
    parts = [_build(sympy, part) for part in rest]
    if kind == "sum":
        return sympy.Add(*parts)
    if kind == "product":
        return sympy.Mul(*parts)
    base, exponent = parts
    large = exponent.is_number and abs(exponent) > _MAX_EXPONENT
    return sympy.Pow(base, exponent, evaluate=not large)
