r"""Functions by cases, compared with each other and with a single expression.

gold |x|   answer x if x >= 0; -x if x < 0           ->  equal in every cell
gold 0 if n even; 1 if n odd   answer 1 if n even...  ->  other cases

Cases with conditions on one real variable cut the line into points and open gaps (as in `sets`); in each of them both
sides must be defined alike and equal at every sampled point.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from verifiers.answers.agreement import Agreement, agree, differ
from verifiers.answers.lists import unordered
from verifiers.answers.proof import Prover
from verifiers.answers.rewrite import substitute
from verifiers.answers.sets import line_cells
from verifiers.answers.tree import Cases, Collection, Node, Number, Union, Words, is_expression, symbols_of

__all__ = ["OTHERWISE", "compare_cases"]

OTHERWISE = Words("otherwise")
"""The condition of the last case when it has none of its own."""

_STEPS = (Fraction(1, 7), Fraction(3, 7), Fraction(1, 2), Fraction(6, 7))
_REACHES = (Fraction(1, 3), Fraction(2), Fraction(17, 5), Fraction(10))
"""Where a gap is sampled: as shares of its length, and as distances where it has no end."""

_Compare = Callable[[Node, Node], Agreement]


def compare_cases(gold: Node, answer: Node, compare: _Compare, prover: Prover) -> Agreement:
    """Whether two functions, at least one of them by cases, are the same.

    Args:
        gold: cases or an expression.
        answer: cases or an expression.
        compare: compares two values.
        prover: orders the endpoints of the conditions.
    """
    if isinstance(gold, Cases) and isinstance(answer, Cases):
        same = unordered([_row(row) for row in gold.rows], [_row(row) for row in answer.rows], compare)
        if same.equal:
            return same
    if not all(isinstance(side, Cases) or is_expression(side) for side in (gold, answer)):
        return differ("a function by cases and something else")
    rows = _rows(gold), _rows(answer)
    conditions = [_condition(condition) for side in rows for _, condition in side if condition != OTHERWISE]
    names = {name for condition in conditions for name in symbols_of(condition)}
    if len(names) != 1:
        return differ("other cases")
    cells = line_cells(conditions, prover)
    if cells is None:
        return differ("other cases")
    (name,) = names
    points = [prover.number(point) for point in cells.points]
    exact = [point for point in points if point is not None]
    if len(exact) < len(points):
        return differ("cases with endpoints that are no fractions")
    for cell in range(2 * len(exact) + 1):
        chosen = [_chosen(side, [holds(cell) for holds in members]) for side, members in _split(rows, cells.members)]
        if (chosen[0] is None) != (chosen[1] is None):
            return differ("defined by cases on other sets")
        if chosen[0] is None or chosen[1] is None:
            continue
        for point in _samples(exact, cell):
            values = {name: Number(point)}
            if not compare(substitute(chosen[0], values), substitute(chosen[1], values)).same_value:
                return differ(f"different at {name} = {point}")
    return agree("equal in every case")


def _row(row: tuple[Node, ...]) -> Node:
    return Collection("[", "]", row)


def _rows(node: Node) -> list[tuple[Node, Node]]:
    """(value, condition) of each case; an expression is one case without a condition."""
    return [(value, condition) for value, condition in node.rows] if isinstance(node, Cases) else [(node, OTHERWISE)]


def _condition(node: Node) -> Node:
    """Several conditions of one case hold together."""
    return Union("cap", node.items) if isinstance(node, Collection) and not node.opening else node


def _split(
    rows: tuple[list[tuple[Node, Node]], list[tuple[Node, Node]]], members: list[Callable[[int], bool]]
) -> list[tuple[list[Node], list[Callable[[int], bool]]]]:
    """The values of each side with the membership of their conditions; `otherwise` holds everywhere."""
    remaining = iter(members)
    return [
        (
            [value for value, _ in side],
            [(lambda cell: True) if condition == OTHERWISE else next(remaining) for _, condition in side],
        )
        for side in rows
    ]


def _chosen(values: list[Node], holds: list[bool]) -> Node | None:
    """The value of the first case that holds."""
    return next((value for value, held in zip(values, holds, strict=True) if held), None)


def _samples(points: list[Fraction], cell: int) -> list[Fraction]:
    """Where a cell is sampled: cell 2k+1 is endpoint k, cell 2k the gap before it."""
    index, is_point = divmod(cell, 2)
    if is_point:
        return [points[index]]
    low = points[index - 1] if index > 0 else None
    high = points[index] if index < len(points) else None
    if low is not None and high is not None:
        return [low + (high - low) * step for step in _STEPS]
    if low is not None:
        return [low + reach for reach in _REACHES]
    return [(high or Fraction(0)) - reach for reach in _REACHES]
