"""Reads the two kinds of expressions in a claim, polynomials and closed forms, into one small tree.

>>> parse("4/pi")
Binary(operator='/', left=Number(value=Fraction(4, 1)), right=Name(name='pi'))
>>> parse("n(n+1)")         # a product where a name is no function
Binary(operator='*', left=Name(name='n'), right=Binary(operator='+', left=Name(name='n'), right=Number(...)))

This tree is not that of `verifiers.answers.tree`. There, whatever a text may mean is kept, with units, sets and
relations, and compared by rules that forgive notation. Here is a number or a polynomial in n and nothing else; it means
one thing, and is evaluated to thousands of digits.

Nothing is evaluated here. Every bound of `limits` on the text is checked while it is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from verifiers.constants.limits import MAX_DEPTH, MAX_NODES, MAX_NUMBER_DIGITS, MAX_TEXT
from verifiers.wording import counted

__all__ = ["FUNCTIONS", "Binary", "Call", "ExpressionError", "Name", "Negative", "Node", "Number", "parse"]

FUNCTIONS: Final = {
    "sqrt": 1, "log": 1, "ln": 1, "exp": 1, "sin": 1, "cos": 1, "tan": 1, "sinh": 1, "cosh": 1, "tanh": 1, "asin": 1,
    "acos": 1, "atan": 1, "atanh": 1, "gamma": 1, "zeta": 1, "erf": 1, "erfc": 1, "e1": 1, "besseli": 2, "besselj": 2,
    "besselk": 2, "polylog": 2,
}  # fmt: skip
"""Function -> number of its arguments."""

_SPELLINGS: Final = {"π": "pi", "φ": "phi", "−": "-", "–": "-", "·": "*", "×": "*", "⋅": "*", "^": "**"}
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?|\.\d+)|(?P<name>[A-Za-z_][A-Za-z_0-9]*)|(?P<sign>\*\*|[-+*/(),]))", re.ASCII
)


class ExpressionError(ValueError):
    """The text is no expression, or is beyond a limit; one clear line."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written, exactly."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Name:
    """A variable or a named constant."""

    name: str


@dataclass(frozen=True, slots=True)
class Negative:
    """Minus something."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """`left operator right`; the operator is one of + - * / **."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Call:
    """A function of `FUNCTIONS` with as many arguments as it takes."""

    function: str
    arguments: tuple[Node, ...]


Node = Number | Name | Negative | Binary | Call


def parse(text: str) -> Node:
    """The tree of an expression. `**` and `^` are powers; a product sign may be left out before a name or a bracket.

    Raises:
        ExpressionError: it is malformed or beyond a limit.
    """
    if len(text) > MAX_TEXT:
        raise ExpressionError(f"longer than {MAX_TEXT} characters")
    for spelling, plain in _SPELLINGS.items():
        text = text.replace(spelling, plain)
    return _Parser(_tokens(text)).whole()


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ExpressionError(f"unexpected {text[position : position + 10].strip()[:1]!r}")
        kind = str(match.lastgroup)
        value = match[kind]
        if kind == "number" and len(value) > MAX_NUMBER_DIGITS:
            raise ExpressionError(f"a number has more than {MAX_NUMBER_DIGITS} digits")
        tokens.append((kind, value))
        position = match.end()
    if len(tokens) > 4 * MAX_NODES:
        raise ExpressionError(f"more than {MAX_NODES} parts")
    return tokens


class _Parser:
    """Recursive descent over the tokens: sums of products of signed powers of atoms."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._position = 0
        self._depth = 0
        self._nodes = 0

    def whole(self) -> Node:
        node = self._sum()
        if self._position < len(self._tokens):
            raise ExpressionError(f"unexpected {self._tokens[self._position][1]!r}")
        return node

    def _sum(self) -> Node:
        node = self._product()
        while (operator := self._take_sign("+", "-")) is not None:
            node = self._count(Binary(operator, node, self._product()))
        return node

    def _product(self) -> Node:
        node = self._signed()
        while True:
            operator = self._take_sign("*", "/")
            if operator is None:
                kind, value = self._peek()
                if kind != "name" and value != "(":
                    return node
                # What follows without a sign binds like a product: 2n**2, 4pi, (n+1)(n+2).
                node = self._count(Binary("*", node, self._power()))
            else:
                node = self._count(Binary(operator, node, self._signed()))

    def _signed(self) -> Node:
        with_sign = self._take_sign("+", "-")
        if with_sign is None:
            return self._power()
        self._deeper()
        inner = self._signed()
        self._depth -= 1
        return inner if with_sign == "+" else self._count(Negative(inner))

    def _power(self) -> Node:
        base = self._atom()
        if self._take_sign("**") is None:
            return base
        self._deeper()
        exponent = self._signed()
        self._depth -= 1
        return self._count(Binary("**", base, exponent))

    def _atom(self) -> Node:
        kind, value = self._peek()
        self._position += 1
        if kind == "number":
            return self._count(Number(Fraction(value)))
        if kind == "name":
            if value in FUNCTIONS:
                return self._call(value)
            return self._count(Name(value))
        if value == "(":
            return self._bracketed()
        raise ExpressionError(f"unexpected {value!r}" if value else "it ends too early")

    def _call(self, function: str) -> Node:
        if self._take_sign("(") is None:
            raise ExpressionError(f"expected ( after {function}")
        self._deeper()
        arguments = [self._sum()]
        while self._take_sign(",") is not None:
            arguments.append(self._sum())
        self._close()
        if len(arguments) != FUNCTIONS[function]:
            raise ExpressionError(f"{function} takes {counted(FUNCTIONS[function], 'argument')}, got {len(arguments)}")
        return self._count(Call(function, tuple(arguments)))

    def _bracketed(self) -> Node:
        self._deeper()
        node = self._sum()
        self._close()
        return node

    def _close(self) -> None:
        if self._take_sign(")") is None:
            raise ExpressionError("a bracket is not closed")
        self._depth -= 1

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(f"nested deeper than {MAX_DEPTH}")

    def _count(self, node: Node) -> Node:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise ExpressionError(f"more than {MAX_NODES} parts")
        return node

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._position] if self._position < len(self._tokens) else ("end", "")

    def _take_sign(self, *signs: str) -> str | None:
        kind, value = self._peek()
        if kind != "sign" or value not in signs:
            return None
        self._position += 1
        return value
