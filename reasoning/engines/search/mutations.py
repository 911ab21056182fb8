"""Random changes of a value: of a digit, an element, a word, the order, or one number by a power of two.

>>> swap("abc", 0, 2), splice([1, 2, 3], 1, 2, [7, 8])
('cba', [1, 7, 8, 3])
"""

from __future__ import annotations

import random
from typing import Any, Final

from reasoning.engines.search.answer_types import AnswerType, fresh_copy
from reasoning.engines.search.material import Material

__all__ = ["mutate", "splice", "swap"]

MAX_DIGITS: Final = 400
"""Digits of a number that are edited one by one."""


def mutate(value: Any, kind: AnswerType, rng: random.Random, donors: list[Any], material: Material) -> Any:
    """One random change; donors are elements that may be put in (characters for a string)."""
    if kind.depth == 0 and kind.base == "bool":
        return not value
    if kind.depth == 0 and kind.base == "int":
        roll = rng.random()
        if roll < 0.2 and donors:
            return rng.choice(donors)
        if roll < 0.5:
            return _edit_digits(value, rng)
        return value + rng.choice((1, -1)) * (1 << rng.randrange(0, 4 if roll < 0.7 else 20))
    if kind.depth == 0 and kind.base == "float":
        if rng.random() < 0.2:
            return rng.choice(material.floats)
        return value + rng.choice((1, -1)) * 10 ** rng.uniform(-6, 1)
    size = len(value)
    move = rng.randrange(10)
    if kind.depth == 2 and size > 1 and rng.random() < 0.3:
        return _exchange(value, rng)
    if kind.depth == 0 and " " in value and rng.random() < 0.3:
        return _shuffle_words(value, rng)
    if size == 0 or move == 0 or (move == 1 and size < 4):
        return splice(value, place := rng.randint(0, size), place, [_element(kind, rng, donors, material)])
    place = rng.randrange(size)
    if move == 1:
        return splice(value, place, place + 1, [])
    if move in (2, 3):
        return splice(value, place, place + 1, [_element(kind, rng, donors, material)])
    if move in (4, 5) and size > 1:
        return swap(value, place, rng.randrange(size))
    if move == 6 and size > 2:
        other = rng.randrange(size)
        low, high = sorted((place, other))
        return value[:low] + value[low : high + 1][::-1] + value[high + 1 :]
    if move == 7 and size > 1:
        item = value[place : place + 1]
        rest = value[:place] + value[place + 1 :]
        target = rng.randint(0, len(rest))
        return rest[:target] + item + rest[target:]
    if kind.depth == 0:
        changed = chr(min(max(ord(value[place]) + rng.choice((1, -1)), 32), 126))
        return value[:place] + changed + value[place + 1 :]
    inner = mutate(value[place], kind.element, rng, [], material)
    return splice(value, place, place + 1, [inner])


def _element(kind: AnswerType, rng: random.Random, donors: list[Any], material: Material) -> Any:
    if donors and rng.random() < 0.8:
        return fresh_copy(rng.choice(donors))
    if kind.depth == 0:
        return rng.choice(material.characters or ["a"])
    return fresh_copy(rng.choice(material.of(kind.element)))


def _edit_digits(number: int, rng: random.Random) -> int:
    """Insert, delete or replace one digit."""
    digits = str(abs(number))[:MAX_DIGITS]
    place = rng.randrange(len(digits) + 1)
    digit = rng.choice("0123456789")
    edited = rng.choice((digits[:place] + digit + digits[place:], digits[:place] + digit + digits[place + 1 :]))
    if rng.random() < 0.2:
        edited = digits[:place] + digits[place + 1 :]
    return int(edited or "0") * (-1 if number < 0 else 1)


def _shuffle_words(text: str, rng: random.Random) -> str:
    """Exchange two words, or move one."""
    words = text.split(" ")
    first, second = rng.randrange(len(words)), rng.randrange(len(words))
    if rng.random() < 0.5:
        return " ".join(swap(words, first, second))
    word = words.pop(first)
    return " ".join([*words[:second], word, *words[second:]])


def _exchange(value: list[list[Any]], rng: random.Random) -> list[list[Any]]:
    """Let two rows exchange what they have at one position."""
    places = rng.sample(range(len(value)), 2)
    first, second = (list(value[place]) for place in places)
    shared = min(len(first), len(second))
    if not shared:
        return value
    column = rng.randrange(shared)
    first[column], second[column] = second[column], first[column]
    changed = list(value)
    changed[places[0]], changed[places[1]] = first, second
    return changed


def splice(value: Any, start: int, stop: int, items: list[Any]) -> Any:
    """The list or string with items in place of what was from start to stop."""
    if isinstance(value, str):
        return value[:start] + "".join(items) + value[stop:]
    return value[:start] + items + value[stop:]


def swap(value: Any, first: int, second: int) -> Any:
    """The list or string with two elements exchanged."""
    items = list(value)
    items[first], items[second] = items[second], items[first]
    return "".join(items) if isinstance(value, str) else items
