"""One climber on values: the moves by which it comes nearer to what a puzzle asks.

    climber = Climber(goal, material, seed=1)
    climber.start([0, 0])
    for _ in climber.systematic(): ...      # climber.value is better, or no move makes it so

A number moves by steps that double while the distance shrinks (the alternating variable method, Korel 1990). Lists and
strings are changed by inserting, deleting, replacing and moving elements; operands of comparisons that failed are the
first candidates for new elements (as in input-to-state fuzzing, Aschermann et al. 2019).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, Final

from reasoning.engines.search.answer_types import AnswerType, freeze, fresh_copy
from reasoning.engines.search.goal import Goal
from reasoning.engines.search.material import Material
from reasoning.engines.search.mutations import mutate, splice, swap
from reasoning.engines.search.simplex import downhill
from reasoning.engines.search.tracing import solve
from reasoning.engines.search.trial import Grade

__all__ = ["MAX_POSITIONS", "Climber"]

MAX_POSITIONS: Final = 60
"""Positions of a list or string that one systematic pass looks at."""

MAX_WORDS: Final = 30
"""Words of a text that are exchanged in a systematic pass."""

MULTIPLIERS: Final = (2, 3, 5, 7, 10)
"""Factors by which a number is tried to grow."""

MAX_SIMPLEX: Final = 12
"""Floats that the simplex method moves together."""

SIMPLEX_TRIALS: Final = 500

MAX_SOLUTIONS: Final = 12
"""Times that the equations are solved again at the new value before other moves get their turn."""

MAX_DONORS: Final = 60
"""Replacement elements that a systematic pass tries at each position."""


class Climber:
    """The current value with its grade, and the moves it knows.

    Args:
        goal: grades values.
        material: what the puzzle gives to try.
        seed: of the random changes.
    """

    def __init__(self, goal: Goal, material: Material, seed: int) -> None:
        self.goal = goal
        self.material = material
        self.random = random.Random(seed)
        self.value: Any = None
        self.grade: Grade

    def start(self, value: Any) -> None:
        """Begin at a value."""
        self.value = value
        self.grade = self.goal.grade(value)

    def attempt(self, value: Any, sideways: bool = False) -> bool:
        """Move to the value if it is better (or, sideways, as good); whether it was strictly better."""
        if value == self.value:
            return False
        grade = self.goal.grade(value)
        better = grade.score < self.grade.score
        if better or (sideways and grade.score == self.grade.score):
            self.value, self.grade = value, grade
        return better

    def systematic(self) -> Iterator[bool]:
        """Pass over the value until a whole pass brings nothing; yields after each trial."""
        progress = True
        while progress:
            progress = False
            for better in self._pass():
                progress = progress or better
                yield better

    def quick(self) -> Iterator[bool]:
        """The moves that can finish a puzzle in one step, repeated while they help."""
        progress = True
        while progress:
            progress = False
            for moves in (self._solved, self._gathered, self._resize):
                if moves == self._solved and self.goal.type.base not in ("int", "float"):
                    continue
                if moves != self._solved and self.goal.type.depth == 0 and self.goal.type.base != "str":
                    continue
                for better in moves():
                    progress = progress or better
                    yield better

    def _pass(self) -> Iterator[bool]:
        kind = self.goal.type
        if kind.base in ("int", "float"):
            yield from self._solved()
        if kind.depth == 0 and kind.base in ("int", "float"):
            yield from self._number(())
            return
        if kind.depth == 0 and kind.base == "bool":
            yield self.attempt(not self.value)
            return
        yield from self._notes()
        yield from self._gathered()
        if kind.depth == 0 and " " in self.value:
            yield from self._words()
        if kind.base == "float":
            yield from self._simplex()
        yield from self._resize()
        yield from self._leaves()

    def _solved(self) -> Iterator[bool]:
        """Solve the linear equations that the puzzle asks of the numbers in the value."""
        for _ in range(MAX_SOLUTIONS):
            numbers = _leaves(self.value)
            if not numbers:
                return
            equations = self.goal.trial.equations(self.value)
            self.goal.charge(len(equations) + 1)
            solution = solve(equations, numbers, self.goal.type.base == "int") if equations else None
            if solution is None:
                return
            better = self.attempt(_with_leaves(self.value, iter(solution)))
            yield better
            if not better:
                return

    def _notes(self) -> Iterator[bool]:
        """Use the operands of failed comparisons: as the whole value, as new elements, in place of others."""
        for left, right in list(self.grade.notes[:40]):
            for item in (right, left):
                if isinstance(item, tuple | range | set):
                    item = list(item) if not isinstance(item, set) else sorted(item, key=repr)
                if self.goal.type.accepts(item):
                    yield self.attempt(fresh_copy(item))
        for index, (left, right) in enumerate(list(self.grade.notes[:80])):
            for item, other in ((right, left), (left, right)):
                if not _fits(item, self.goal.type):
                    continue
                size = len(self.value)
                if other is None:
                    yield self.attempt(splice(self.value, size, size, [item]))
                    continue
                if size < 400 and index < size:
                    yield self.attempt(splice(self.value, index, index + 1, [item]))
                try:
                    place = self.value.index(other)
                except (ValueError, TypeError):
                    continue
                yield self.attempt(splice(self.value, place, place + 1, [item]))

    def _gathered(self) -> Iterator[bool]:
        """Take all operands of failed comparisons together: as the whole value, or at its end."""
        for side in (1, 0):
            items = [pair[side] for pair in self.grade.notes if _fits(pair[side], self.goal.type)]
            if len(items) < 2:
                continue
            once = list({freeze(item): item for item in items}.values())
            for chosen in (items, once):
                whole = "".join(chosen) if isinstance(self.value, str) else fresh_copy(chosen)
                yield self.attempt(whole)
                yield self.attempt(self.value + whole)

    def _words(self) -> Iterator[bool]:
        """Exchange and delete the words of a text."""
        for first in range(MAX_WORDS):
            for second in range(first + 1, MAX_WORDS):
                words = self.value.split(" ")
                if second >= len(words):
                    break
                yield self.attempt(" ".join(swap(words, first, second)))
            words = self.value.split(" ")
            if first >= len(words):
                return
            yield self.attempt(" ".join(words[:first] + words[first + 1 :]))

    def _resize(self) -> Iterator[bool]:
        """Cut or lengthen the value to the lengths that the puzzle mentions."""
        wanted = dict.fromkeys(self.grade.lengths)
        for left, right in self.grade.notes[:20]:
            for number in (left, right):
                if type(number) is int and 0 <= number <= 3_000:
                    wanted.setdefault(number)
        for length in wanted:
            size = len(self.value)
            if length < size:
                yield self.attempt(self.value[:length])
                yield self.attempt(self.value[size - length :])
            elif length > size:
                donors = [self.value[-1]] if size else []
                donors += self._donors(2)
                for donor in donors[:3]:
                    extra = [fresh_copy(donor) for _ in range(length - size)]
                    yield self.attempt(splice(self.value, size, size, extra))

    def _leaves(self) -> Iterator[bool]:
        value = self.value
        positions = list(range(len(value)))
        if len(positions) > MAX_POSITIONS:
            positions = sorted(self.random.sample(positions, MAX_POSITIONS))
        element = self.goal.type.element if self.goal.type.depth else None
        for index in positions:
            if index >= len(self.value):
                break
            if element is None:
                yield from self._character(index)
            elif element.depth == 0 and element.base in ("int", "float"):
                yield from self._number((index,))
            elif element.depth == 1 and element.base in ("int", "float"):
                for inner in range(min(len(self.value[index]), 8)):
                    yield from self._number((index, inner))
        for index in positions:
            if index >= len(self.value):
                break
            for donor in self._donors(MAX_DONORS):
                yield self.attempt(splice(self.value, index, index + 1, [donor]))
        for index in [*positions, len(positions)]:
            for donor in self._donors(12):
                yield self.attempt(splice(self.value, index, index, [donor]))
            yield self.attempt(splice(self.value, index, index + 1, []))
        if len(positions) <= 30:
            for first in positions:
                for second in range(first + 1, len(self.value)):
                    yield self.attempt(swap(self.value, first, second))

    def _get(self, path: tuple[int, ...]) -> Any:
        value = self.value
        for index in path:
            value = value[index]
        return value

    def _with(self, path: tuple[int, ...], item: Any) -> Any:
        if not path:
            return item
        if len(path) == 1:
            return splice(self.value, path[0], path[0] + 1, [item])
        inner = list(self.value[path[0]])
        inner[path[1]] = item
        return splice(self.value, path[0], path[0] + 1, [inner])

    def _number(self, path: tuple[int, ...]) -> Iterator[bool]:
        """Move one number by growing steps, and by the step that a failed comparison suggests."""
        floating = self.goal.type.base == "float"
        steps: list[Any] = [1.0, 0.1, 1e-3, 1e-6] if floating else [1]
        for step in steps:
            for direction in (1, -1):
                delta = step * direction
                while True:
                    better = self.attempt(self._with(path, self._get(path) + delta))
                    yield better
                    if not better:
                        break
                    delta *= 2
                    if not floating and abs(delta).bit_length() > 4_000:
                        break
        yield from self._secant(path, floating)
        number = self._get(path)
        for other in (-number, number / 2 if floating else number // 2, *(number * k for k in MULTIPLIERS)):
            yield self.attempt(self._with(path, other))

    def _character(self, index: int) -> Iterator[bool]:
        """Move one character of a string by growing steps of its code."""
        for direction in (1, -1):
            step = direction
            while index < len(self.value) and 0 <= ord(self.value[index]) + step < 0x3000:
                changed = chr(ord(self.value[index]) + step)
                better = self.attempt(splice(self.value, index, index + 1, [changed]))
                yield better
                if not better:
                    break
                step *= 2

    def _simplex(self) -> Iterator[bool]:
        """Move several floats together by the downhill simplex method."""
        numbers = [float(number) for number in _leaves(self.value)]
        if not 2 <= len(numbers) <= MAX_SIMPLEX:
            return
        for scale in (1.0, 0.1):
            steps = downhill([float(number) for number in _leaves(self.value)], scale, SIMPLEX_TRIALS)
            try:
                point = next(steps)
                while True:
                    value = _with_leaves(self.value, iter(point))
                    grade = self.goal.grade(value)
                    better = grade.score < self.grade.score
                    if better:
                        self.value, self.grade = value, grade
                    yield better
                    point = steps.send(grade.score)
            except StopIteration:
                continue

    def _secant(self, path: tuple[int, ...], floating: bool) -> Iterator[bool]:
        """Solve `left == right` for one number as if both sides were linear in it."""
        for _ in range(30):
            number = self._get(path)
            step = 1e-4 if floating else 1
            here = _numeric(self.grade.notes)
            there = _numeric(self.goal.grade(self._with(path, number + step)).notes)
            moved = False
            for (a, b), (c, d) in list(zip(here, there, strict=False))[:4]:
                slope = (c - d) - (a - b)
                if not slope:
                    continue
                try:
                    target = number - (a - b) * step / slope if floating else number - int((a - b) // slope)
                except (OverflowError, ValueError, ZeroDivisionError):
                    continue
                for offset in (0,) if floating else (0, 1, -1):
                    moved = self.attempt(self._with(path, target + offset)) or moved
                    yield moved
                if moved:
                    break
            if not moved:
                return

    def _donors(self, limit: int) -> list[Any]:
        """Elements to try in the value, those of failed comparisons first."""
        kind = self.goal.type
        if kind.depth == 0 and kind.base != "str":
            return self.material.of(kind)[:limit]
        found: dict[Any, Any] = {}
        for pair in self.grade.notes[:60]:
            for item in pair:
                if _fits(item, kind):
                    found.setdefault(freeze(item), item)
                elif isinstance(item, list | set | tuple | str) and len(item) <= 100:
                    for part in item if not isinstance(item, set) else sorted(item, key=repr):
                        if _fits(part, kind):
                            found.setdefault(freeze(part), part)
            if len(found) >= limit:
                break
        pool: list[Any] = self.material.characters if kind.depth == 0 else self.material.of(kind.element)
        if kind.depth == 1 and kind.base == "int":
            pool = [*pool[:limit], *self.material.divisors]
        for item in pool[: limit + 20]:
            found.setdefault(freeze(item), item)
        if kind.depth == 1 and kind.base == "int":
            for number in range(10):
                found.setdefault(freeze(number), number)
        if kind.depth == 0:
            for character in "ab01 ":
                found.setdefault(character, character)
        return list(found.values())[:limit]

    def shake(self) -> Any:
        """A random change of the current value."""
        return mutate(self.value, self.goal.type, self.random, self._donors(40), self.material)


def _leaves(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value]


def _with_leaves(value: Any, leaves: Iterator[Any]) -> Any:
    if isinstance(value, list):
        return [_with_leaves(item, leaves) for item in value]
    return next(leaves)


def _fits(item: Any, kind: AnswerType) -> bool:
    if kind.depth == 0:
        return isinstance(item, str) and 0 < len(item) <= 200
    return kind.element.accepts(item)


def _numeric(notes: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    return [
        (a, b) for a, b in notes[:12] if isinstance(a, int | float) and isinstance(b, int | float) and a == a and b == b
    ]
