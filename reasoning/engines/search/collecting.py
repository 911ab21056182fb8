"""Answers that are collections of everything that fits: elements are graded one by one and the good ones kept.

For `def sat(xs: List[int]): return len(set(xs)) >= 49 and all(str(x) == str(x)[::-1] for x in xs)` each number is
tried as a list of one; those that break no condition about elements are put together.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Final

from reasoning.engines.search.answer_types import AnswerType, fresh_copy
from reasoning.engines.search.goal import Goal
from reasoning.engines.search.material import Material

__all__ = ["collecting"]

DOMAIN_SIZES: Final = (3_000, 40_000, 150_000)
"""Elements that are looked at, round by round."""

MAX_COLLECTED: Final = 30_000
"""Longest collection that is offered."""

MAX_GREEDY: Final = 1_500
"""Elements that are added one at a time, keeping only those that make nothing worse."""


def collecting(goal: Goal, material: Material) -> Iterator[None]:
    """A strategy: collect the fitting elements of larger and larger domains."""
    if goal.type.depth == 0:
        return
    shapes = [2, 3]
    if goal.type.depth == 2:
        probes: tuple[list[Any], ...] = ([[]], [[], []])
        for probe in probes:
            hinted = goal.grade(probe).lengths
            shapes = [n for n in dict.fromkeys(hinted) if 0 < n <= 4] or shapes
            yield
    for size in DOMAIN_SIZES:
        for domain in _domains(goal.type.element, material, shapes, size):
            yield from _collect(goal, material, domain)


def _collect(goal: Goal, material: Material, domain: list[Any]) -> Iterator[None]:
    best: Any = None
    fitting: list[Any] = []
    for element in domain:
        score = goal.grade([fresh_copy(element)]).score[0]
        yield
        if best is None or score < best:
            best, fitting = score, []
        if score == best and len(fitting) < MAX_COLLECTED:
            fitting.append(element)
    goal.offer(fresh_copy(fitting))
    for length in material.lengths:
        if 0 < length < len(fitting):
            goal.offer(fresh_copy(fitting[:length]))
            yield
    chosen: list[Any] = []
    score_now = goal.grade(chosen).score
    for element in fitting[:MAX_GREEDY]:
        longer = [*chosen, fresh_copy(element)]
        score_then = goal.grade(longer).score
        yield
        if score_then <= score_now or (len(chosen) < 2 and not chosen):
            chosen, score_now = longer, score_then


def _domains(kind: AnswerType, material: Material, shapes: list[int], size: int) -> Iterator[list[Any]]:
    if kind.depth == 0:
        if kind.base == "int":
            yield list(range(size))
        elif kind.base == "str":
            yield _texts(material, size)
        return
    if kind.depth > 1 or kind.base != "int":
        return
    for shape in shapes:
        side = round(size ** (1 / shape))
        bounds = [n for n in dict.fromkeys([*material.lengths, *material.ints]) if 1 < n <= side][:3]
        for bound in bounds or [side]:
            yield [list(item) for item in itertools.product(range(bound), repeat=shape)]
        if shape == 2:
            long = [n for n in material.ints if side < n <= size // 6][:2]
            yield from ([[a, b] for a in range(n) for b in range(6)] for n in long)


def _texts(material: Material, size: int) -> list[str]:
    pieces = (
        text[start : start + length]
        for text in material.strings[:12]
        for length in range(min(len(text), 60) + 1)
        for start in range(len(text) - length + 1)
    )
    words = (
        "".join(chosen)
        for length in range(1, 12)
        for chosen in itertools.product(material.characters[:4] or "ab", repeat=length)
    )
    return list(dict.fromkeys([*itertools.islice(pieces, size), *itertools.islice(words, size)]))
