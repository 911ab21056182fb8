r"""Equations, inequalities and assignments.

gold 5                 answer x = 5                 ->  the value of x
gold y = 2x + 1        answer 4x - 2y + 2 = 0       ->  the same equation up to a factor
gold 1 < x \le 2       answer x \in (1, 2]          ->  the same set of numbers
gold a < b < c         answer c > b > a             ->  the same chain
"""

from __future__ import annotations

from dataclasses import dataclass

from verifiers.answers.agreement import Agreement, agree, differ
from verifiers.answers.chains import before_rounding, is_false, is_identity, is_negated, values_of
from verifiers.answers.lists import Compare, in_order, unordered
from verifiers.answers.parser_tools import negate
from verifiers.answers.proof import Answer, Prover
from verifiers.answers.rewrite import has_plus_minus, rename, upper_and_lower
from verifiers.answers.sets import is_set, same_set
from verifiers.answers.tree import (
    Call,
    Collection,
    Node,
    Relation,
    Sum,
    Symbol,
    Union,
    is_expression,
    symbols_of,
)

__all__ = ["Named", "assignment", "compare_relations", "unnamed"]

_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!=", "perp": "perp", "parallel": "parallel"}
_UNKNOWNS = frozenset(("x", "y", "z", "t", "r", "m", "n", "p", "lambda", "theta"))


@dataclass(frozen=True, slots=True)
class Named:
    """Values that stood after names.

    Attributes:
        names: left sides, in the order of the text.
        values: right sides in the same order.
        by_name: right sides in the order of their names.
        single: all names are the same, so that the values are several values of one unknown.
    """

    names: tuple[Node, ...]
    values: tuple[Node, ...]
    by_name: tuple[Node, ...]
    single: bool


def assignment(node: Node) -> Node | None:
    r"""The value of `x = 5`, or the set of `x \\in S`; None when `node` is neither."""
    if not isinstance(node, Relation):
        return None
    if node.operators in (("in",), ("->",)):
        return node.operands[1]
    values = values_of(node)
    return values[0] if values else None


def unnamed(node: Node) -> Named | None:
    """The values of a bare list whose members are assignments, all or only the first."""
    if not isinstance(node, Collection) or node.opening not in ("", "{") or not node.items:
        return None
    if not isinstance(node.items[0], Relation):
        return None
    names: list[Node] = []
    values: list[Node] = []
    for index, item in enumerate(node.items):
        value = assignment(item)
        if isinstance(item, Relation) and item.operators[0] in ("=", "approx") and value is not None:
            name = _without_index(item.operands[0] if symbols_of(item.operands[0]) else item.operands[1])
            for one in upper_and_lower(value):
                names.append(name)
                values.append(one)
        elif index and not isinstance(item, Relation) and len(set(names)) == 1:
            for one in upper_and_lower(item):
                names.append(names[0])
                values.append(one)
        else:
            return None
    if len(set(names)) == 1:
        return Named(tuple(names), tuple(values), tuple(values), True)
    period = len(set(names))
    if len(names) % period or names != names[:period] * (len(names) // period):
        return None
    if period < len(names):
        groups = tuple(
            Collection("(", ")", _by_name(names[:period], values[start : start + period]))
            for start in range(0, len(names), period)
        )
        return Named(tuple(names), groups, groups, True)
    return Named(tuple(names), tuple(values), _by_name(names, values), False)


def _without_index(name: Node) -> Node:
    """`x_1` and `x_2` are two values of one unknown; `C_1` and `C_2`, or terms of a sequence, are not."""
    if isinstance(name, Symbol):
        letter, _, index = name.name.partition("_")
        return Symbol(letter) if index.isdigit() and letter in _UNKNOWNS else name
    return name


def _by_name(names: list[Node], values: list[Node]) -> tuple[Node, ...]:
    return tuple(value for _, value in sorted(zip(names, values, strict=True), key=lambda pair: repr(pair[0])))


def compare_relations(gold: Node, answer: Node, compare: Compare, prover: Prover) -> Agreement:
    """Two answers of which at least one is a relation."""
    if isinstance(gold, Relation) and isinstance(answer, Relation):
        return _both(gold, answer, compare, prover)
    relation = gold if isinstance(gold, Relation) else answer
    other = answer if relation is gold else gold
    assert isinstance(relation, Relation)

    def in_place(value: Node) -> Agreement:
        return compare(value, other) if relation is gold else compare(other, value)

    if relation.operators == ("in",):
        return in_place(relation.operands[1])
    values = values_of(relation)
    if relation.operators == ("->",):
        values = [relation.operands[-1]]
    if values is None and relation is answer and is_identity(relation, compare):
        values = [relation.operands[-1]]
    if values:
        first = in_place(values[0])
        if first.equal and is_false(relation, compare, prover):
            return differ("an equality that does not hold")
        if first.under_strict:
            return first
        if isinstance(relation.operands[0], Call) and isinstance(other, Collection):
            return agree("the same set of numbers") if same_set(relation, other, prover) else first
        if relation is answer:
            exact = before_rounding(relation, compare, prover)
            return in_place(exact) if exact is not None else first
        if first.equal:
            return first
        return next((found for value in values[1:] if (found := in_place(value)).equal), first)
    if is_set(relation) or is_set(other) or isinstance(other, Collection):
        parts = (relation, _joined(other)) if relation is gold else (_joined(other), relation)
        same = same_set(parts[0], parts[1], prover)
        if same is not None:
            return agree("the same set of numbers") if same else differ("other sets of numbers")
    return differ("a relation and something else")


def _joined(node: Node) -> Node:
    if isinstance(node, Collection) and not node.opening and all(isinstance(item, Relation) for item in node.items):
        return Union("cup" if node.joiner == "or" else "cap", node.items)
    return node


def _both(gold: Relation, answer: Relation, compare: Compare, prover: Prover) -> Agreement:
    if isinstance(gold.operands[0], Call) != isinstance(answer.operands[0], Call) and same_set(gold, answer, prover):
        return agree("the same set of numbers")
    renamed = _with_argument_of(gold, answer)
    if renamed is None:
        return differ("a function of another letter")
    answer = renamed
    values = values_of(gold), values_of(answer)
    names = gold.operands[0], answer.operands[0]
    if (
        values[0]
        and values[1]
        and (
            names[0] == names[1]
            or (_is_function(names[0]) and _is_function(names[1]))
            or not (_is_own_name(names[0]) and _is_own_name(names[1]))
        )
    ):
        agreement = compare(values[0][0], values[1][0])
        if agreement.equal and is_false(answer, compare, prover) and not is_false(gold, compare, prover):
            return differ("an equality that does not hold")
        if agreement.equal or len(symbols_of(values[0][0]) | symbols_of(values[1][0])) == 0:
            return agreement
    if gold.operators == answer.operators == ("in",):
        if is_negated(names[0]) != is_negated(names[1]):
            return differ("sets of other unknowns")
        return compare(gold.operands[1], answer.operands[1])
    if set(gold.operators) | set(answer.operators) <= {"=", "approx"}:
        return _equations(gold, answer, compare, prover)
    same = same_set(gold, answer, prover) if is_set(gold) and is_set(answer) else None
    if same is not None and symbols_of(gold) == symbols_of(answer):
        return agree("the same set of numbers") if same else differ("other sets of numbers")
    return _inequalities(gold, answer, compare, prover)


def _with_argument_of(gold: Relation, answer: Relation) -> Relation | None:
    """`f(t) = 2t` as `f(x) = 2x`, since a definition binds its letter; None where `f(t) = 2x` is no such definition."""
    match gold.operands[0], answer.operands[0]:
        case Call(name, (Symbol(wanted),)), Call(other, (Symbol(given),)) if name == other and name.startswith(
            "apply "
        ):
            if wanted == given:
                return answer
            if wanted in symbols_of(answer) or given in symbols_of(gold):
                return None
            operands = tuple(rename(side, lambda one: wanted if one == given else one) for side in answer.operands)
            return Relation(answer.operators, operands)
    return answer


def _is_function(node: Node) -> bool:
    """y, or f(x): names for the value of a function of x."""
    if isinstance(node, Call) and node.name.startswith("apply "):
        return all(isinstance(argument, Symbol) for argument in node.arguments)
    return node == Symbol("y")


def _is_own_name(node: Node) -> bool:
    """x, or f(2): what only values of the same name are compared with."""
    return bool(symbols_of(node)) or (isinstance(node, Call) and node.name.startswith("apply "))


def _equations(gold: Relation, answer: Relation, compare: Compare, prover: Prover) -> Agreement:
    if has_plus_minus(gold) or has_plus_minus(answer):
        return unordered(upper_and_lower(gold), upper_and_lower(answer), compare)
    if len(gold.operands) != 2 or len(answer.operands) != 2:
        return in_order(gold.operands, answer.operands, compare)
    if not all(is_expression(side) for side in (*gold.operands, *answer.operands)):
        return _sides(gold, answer, compare)
    if not symbols_of(gold) and not symbols_of(answer):
        return _sides(gold, answer, compare)  # f(2) = 5: any two numbers are proportional
    sides = [Sum((relation.operands[0], negate(relation.operands[1]))) for relation in (gold, answer)]
    answered, _ = prover.ratio(sides[0], sides[1])
    if answered is Answer.EQUAL:
        return agree("the same equation up to a factor")
    straight = _sides(gold, answer, compare)
    if straight.equal:
        return straight
    if answered is Answer.UNKNOWN:
        return differ("equations not decided", (sides[0], sides[1]))
    return differ("other equations")


def _sides(gold: Relation, answer: Relation, compare: Compare) -> Agreement:
    straight = in_order(gold.operands, answer.operands, compare)
    if straight.equal:
        return straight
    return in_order(gold.operands, tuple(reversed(answer.operands)), compare)


def _inequalities(gold: Relation, answer: Relation, compare: Compare, prover: Prover) -> Agreement:
    for operators, operands in (
        (answer.operators, answer.operands),
        (
            tuple(_FLIPPED.get(operator, "") for operator in reversed(answer.operators)),
            tuple(reversed(answer.operands)),
        ),
    ):
        if operators == gold.operators:
            chain = in_order(gold.operands, operands, compare)
            if chain.equal:
                return chain
    if (
        len(gold.operators) == len(answer.operators) == 1
        and all(is_expression(side) for side in (*gold.operands, *answer.operands))
        and (symbols_of(gold) or symbols_of(answer))
    ):
        first = Sum((gold.operands[0], negate(gold.operands[1])))
        second = Sum((answer.operands[0], negate(answer.operands[1])))
        answered, sign = prover.ratio(first, second)
        wanted = answer.operators[0] if sign > 0 else _FLIPPED.get(answer.operators[0], "")
        if answered is Answer.EQUAL and sign and wanted == gold.operators[0]:
            return agree("the same inequality up to a factor")
    return differ("other relations")
