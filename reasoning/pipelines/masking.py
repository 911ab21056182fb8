"""The numbers of a problem's text, found, masked and filled in again.

>>> masked = mask_numbers("A box of 12 pens costs $3.50. How much do 36 pens cost?")
>>> masked.template
'A box of {n0} pens costs ${n1}. How much do {n2} pens cost?'
>>> [str(constant.value) for constant in masked.constants]
['12', '7/2', '36']
>>> masked.fill(["10", "2.25", "40"])
'A box of 10 pens costs $2.25. How much do 40 pens cost?'

Equal numbers share one placeholder. Numbers that are part of something else (`5th`, `3:30`, `1/2`, `x2`) are left
alone, and so are 0 and 1: with other numbers the sentence around them would be another one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["Constant", "Masked", "mask_numbers"]

_NUMBER = re.compile(
    r"(?<![\w.,:/^-])(?:[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d*|0(?!\d))(?:\.\d+)?"
    r"(?![\w:/^]|[.,]\d|-\w|st\b|nd\b|rd\b|th\b)"
)
_MAX_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Constant:
    """A number of a text.

    Attributes:
        value: exactly.
        decimals: digits behind its point.
        percent: whether a percent sign follows.
        commas: whether its thousands are set apart.
    """

    value: Fraction
    decimals: int
    percent: bool
    commas: bool

    def written(self, value: Fraction) -> str:
        """Another value in the same writing."""
        comma = "," if self.commas else ""
        return f"{float(value):{comma}.{self.decimals}f}" if self.decimals else f"{int(value):{comma}}"


@dataclass(frozen=True, slots=True)
class Masked:
    """A text with its numbers masked.

    Attributes:
        parts: the text around the placeholders, one more than `places`.
        places: index of the constant that stands at each placeholder.
        constants: the different numbers, in the order in which they come.
    """

    parts: tuple[str, ...]
    places: tuple[int, ...]
    constants: tuple[Constant, ...]

    @property
    def template(self) -> str:
        """The text with `{n0}`, `{n1}` ... in the place of numbers."""
        return self.fill([f"{{n{number}}}" for number in range(len(self.constants))])

    def fill(self, values: Sequence[str]) -> str:
        """The text with these writings of the constants."""
        pieces = [self.parts[0]]
        for place, part in zip(self.places, self.parts[1:], strict=True):
            pieces += [values[place], part]
        return "".join(pieces)


def mask_numbers(text: str) -> Masked:
    """Find the numbers of `text`."""
    parts: list[str] = []
    places: list[int] = []
    constants: list[Constant] = []
    end = 0
    for found in _NUMBER.finditer(text):
        digits = found[0].replace(",", "")
        if len(digits) > _MAX_DIGITS or Fraction(digits) in (0, 1):
            continue
        constant = Constant(
            Fraction(digits),
            len(digits.partition(".")[2]),
            text[found.end() : found.end() + 2].lstrip().startswith("%"),
            "," in found[0],
        )
        same = [number for number, other in enumerate(constants) if other == constant]
        if not same:
            constants.append(constant)
        places.append(same[0] if same else len(constants) - 1)
        parts.append(text[end : found.start()])
        end = found.end()
    return Masked((*parts, text[end:]), tuple(places), tuple(constants))
