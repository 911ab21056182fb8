r"""Numerals: repeating decimals and numerals with a base.

0.1\\overline{6}   ->   Number(1/6)
2A_{16}            ->   Based("2A", 16, 42)
"""

from __future__ import annotations

from fractions import Fraction

from verifiers.answers.cursor import Cursor, ParseError
from verifiers.answers.lexer import Token
from verifiers.answers.parser_tools import MINUS_ONE
from verifiers.answers.tree import Based, Node, Number

__all__ = ["NumeralParser", "repeating_from_pattern"]

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_BASE_WORDS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}


class NumeralParser(Cursor):
    """The part of the parser that reads numerals."""

    def _number(self, token: Token) -> Node:
        assert token.number is not None
        number = token.number
        following = self.next
        if following.spaced or following.kind not in ("overline", "dot", "(", "symbol", "word"):
            return number
        text = token.text
        if following.kind in ("overline", "dot") and "." in text:
            return self._repeating(text, following.kind)
        if (
            following.kind == "("
            and "." in text
            and self.peek(1).kind == "number"
            and self.peek(1).text.isdigit()
            and self.peek(2).kind == ")"
        ):
            digits = self.peek(1).text
            self.position += 3
            return _repeating(text, digits)
        return self._digit_letters(text) or number

    def _digit_letters(self, text: str) -> Node | None:
        """`2A3_{16}`: a numeral whose digits include letters."""
        digits, offset = text, 0
        while (token := self.peek(offset)).kind in ("symbol", "number", "constant", "word") and not token.spaced:
            digits += token.text
            offset += 1
        if not offset or self.peek(offset).kind != "_" or not digits.isalnum():
            return None
        start = self.position
        self.position += offset
        try:
            return self._with_base(digits, MINUS_ONE)
        except ParseError:
            self.position = start
            return None

    def _repeating(self, text: str, kind: str) -> Node:
        r"""`0.1\\overline{6}` or `0.\\dot{1}4285\\dot{7}`."""
        self.take()
        digits = self._digit_group()
        if kind == "dot":
            between = ""
            if self.next.kind == "number" and self.next.text.isdigit() and self.peek(1).kind == "dot":
                between = self.take().text
            if self.next.kind == "dot":
                self.take()
                digits += between + self._digit_group()
        return _repeating(text, digits)

    def _digit_group(self) -> str:
        if self.next.kind == "number" and self.next.text.isdigit():
            return self.take().text
        self.expect("{")
        token = self.expect("number")
        self.expect("}")
        if not token.text.isdigit():
            raise ParseError(f"{token.text} cannot repeat")
        return token.text

    def _based(self, node: Number) -> Node:
        digits = self._tokens[self.position - 1].text
        return self._with_base(digits, node)

    def _with_base(self, digits: str, plain: Node) -> Node:
        self.expect("_")
        group = self.accept("{")
        inner = group and self.accept("(")
        token = self.take()
        base = int(token.number.value) if token.number is not None else _BASE_WORDS.get(token.text.lower(), 0)
        if inner:
            self.expect(")")
        if group:
            self.expect("}")
        if not 2 <= base <= 36 or "." in digits:
            raise ParseError(f"{digits} is not a numeral in base {token.text}")
        value = 0
        for character in digits.lower():
            digit = _DIGITS.find(character)
            if not 0 <= digit < base:
                raise ParseError(f"{character!r} is not a digit in base {base}")
            value = value * base + digit
        return Based(digits.lstrip("0") or "0", base, value)


def _repeating(text: str, digits: str) -> Number:
    """The rational 0.xyyy... for the digits x before and y under the bar."""
    whole, _, fixed = text.partition(".")
    base = Fraction(int((whole + fixed) or "0"), 10 ** len(fixed))
    return Number(base + Fraction(int(digits), (10 ** len(digits) - 1) * 10 ** len(fixed)))


def repeating_from_pattern(node: Number) -> Number:
    """`0.333...`, `0.1666...`, `0.1212...`: the shortest period that is seen at least twice."""
    assert node.places is not None
    digits = str(abs(node.value.numerator) * 10**node.places // node.value.denominator).rjust(node.places, "0")
    tail = digits[-node.places :]
    for period in range(1, len(tail) // 2 + 1):
        repeat = tail[-period:]
        count = 1
        while tail.endswith(repeat * (count + 1)):
            count += 1
        if count >= 2 and repeat.strip("0"):
            fixed = tail[: len(tail) - period * count]
            value = _repeating(f"{digits[: -node.places] or '0'}.{fixed}", repeat)
            return Number(-value.value if node.value < 0 else value.value)
    return node
