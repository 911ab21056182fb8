"""Cheap tests of a row's text: what no dataset wants, whatever pipeline made it.

>>> from reasoning.pipelines.base import Row
>>> from verifiers.records import Problem
>>> fault_of(Row(Problem("p", "answer", "What is {n} plus 2?"), "g"), max_characters=1000)
'the prompt has an unfilled placeholder: {n}'
"""

from __future__ import annotations

import re

from reasoning.pipelines.backend.forms import CODE_KINDS
from reasoning.pipelines.base import Row
from verifiers.wording import counted

__all__ = ["fault_of"]

MIN_PROMPT_CHARACTERS = 8
MAX_REPEATED_LINES = 20
"""A line of text that comes more often than this is a loop, not a solution."""
_MIN_LOOP_CHARACTERS = 8

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_PLACEHOLDER = re.compile(
    r"(?<![\\A-Za-z0-9_}^$])\{[a-z][a-z0-9_]*\}|<(?:number|placeholder|blank)[ _]?\d*>", re.IGNORECASE
)


def fault_of(row: Row, max_characters: int) -> str | None:
    """What is wrong with a row, or None.

    Args:
        row: to be looked at.
        max_characters: longest prompt and longest solution.
    """
    problem = row.problem
    prompt = row.asked
    if problem.kind not in CODE_KINDS:
        if len(prompt.strip()) < MIN_PROMPT_CHARACTERS:
            return f"the prompt has fewer than {MIN_PROMPT_CHARACTERS} characters"
        if found := _PLACEHOLDER.search(prompt):
            return f"the prompt has an unfilled placeholder: {found[0]}"
    for name, text in (("prompt", prompt), ("solution", row.completion), ("rejected solution", row.rejected or "")):
        if len(text) > max_characters:
            return f"the {name} has more than {counted(max_characters, 'character')}"
        if _SURROGATE.search(text):
            return f"the {name} is not Unicode text"
        if found := _CONTROL.search(text):
            return f"the {name} has a control character: {found[0]!r}"
    return _loop_in(row.completion)


def _loop_in(text: str) -> str | None:
    if text.count("\n") <= MAX_REPEATED_LINES:
        return None
    counts: dict[str, int] = {}
    for line in text.splitlines():
        if len(line) >= _MIN_LOOP_CHARACTERS:
            counts[line] = counts.get(line, 0) + 1
            if counts[line] > MAX_REPEATED_LINES:
                return f"the solution repeats a line more than {MAX_REPEATED_LINES} times"
    return None
