r"""What a puzzle offers to build answers from: its constants, the parts of its inputs, and likely lengths.

>>> from reasoning.engines.search.puzzle import read_puzzle
>>> material = Material(read_puzzle("def sat(x: List[int], a=[3, 9], n=2):\n    return sum(x) == n + 5", None))
>>> material.ints[:6], material.lengths
([3, 9, 2, 5, 0, 1], [2, 0, 1, 3, 4, 5, 6, 9, 10])
"""

from __future__ import annotations

import math
import string
from collections.abc import Iterable
from typing import Any, Final

from reasoning.engines.search.answer_types import AnswerType, freeze, type_of
from reasoning.engines.search.puzzle import Puzzle

__all__ = ["Material"]

MAX_LENGTH: Final = 3_000
"""Longest list or string that value search builds because a constant suggests it."""

MAX_LIFTED_ITEMS: Final = 5_000
"""Longest lifted list or string that is used as a building block."""

MAX_FACTORED: Final = 10_000_000
"""Largest constant whose divisors are building blocks."""

MAX_DIVISORS: Final = 24

MAX_STRINGS: Final = 400
"""Pieces of strings kept as building blocks."""


class Material:
    """Building blocks for values, by type, each list without repetitions and in a fixed order."""

    def __init__(self, puzzle: Puzzle, lifted: Iterable[Any] = ()) -> None:
        """Collect from the puzzle and from the values of its lifted expressions (lift.py)."""
        self._by_type: dict[AnswerType, dict[Any, Any]] = {}
        for name in puzzle.inputs:
            self._take_apart(puzzle.inputs[name])
        for constant in puzzle.constants:
            self._add(constant)
        for value in lifted:
            sized = isinstance(value, str | list)
            if 0 < len(value) <= MAX_LIFTED_ITEMS if sized else abs(value) < 1 << 64:
                self._add(value)
        self.ints: list[int] = self._finish_ints(puzzle)
        self.strings: list[str] = self._finish_strings(puzzle)
        self.floats: list[float] = self._finish_floats()
        self.divisors: list[int] = self._finish_divisors()
        self.characters: list[str] = list(dict.fromkeys("".join(s for s in self.strings if len(s) <= 2_000)))
        self.lengths: list[int] = self._finish_lengths(puzzle)

    def _add(self, value: Any) -> None:
        kind = type_of(value)
        if kind is not None:
            self._by_type.setdefault(kind, {}).setdefault(freeze(value), value)

    def _take_apart(self, value: Any) -> None:
        self._add(value)
        if isinstance(value, dict):
            for part in (list(value), list(value.values())):
                self._take_apart(part)
        elif isinstance(value, list | tuple | set):
            for item in value:
                self._take_apart(item)

    def of(self, kind: AnswerType) -> list[Any]:
        """Known values of a type; never empty."""
        if kind.depth == 0:
            if kind.base == "int":
                return list(self.ints)
            if kind.base == "str":
                return list(self.strings)
            if kind.base == "float":
                return list(self.floats)
            return [False, True]
        found = list(self._by_type.get(kind, {}).values())
        return found or [[]]

    def _finish_ints(self, puzzle: Puzzle) -> list[int]:
        found = dict.fromkeys(self._by_type.get(AnswerType("int", 0), {}).values())
        for constant in puzzle.constants:
            if type(constant) is int:
                found.setdefault(constant)
        for extra in (0, 1, -1, 2):
            found.setdefault(extra)
        for value in puzzle.inputs.values():
            if isinstance(value, str | list | dict):
                found.setdefault(len(value))
        return list(found)

    def _finish_divisors(self) -> list[int]:
        """Divisors of the larger constants, small ones first, with -1: factors that products are made of."""
        found = {1, -1}
        for number in self.ints:
            if 1 < number < MAX_FACTORED:
                low = [d for d in range(2, min(math.isqrt(number), 5_000) + 1) if number % d == 0][:20]
                found.update(low)
                found.update(number // d for d in low)
        return sorted(found, key=lambda number: (abs(number), -number))[:MAX_DIVISORS]

    def _finish_strings(self, puzzle: Puzzle) -> list[str]:
        known = list(self._by_type.get(AnswerType("str", 0), {}).values())
        found = dict.fromkeys(known)
        for text in known:
            for word in text.split()[:60]:
                found.setdefault(word)
        for text in known:
            for character in dict.fromkeys(text[:2_000]):
                found.setdefault(character)
        found.setdefault("")
        if not known:
            for character in "ab01 " + string.ascii_lowercase:
                found.setdefault(character)
        return list(found)[:MAX_STRINGS]

    def _finish_floats(self) -> list[float]:
        found = dict.fromkeys(self._by_type.get(AnswerType("float", 0), {}).values())
        for number in self.ints:
            if abs(number) < 1 << 60:
                found.setdefault(float(number))
        found.setdefault(0.5)
        return list(found)

    def _finish_lengths(self, puzzle: Puzzle) -> list[int]:
        found: dict[int, None] = {}
        for value in puzzle.inputs.values():
            if isinstance(value, int) and 0 <= value <= MAX_LENGTH:
                found.setdefault(int(value))
            elif isinstance(value, str | list | dict):
                found.setdefault(len(value))
        small = [n for n in self.ints if 0 <= n <= MAX_LENGTH]
        for number in sorted({*small, 0, 1, 2, 3, *(n + 1 for n in small[:8])}):
            found.setdefault(number)
        return list(found)[:40]
