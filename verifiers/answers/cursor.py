r"""Tokens one after another, with the limits on nesting and size: what every part of the parser stands on.

cursor = Cursor(tokenize("x+1"))
cursor.take().text      # "x"
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from verifiers.answers.lexer import Token
from verifiers.answers.limits import MAX_NESTING, MAX_NODES, AnswerTooLargeError
from verifiers.answers.tree import Node

__all__ = ["Cursor", "ParseError"]


class ParseError(ValueError):
    """The tokens do not form an answer."""


_END = Token("end", "")


class Cursor(ABC):
    """A position in a token list.

    Attributes:
        position: index of the next token.
    """

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self.position = 0
        self._depth = 0
        self._nodes = 0
        self._bars = 0
        self._functions = 0
        self._in_braces = 0

    @property
    def next(self) -> Token:
        """The next token, or one of kind `end`."""
        return self._tokens[self.position] if self.position < len(self._tokens) else _END

    def peek(self, offset: int) -> Token:
        """The token `offset` places after the next one."""
        index = self.position + offset
        return self._tokens[index] if 0 <= index < len(self._tokens) else _END

    def take(self) -> Token:
        """The next token, consumed."""
        token = self.next
        if token is not _END:
            self.position += 1
        return token

    def accept(self, kind: str) -> bool:
        """Whether the next token is of `kind`; consumed if so."""
        if self.next.kind == kind:
            self.position += 1
            return True
        return False

    def expect(self, kind: str) -> Token:
        """The next token, which must be of `kind`.

        Raises:
            ParseError: it is not.
        """
        if self.next.kind != kind:
            raise ParseError(f"expected {kind}, found {self.next.text or 'the end'}")
        return self.take()

    def _enter(self) -> None:
        self._depth += 1
        self._nodes += 1
        if self._depth > MAX_NESTING:
            raise AnswerTooLargeError(f"nested deeper than {MAX_NESTING}")
        if self._nodes > MAX_NODES:
            raise AnswerTooLargeError(f"more than {MAX_NODES} nodes")

    @abstractmethod
    def chain(self) -> Node:
        """One item: an expression, a set expression or a chain of relations."""

    @abstractmethod
    def sum(self) -> Node:
        """Terms with `+`, `-` and plus-minus between."""

    @abstractmethod
    def _term(self) -> Node: ...

    @abstractmethod
    def _factor(self) -> Node: ...

    @abstractmethod
    def _starts_atom(self, left: Node) -> bool: ...

    @abstractmethod
    def _group(self) -> Node: ...

    @abstractmethod
    def _argument(self) -> Node: ...

    @abstractmethod
    def _atom(self) -> Node: ...

    @abstractmethod
    def _atom_guarded(self) -> Node: ...

    @abstractmethod
    def _bracket(self, opener: str) -> Node: ...
