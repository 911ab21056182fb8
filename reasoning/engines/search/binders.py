"""What a comprehension may run over: loops over inputs, ranges, characters, pairs and rows, with their turns.

>>> from reasoning.engines.search.grammar import INTS
>>> binder = over_list("xs", [5, 7], INTS, {"xs"})
>>> binder.clause("v + 1"), binder.clause("v * i")
('for v in xs', 'for i, v in enumerate(xs)')
>>> [(name, values) for name, _, values in binder.variables]
[('v', (5, 7)), ('i', (0, 1))]
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from reasoning.engines.search.answer_types import AnswerType
from reasoning.engines.search.grammar import INT, STR

__all__ = ["MAX_TURNS", "Binder", "over_grid", "over_list", "over_pairs", "over_range", "over_rows", "over_string"]

MAX_TURNS: Final = 4_000
"""Longest loop (turns) that a comprehension is built over."""

Variable = tuple[str, AnswerType, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Binder:
    """A loop."""

    variables: tuple[Variable, ...]
    """Their values at every turn."""
    full: str
    """The clause that binds all variables."""
    plain: str
    """The clause that binds the first variable only."""
    source: str
    """The expression that is looped over, or '' when there is no single one."""
    turns: int
    """How often its body runs."""

    def clause(self, *texts: str) -> str:
        """The shortest clause that binds what the texts use."""
        rest = [name for name, _, _ in self.variables[1:]]
        used = any(re.search(rf"\b{name}\b", text) for name in rest for text in texts)
        return self.full if used or not self.plain else self.plain


def _names(count: int, taken: Iterable[str]) -> list[str]:
    free = [name for name in ("v", "i", "w", "j", "k", "u", "t", "z", "y", "x") if name not in set(taken)]
    free += [f"v{number}" for number in range(100) if f"v{number}" not in set(taken)]
    return free[:count]


def over_list(text: str, items: list[Any], kind: AnswerType, taken: Iterable[str]) -> Binder:
    """Over the elements of a list, with their positions."""
    value, index = _names(2, taken)
    return Binder(
        ((value, kind.element, tuple(items)), (index, INT, tuple(range(len(items))))),
        f"for {index}, {value} in enumerate({text})",
        f"for {value} in {text}",
        text,
        len(items),
    )


def over_string(text: str, string: str, taken: Iterable[str]) -> Binder:
    """Over the characters of a string, with their positions."""
    value, index = _names(2, taken)
    return Binder(
        ((value, STR, tuple(string)), (index, INT, tuple(range(len(string))))),
        f"for {index}, {value} in enumerate({text})",
        f"for {value} in {text}",
        text,
        len(string),
    )


def over_range(text: str, count: int, taken: Iterable[str]) -> Binder:
    """Over range(n)."""
    _, index = _names(2, taken)
    clause = f"for {index} in range({text})"
    return Binder(((index, INT, tuple(range(count))),), clause, clause, f"range({text})", count)


def over_pairs(
    first: tuple[str, list[Any], AnswerType], second: tuple[str, list[Any], AnswerType], taken: Iterable[str]
) -> Binder:
    """Over two lists side by side."""
    a, _, b = _names(3, taken)
    turns = min(len(first[1]), len(second[1]))
    return Binder(
        ((a, first[2].element, tuple(first[1][:turns])), (b, second[2].element, tuple(second[1][:turns]))),
        f"for {a}, {b} in zip({first[0]}, {second[0]})",
        "",
        "",
        turns,
    )


def over_grid(first: tuple[str, int], second: tuple[str, int], taken: Iterable[str]) -> Binder:
    """Over all pairs of two ranges."""
    _, i, _, j = _names(4, taken)
    pairs = [(a, b) for a in range(first[1]) for b in range(second[1])]
    return Binder(
        ((i, INT, tuple(a for a, _ in pairs)), (j, INT, tuple(b for _, b in pairs))),
        f"for {i} in range({first[0]}) for {j} in range({second[0]})",
        "",
        "",
        len(pairs),
    )


def over_rows(text: str, rows: list[list[Any]], kind: AnswerType, taken: Iterable[str]) -> Binder:
    """Over the elements of a list of lists, with both positions."""
    value, i, row, j = _names(4, taken)
    cells = [(a, b, cell) for a, line in enumerate(rows) for b, cell in enumerate(line)]
    return Binder(
        (
            (value, kind.element.element, tuple(cell for _, _, cell in cells)),
            (i, INT, tuple(a for a, _, _ in cells)),
            (j, INT, tuple(b for _, b, _ in cells)),
        ),
        f"for {i}, {row} in enumerate({text}) for {j}, {value} in enumerate({row})",
        "",
        "",
        len(cells),
    )
