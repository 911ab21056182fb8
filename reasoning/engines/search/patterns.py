r"""Long regular answers: blocks that are repeated and arithmetic sequences, with the numbers in them climbed.

For `def sat(s: str):\n    return s.count("a") == 5129 and len(s) == 5146` the pattern `'a' * m + 'd' * n` has
two whole numbers that local search finds in some dozen trials, however long the string is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from reasoning.engines.search.goal import Goal
from reasoning.engines.search.grammar import STRS
from reasoning.engines.search.limits import MAX_VALUE_ITEMS
from reasoning.engines.search.material import Material
from reasoning.engines.search.trial import Grade

__all__ = ["Pattern", "patterns"]

MAX_BLOCKS: Final = 14
"""Different blocks that patterns are made of."""

MAX_TRIALS: Final = 600
"""Trials for one pattern in the first round; doubled in the second."""

MAX_DONORS: Final = 14


@dataclass(frozen=True, slots=True)
class Pattern:
    """A value with whole numbers in it: how to build it, how to write it, and where to start."""

    build: Callable[[list[int]], Any]
    write: Callable[[list[int]], str]
    start: tuple[int, ...]


def patterns(goal: Goal, material: Material) -> Iterator[None]:
    """A strategy: climb the numbers of one pattern after the other."""
    if goal.type.depth == 0 and goal.type.base != "str":
        return
    for trials in (MAX_TRIALS, 2 * MAX_TRIALS):
        for pattern in _patterns(goal, material):
            yield from itertools.islice(_climb(goal, material, pattern), trials)


def _patterns(goal: Goal, material: Material) -> Iterator[Pattern]:
    blocks = _blocks(goal, material)
    for block in blocks:
        yield _repeated((block,))
    if goal.type.depth == 1 and goal.type.base == "int":
        for step in (1, 2):
            yield Pattern(_progression, _write_progression, (0, step, step))
    for pair in itertools.permutations([*blocks[:9], *blocks[-1:]], 2):
        yield _repeated(pair)
    for triple in itertools.permutations(blocks[:5], 3):
        yield _repeated(triple)


def _blocks(goal: Goal, material: Material) -> list[Any]:
    if goal.type.depth == 0:
        known = [text for text in material.strings if 0 < len(text) <= 12]
        singles = [text for text in known if len(text) == 1]
        pairs = [a + b for a, b in itertools.permutations(singles[:4], 2)]
        joined = [glue.join(words) for words in material.of(STRS) if words for glue in (" ", "")]
        return [*list(dict.fromkeys([*joined[:2], *known[:8], *pairs[:4], *singles, "a", "b"]))[: MAX_BLOCKS - 1], " "]
    items = [[item] for item in material.of(goal.type.element) if len(repr(item)) < 60]
    small = [[number] for number in (0, 1, 2)] if goal.type.base == "int" and goal.type.depth == 1 else []
    chosen = [*items[:8], *small, *items[8:]]
    return [block for place, block in enumerate(chosen) if block not in chosen[:place]][:MAX_BLOCKS]


def _repeated(blocks: tuple[Any, ...]) -> Pattern:
    def build(counts: list[int]) -> Any:
        sizes = [len(block) * max(count, 0) for block, count in zip(blocks, counts, strict=True)]
        if sum(sizes) > MAX_VALUE_ITEMS:
            return None
        value = blocks[0] * counts[0]
        for block, count in zip(blocks[1:], counts[1:], strict=True):
            value = value + block * count
        return value

    def write(counts: list[int]) -> str:
        used = [f"{block!r} * {count}" for block, count in zip(blocks, counts, strict=True) if count > 0]
        return " + ".join(used) if used else repr(blocks[0][:0])

    return Pattern(build, write, (1,) * len(blocks))


def _progression(numbers: list[int]) -> Any:
    first, count, step = numbers
    if not 0 <= count <= MAX_VALUE_ITEMS or not step:
        return None
    return list(range(first, first + count * step, step))


def _write_progression(numbers: list[int]) -> str:
    first, count, step = numbers
    return f"list(range({first}, {first + count * step}, {step}))"


def _climb(goal: Goal, material: Material, pattern: Pattern) -> Iterator[None]:
    numbers = list(pattern.start)
    grade = _grade(goal, pattern, numbers)
    if grade is None:
        return
    yield
    progress = True
    while progress:
        progress = False
        for place in range(len(numbers)):
            donors = [number for number in material.ints if 0 < number <= MAX_VALUE_ITEMS][:MAX_DONORS]
            for left, right in grade.notes[:4]:
                if type(left) is int and type(right) is int and abs(right - left) < MAX_VALUE_ITEMS:
                    donors += [numbers[place] + right - left, numbers[place] + left - right]
            for donor in donors:
                moved = [*numbers[:place], donor, *numbers[place + 1 :]]
                reached = _grade(goal, pattern, moved)
                yield
                if reached is not None and reached.score < grade.score:
                    numbers, grade, progress = moved, reached, True
            for direction in (1, -1):
                step = direction
                while True:
                    moved = [*numbers[:place], numbers[place] + step, *numbers[place + 1 :]]
                    reached = _grade(goal, pattern, moved)
                    yield
                    if reached is None or not reached.score < grade.score:
                        break
                    numbers, grade, progress = moved, reached, True
                    step *= 2


def _grade(goal: Goal, pattern: Pattern, numbers: list[int]) -> Grade | None:
    value = pattern.build(numbers)
    if value is None:
        return None
    grade = goal.trial.grade(value)
    if grade.score[0] == 0.0 or grade.limited:
        goal.offer(value, pattern.write(numbers))
    return grade
