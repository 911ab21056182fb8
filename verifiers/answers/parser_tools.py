"""Building blocks for trees: products kept flat, quotients of integers kept exact.

>>> divide(Number(Fraction(1)), Number(Fraction(2)))
Number(value=Fraction(1, 2), places=None)
"""

from __future__ import annotations

from fractions import Fraction

from verifiers.answers.tree import Node, Number, Power, Product

__all__ = ["MINUS_ONE", "divide", "multiply", "negate"]

MINUS_ONE = Number(Fraction(-1))


def negate(node: Node) -> Node:
    """Minus `node`, folding a number's sign."""
    if isinstance(node, Number):
        return Number(-node.value, node.places)
    return Product((MINUS_ONE, node))


def multiply(factors: list[Node]) -> Node:
    """The product of `factors`, flat."""
    flat: list[Node] = []
    for factor in factors:
        flat.extend(factor.factors if isinstance(factor, Product) else (factor,))
    return flat[0] if len(flat) == 1 else Product(tuple(flat))


def divide(top: Node, bottom: Node) -> Node:
    """Top / bottom; a quotient of two integers stays a `Number`."""
    if (
        isinstance(top, Number)
        and isinstance(bottom, Number)
        and bottom.value != 0
        and top.places is None
        and bottom.places is None
    ):
        return Number(top.value / bottom.value)
    return multiply([top, Power(bottom, MINUS_ONE)])
