"""How far a condition is from holding, as a number: 0 when it holds, larger the further away.

>>> gap("==", 10, 7), gap("<", 5, 9), gap("in", 4, [1, 6])
(3, 0, 2)
>>> scaled(0), scaled(1), scaled(7)
(0.0, 0.5, 0.75)
"""

from __future__ import annotations

import math
from typing import Any, Final

__all__ = ["Distance", "difference", "gap", "scaled", "squeezed"]

MISMATCH: Final = 1 << 20
"""Distance of two values whose types cannot be compared."""

ITEM_WEIGHT: Final = 4
"""What a missing or extra list element or character adds, in units of distance."""

MAX_COMPARED_ITEMS: Final = 2000
"""Elements of two sequences that are compared one by one."""

Distance = int | float


def scaled(distance: Distance) -> float:
    """Map a distance in [0, inf) to [0, 1), logarithmically, so that one far condition hides no other."""
    if distance <= 0:
        return 0.0
    if isinstance(distance, int) and distance.bit_length() > 900:
        return 1.0 - 1.0 / (1.0 + distance.bit_length())
    return 1.0 - 1.0 / (1.0 + math.log2(1.0 + distance))


def squeezed(total: float) -> float:
    """Map a sum of scaled distances to [0, 1): half of it up to 1, then as slowly as `scaled`.

    Without this an empty answer, which breaks one condition about its length, would beat one of the right
    length whose elements each break a condition.
    """
    return total / 2 if total <= 1.0 else scaled(total)


def gap(sign: str, left: Any, right: Any) -> Distance:
    """The distance of `left sign right`, where sign is a Python comparison operator."""
    if sign == "==":
        return 0 if left == right else max(difference(left, right), 1e-9)
    if sign == "!=":
        return 0 if left != right else 1
    if sign in ("<", "<=", ">", ">="):
        if sign[0] == ">":
            left, right, sign = right, left, "<" + sign[1:]
        holds = left < right if sign == "<" else left <= right
        if holds:
            return 0
        if isinstance(left, int | float) and isinstance(right, int | float):
            distance = left - right
            if distance != distance:
                return MISMATCH
            return distance + (1 if sign == "<" and isinstance(distance, int) else 1e-9)
        if isinstance(left, set | frozenset) and isinstance(right, set | frozenset):
            return max(len(left - right), 1)
        return max(difference(left, right), 1)
    if sign == "in":
        return 0 if left in right else _outside(left, right)
    if sign == "not in":
        return 0 if left not in right else 1
    if sign == "is":
        return 0 if left is right else max(difference(left, right), 1)
    return 0 if left is not right else 1


def _outside(item: Any, container: Any) -> Distance:
    if isinstance(container, range) and len(container) and isinstance(item, int | float):
        if item < container[0]:
            return max(container[0] - item, 1)
        return max(item - container[-1], 1)
    if isinstance(container, str) and isinstance(item, str):
        low, high = 0, len(item)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if item[:middle] in container else (low, middle - 1)
        return (len(item) - low) * ITEM_WEIGHT + 1
    best: Distance = MISMATCH
    try:
        for index, other in enumerate(container):
            if index >= 200:
                break
            best = min(best, difference(item, other))
    except TypeError:
        return MISMATCH
    return max(best, 1e-9)


def difference(left: Any, right: Any) -> Distance:
    """A measure of how different two values are; 0 for equal ones, symmetric, at least a little sensible."""
    if isinstance(left, int | float) and isinstance(right, int | float):
        try:
            distance = abs(left - right)
        except OverflowError:
            return MISMATCH
        return distance if distance == distance and distance != math.inf else MISMATCH
    if isinstance(left, str) and isinstance(right, str):
        return _strings(left, right)
    if isinstance(left, list | tuple | range) and isinstance(right, list | tuple | range):
        return _sequences(left, right)
    if isinstance(left, set | frozenset) and isinstance(right, set | frozenset):
        return _sets(left, right)
    if isinstance(left, dict) and isinstance(right, dict):
        return _sets(set(left), set(right)) + sum(
            scaled(difference(left[key], right[key])) for key in left if key in right
        )
    return MISMATCH


def _strings(left: str, right: str) -> Distance:
    total = abs(len(left) - len(right)) * ITEM_WEIGHT
    extra = 0.0
    for a, b in zip(left[:MAX_COMPARED_ITEMS], right[:MAX_COMPARED_ITEMS], strict=False):
        if a != b:
            total += 1
            extra += min(abs(ord(a) - ord(b)), 255) / 256
    return total + extra


def _sequences(left: Any, right: Any) -> Distance:
    total: Distance = abs(len(left) - len(right)) * ITEM_WEIGHT
    for a, b in zip(left[:MAX_COMPARED_ITEMS], right[:MAX_COMPARED_ITEMS], strict=False):
        if a != b:
            total += scaled(difference(a, b)) * 2
    return total


def _sets(left: set[Any] | frozenset[Any], right: set[Any] | frozenset[Any]) -> Distance:
    missing, extra = right - left, left - right
    total: Distance = len(missing) + len(extra)
    # A near miss counts less than a far one, so that moving an element towards a missing one is progress.
    if missing and extra and len(missing) * len(extra) <= 400:
        for item in missing:
            total += min(scaled(difference(item, other)) for other in extra)
    elif missing and left and len(missing) * len(left) <= 400:
        for item in missing:
            total += min(scaled(difference(item, other)) for other in left)
    return total
