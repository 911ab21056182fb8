"""Answer types of puzzles and the values that belong to them.

>>> answer = parse_answer_type("List[List[int]]")
>>> answer.base, answer.depth
('int', 2)
>>> answer.accepts([[1, 2], []]), answer.accepts([[True]])
(True, False)
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["AnswerType", "freeze", "fresh_copy", "key_of", "parse_answer_type", "type_of"]

BASES: Final[dict[str, type]] = {"bool": bool, "int": int, "float": float, "str": str}
MAX_DEPTH: Final = 6
"""Deepest list nesting that an answer type may have."""


@dataclass(frozen=True, slots=True)
class AnswerType:
    """A base type under `depth` levels of list; `int` has depth 0."""

    base: str
    depth: int

    def __str__(self) -> str:
        return "List[" * self.depth + self.base + "]" * self.depth

    @property
    def element(self) -> AnswerType:
        """The type of the elements; only meaningful when depth is at least 1."""
        return AnswerType(self.base, self.depth - 1)

    @property
    def listed(self) -> AnswerType:
        """The type of lists of this type."""
        return AnswerType(self.base, self.depth + 1)

    def accepts(self, value: object) -> bool:
        """Whether value has exactly this type: real lists, and leaves whose type is the base itself."""
        if self.depth == 0:
            return type(value) is BASES[self.base]
        if type(value) is not list:
            return False
        element = self.element
        return all(element.accepts(item) for item in value)


def parse_answer_type(text: str) -> AnswerType:
    """Read an annotation such as `List[int]` or `list[list[str]]`.

    Raises ValueError for anything but bool, int, float, str and lists of them.
    """
    depth = 0
    try:
        node: ast.expr = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"answer type {text!r} is not an annotation") from error
    while isinstance(node, ast.Subscript):
        name = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        if name not in ("List", "list"):
            break
        node, depth = node.slice, depth + 1
    if not isinstance(node, ast.Name) or node.id not in BASES or depth > MAX_DEPTH:
        raise ValueError(f"answer type {text!r}: expected bool, int, float, str or List[...] of one of them")
    return AnswerType(node.id, depth)


def type_of(value: object) -> AnswerType | None:
    """The answer type of a value, or None (mixed lists, sets, dictionaries, other objects).

    An empty list has the type of a list of integers.
    """
    if isinstance(value, list):
        if not value:
            return AnswerType("int", 1)
        first = type_of(next((item for item in value if item != []), value[0]))
        if first is None or first.depth >= MAX_DEPTH:
            return None
        listed = first.listed
        return listed if listed.accepts(value) else None
    name = type(value).__name__
    return AnswerType(name, 0) if BASES.get(name) is type(value) else None


def fresh_copy(value: Any) -> Any:
    """A copy of plain data that shares no list, dictionary or set with the original."""
    if isinstance(value, list):
        return [fresh_copy(item) for item in value]
    if isinstance(value, dict):
        return {key: fresh_copy(item) for key, item in value.items()}
    if isinstance(value, set):
        return set(value)
    if isinstance(value, tuple):
        return tuple(fresh_copy(item) for item in value)
    return value


def key_of(value: Any, kind: AnswerType) -> Any:
    """A hashable stand-in for a value of a known type; faster than freeze."""
    if kind.depth == 0:
        return value
    if kind.depth == 1:
        return tuple(value)
    element = kind.element
    return tuple(key_of(item, element) for item in value)


def freeze(value: Any) -> Any:
    """A hashable stand-in that is equal exactly for values of equal type and content."""
    if isinstance(value, list | tuple):
        return (type(value).__name__, *map(freeze, value))
    if isinstance(value, set | frozenset):
        return ("set", frozenset(map(freeze, value)))
    if isinstance(value, dict):
        return ("dict", *((freeze(key), freeze(item)) for key, item in value.items()))
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return ("float", repr(value))
    return (type(value).__name__, value)
