r"""Other inputs for a puzzle: its defaults, read from the source and replaced by values of the same kinds.

>>> mutated("def sat(x: int, n=7, s='lantern'):\n    return x > n * len(s)", random.Random(1))
{'n': '5', 's': "'tnnnnln'"}
>>> with_inputs("def sat(x: int, n=7):\n    return x > n", {"n": "9"})
'def sat(x: int, n=9):\n    return x > n'

Integers keep their sign and rough size, texts their length and letters, lists their length and the kinds of their
items; booleans, floats and everything else stay as they are.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Mapping
from typing import Any

from verifiers.extraction import is_safe_to_parse

__all__ = ["InputError", "mutated", "with_inputs"]

_SPREAD = 2
"""An integer n becomes one of |n| / 2 ... 2 |n| + 2."""

_REPLACED = 0.3
"""Share of the letters of a text that become others of its letters."""


class InputError(ValueError):
    """The puzzle has no inputs that could be replaced."""


def mutated(sat: str, draw: random.Random) -> dict[str, str]:
    """New values for the inputs of a puzzle, as source text, by name.

    Raises:
        InputError: it has none, or none that can be varied.
    """
    function = _function(sat)
    found: dict[str, str] = {}
    changed = False
    for name, default in _defaults(function):
        try:
            value = ast.literal_eval(default)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            found[name] = ast.unparse(default)
            continue
        other = _other(value, draw)
        changed = changed or other != value
        found[name] = repr(other)
    if not changed:
        raise InputError("no input that could be varied")
    return found


def with_inputs(source: str, inputs: Mapping[str, str]) -> str:
    """The function of `source` with the defaults of the arguments named in `inputs` replaced.

    Raises:
        InputError: it defines no function.
    """
    function = _function(source)
    spans = [(default, inputs[name]) for name, default in _defaults(function) if name in inputs and default.end_lineno]
    lines = source.splitlines(keepends=True)
    for default, text in sorted(spans, key=lambda span: (span[0].lineno, span[0].col_offset), reverse=True):
        first, last = default.lineno - 1, (default.end_lineno or default.lineno) - 1
        head = lines[first].encode()[: default.col_offset].decode()
        tail = lines[last].encode()[default.end_col_offset or 0 :].decode()
        lines[first : last + 1] = [head + text + tail]
    return "".join(lines)


def _function(source: str) -> ast.FunctionDef:
    if not is_safe_to_parse(source):
        raise InputError("the source is too long or too deeply nested to be read")
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InputError("the source does not parse") from None
    functions = [node for node in body if isinstance(node, ast.FunctionDef)]
    if not functions:
        raise InputError("the source defines no function")
    return next((node for node in functions if node.name in ("sat", "sol")), functions[-1])


def _defaults(function: ast.FunctionDef) -> list[tuple[str, ast.expr]]:
    names = [argument.arg for argument in function.args.args]
    defaults = function.args.defaults
    return list(zip(names[len(names) - len(defaults) :], defaults, strict=True))


def _other(value: Any, draw: random.Random) -> Any:
    """A value of the same kind and about the same size."""
    if type(value) is int:
        size = abs(value)
        other = draw.randint(size // _SPREAD, size * _SPREAD + 2)
        return -other if value < 0 else max(other, 1) if value > 0 else other
    if type(value) is str:
        letters = list(value)
        draw.shuffle(letters)
        alphabet = sorted({letter for letter in value if letter.isalpha() and letter.isascii()})
        if len(alphabet) > 1:
            letters = [
                draw.choice(alphabet) if letter in alphabet and draw.random() < _REPLACED else letter
                for letter in letters
            ]
        return "".join(letters)
    if type(value) in (list, tuple):
        items = [_other(item, draw) for item in value]
        return type(value)(items)
    return value
