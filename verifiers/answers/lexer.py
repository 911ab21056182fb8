r"""From the text of an answer to tokens.

    \frac12 \text{ cm}   ->   command 'frac', number 1, number 2, word 'cm'
    3(x+1)**2            ->   number 3, '(', symbol x, '+', number 1, ')', '^', number 2

The text has gone through `cleaning.clean` before. Nothing here looks at meaning beyond single words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from verifiers.answers.commands import (
    COMMAND_ALIASES,
    CONNECTIVES,
    CONSTANT_COMMANDS,
    CONSTANT_WORDS,
    ENGLISH_SHORT,
    FUNCTION_ALIASES,
    FUNCTION_COMMANDS,
    FUNCTIONS_OR_WORDS,
    MAX_PRODUCT_LETTERS,
    OTHER_SYMBOLS,
    RELATIONS,
    TEXT_COMMANDS,
)
from verifiers.answers.limits import MAX_DIGITS, MAX_TOKENS, AnswerTooLargeError
from verifiers.answers.tree import Number
from verifiers.answers.vocabulary import (
    FUNCTIONS,
    GREEK,
    NUMBER_WORDS,
    PART_WORDS,
    find_unit,
    number_from_words,
    scale_of,
)

__all__ = ["LexError", "Token", "tokenize"]


class LexError(ValueError):
    """A character or word that no answer holds."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token.

    Attributes:
        kind: `number`, `symbol`, `constant`, `function`, `word`, `relation`, a command's name, or the sign itself.
        text: name, operator or digits.
        number: value of a `number`.
        spaced: whether white space stands before it.
    """

    kind: str
    text: str
    number: Number | None = None
    spaced: bool = False


_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>(?:\d+(?:_\d{3})+(?![\d_])|\d+(?:'\d{3})+(?!\d)|\d+)(?:\.\d+|\.(?!\.))?|\.\d+)
    |(?P<dots>\.\.\.+|\\(?:l|c|)dots[cbmio]?(?![A-Za-z]))
    |(?P<command>\\[A-Za-z]+\*?|\\[{}|%&])
    |(?P<letters>[A-Za-z]+)
    |(?P<relation><=>|<=|>=|=>|->|==|!=|:=|<>|[<>=])
    |(?P<prime>'+)
    |(?P<other>[-+*/^_(){}\[\]|!,;:&%$])
    |(?P<money>[€£¥₹¢])
    |(?P<foreign>[^\W\d_a-zA-Z]+)
    """,
    re.VERBOSE,
)


_PLURAL_PARTS = {
    word: part
    for word in PART_WORDS - {"quarters"}
    if word.endswith("s") and (part := number_from_words(["one", word])) is not None
}
"""`3 tenths` is a number; quarters may be coins."""


class _Lexer:
    def __init__(self, text: str, *, prose: bool) -> None:
        self.text = text
        self.prose = prose
        self.position = 0
        self.tokens: list[Token] = []

    def run(self) -> list[Token]:
        spaced = False
        while self.position < len(self.text):
            match = _TOKEN.match(self.text, self.position)
            if match is None:
                character = self.text[self.position]
                if character in '."?':
                    self.position += 1
                    spaced = True
                    continue
                raise LexError(f"unexpected character {character!r}")
            self.position = match.end()
            kind = match.lastgroup
            if kind == "space":
                spaced = True
                continue
            self._one(kind or "", match[0], spaced)
            if len(self.tokens) > MAX_TOKENS:
                raise AnswerTooLargeError(f"more than {MAX_TOKENS} tokens")
            spaced = False
        return self.tokens

    def _add(self, kind: str, text: str, spaced: bool, number: Number | None = None) -> None:
        self.tokens.append(Token(kind, text, number, spaced))

    def _one(self, kind: str, text: str, spaced: bool) -> None:
        if kind == "number":
            self._number(text, spaced)
        elif kind == "letters":
            self._letters(text, spaced)
        elif kind == "command":
            self._command(text[1:].rstrip("*"), spaced)
        elif kind == "relation":
            self._add("relation", RELATIONS[text], spaced)
        elif kind == "foreign":
            connective = CONNECTIVES.get(text)
            self._add("and" if connective else "word", connective or text, spaced)
        elif kind == "prime":
            self._add("prime", text, spaced)
        elif text == "¢":
            self._add("word", "cents", True)
        elif kind == "money":
            self._add("currency", text, spaced)
        elif kind == "dots":
            self._add("dots", "...", spaced)
        elif text == "$":
            self._add("currency", "$", spaced)
        else:
            self._add(text, text, spaced)

    def _number(self, text: str, spaced: bool) -> None:
        digits = text.replace("_", "").replace("'", "")
        if len(digits) > MAX_DIGITS:
            raise AnswerTooLargeError(f"a number of more than {MAX_DIGITS} digits")
        whole, point, decimals = digits.partition(".")
        if text.endswith("."):
            point = ""
        places = len(decimals) if point else None
        # 1.5e-3: an exponent directly after the digits, not followed by more letters.
        exponent = re.compile(r"[eE]([-+]?\d{1,5})(?![\w.])").match(self.text, self.position)
        value = Fraction(int((whole + decimals) or "0"), 10 ** len(decimals))
        if exponent is not None and not self.prose:
            self.position = exponent.end()
            power = int(exponent[1])
            if abs(power) > MAX_DIGITS:
                raise AnswerTooLargeError(f"exponent {power} of a number is over {MAX_DIGITS}")
            value *= Fraction(10) ** power
            places = len(decimals) - power
        self._add("number", digits, spaced, Number(value, places))

    def _letters(self, text: str, spaced: bool) -> None:
        lower = text.lower()
        if lower in ("and", "or"):
            self._add("and", lower, spaced)
        elif lower == "dozen" and self._after_number():
            self._scale(12)
        elif lower in _PLURAL_PARTS and self._after_number():
            self._scale(_PLURAL_PARTS[lower])
        elif lower in NUMBER_WORDS or lower in ("half", "dozen"):
            self._number_words(lower, text, spaced)
        elif scale_of(lower) and self._after_number():
            self._scale(scale_of(lower) or 1)
        elif text in FUNCTIONS and self._is_function(text):
            self._function(text, spaced)
        elif text in CONSTANT_WORDS:
            self._add("constant", CONSTANT_WORDS[text], spaced)
        elif text in GREEK and not self.prose:
            self._add("symbol", text, spaced)
        elif lower in ("equals", "equal"):
            self._add("relation", "=", spaced)
        elif lower in ("negative", "minus", "plus"):
            self._add("+" if lower == "plus" else "-", lower, spaced)
        elif lower == "mod":
            self._add("mod", lower, spaced)
        elif len(text) == 1:
            self._letter(text, spaced)
        elif self.prose or len(text) > MAX_PRODUCT_LETTERS or find_unit(text) or self._is_english(lower):
            self._word_or_product(text, spaced)
        else:
            for index, letter in enumerate(text):
                self._letter(letter, spaced and index == 0)

    def _is_english(self, word: str) -> bool:
        """A short word of prose; `Be^{-x}` is a product, since no word has an exponent."""
        return word in ENGLISH_SHORT and not self.text.startswith("^", self.position)

    def _is_function(self, name: str) -> bool:
        """Some functions are also words or units, unless brackets follow: `min`, `sec`, `sign`."""
        if name not in FUNCTIONS_OR_WORDS:
            return True
        return re.compile(r"\s*[_^({\[]").match(self.text, self.position) is not None

    def _word_or_product(self, text: str, spaced: bool) -> None:
        for name in ("sqrt", "pi"):
            rest = text[: -len(name)]
            if text.endswith(name) and 0 < len(rest) <= 2 and not self.prose:
                self._letters(rest, spaced)
                self._letters(name, False)
                return
        self._add("word", text, spaced)

    def _letter(self, letter: str, spaced: bool) -> None:
        if self.prose and letter not in "ei":
            self._add("word", letter, spaced)
        elif letter in "ei":
            self._add("constant", letter, spaced)
        else:
            self._add("symbol", letter, spaced)

    def _function(self, name: str, spaced: bool) -> None:
        name = FUNCTION_ALIASES.get(name, name)
        if name in ("sqrt", "cbrt", "binom"):
            self._add(name, "plain", spaced)
        else:
            self._add("function", name, spaced)

    def _number_words(self, first: str, original: str, spaced: bool) -> None:
        words, end = [first], self.position
        follow = re.compile(r"(?:\s+|-)([A-Za-z]+)")
        best, best_end = number_from_words(words), end
        if first == "half":
            best = Fraction(1, 2)
        while (match := follow.match(self.text, end)) is not None and len(words) < 12:
            word = match[1].lower()
            if word not in NUMBER_WORDS and word not in PART_WORDS and not scale_of(word) and word != "and":
                break
            words.append(word)
            end = match.end()
            value = number_from_words(words)
            if value is not None and word != "and":
                best, best_end = value, end
            elif value is None:
                break
        if best is None:
            self._add("word", original, spaced)
            return
        self.position = best_end
        self._add("number", str(best), spaced, Number(best))

    def _after_number(self) -> bool:
        return bool(self.tokens) and self.tokens[-1].kind == "number"

    def _scale(self, factor: int | Fraction) -> None:
        last = self.tokens.pop()
        assert last.number is not None
        value = last.number.value * factor
        whole = isinstance(factor, int) and last.number.places is not None
        places = last.number.places - len(str(factor)) + 1 if whole and last.number.places is not None else None
        self._add("number", str(value), last.spaced, Number(value, places))

    def _command(self, name: str, spaced: bool) -> None:
        if name in TEXT_COMMANDS:
            self._text(spaced)
        elif name in ("mathbb", "mathbf", "Bbb"):
            match = re.compile(r"\s*\{?\s*([A-Za-z])\s*\}?").match(self.text, self.position)
            if match is None:
                raise LexError(f"\\{name} without a letter")
            self.position = match.end()
            self._add("constant", match[1].upper(), spaced)
        elif name in ("begin", "end"):
            match = re.compile(r"\s*\{\s*([A-Za-z]+)\*?\s*\}(\s*\{[lcr|@{} ]*\})?(\[[lcr]\])?").match(
                self.text, self.position
            )
            if match is None:
                raise LexError(f"\\{name} without an environment")
            self.position = match.end()
            self._add(name, match[1], spaced)
        elif name in COMMAND_ALIASES:
            kind = COMMAND_ALIASES[name]
            if kind == "tag":
                raise LexError("a tag is not part of an answer")
            if kind in ("and", "or"):
                self._add("and", kind, spaced)
            elif kind == "currency":
                self._add("currency", {"dollar": "$", "euro": "€", "pounds": "£"}[name], spaced)
            elif kind == "prime":
                self._add("prime", "'", spaced)
            elif kind != "skip":
                self._add(kind, name, spaced)
        elif name in RELATIONS:
            self._add("relation", RELATIONS[name], spaced)
        elif name in CONSTANT_COMMANDS:
            self._add("constant", CONSTANT_COMMANDS[name], spaced)
        elif name in FUNCTION_COMMANDS:
            self._function(name, spaced)
        elif name in GREEK or name in OTHER_SYMBOLS:
            self._add("symbol", name, spaced)
        else:
            raise LexError(f"unknown command \\{name}")

    def _text(self, spaced: bool) -> None:
        r"""The words of a \\text{...}: read as prose, so that letters are not variables."""
        while self.position < len(self.text) and self.text[self.position] == " ":
            self.position += 1
        if self.position >= len(self.text):
            return
        if self.text[self.position] != "{":
            self._letters(self.text[self.position], spaced)
            self.position += 1
            return
        depth, end = 0, self.position
        for end in range(self.position, len(self.text)):
            depth += {"{": 1, "}": -1}.get(self.text[end], 0)
            if depth == 0:
                break
        inside = self.text[self.position + 1 : end]
        self.position = end + 1
        stripped = inside.strip()
        if (stripped in FUNCTIONS and stripped not in ("min", "sec")) or (stripped in "ei" and len(stripped) == 1):
            self._letters(stripped, spaced)
            return
        if stripped.lower() == "dozen" and self._after_number():
            self._scale(12)
            return
        inner = _Lexer(inside, prose="\\" not in inside).run()
        if inner and inner[0].kind == "word" and scale_of(inner[0].text.lower()) and self._after_number():
            self._scale(scale_of(inner.pop(0).text.lower()) or 1)
        if inner and self._after_number() and (part := _PLURAL_PARTS.get(inner[0].text.lower())) is not None:
            del inner[0]
            self._scale(part)
        for index, token in enumerate(inner):
            self._add(
                token.kind, token.text, token.spaced or (index == 0 and spaced) or token.kind == "word", token.number
            )


def tokenize(text: str) -> list[Token]:
    """Tokens of a cleaned answer.

    Raises:
        LexError: something in it is no mathematics and no word.
        AnswerTooLargeError: too many tokens or digits.
    """
    return _Lexer(text, prose=False).run()
