r"""The numbers of a problem's text, and which of them may become parameters.

>>> [(one.text, one.kind) for one in numbers_in("He pays $1,250 for 3 of 20% off.")]
[('1,250', 'integer'), ('3', 'integer'), ('20', 'percent')]
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

__all__ = ["WORDS", "TextNumber", "numbers_in", "value_of"]

Kind = Literal["integer", "decimal", "percent", "fraction"]

_NUMBER = re.compile(
    r"(?<![\w.,/^])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(\s*/\s*\d+)?(\s*%|\s+percent\b)?(?![\w^]|\.\d|,\d)"
)

WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "dozen": 12,
    "twice": 2,
    "double": 2,
    "triple": 3,
    "half": 2,
    "thrice": 3,
    "third": 3,
    "quarter": 4,
    "fourth": 4,
    "fifth": 5,
    "pair": 2,
    "couple": 2,
    "twenty": 20,
    "thirty": 30,
}
"""Words that stand for a number; they stay as they are in a template, and so are constants."""


@dataclass(frozen=True, slots=True)
class TextNumber:
    """A number in a text.

    Attributes:
        start: index of its first character.
        end: index behind its last one.
        text: as it is written.
        kind: how it is written.
        value: exact; of `20%` it is 20.
    """

    start: int
    end: int
    text: str
    kind: Kind
    value: Fraction

    @property
    def decimals(self) -> int:
        """Digits after the point."""
        return len(self.text.partition(".")[2])


def numbers_in(text: str) -> list[TextNumber]:
    """All numbers written in digits, in order; ordinals, powers and parts of words are none."""
    found = []
    for match in _NUMBER.finditer(text):
        whole, decimals, below, percent = match.groups()
        value = Fraction(whole.replace(",", "") + (decimals or ""))
        if below:
            divisor = int(below.strip().removeprefix("/"))
            if divisor == 0:
                continue
            found.append(TextNumber(match.start(), match.end(3), match[0].strip(), "fraction", value / divisor))
            continue
        kind: Kind = "percent" if percent else "decimal" if decimals else "integer"
        end = match.end(2) if decimals else match.end(1)
        found.append(TextNumber(match.start(), end, text[match.start() : end], kind, value))
    return found


def value_of(text: str) -> Fraction | None:
    """The rational number that an answer is; None for anything else."""
    plain = re.sub(r"[\s,$]", "", text.strip().strip("$").removesuffix("%"))
    try:
        return Fraction(plain)
    except (ValueError, ZeroDivisionError):
        return None
