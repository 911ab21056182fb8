"""Local search on values, guided by how far the puzzle's conditions are from holding.

For `def sat(x: int, a=5, b=23463462): return b // x == a` the climb starts from the constants. Many starting values are
graded, the best of them climb (`climber`), and then changed copies of the best.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from reasoning.engines.search.answer_types import AnswerType, freeze, fresh_copy
from reasoning.engines.search.climber import MAX_POSITIONS, Climber
from reasoning.engines.search.distances import Distance
from reasoning.engines.search.goal import Goal
from reasoning.engines.search.material import Material

__all__ = ["climbing"]

MAX_STARTS: Final = 160
"""Starting values that are graded before the climb begins."""

MAX_START_LENGTH: Final = 1_500
"""Longest list that a climb starts from."""

MAX_QUICK_STARTS: Final = 60
"""Starting values that are improved by the few strong moves before the long climbs."""

FIRST_PATIENCE: Final = 150
"""Random changes without progress after which a climb gives up; doubled in each round."""

MAX_PATIENCE: Final = 4_000

Score = tuple[float, Distance]


def _starts(kind: AnswerType, material: Material) -> Iterator[Any]:
    if kind.depth == 0:
        if kind.base == "str":
            yield ""
        yield from material.of(kind)
        return
    yield []
    known = [item for item in material.of(kind) if item]
    for items in known[:8]:
        yield fresh_copy(items)
        try:
            yield sorted(items)
        except TypeError:
            continue
        yield items[::-1]
    fillers = material.of(kind.element)[:2]
    if kind.base == "int" and kind.depth == 1:
        fillers = [0, 1]
    if kind.depth == 2:
        leaf = material.of(kind.element.element)[0]
        fillers = [[], *[[leaf] * n for n in (2, 3)], *fillers][:4]
    for length in material.lengths[:10]:
        if not 0 < length <= MAX_START_LENGTH:
            continue
        if kind.base == "int" and kind.depth == 1:
            yield list(range(length))
            yield list(range(1, length + 1))
        if kind.base == "int" and kind.depth == 2:
            yield [[number, number] for number in range(length)]
            if length <= MAX_POSITIONS:
                yield [list(range(length)) for _ in range(2)]
        if kind.base == "float" and kind.depth == 2:
            yield [[float(row * row + 1), float(row % 3)] for row in range(length)]
        for filler in fillers:
            yield [fresh_copy(filler) for _ in range(length)]


def climbing(goal: Goal, material: Material) -> Iterator[None]:
    """A strategy: climb from the best of many starting values, then from changed copies of the best."""
    graded: list[tuple[Score, int, Any]] = []
    seen: set[Any] = set()
    for number, value in enumerate(_starts(goal.type, material)):
        if number >= MAX_STARTS:
            break
        key = freeze(value)
        if key in seen:
            continue
        seen.add(key)
        graded.append((goal.grade(value).score, number, value))
        yield
    graded.sort(key=lambda item: item[:2])
    for place, (_, number, value) in enumerate(graded[:MAX_QUICK_STARTS]):
        climb = Climber(goal, material, seed=number)
        climb.start(value)
        for _ in climb.quick():
            yield
        graded[place] = (climb.grade.score, number, climb.value)
    graded.sort(key=lambda item: item[:2])
    patience = FIRST_PATIENCE
    round_number = 0
    while True:
        for number, (_, _, value) in enumerate(graded[:12]):
            climb = Climber(goal, material, seed=1_000 * round_number + number)
            climb.start(fresh_copy(value))
            yield
            if round_number == 0:
                for _ in climb.systematic():
                    yield
            idle = 0
            while idle < patience:
                idle = 0 if climb.attempt(climb.shake(), sideways=True) else idle + 1
                yield
            for _ in climb.systematic():
                yield
            graded[number] = (climb.grade.score, number, climb.value)
        graded.sort(key=lambda item: item[:2])
        patience = min(patience * 2, MAX_PATIENCE)
        round_number += 1
        # Half of the places go to copies of the best ones, so that good values are searched from more often.
        best = graded[:6]
        graded = best + [(score, 6 + place, value) for place, (score, _, value) in enumerate(best)]
