r"""What every strategy works towards: offers values and expressions, counts work, and knows when to stop.

>>> from reasoning.engines.search.puzzle import read_puzzle
>>> goal = Goal(read_puzzle("def sat(x: int, a=3):\n    return x - a == 4", None))
>>> goal.prepare()
>>> goal.offer(5)
>>> try:
...     goal.offer(7, "a + 4")
... except FoundError as found:
...     found.expression
'a + 4'
"""

from __future__ import annotations

import ast
import math
import typing
from typing import Any, Final, Protocol

from reasoning.engines.search.answer_types import AnswerType, fresh_copy, key_of
from reasoning.engines.search.limits import MAX_LITERAL_CHARACTERS
from reasoning.engines.search.puzzle import Puzzle
from reasoning.engines.search.trial import MAX_TICKS, Grade, Trial, reraise_deadline

__all__ = ["FoundError", "Goal", "HasText", "literal"]

MAX_REMEMBERED: Final = 400_000
"""Values already tried that are remembered (by hash key) so that they are not tried twice."""

MAX_KEY_ITEMS: Final = 100
"""Longer lists are remembered by the hash of their key only."""

MAX_POSTPONED: Final = 400
"""Values whose trial ran out of ticks that are kept for a later trial with more."""


class HasText(Protocol):
    """Something that can write itself as an expression when that is needed."""

    @property
    def text(self) -> str:
        """The expression's source."""


class FoundError(Exception):
    """An expression whose value satisfies the puzzle was found and checked."""

    def __init__(self, expression: str) -> None:
        super().__init__(expression)
        self.expression = expression


class Goal:
    """One puzzle with the state that all strategies share."""

    def __init__(self, puzzle: Puzzle) -> None:
        self.puzzle = puzzle
        self.type: AnswerType = puzzle.answer_type
        self.trial = Trial(puzzle)
        self.active: str | None = None
        """The strategy whose turn it is."""
        self.postponed: list[tuple[Any, str | HasText | None]] = []
        self._charged = 0
        self._tried: set[Any] = set()

    def prepare(self) -> None:
        """Define the puzzle's functions; its module-level code runs here."""
        self.trial.prepare()

    @property
    def work(self) -> int:
        """Deterministic units of work done so far, by trials and by what strategies charged."""
        return self._charged + self.trial.work

    def charge(self, units: int) -> None:
        """Count work done outside trials."""
        self._charged += units

    def offer(self, value: Any, expression: str | HasText | None = None) -> None:
        """Try a value of the answer's type once; raises FoundError when it satisfies the puzzle."""
        self._charged += 1
        key = key_of(value, self.type)
        if self.type.depth and len(value) > MAX_KEY_ITEMS:
            key = hash(key)
        if key in self._tried:
            return
        if len(self._tried) < MAX_REMEMBERED:
            self._tried.add(key)
        if self.trial.accepts(value):
            self._confirm(value, expression)
        elif self.trial.limited and len(self.postponed) < MAX_POSTPONED:
            self.postponed.append((value, expression))

    def grade(self, value: Any) -> Grade:
        """Measure how far a value is; raises FoundError when it satisfies the puzzle."""
        grade = self.trial.grade(value)
        if grade.score[0] == 0.0 or grade.limited:
            self.offer(value)
        return grade

    def retry_postponed(self) -> None:
        """Give the trials that ran out of ticks eight times as many."""
        again, self.postponed = self.postponed, []
        self.trial.ticks = min(self.trial.ticks * 8, MAX_TICKS)
        for value, expression in again:
            if self.trial.accepts(value):
                self._confirm(value, expression)

    def _confirm(self, value: Any, expression: str | HasText | None) -> None:
        text = expression if isinstance(expression, str | None) else expression.text
        for candidate in (text, literal(value)):
            if candidate is not None and self._holds(candidate):
                raise FoundError(ast.unparse(ast.parse(candidate, mode="eval")))

    def _holds(self, expression: str) -> bool:
        """Evaluate the expression on fresh inputs and ask a freshly compiled, unchanged puzzle."""
        puzzle = self.puzzle
        typed = {name: getattr(typing, name) for name in ("List", "Set", "Dict", "Tuple")}
        try:
            value = eval(expression, dict(fresh_copy(puzzle.inputs)))  # noqa: S307 - built by the search itself
            scope: dict[str, Any] = dict(typed)
            exec(compile(puzzle.source, "<puzzle>", "exec"), scope)  # noqa: S102 - the caller isolates this
            return puzzle.answer_type.accepts(value) and scope["sat"](value) is True
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever a puzzle raises is a rejection
            reraise_deadline(error)
            return False


def literal(value: Any) -> str | None:
    """The value as a Python literal, or None when it would be too long; finite floats only."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"float('{value}')"
    if isinstance(value, list) and len(value) > MAX_LITERAL_CHARACTERS // 2:
        return None
    text = repr(value)
    return text if len(text) <= MAX_LITERAL_CHARACTERS else None
