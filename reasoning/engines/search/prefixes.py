"""Builds lists and strings element by element, keeping the most promising beginnings (a beam search).

For puzzles such as pouring water between jugs the answer is a list of moves. A beginning that already broke a
condition inside the loop over the moves is dropped, and of two beginnings that left the puzzle with equal
local variables only the first, shorter one is kept: a breadth-first search over the puzzle's own states.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from typing import Any, Final

from reasoning.engines.search.answer_types import AnswerType, freeze, fresh_copy
from reasoning.engines.search.goal import Goal
from reasoning.engines.search.material import Material

__all__ = ["prefixes"]

WIDTHS: Final = (8, 60, 600, 6_000)
"""Beginnings kept of each length, round by round."""

STATEFUL_WIDTHS: Final = (30, 8_000)
"""The same where equal states are kept once, so that the whole of a small state space fits."""

MAX_ELEMENTS: Final = 64
"""Elements that may follow a beginning."""

MAX_ROWS_TRIED: Final = 20_000
"""Rows of numbers that are tried as one-element answers, to find those that fit."""

MAX_FITTING: Final = 300
"""Fitting rows that may follow a beginning."""

MAX_BUILT_LENGTH: Final = 300
"""Longest list or string that is built."""


def prefixes(goal: Goal, material: Material) -> Iterator[None]:
    """A strategy: beam search with growing width over several sets of elements."""
    if goal.type.depth == 0 and goal.type.base != "str":
        return
    stateful = _loops_over_answer(goal)
    shapes: list[int] = []
    for probe in _probes(goal.type):
        shapes += [n for n in goal.grade(probe).lengths if n not in shapes and 0 < n <= 6]
        yield
    fitting: list[list[Any]] = []
    for width in STATEFUL_WIDTHS if stateful else WIDTHS:
        for elements in _element_sets(goal.type, material, shapes):
            yield from _beam(goal, elements[:MAX_ELEMENTS], width, stateful)
        if not fitting and goal.type.depth == 2 and goal.type.base == "int":
            for shape in shapes or [2]:
                found: list[Any] = []
                yield from _fitting_rows(goal, material, shape, found)
                fitting.append(found)
        for elements in fitting:
            yield from _beam(goal, elements, max(width // 8, 2), stateful)


def _loops_over_answer(goal: Goal) -> bool:
    return any(
        isinstance(node, ast.For)
        and any(isinstance(part, ast.Name) and part.id == goal.puzzle.answer_name for part in ast.walk(node.iter))
        for node in ast.walk(goal.puzzle.function)
    )


def _probes(kind: AnswerType) -> list[Any]:
    if kind.depth >= 2:
        return [[[]], [[], []]]
    return [[]] if kind.depth else [""]


def _beam(goal: Goal, elements: list[Any], width: int, stateful: bool) -> Iterator[None]:
    empty: Any = [] if goal.type.depth else ""
    beam = [empty]
    states: set[Any] = set()
    best: tuple[Any, ...] | None = None
    stale = 0
    for _ in range(MAX_BUILT_LENGTH):
        ranked: list[tuple[Any, int, Any]] = []
        for prefix in beam:
            for element in elements:
                longer = prefix + (element if isinstance(prefix, str) else [fresh_copy(element)])
                grade = goal.grade(longer)
                yield
                if stateful and grade.broken:
                    continue
                key = goal.trial.local_state(grade) if stateful else None
                key = key if key else freeze(longer)
                if key in states:
                    continue
                states.add(key)
                ranked.append((grade.score, len(ranked), longer))
        if not ranked:
            return
        ranked.sort(key=lambda item: item[:2])
        beam = [longer for _, _, longer in ranked[:width]]
        stale = 0 if best is None or ranked[0][0] < best else stale + 1
        if best is None or ranked[0][0] < best:
            best = ranked[0][0]
        if stale > 12 and width < 600:
            return


def _fitting_rows(goal: Goal, material: Material, shape: int, found: list[Any]) -> Iterator[None]:
    """Put into `found` the rows of small numbers that break nothing when they are the whole answer."""
    side = int(MAX_ROWS_TRIED ** (1 / shape))
    bounds = [n for n in material.lengths if 1 < n <= side] or [min(side, 10)]
    best: Any = None
    for row in itertools.product(range(max(bounds)), repeat=shape):
        grade = goal.grade([list(row)])
        yield
        score = (grade.broken, grade.score[0])
        if best is None or score < best:
            best = score
            found.clear()
        if score == best and len(found) < MAX_FITTING:
            found.append(list(row))


def _element_sets(kind: AnswerType, material: Material, shapes: list[int]) -> Iterator[list[Any]]:
    if kind.depth == 0:
        yield [*material.characters[:40]] or list("ab")
        yield [text for text in material.strings if text][:40]
        return
    element = kind.element
    if element.depth:
        known = [item for item in material.of(element) if item]
        if known:
            yield known
        if element.depth == 1 and element.base == "int":
            for shape in shapes or [2]:
                for size in (2, 3, 4, 8):
                    if size**shape <= MAX_ELEMENTS:
                        yield [list(item) for item in itertools.product(range(size), repeat=shape)]
        return
    if element.base == "bool":
        yield [False, True]
    elif element.base == "int":
        yield list(dict.fromkeys(material.ints))[:40]
        yield material.divisors
        yield list(range(MAX_ELEMENTS))
        yield [*range(-4, 10)]
    elif element.base == "float":
        yield material.floats[:30]
    else:
        yield material.strings[:40]
