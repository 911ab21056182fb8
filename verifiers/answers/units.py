"""Units of measurement: what a unit phrase means, and how two units compare.

>>> compound_unit([("m", 1), ("s", -2)]).dimension
'length time^-2'
>>> compound_unit([("square", 1), ("centimeters", 1)]).factor
Fraction(1, 10000)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from verifiers.answers.tree import Unit
from verifiers.answers.vocabulary import CURRENCY_SIGNS, find_unit

__all__ = ["are_opposite", "compound_unit", "money"]

_OPPOSITES = tuple(
    frozenset(pair.split("/"))
    for pair in (
        "increase/decrease", "profit/loss", "gain/loss", "more/less", "more/fewer", "left/right", "up/down",
        "east/west", "north/south", "above/below", "clockwise/counterclockwise", "longer/shorter", "greater/less",
        "larger/smaller", "older/younger", "faster/slower", "early/late", "higher/lower", "discount/markup", "won/lost",
        "square/cubic",
    )
)  # fmt: skip

_DERIVED: dict[str, tuple[tuple[tuple[str, int], ...], Fraction]] = {
    "volume": ((("length", 3),), Fraction(1, 1000)),
    "area": ((("length", 2),), Fraction(1)),
    "speed": ((("length", 1), ("time", -1)), Fraction(1)),
}
"""Dimensions that are products of others, and their base unit in those."""

_POWERS = {"square": 2, "squared": 2, "sq": 2, "cubic": 3, "cubed": 3, "cu": 3, "平方": 2, "立方": 3}
_CHINESE_POWERS = {
    "平方厘米": ("厘米", 2),
    "平方米": ("米", 2),
    "立方厘米": ("厘米", 3),
    "立方米": ("米", 3),
    "平方千米": ("千米", 2),
}
_DIMENSIONLESS = frozenset({"units", "unit", "unitless"})


_POWER_MARK = re.compile(r"\^-?\d+")


def are_opposite(first: str, second: str) -> bool:
    """Whether two names of counted things exclude each other: `increase` and `decrease`, `unit^2` and `unit^3`."""
    powers = _POWER_MARK.findall(first), _POWER_MARK.findall(second)
    if powers[0] and powers[1] and powers[0] != powers[1]:
        return True
    words = set(first.lower().split()), set(second.lower().split())
    return any(
        len(pair & words[0]) == len(pair & words[1]) == 1 and pair & words[0] != pair & words[1] for pair in _OPPOSITES
    )


def compound_unit(parts: Sequence[tuple[str, int]]) -> Unit:
    """The unit that words with exponents form; a word that is no known unit makes it a mere name (no dimension).

    Args:
        parts: (word, exponent), in order: `[("miles", 1), ("hour", -1)]`.
    """
    name = " ".join(word + (f"^{power}" if power != 1 else "") for word, power in parts)
    dimensions: dict[str, int] = {}
    factor = Fraction(1)
    modifier = 1
    last: tuple[Unit, int] | None = None
    for word, power in parts:
        lower = word.lower()
        if lower in _POWERS:
            if lower in ("squared", "cubed") and last is not None:
                factor *= _add(dimensions, last[0], last[1] * (_POWERS[lower] - 1))
            else:
                modifier = _POWERS[lower]
            continue
        if lower in ("degrees", "degree") and len(parts) > 1:
            continue
        if lower in _DIMENSIONLESS:
            if modifier != 1 or len(parts) == 1:
                modifier = 1
                continue
            return Unit(name)
        word, chinese_power = _CHINESE_POWERS.get(word, (word, 1))
        unit = find_unit(word)
        if unit is None:
            return Unit(name)
        last = (unit, power * modifier * chinese_power)
        factor *= _add(dimensions, unit, last[1])
        modifier = 1
    if len(dimensions) == 1 and list(dimensions.values()) == [1]:
        return Unit(name, next(iter(dimensions)), factor)
    text = " ".join(
        dimension + (f"^{power}" if power != 1 else "") for dimension, power in sorted(dimensions.items()) if power
    )
    return Unit(name, text, factor)


def _add(dimensions: dict[str, int], unit: Unit, power: int) -> Fraction:
    basis, scale = _DERIVED.get(unit.dimension, (((unit.dimension, 1),), Fraction(1)))
    for dimension, exponent in basis:
        dimensions[dimension] = dimensions.get(dimension, 0) + exponent * power
    return (unit.factor * scale) ** power


def money(sign: str) -> Unit:
    """The unit of a currency sign."""
    name = CURRENCY_SIGNS.get(sign, sign)
    return find_unit(name) or Unit(name, name)
