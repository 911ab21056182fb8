"""Small rewritings of trees that several comparisons need.

>>> from fractions import Fraction
>>> from verifiers.answers.tree import Number, Symbol, show
>>> show(substitute(Symbol("x"), {"x": Number(Fraction(3))}))
'3'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from verifiers.answers.parser_tools import negate
from verifiers.answers.tree import (
    Builder,
    Call,
    Collection,
    Matrix,
    Modular,
    Node,
    PlusMinus,
    Power,
    Product,
    Quantity,
    Ratio,
    Relation,
    Sum,
    Symbol,
    Union,
    walk,
)

__all__ = ["has_plus_minus", "rebuild", "rename", "replace", "substitute", "upper_and_lower"]


def rebuild(node: Node, change: Callable[[Node], Node]) -> Node:
    """`node` with `change` applied to its direct parts."""

    def all_of(parts: tuple[Node, ...]) -> tuple[Node, ...]:
        return tuple(change(part) for part in parts)

    match node:
        case Sum(terms):
            return Sum(all_of(terms))
        case Product(factors):
            return Product(all_of(factors))
        case Power(base, exponent):
            return Power(change(base), change(exponent))
        case Call(name, arguments):
            return Call(name, all_of(arguments))
        case PlusMinus(upper, operand):
            return PlusMinus(upper, change(operand))
        case Quantity(value, unit):
            return Quantity(change(value), unit)
        case Collection(opening, closing, items):
            return Collection(opening, closing, all_of(items))
        case Union(operator, parts):
            return Union(operator, all_of(parts))
        case Relation(operators, operands):
            return Relation(operators, all_of(operands))
        case Builder(variable, condition):
            return Builder(change(variable), change(condition))
        case Matrix(rows):
            return Matrix(tuple(all_of(row) for row in rows))
        case Modular(value, modulus):
            return Modular(change(value), change(modulus))
        case Ratio(parts):
            return Ratio(all_of(parts))
    return node


def substitute(node: Node, values: Mapping[str, Node]) -> Node:
    """`node` with variables replaced, all at once."""
    if isinstance(node, Symbol):
        return values.get(node.name, node)
    return rebuild(node, lambda part: substitute(part, values))


def replace(node: Node, old: Node, new: Node) -> Node:
    """`node` with every part equal to `old` replaced."""
    return new if node == old else rebuild(node, lambda part: replace(part, old, new))


def rename(node: Node, names: Callable[[str], str]) -> Node:
    """`node` with every variable renamed."""
    if isinstance(node, Symbol):
        return Symbol(names(node.name))
    return rebuild(node, lambda part: rename(part, names))


def has_plus_minus(node: Node) -> bool:
    """Whether a plus-minus sign stands anywhere in `node`."""
    return any(isinstance(part, PlusMinus) for part in walk(node))


def upper_and_lower(node: Node) -> list[Node]:
    """The two values of an expression with plus-minus signs: all upper signs, all lower signs."""

    def pick(part: Node, sign: int) -> Node:
        if isinstance(part, PlusMinus):
            operand = pick(part.operand, sign)
            return operand if part.upper * sign > 0 else negate(operand)
        return rebuild(part, lambda inner: pick(inner, sign))

    return [pick(node, 1), pick(node, -1)] if has_plus_minus(node) else [node]
