r"""Functions, roots, binomial coefficients, sums and environments.

\\sin^2 x            ->   Power(Call('sin', x), 2)
\\sqrt[3]{2}         ->   Call('root', (2, 3))
\\begin{pmatrix}...   ->   Matrix(...)
"""

from __future__ import annotations

from fractions import Fraction

from verifiers.answers.cursor import ParseError
from verifiers.answers.lexer import Token
from verifiers.answers.limits import MAX_ITEMS, AnswerTooLargeError
from verifiers.answers.numerals import NumeralParser
from verifiers.answers.parser_tools import MINUS_ONE, multiply, negate
from verifiers.answers.rewrite import replace
from verifiers.answers.tree import (
    Call,
    Cases,
    Collection,
    Constant,
    Matrix,
    Node,
    Number,
    Power,
    Relation,
    Sum,
    Symbol,
    Words,
)
from verifiers.answers.vocabulary import OPEN_FUNCTIONS

__all__ = ["FunctionParser"]

_INVERSES = {name: f"arc{name}" for name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh")}
_CASE_FILLERS = frozenset(
    [
        "if",
        "for",
        "when",
        "where",
        "is",
        "are",
        "and",
        "the",
        "a",
        "an",
        "while",
        "with",
        "as",
        "in",
        "on",
        "all",
        "any",
    ]
)
"""Words in a condition that say nothing."""

_ELSE = ("otherwise", "else")
_MATRICES = frozenset(["pmatrix", "bmatrix", "matrix", "array", "Bmatrix", "smallmatrix", "vmatrix", "Vmatrix"])


MAX_DETERMINANT_ROWS = 4
"""Largest determinant between bars that is expanded."""


class FunctionParser(NumeralParser):
    """The part of the parser that reads what commands and function names stand for."""

    def _root(self, token: Token) -> Node:
        if token.kind == "cbrt":
            return Call("root", (self._root_argument(token), Number(Fraction(3))))
        if self.next.kind == "[" and token.text != "plain":
            self.take()
            degree = self.sum()
            self.expect("]")
            return Call("root", (self._argument(), degree))
        return Call("sqrt", (self._root_argument(token),))

    def _root_argument(self, token: Token) -> Node:
        """A radicand without braces is a whole number (`√12`), unlike the arguments of a fraction."""
        if self.next.kind == "number":
            return self._atom()
        return self._argument() if self.next.kind == "{" else self._atom_guarded()

    def _binomial(self, token: Token) -> Node:
        if token.text != "plain":
            return Call("binom", (self._argument(), self._argument()))
        group = self._bracket(self.expect("(").kind)
        if not isinstance(group, Collection) or len(group.items) != 2:
            raise ParseError("a binomial coefficient takes two arguments")
        return Call("binom", group.items)

    def _function(self, name: str) -> Node:
        exponent: Node | None = None
        base: Node | None = None
        while self.next.kind in ("^", "_"):
            if self.take().kind == "^":
                exponent = self._group() if self.next.kind == "{" else self._factor_without_powers()
            else:
                base = self._argument() if name != "log" or self.next.kind != "number" else self._atom_guarded()
        arguments = self._function_arguments(name)
        if exponent == MINUS_ONE and name in _INVERSES:
            name, exponent = _INVERSES[name], None
        if name == "log" and base is not None:
            name, arguments = "logb", (*arguments, base)
        elif base is not None:
            raise ParseError(f"{name} takes no subscript")
        if name == "cis":
            name, arguments = "exp", (multiply([Constant("i"), arguments[0]]),)
        call: Node = Power(Constant("e"), arguments[0]) if name == "exp" else Call(name, arguments)
        return call if exponent is None else Power(call, exponent)

    def _factor_without_powers(self) -> Node:
        if self.next.kind == "-":
            self.take()
            return negate(self._atom_guarded())
        return self._atom_guarded()

    def _function_arguments(self, name: str) -> tuple[Node, ...]:
        if self.next.kind in ("(", "[") or (self.next.kind == "{" and name not in ("max", "min", "gcd", "lcm")):
            opener = self.take().kind
            group = self._bracket(opener)
            if opener == "[" and isinstance(group, Collection) and len(group.items) == 1:
                return group.items
            if isinstance(group, Collection) and name in ("max", "min", "gcd", "lcm", "log", "round"):
                if name == "log" and len(group.items) == 2:
                    raise ParseError("a logarithm of two arguments is ambiguous")
                return group.items
            if isinstance(group, Collection):
                raise ParseError(f"{name} takes one argument")
            return (group,)
        if self.next.kind in ("{", "{{"):
            group = self._bracket(self.take().kind)
            return group.items if isinstance(group, Collection) else (group,)
        if name not in OPEN_FUNCTIONS:
            raise ParseError(f"{name} without brackets")
        self._enter()
        negative = self.accept("-")
        factors = [self._factor()]
        while self.next.kind not in ("function", "number", "(") and self._starts_atom(factors[-1]):
            factors.append(self._factor())
        self._depth -= 1
        argument = multiply(factors)
        return (negate(argument) if negative else argument,)

    def _environment(self, name: str) -> Node:
        self._enter()
        self._skip_columns()
        rows: list[tuple[Node, ...]] = []
        row: list[Node] = []
        words: list[str] = []
        apart = False
        while self.next.kind != "end" or self.position < len(self._tokens):
            if self.accept("newline"):
                if row:
                    rows.append(_with_words(row, words, name))
                row, words, apart = [], [], False
                if self.next.kind == "[" and self.peek(1).kind == "number" and self.peek(2).kind == "word":
                    self.position += 4
            elif self.accept("&") or self.accept(","):
                apart = bool(row)
            elif self.next.kind == "end":
                break
            elif self.next.kind == "word" and name == "cases":
                word = self.take().text.lower()
                if apart and word not in _CASE_FILLERS:
                    words.append(word)
            elif self.next.kind == "and" and name == "cases":
                self.take()
            else:
                row.append(self.chain())
            if sum(map(len, rows)) + len(row) > MAX_ITEMS:
                raise AnswerTooLargeError(f"more than {MAX_ITEMS} entries")
        if self.take().text != name:
            raise ParseError(f"environment {name} is not closed")
        if row:
            rows.append(_with_words(row, words, name))
        self._depth -= 1
        return _environment(name, rows)

    def _skip_columns(self) -> None:
        r"""The columns of an array, `{c|c}`; an entry may begin with a brace as well (`{9 \\over 2}`)."""
        offset = 1
        while self.peek(offset).kind in ("symbol", "word", "|") and set(self.peek(offset).text) <= set("lcr|"):
            offset += 1
        if self.next.kind == "{" and offset > 1 and self.peek(offset).kind == "}":
            self.position += offset + 1

    def _big_operator(self, name: str) -> Node:
        lower: Node | None = None
        upper: Node | None = None
        while self.next.kind in ("_", "^"):
            if self.take().kind == "_":
                lower = self._group() if self.next.kind == "{" else self._atom_guarded()
            else:
                upper = self._group() if self.next.kind == "{" else self._atom_guarded()
        body = self._term()
        if isinstance(lower, Relation) and lower.operands[0] == Constant("i"):
            index = Symbol("i")
            lower = Relation(lower.operators, (index, *lower.operands[1:]))
            body = replace(body, Constant("i"), index)
        if not isinstance(lower, Relation) or upper is None or not isinstance(lower.operands[0], Symbol | Constant):
            raise ParseError(f"\\{name} without both bounds")
        return Call(name, (lower.operands[0], lower.operands[1], upper, body))


def _with_words(row: list[Node], words: list[str], name: str) -> tuple[Node, ...]:
    """The entries of a row; in cases, all that follows the value is one condition, its words included."""
    if name != "cases" or (len(row) < 3 and not words):
        return tuple(row)
    if any(word.startswith(_ELSE) for word in words) and len(row) == 1:
        return row[0], Words("otherwise")
    if not words and any(isinstance(entry, Relation) and "=" in entry.operators for entry in row[:1]):
        return tuple(row)
    conditions = (*row[1:], *([Words(" ".join(words))] if words else []))
    return row[0], conditions[0] if len(conditions) == 1 else Collection("", "", conditions, "and")


def _determinant(rows: list[tuple[Node, ...]]) -> Node:
    """Expanded along the first row."""
    if len(rows) == 1:
        return rows[0][0]
    terms = []
    for column, entry in enumerate(rows[0]):
        minor = _determinant([row[:column] + row[column + 1 :] for row in rows[1:]])
        term = multiply([entry, minor])
        terms.append(negate(term) if column % 2 else term)
    return Sum(tuple(terms))


def _environment(name: str, rows: list[tuple[Node, ...]]) -> Node:
    if not rows:
        raise ParseError(f"an empty {name}")
    if name in _MATRICES:
        if len({len(row) for row in rows}) != 1:
            raise ParseError("rows of different lengths")
        if name == "vmatrix" and len(rows) == len(rows[0]) <= MAX_DETERMINANT_ROWS:
            return _determinant(rows)
        return Matrix(tuple(rows))
    if name == "cases" and all(len(row) == 2 for row in rows):
        return Cases(tuple(rows))
    if name == "cases" and all(len(row) == 2 for row in rows[:-1]) and len(rows) > 1 and len(rows[-1]) == 1:
        return Cases((*rows[:-1], (rows[-1][0], Words("otherwise"))))
    items = tuple(node for row in rows for node in row)
    return items[0] if len(items) == 1 else Collection("", "", items)
