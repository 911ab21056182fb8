r"""SMT-LIB 2 text from outside: read, held against an allow list, and written anew.

>>> read_script("(declare-const x Int) (assert (not (>= (* x x) 0))) (check-sat)")
'(declare-const x Int)\n(assert (not (>= (* x x) 0)))\n'

Options, output channels, `get-info` and everything else that could reach files stay out of the solver.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["ScriptError", "read_script"]

MAX_CHARACTERS: Final = 200_000
MAX_NESTING: Final = 500
_TOKEN: Final = re.compile(r'\s+|;[^\n]*|[()]|"(?:[^"]|"")*"|\|[^|\\]*\||:?[\w~!@$%^&*+=<>.?/-]+', re.ASCII)
_ALLOWED: Final = frozenset(
    ("set-logic", "declare-const", "declare-fun", "define-fun", "define-fun-rec", "declare-sort", "define-sort",
     "assert")
)  # fmt: skip
_DROPPED: Final = frozenset(("check-sat", "exit", "get-model"))


class ScriptError(ValueError):
    """The text is refused; the message says why."""


def read_script(text: str) -> str:
    """The allowed commands of a script, one a line.

    Raises:
        ScriptError: a command is not allowed, or the text cannot be read.
    """
    if len(text) > MAX_CHARACTERS:
        raise ScriptError(f"longer than {MAX_CHARACTERS} characters")
    lines: list[str] = []
    command: list[str] = []
    depth = 0
    asserted = False
    for token in _tokens(text):
        if not depth and token != "(":
            raise ScriptError(f"'{token[:40]}' outside a command")
        if token.startswith(":") or token == "!":
            raise ScriptError(f"'{token[:40]}': attributes and options are not allowed")
        command.append(token)
        depth += (token == "(") - (token == ")")
        if depth > MAX_NESTING:
            raise ScriptError("nested too deeply")
        if depth:
            continue
        word = command[1]
        if word in _ALLOWED:
            lines.append(" ".join(command).replace("( ", "(").replace(" )", ")"))
            asserted = asserted or word == "assert"
        elif word not in _DROPPED:
            raise ScriptError(f"the command '{word[:40]}' is not allowed")
        command = []
    if depth:
        raise ScriptError("a parenthesis is not closed")
    if not asserted:
        raise ScriptError("asserts nothing")
    return "\n".join(lines) + "\n"


def _tokens(text: str) -> list[str]:
    found = []
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise ScriptError(f"cannot be read: '{text[position : position + 20]}'")
        position = token.end()
        if not token.group().isspace() and not token.group().startswith(";"):
            found.append(token.group())
    return found
