"""The downhill simplex method (Nelder and Mead 1965) as a generator: it yields points and is sent their scores.

>>> steps = downhill([0.0, 0.0], scale=1.0, limit=400)
>>> point = next(steps)
>>> try:
...     while True:
...         point = steps.send((point[0] - 3) ** 2 + (point[1] + 1) ** 2)
... except StopIteration as end:
...     print([round(x, 3) for x in end.value])
[3.0, -1.0]
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final

__all__ = ["downhill"]

REFLECTION: Final = 1.0
EXPANSION: Final = 2.0
CONTRACTION: Final = 0.5

Point = list[float]


def _between(center: Point, worst: Point, factor: float) -> Point:
    return [c + factor * (c - w) for c, w in zip(center, worst, strict=True)]


def downhill(start: Point, scale: float, limit: int) -> Generator[Point, Any, Point]:
    """Minimise: yield a point, receive its score (anything with an order), return the best point at the end.

    Args:
        start: first corner of the simplex.
        scale: distance of the other corners from it along each axis.
        limit: number of points to look at.
    """
    corners: list[tuple[Any, int, Point]] = []
    count = 0
    for axis in range(len(start) + 1):
        point = [x + scale * (axis == place + 1) for place, x in enumerate(start)]
        corners.append(((yield point), count, point))
        count += 1
    while count < limit:
        corners.sort(key=lambda corner: corner[:2])
        worst = corners[-1]
        center = [sum(column) / len(start) for column in zip(*(corner[2] for corner in corners[:-1]), strict=True)]
        point = _between(center, worst[2], REFLECTION)
        score = yield point
        count += 1
        if score < corners[0][0]:
            further = _between(center, worst[2], EXPANSION)
            reached = yield further
            count += 1
            if reached < score:
                point, score = further, reached
        elif not score < corners[-2][0]:
            nearer = _between(center, worst[2], -CONTRACTION)
            reached = yield nearer
            count += 1
            if reached < worst[0]:
                point, score = nearer, reached
            else:
                best = corners[0]
                for place in range(1, len(corners)):
                    shrunk = [(a + b) / 2 for a, b in zip(best[2], corners[place][2], strict=True)]
                    corners[place] = ((yield shrunk), count, shrunk)
                    count += 1
                continue
        corners[-1] = (score, count, point)
    return min(corners, key=lambda corner: corner[:2])[2]
