r"""Sets of real numbers: intervals, unions, inequalities and conditions, compared cell by cell.

    (-\infty, 2) \cup (3, \infty)   and   x < 2 or x > 3   ->   the same set

All endpoints of both sets cut the line into points and open gaps; two sets are equal exactly when they hold the same
cells. Endpoints are ordered by proved signs of their differences.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cmp_to_key
from typing import TypeAlias

from verifiers.answers.limits import UNORDERED_LIMIT
from verifiers.answers.parser_tools import MINUS_ONE, multiply, negate
from verifiers.answers.proof import Prover
from verifiers.answers.rewrite import has_plus_minus, substitute, upper_and_lower
from verifiers.answers.tree import (
    Builder,
    Call,
    Collection,
    Constant,
    Node,
    Number,
    Power,
    Product,
    Relation,
    Sum,
    Symbol,
    Union,
    Words,
    is_expression,
    symbols_of,
)

__all__ = ["LineCells", "infinite_sign", "is_set", "line_cells", "same_set"]

_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}
_ORDER = frozenset(_FLIPPED)
_Member = Callable[[int], bool]
_Clause: TypeAlias = list[tuple[str, Node]]


class _NotASetError(ValueError):
    """The node is no set of real numbers that can be cut into cells."""


def infinite_sign(node: Node) -> int:
    """1 or -1 for plus or minus infinity, otherwise 0."""
    if node == Constant("oo"):
        return 1
    if isinstance(node, Product) and len(node.factors) == 2 and node.factors[1] == Constant("oo"):
        return -1 if node.factors[0] == MINUS_ONE else 0
    return 0


def is_set(node: Node) -> bool:
    """Whether `node` is written as a set of numbers (an interval in round brackets may also be a pair)."""
    match node:
        case Collection(opening, closing, items):
            return (opening in ("(", "[") and closing in (")", "]") and len(items) == 2) or (
                opening == "{" and closing == "}"
            )
        case Relation(operators, _):
            return (all(operator in _ORDER for operator in operators) and operators != ("=",)) or operators in (
                ("in",),
                ("notin",),
            )
        case Union() | Builder() | Constant("R"):
            return True
        case Words(text):
            return text in ("all real numbers", "no solution")
    return False


def same_set(left: Node, right: Node, prover: Prover) -> bool | None:
    """Whether two sets of real numbers are equal; None when one of them cannot be read as such a set."""
    left, right = _with_common_variable(left), _with_common_variable(right)
    if len(symbols_of(left) | symbols_of(right)) > 1:
        return None
    cells = _Cells(prover)
    try:
        cells.collect(left)
        cells.collect(right)
        cells.sort()
        members = cells.member(left), cells.member(right)
    except _NotASetError:
        return None
    return all(members[0](cell) == members[1](cell) for cell in range(cells.count))


@dataclass(frozen=True, slots=True)
class LineCells:
    """The line cut by conditions.

    Attributes:
        points: the endpoints in order; cell 2k+1 is endpoint k, cell 2k the open gap before it.
        members: for each condition, whether it holds in a cell.
    """

    points: list[Node]
    members: list[_Member]


def line_cells(conditions: Sequence[Node], prover: Prover) -> LineCells | None:
    """The cells into which conditions on one variable cut the line; None when one of them is no such condition."""
    cells = _Cells(prover)
    try:
        for condition in conditions:
            cells.collect(condition)
        cells.sort()
        return LineCells(cells.points, [cells.member(condition) for condition in conditions])
    except _NotASetError:
        return None


def _with_common_variable(node: Node) -> Node:
    """`{y | y > 3}` speaks of no particular letter; `x = ±2` of two values."""
    if isinstance(node, Relation) and has_plus_minus(node):
        return Union("cap" if "!=" in node.operators else "cup", tuple(upper_and_lower(node)))
    if isinstance(node, Builder):
        names = symbols_of(node)
        if len(names) == 1:
            return substitute(node, {next(iter(names)): Symbol("x")})
    return node


class _Cells:
    """Endpoints in order; cell 2k+1 is endpoint k, cell 2k the gap before it."""

    def __init__(self, prover: Prover) -> None:
        self._prover = prover
        self._points: list[Node] = []

    @property
    def points(self) -> list[Node]:
        return list(self._points)

    @property
    def count(self) -> int:
        return 2 * len(self._points) + 1

    def collect(self, node: Node) -> None:
        """Gather the endpoints of `node`."""
        match node:
            case Collection(opening, closing, items) if (opening == "{" and closing == "}") or not opening:
                for item in items:
                    for value in _both_signs(item):
                        self._add(value)
            case Collection(_, _, (lower, upper)):
                self._add(lower)
                self._add(upper)
            case Union(_, parts):
                for part in parts:
                    self.collect(part)
            case Builder(_, condition):
                self.collect(condition)
            case Relation(("in",) | ("notin",), (_, inside)):
                self.collect(inside)
            case Relation():
                for clause in self._bounds(node):
                    for _, bound in clause:
                        self._add(bound)
            case Constant("R") | Words("all real numbers" | "no solution") | Constant("empty"):
                return
            case _:
                raise _NotASetError

    def _add(self, point: Node) -> None:
        if infinite_sign(point):
            return
        if symbols_of(point) or not is_expression(point) or len(self._points) >= 2 * UNORDERED_LIMIT:
            raise _NotASetError
        if point not in self._points:
            self._points.append(point)

    def sort(self) -> None:
        """Put the endpoints in order and merge equal ones."""

        def order(left: Node, right: Node) -> int:
            sign = self._prover.sign(Sum((left, negate(right))))
            if sign is None:
                raise _NotASetError
            return sign

        ordered = sorted(self._points, key=cmp_to_key(order))
        self._points = []
        for point in ordered:
            if not self._points or order(self._points[-1], point) != 0:
                self._points.append(point)
        self._order = order

    def _cell(self, point: Node) -> int:
        sign = infinite_sign(point)
        if sign:
            return -1 if sign < 0 else self.count
        for index, other in enumerate(self._points):
            if other == point or self._order(other, point) == 0:
                return 2 * index + 1
        raise _NotASetError

    def member(self, node: Node) -> _Member:
        """Membership of `node`, cell by cell."""
        match node:
            case Collection(opening, closing, items) if (opening == "{" and closing == "}") or not opening:
                cells = {self._cell(value) for item in items for value in _both_signs(item)}
                return lambda cell: cell in cells
            case Collection("[", _, (lower, _)) if infinite_sign(lower):
                raise _NotASetError
            case Collection(_, "]", (_, upper)) if infinite_sign(upper):
                raise _NotASetError
            case Collection(opening, closing, (lower, upper)) if opening in "([" and closing in ")]":
                first, last = self._cell(lower), self._cell(upper)
                if first > last or (first == last and opening + closing != "[]"):
                    raise _NotASetError  # a pair, whose members fall
                return lambda cell: (
                    first < cell < last
                    or (cell == first and opening == "[" and first <= last)
                    or (cell == last and closing == "]" and first <= last)
                )
            case Union(operator, parts):
                members = [self.member(part) for part in parts]
                if operator == "cup":
                    return lambda cell: any(member(cell) for member in members)
                if operator == "cap":
                    return lambda cell: all(member(cell) for member in members)
                return lambda cell: members[0](cell) and not any(member(cell) for member in members[1:])
            case Builder(_, condition):
                return self.member(condition)
            case Relation(("in",), (_, inside)):
                return self.member(inside)
            case Relation(("notin",), (_, inside)):
                outside = self.member(inside)
                return lambda cell: not outside(cell)
            case Relation():
                tests = [[(operator, self._cell(bound)) for operator, bound in clause] for clause in self._bounds(node)]
                return lambda cell: all(any(_holds(cell, *test) for test in clause) for clause in tests)
            case Constant("R") | Words("all real numbers"):
                return lambda cell: True
            case Words("no solution") | Constant("empty"):
                return lambda cell: False
        raise _NotASetError

    def _bounds(self, relation: Relation) -> list[_Clause]:
        """`1 < x <= 2` as [[('>', 1)], [('<=', 2)]]: all clauses hold, each by one of its alternatives."""
        bounds: list[_Clause] = []
        operands = relation.operands
        for operator, left, right in zip(relation.operators, operands, operands[1:], strict=False):
            if operator not in _ORDER:
                raise _NotASetError
            if symbols_of(left) and not symbols_of(right):
                bounds += self._solved(operator, left, right)
            elif symbols_of(right) and not symbols_of(left):
                bounds += self._solved(_FLIPPED[operator], right, left)
            else:
                raise _NotASetError
        return bounds

    def _solved(self, operator: str, side: Node, number: Node) -> list[_Clause]:
        """The condition on the variable x itself, when `side` is linear in it or an absolute value of it."""
        if isinstance(side, Symbol):
            return [[(operator, number)]]
        if isinstance(side, Call) and side.name == "abs":
            if operator in ("=", "!=") and self._prover.sign(number) == -1:
                raise _NotASetError
            inner = side.arguments[0]
            parts = [
                *self._solved(operator, inner, number),
                *self._solved(_FLIPPED[operator], inner, negate(number)),
            ]
            if len(parts) != 2 or any(len(part) != 1 for part in parts):
                raise _NotASetError
            return parts if operator in ("<", "<=", "!=") else [[parts[0][0], parts[1][0]]]
        name = next(iter(symbols_of(side)))
        values = [self._prover.number(_at(side, name, point)) for point in (0, 1, 2, 5)]
        zero, one, two, five = values
        if zero is None or one is None or two is None or five is None:
            raise _NotASetError
        slope = one - zero
        if slope == 0 or two - zero != 2 * slope or five - zero != 5 * slope:
            raise _NotASetError
        bound = multiply([Sum((number, Number(-zero))), Power(Number(slope), MINUS_ONE)])
        return [[(operator if slope > 0 else _FLIPPED[operator], bound)]]


def _at(node: Node, name: str, value: int) -> Node:

    return substitute(node, {name: Number(Fraction(value))})


def _both_signs(node: Node) -> list[Node]:
    return upper_and_lower(node)


def _holds(cell: int, operator: str, bound: int) -> bool:
    return {
        "<": cell < bound,
        "<=": cell <= bound,
        ">": cell > bound,
        ">=": cell >= bound,
        "=": cell == bound,
        "!=": cell != bound,
    }[operator]
