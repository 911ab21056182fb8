"""Families: conjectures of one constant whose coefficients go up by the same step.

    families = find_families([("n+3", "-n", "e"), ("n+4", "-n", "e"), ("n+5", "-n", "e"), ("n+6", "-n", "e")])
    families[0].a, families[0].b, families[0].least, families[0].most       # "n+k", "-n", 3, 6

A family is a line of at least four: one or two coefficients grow with k, by 1 or 2, and all of its members were
verified. That it goes on beyond them is a guess.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from reasoning.discovery.formulas import signed

__all__ = ["LEAST_MEMBERS", "Family", "Member", "find_families"]

LEAST_MEMBERS: Final = 4
_PAIRS: Final = ((1, 1), (1, -1), (1, 2), (1, -2), (2, 1), (2, -1))
"""Steps of two coefficients that grow together; a single one grows by 1 or 2."""


@dataclass(frozen=True, slots=True)
class Member:
    """A conjecture: the coefficients of a and b from the constant one up, its constant, and the class of its shifts."""

    a: tuple[int, ...]
    b: tuple[int, ...]
    constant: str
    shift_class: int


@dataclass(frozen=True, slots=True)
class Family:
    """A line of conjectures.

    Attributes:
        a: polynomial of the denominators in n and k.
        b: of the numerators.
        constant: of which all values are Moebius images.
        least: smallest k.
        most: largest k.
        by_shift: whether all members are one fraction begun at different places.
        members: places of the members in the list that was given, by k.
    """

    a: str
    b: str
    constant: str
    least: int
    most: int
    by_shift: bool
    members: tuple[int, ...]


def find_families(members: Sequence[Member]) -> list[Family]:
    """All families, the longest first."""
    width_a = max((len(one.a) for one in members), default=0)
    width_b = max((len(one.b) for one in members), default=0)
    lines: dict[str, dict[tuple[int, ...], int]] = {}
    for place, one in enumerate(members):
        point = (*_padded(one.a, width_a), *_padded(one.b, width_b))
        lines.setdefault(one.constant, {}).setdefault(point, place)
    found = [
        _family(members, constant, points, line, step, width_a)
        for constant, points in lines.items()
        for step in _steps(width_a + width_b)
        for line in _lines(points, step)
    ]
    return sorted(found, key=lambda one: (-len(one.members), one.constant, len(one.a) + len(one.b), one.a, one.b))


def _padded(coefficients: tuple[int, ...], width: int) -> tuple[int, ...]:
    return (*coefficients, *(0,) * (width - len(coefficients)))


def _steps(width: int) -> Iterator[tuple[int, ...]]:
    for place in range(width):
        for size in (1, 2):
            yield tuple(size if place == other else 0 for other in range(width))
    for first, second in combinations(range(width), 2):
        for sizes in _PAIRS:
            yield tuple(sizes[0] if first == other else sizes[1] if second == other else 0 for other in range(width))


def _lines(points: dict[tuple[int, ...], int], step: tuple[int, ...]) -> Iterator[list[tuple[int, ...]]]:
    """The longest runs of points that differ by the step."""
    half = tuple(size // 2 for size in step) if all(size % 2 == 0 for size in step) else None
    for point in points:
        if _moved(point, step, -1) in points:
            continue
        line = [point]
        while (after := _moved(line[-1], step, 1)) in points:
            line.append(after)
        if len(line) < LEAST_MEMBERS:
            continue
        # A step of 2 through a line that the step 1 has as well is no family of its own.
        if half is None or any(_moved(one, half, 1) not in points for one in line[:-1]):
            yield line


def _moved(point: tuple[int, ...], step: tuple[int, ...], times: int) -> tuple[int, ...]:
    return tuple(c + times * size for c, size in zip(point, step, strict=True))


def _family(
    members: Sequence[Member], constant: str, points: dict[tuple[int, ...], int], line: list[tuple[int, ...]],
    step: tuple[int, ...], width_a: int,
) -> Family:  # fmt: skip
    # k is the first coefficient that grows by 1, or half of one that grows by 2, rounded down.
    place = next(i for i, size in enumerate(step) if abs(size) == min(abs(s) for s in step if s))
    least = line[0][place] // step[place]
    origin = _moved(line[0], step, -least)
    places = tuple(points[point] for point in line)
    return Family(
        a=_text(origin[:width_a], step[:width_a]),
        b=_text(origin[width_a:], step[width_a:]),
        constant=constant,
        least=least,
        most=least + len(line) - 1,
        by_shift=len({members[number].shift_class for number in places}) == 1,
        members=places,
    )


def _text(origin: Sequence[int], step: Sequence[int]) -> str:
    """`sum_i (origin_i + step_i k) n**i`, highest power first."""
    parts = []
    for power in range(len(origin) - 1, -1, -1):
        variable = "" if power == 0 else "n" if power == 1 else f"n**{power}"
        times = f"*{variable}" if variable else ""
        if step[power] and origin[power] and variable:
            inner = f"{signed(step[power], '*k').removeprefix('+')}{origin[power]:+d}"
            parts.append(f"+({inner}){times}")
            continue
        if step[power]:
            parts.append(signed(step[power], f"*k{times}"))
        if origin[power]:
            parts.append(signed(origin[power], times))
    return "".join(parts).removeprefix("+") or "0"
