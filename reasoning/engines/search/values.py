"""Systematic search through small values: the simplest ones first, without looking at how close they come.

>>> from itertools import islice
>>> list(islice(integers(), 5))
[0, 1, -1, 2, -2]
>>> list(islice(tuples(["a", "b"]), 5))
[(), ('a',), ('b',), ('a', 'a'), ('a', 'b')]
"""

from __future__ import annotations

import itertools
import string
from collections.abc import Iterator, Sequence
from typing import Any, Final

from reasoning.engines.search.answer_types import AnswerType
from reasoning.engines.search.goal import Goal
from reasoning.engines.search.material import Material

__all__ = ["integers", "small_values", "tuples"]

MAX_ROUND: Final = 60_000
"""Values of one length and one domain that are tried before the next, larger domain gets its turn."""

MAX_MULTISET: Final = 14
"""Elements of the largest multisets that are tried."""

MAX_MULTISET_ITEMS: Final = 24
MAX_MULTISET_ROUND: Final = 6_000


def integers() -> Iterator[int]:
    """0, 1, -1, 2, -2 and so on; from 1000 upward every positive number but only one negative in ten."""
    yield 0
    for number in itertools.count(1):
        yield number
        if number < 1_000 or number % 10 == 0:
            yield -number


def tuples(items: Sequence[Any], longest: int = 12) -> Iterator[tuple[Any, ...]]:
    """All tuples over the items by increasing length, at most MAX_ROUND of each length."""
    for length in range(longest + 1):
        yield from itertools.islice(itertools.product(items, repeat=length), MAX_ROUND)


def small_values(goal: Goal, material: Material) -> Iterator[None]:
    """A strategy: offer small values of the answer's type one by one."""
    for value in _values(goal.type, material):
        goal.offer(value)
        yield


def _values(kind: AnswerType, material: Material) -> Iterator[Any]:
    if kind.depth == 0:
        yield from _scalars(kind.base, material)
        return
    yield from material.of(kind)
    sources = [_sequences(domain, kind) for domain in _domains(kind.element, material)]
    if kind.depth == 1:
        sources.insert(0, _rearrangements(kind, material))
        sources.insert(1, _multisets(kind, material))
    yield from _round_robin(sources)


def _round_robin(sources: list[Iterator[Any]]) -> Iterator[Any]:
    while sources:
        for source in list(sources):
            batch = list(itertools.islice(source, 50))
            yield from batch
            if len(batch) < 50:
                sources.remove(source)


def _sequences(domain: list[Any], kind: AnswerType) -> Iterator[Any]:
    for chosen in tuples(domain):
        yield [list(item) if isinstance(item, list) else item for item in chosen]


def _scalars(base: str, material: Material) -> Iterator[Any]:
    if base == "bool":
        yield from (False, True)
    elif base == "int":
        near = (number + offset for offset in (0, 1, -1) for number in material.ints)
        yield from _round_robin([near, iter(material.divisors), integers(), _multiples(material)])
    elif base == "float":
        yield from material.floats
        for number in integers():
            if abs(number) > 200_000:
                return
            for divisor in (1, 2, 10, 100, 8, 1000):
                yield number / divisor
    else:
        yield from _texts(material)


def _multiples(material: Material) -> Iterator[int]:
    """Multiples of the puzzle's constants and their neighbours, which conditions on remainders ask for."""
    steps = [number for number in material.ints if 1 < abs(number) < 1 << 40][:12]
    for factor in range(2, 2_000):
        for step in steps:
            for offset in (0, 1, -1):
                yield step * factor + offset


def _texts(material: Material) -> Iterator[str]:
    whole = [text for text in material.strings if text]
    pieces = (
        text[start : start + length]
        for length in range(1, 40)
        for text in whole
        if len(text) >= length
        for start in range(min(len(text) - length + 1, 400))
    )
    numbers = (str(number) for number in itertools.count())
    characters = material.characters[:40] or list("ab")
    products = ("".join(chosen) for chosen in tuples(characters))
    joined = ("".join(chosen) for chosen in tuples(material.strings[:16], 3))
    repeated = (
        text * count for count in material.lengths for text in [*whole[:30], *string.ascii_letters] if count > 1
    )
    pairs = ("".join(chosen) for chosen in tuples(["a", "b", "0", "1", " "], 8))
    decimals = ("".join(chosen) for chosen in tuples("0123456789.-", 6))
    yield from _round_robin([iter(material.strings), pieces, numbers, products, joined, repeated, pairs, decimals])


def _domains(kind: AnswerType, material: Material) -> list[list[Any]]:
    """Sets of elements from which lists are built, small ones first."""
    if kind.depth > 0:
        inner = _domains(kind.element, material)[0][:4]
        lists = [list(chosen) for length in (1, 2, 3) for chosen in itertools.product(inner, repeat=length)]
        known = [item for item in material.of(kind) if item]
        return [*([known] if known else []), lists[:20]]
    if kind.base == "bool":
        return [[False, True]]
    if kind.base == "int":
        return [
            [0, 1],
            [0, 1, 2, 3, -1],
            material.ints[:12],
            material.divisors[:14],
            list(range(10)),
            list(range(-3, 4)),
            list(range(30)),
            list(range(120)),
        ]
    if kind.base == "float":
        return [[0.0, 1.0, 0.5], material.floats[:12], [n / 4 for n in range(-8, 9)]]
    return [material.strings[:12], ["a", "b", ""], list("0123456789"), list(material.characters[:30])]


def _multisets(kind: AnswerType, material: Material) -> Iterator[list[Any]]:
    """Unordered choices with repetition from small sets: divisors, the elements of known lists, constants."""
    sets = [list(dict.fromkeys(items)) for items in material.of(kind)]
    if kind.base == "int":
        sets = [[number for number in material.divisors if number > 1], *sets, material.ints[:8]]
    for size in range(1, MAX_MULTISET + 1):
        for items in sets:
            if 0 < len(items) <= MAX_MULTISET_ITEMS:
                chosen = itertools.combinations_with_replacement(items, size)
                yield from map(list, itertools.islice(chosen, MAX_MULTISET_ROUND))


def _rearrangements(kind: AnswerType, material: Material) -> Iterator[list[Any]]:
    """Slices, permutations and subsets of the known lists, and ranges."""
    known = [item for item in material.of(kind) if item]
    for items in known:
        yield sorted(items)
        yield sorted(items, reverse=True)
        yield items[::-1]
        yield list(dict.fromkeys(items))
        for start in range(len(items)):
            for stop in range(start + 1, min(len(items), start + 60) + 1):
                yield items[start:stop]
    for items in known:
        if len(items) <= 16:
            for size in range(1, len(items) + 1):
                for chosen in itertools.islice(itertools.combinations(items, size), 4_000):
                    yield list(chosen)
    for items in known:
        if len(items) <= 9:
            for order in itertools.islice(itertools.permutations(items), MAX_ROUND):
                yield list(order)
    for count in material.lengths:
        if kind.base == "int" and 2 <= count <= 9:
            for numbers in itertools.islice(itertools.permutations(range(count)), MAX_ROUND):
                yield list(numbers)
