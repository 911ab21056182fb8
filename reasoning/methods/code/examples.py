r"""Examples that stand in a problem's statement, as assert statements.

>>> visible_tests("Adds.\n>>> add(1, 2)\n3\nadd(2, 2) == 4, and add([1], []) ➞ [1].\nassert add(0, 0) == 0\n", "add")
['assert add(1, 2) == 3', 'assert add(2, 2) == 4', 'assert add([1], []) == [1]', 'assert add(0, 0) == 0']

Read are assert lines, doctest examples, and calls of the function followed by a sign (or `returns`) and a constant.
The statement is all that is looked at: the tests that decide are not among the arguments.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from verifiers.extraction import is_safe_to_parse

__all__ = ["visible_tests"]

MAX_EXAMPLES = 20
"""Most examples that are taken from one statement."""
MAX_STATEMENT_CHARACTERS = 20_000
_MAX_CALL_CHARACTERS = 2_000
_SIGN = re.compile(r"\s*(?:==>|==|=>|->|=|➞|→|⇒|➜|should return|returns?|gives)\s*")

_BEHIND = re.compile(r"\s*(?:$|[,.;#)])|\s+[A-Za-z]")
"""What may stand behind a value: an operator would make it a part of something else."""


def visible_tests(statement: str, entry_point: str) -> list[str]:
    """Assert statements about `entry_point` for the examples in a statement, without repetitions, in order."""
    text = statement[:MAX_STATEMENT_CHARACTERS]
    found = dict.fromkeys(_examples(text, entry_point))
    return list(found)[:MAX_EXAMPLES]


def _examples(text: str, entry_point: str) -> Iterator[str]:
    lines = text.splitlines()
    for number, line in enumerate(lines):
        stripped = line.strip()
        if stripped.startswith("assert "):
            test = _statement(stripped)
            if test is not None and f"{entry_point}(" in test:
                yield test
        elif stripped.startswith(">>> "):
            following = lines[number + 1].strip() if number + 1 < len(lines) else ""
            call = _call(stripped[4:], 0, entry_point)
            if call is not None and call == _without_comment(stripped[4:]) and _constant(following) is not None:
                yield f"assert {call} == {_constant(following)}"
            else:
                yield from _signed(stripped, entry_point)
        else:
            yield from _signed(stripped, entry_point)


def _signed(line: str, entry_point: str) -> Iterator[str]:
    """Examples of the form `f(1) == 2` within a line."""
    for start in re.finditer(rf"(?<![\w.]){re.escape(entry_point)}\s*\(", line):
        call = _call(line, start.start(), entry_point)
        if call is None:
            continue
        sign = _SIGN.match(line, start.start() + len(call))
        value = None if sign is None else _longest_constant(line[sign.end() :])
        if value is not None:
            yield f"assert {call} == {value}"


def _call(text: str, start: int, entry_point: str) -> str | None:
    """The call of the function that begins at `start`; None where none of its endings compiles."""
    if not text.startswith(entry_point, start):
        return None
    for end in re.finditer(r"\)", text[start : start + _MAX_CALL_CHARACTERS]):
        call = text[start : start + end.end()]
        tree = _parsed(call)
        if isinstance(tree, ast.Call):
            return call
    return None


def _longest_constant(text: str) -> str | None:
    """The longest beginning of `text` that is a constant."""
    ends = [match.end() for match in re.finditer(r"[^\s,;.]+(?=[\s,;.]|$)|[^\s]+", text[:_MAX_CALL_CHARACTERS])]
    ends += [match.end() for match in re.finditer(r"[\])}'\"]", text[:_MAX_CALL_CHARACTERS])]
    for end in sorted(set(ends), reverse=True)[:40]:
        value = _constant(text[:end].rstrip(",;."))
        if value is not None and _BEHIND.match(text, len(text[:end].rstrip(",;."))):
            return value
    return None


def _constant(text: str) -> str | None:
    text = _without_comment(text)
    if not text or len(text) > _MAX_CALL_CHARACTERS or not is_safe_to_parse(text):
        return None
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None
    return text


def _without_comment(text: str) -> str:
    head = re.sub(r"\s+#[^'\"]*$", "", text)
    return head.strip()


def _parsed(text: str) -> ast.expr | None:
    if not is_safe_to_parse(text):
        return None
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _statement(text: str) -> str | None:
    if len(text) > _MAX_CALL_CHARACTERS or not is_safe_to_parse(text):
        return None
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return text if len(body) == 1 and isinstance(body[0], ast.Assert) else None
