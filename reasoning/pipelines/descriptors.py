"""What kind of problem a row is, in four coordinates: the cells in which diversity is counted and sought.

>>> from reasoning.pipelines.base import Row
>>> from verifiers.records import Problem
>>> cell_of(Row(Problem("p", "answer", "How many ways ...?"), "p", topic="combinatorics", difficulty=0.5, steps=4))
Cell(topic='combinatorics', difficulty=2, length=0, depth=1)

MAP-Elites (Mouret and Clune 2015) keeps what it finds in such a grid, and looks next where the grid is empty.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass

from reasoning.pipelines.base import Row

__all__ = ["DEPTHS", "DIFFICULTIES", "LENGTHS", "Cell", "cell_of"]

DIFFICULTIES = (0.2, 0.4, 0.6, 0.8)
LENGTHS = (15, 40, 80)
"""Words of the problem."""
DEPTHS = (2, 5, 10)
"""Steps of the solution. A coordinate is the number of these bounds that lie at or below the value."""


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """Coordinates of a row; where one is not known it is 0."""

    topic: str
    difficulty: int
    length: int
    depth: int


def cell_of(row: Row) -> Cell:
    """The cell of a row."""
    return Cell(
        row.topic,
        bisect.bisect_right(DIFFICULTIES, row.difficulty or 0.0),
        bisect.bisect_right(LENGTHS, len(row.problem.prompt.split())),
        bisect.bisect_right(DEPTHS, row.steps or 0),
    )
