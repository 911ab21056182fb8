r"""Arithmetic equations in the text of a solution, read by a small parser of its own.

>>> [(show(left), right) for left, right in equations_in("She sold 48/2 = 24 clips, so 48 + 24 = $72.")]
[('48 / 2', Fraction(24, 1)), ('48 + 24', Fraction(72, 1))]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["Operand", "Operation", "Tree", "apply", "equations_in", "show", "value"]

MAX_TOKENS = 60
"""Longest left side of an equation that is read."""

_TOKEN = re.compile(
    r"\s*(?:\$|€|£)?\s*(?:(?P<number>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)\s*(?P<percent>%)?|(?P<sign>[-+*/()x×÷·−]))"
)
_EQUATION = re.compile(
    r"([^=\n;]*)(?<![<>!])=\s*-?\s*[$€£]?\s*((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)(?![\d.]*\s*[-+*/x×÷·−(]\s*[$\d.(])"
)
_WORDS = re.compile(r"(?!x\b)[A-Za-z']+|[:–]")
_SIGNS = {"x": "*", "×": "*", "·": "*", "÷": "/", "−": "-"}


@dataclass(frozen=True, slots=True)
class Operand:
    """A number as it stands in an equation; `percent`: with a percent sign behind it."""

    number: Fraction
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """`left sign right`, sign one of + - * /."""

    sign: str
    left: Tree
    right: Tree


Tree = Operand | Operation


def equations_in(text: str) -> Iterator[tuple[Operation, Fraction]]:
    """Left and right side of each `expression = number` of a text; sides that cannot be read are skipped."""
    for match in _EQUATION.finditer(text):
        tree = _parse(_WORDS.sub(" ", match[1]))
        if isinstance(tree, Operation):
            yield tree, Fraction(match[2].replace(",", ""))


def value(tree: Tree) -> Fraction | None:
    """The value of a tree; None where it divides by zero."""
    if isinstance(tree, Operand):
        return tree.number / 100 if tree.percent else tree.number
    left, right = value(tree.left), value(tree.right)
    if left is None or right is None:
        return None
    return apply(tree.sign, left, right)


def apply(sign: str, left: Fraction, right: Fraction) -> Fraction | None:
    """One operation; None for a division by zero."""
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    return left / right if right else None


def show(tree: Tree) -> str:
    """The tree as text."""
    if isinstance(tree, Operand):
        return f"{tree.number}{'%' if tree.percent else ''}"
    left, right = (f"({show(side)})" if isinstance(side, Operation) else show(side) for side in (tree.left, tree.right))
    return f"{left} {tree.sign} {right}"


def _parse(text: str) -> Tree | None:
    tokens = _tokens(text)
    for start in range(len(tokens)):
        # What stands before the expression (`so 3 4 + 5`) may end in a number: take the longest end that parses.
        reader = _Reader(tokens[start:])
        tree = reader.sum()
        if tree is not None and reader.done:
            return tree
    return None


def _tokens(text: str) -> list[Operand | str]:
    tokens: list[Operand | str] = []
    position = 0
    while position < len(text) and len(tokens) < MAX_TOKENS:
        match = _TOKEN.match(text, position)
        if match is None:
            position += 1
            continue
        position = match.end()
        if match["number"]:
            tokens.append(Operand(Fraction(match["number"].replace(",", "")), bool(match["percent"])))
        else:
            sign = _SIGNS.get(match["sign"], match["sign"])
            if sign == "(" and tokens and (tokens[-1] == ")" or isinstance(tokens[-1], Operand)):
                tokens.append("*")
            tokens.append(sign)
    return tokens


_Part = Callable[[], Tree | None]


class _Reader:
    """Recursive descent over tokens; None where they make no expression."""

    def __init__(self, tokens: list[Operand | str]) -> None:
        self._tokens = tokens
        self._place = 0

    @property
    def done(self) -> bool:
        return self._place == len(self._tokens)

    def sum(self) -> Tree | None:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Tree | None:
        return self._chain(("*", "/"), self._atom)

    def _chain(self, signs: tuple[str, str], part: _Part) -> Tree | None:
        left = part()
        while left is not None and not self.done and self._tokens[self._place] in signs:
            sign = str(self._tokens[self._place])
            self._place += 1
            right = part()
            left = None if right is None else Operation(sign, left, right)
        return left

    def _atom(self) -> Tree | None:
        if self.done:
            return None
        token = self._tokens[self._place]
        self._place += 1
        if isinstance(token, Operand):
            return token
        if token != "(":
            return None
        inner = self.sum()
        if inner is None or self.done or self._tokens[self._place] != ")":
            return None
        self._place += 1
        return inner
