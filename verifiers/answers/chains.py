r"""A chain of equalities: which of its members is the value, and whether it holds.

x = 2 + 3 = 5             ->  the value is 5
x = 5 = 6                 ->  it does not hold
\sqrt{2} = 1.414          ->  the value is \sqrt{2}, rounded
(x + 1)^2 = x^2 + 2x + 1  ->  an identity; its last form is meant
"""

from __future__ import annotations

import itertools
from fractions import Fraction

from verifiers.answers.lists import Compare
from verifiers.answers.proof import Prover
from verifiers.answers.tree import (
    Call,
    Collection,
    Constant,
    Node,
    Number,
    Power,
    Product,
    Quantity,
    Ratio,
    Relation,
    Sum,
    Symbol,
    Union,
    is_expression,
    symbols_of,
    walk,
)

__all__ = ["EQUALS", "before_rounding", "is_false", "is_identity", "is_name", "is_negated", "values_of"]

EQUALS = frozenset({"=", "approx", "equiv"})
"""Signs of equality."""

_ROUGH = 0.1
"""Relative difference that a sign of approximation may bridge."""


def is_name(node: Node) -> bool:
    """Whether `node` is something one can ask for: x, f(x), AB, a + b, |AB|; not 2x or x^2 - 1."""
    match node:
        case Symbol() | Constant("e" | "i" | "R"):
            return True
        case Call(name, _) if name.startswith("apply "):
            return True
        case Call("abs" | "bar" | "sin" | "cos" | "tan", (inner,)):
            return is_name(inner)
        case Power(base, Number(exponent, _)):
            return is_name(base) and exponent == -1
        case Sum(parts) | Product(parts):
            return all(is_name(part) or _is_minus_one(part) for part in parts)
        case Ratio(parts):
            return all(is_name(part) for part in parts)
        case Collection(_, _, items):
            return all(is_name(item) for item in items)
    return False


def _is_minus_one(node: Node) -> bool:
    return isinstance(node, Number) and node.value == -1


def is_negated(node: Node) -> bool:
    """-x: what nobody asks for."""
    return isinstance(node, Product) and _is_minus_one(node.factors[0])


def values_of(node: Relation) -> list[Node] | None:
    r"""What a chain of equalities gives as the value: `x = a`, `2 + 3 = 5`, `x = a \\approx b`.

    Returns:
        The exact value first, then approximations; None when the chain is a condition on an unknown.
    """
    if not set(node.operators) <= EQUALS:
        return None
    operands = list(node.operands)
    if node.operators[0] == "=" and len(operands) == 2 and is_name(operands[1]) and not symbols_of(operands[0]):
        operands.reverse()
    first = operands[0]
    if is_negated(first) and (symbols_of(first) or _is_given(first)):
        return None
    if symbols_of(first) or isinstance(first, Constant):
        if not is_name(first) or (isinstance(first, Sum) and operands[1] == Number(Fraction(0))):
            return None
        rest, operators = operands[1:], list(node.operators[1:])
    elif any(symbols_of(operand) for operand in operands):
        return None
    else:
        rest, operators = operands, list(node.operators)
    exact = len(rest)
    if "approx" in operators:
        exact = operators.index("approx") + 1
    return [rest[exact - 1], *rest[exact:]]


def _numbers(relation: Relation) -> list[Node]:
    """The members of a chain of equalities that are numbers: not its names, and no function of an unknown."""
    sides = [side.value if isinstance(side, Quantity) else side for side in relation.operands]
    return [side for side in sides if is_expression(side) and not symbols_of(side) and not _is_given(side)]


def _is_given(node: Node) -> bool:
    """A letter, or the value of a function that is not known: f(2), |f(2)|."""
    applied = any(isinstance(part, Call) and part.name.startswith("apply ") for part in walk(node))
    return applied or isinstance(node, Constant)


def is_false(relation: Relation, compare: Compare, prover: Prover) -> bool:
    """Whether a chain is wrong in itself: `2 + 3 = 6`, `x = 5 = 6`, `[0, 1) = [0, 2)`; a decimal may be rounded."""
    if not set(relation.operators) <= EQUALS:
        return False
    sets = [side for side in relation.operands if isinstance(side, Collection | Union) and not symbols_of(side)]
    rough = "approx" in relation.operators
    return not all(
        compare(second, first).equal or compare(first, second).equal or (rough and _are_near(first, second, prover))
        for group in (_numbers(relation), sets)
        for first, second in itertools.pairwise(group)
    )


def _are_near(first: Node, second: Node, prover: Prover) -> bool:
    """Whether one number can stand for the other after a sign of approximation, however rough; True if unknown."""
    values = prover.approximation(first), prover.approximation(second)
    if values[0] is None or values[1] is None:
        return True
    return abs(values[0] - values[1]) <= _ROUGH * max(abs(values[0]), abs(values[1]))


def is_identity(relation: Relation, compare: Compare) -> bool:
    """`(x + 1)^2 = x^2 + 2x + 1`: the sides are the same function, so that the last one is meant."""
    if set(relation.operators) != {"="} or not all(map(is_expression, relation.operands)):
        return False
    return all(compare(relation.operands[-1], side).same_value for side in relation.operands[:-1])


def before_rounding(relation: Relation, compare: Compare, prover: Prover) -> Node | None:
    r"""The exact number of `\sqrt{2} = 1.414`, which is meant though the chain goes on to a decimal of it."""
    numbers = _numbers(relation)
    if len(numbers) < 2 or not _is_decimal(numbers[-1]) or is_false(relation, compare, prover):
        return None
    return next((one for one in reversed(numbers[:-1]) if not _is_decimal(one)), None)


def _is_decimal(node: Node) -> bool:
    return isinstance(node, Number) and node.places is not None
