"""Counts of what a dataset holds and of what was thrown away, row by row and in constant memory.

statistics = Statistics()
statistics.count(row, "train")
statistics.discard(Discarded("p1", "duplicate", "exact: of p0"))
statistics.to_json()["rows"]        # {"default": {"train": 1}}
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from reasoning.pipelines.base import Discarded, Row
from reasoning.pipelines.descriptors import Cell, cell_of

__all__ = ["DIFFICULTY_BINS", "Statistics"]

DIFFICULTY_BINS = 10
MAX_VALUES = 500
"""So many different topics or sources are counted by name; the rest together."""
MAX_CELLS = 20_000
"""So many kinds of rows are counted apart (see `reasoning.pipelines.descriptors`)."""
_REST = "(other)"


@dataclass(slots=True)
class _Length:
    """Length of a text in characters."""

    count: int = 0
    total: int = 0
    most: int = 0

    def add(self, length: int) -> None:
        self.count += 1
        self.total += length
        self.most = max(self.most, length)

    def to_json(self) -> dict[str, Any]:
        return {"mean": round(self.total / self.count, 1) if self.count else 0.0, "longest": self.most}


@dataclass(slots=True)
class Statistics:
    """Everything that is counted.

    Attributes:
        rows: kept, by table and split.
        kinds: of the rows' problems.
        topics: of the rows.
        sources: of the rows.
        difficulty: rows by tenth of the difficulty, where it is known.
        discarded: by stage and reason.
        cells: rows by topic, difficulty, length and depth.
        groups: of rows that belong together.
        solved: rows that have a solution.
        prompt: characters of the prompts.
        completion: characters of the completions.
    """

    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    difficulty: Counter[int] = field(default_factory=Counter)
    discarded: Counter[tuple[str, str]] = field(default_factory=Counter)
    cells: Counter[Cell] = field(default_factory=Counter)
    groups: int = 0
    solved: int = 0
    prompt: _Length = field(default_factory=_Length)
    completion: _Length = field(default_factory=_Length)

    @property
    def kept(self) -> int:
        """Rows in all tables and splits."""
        return self.rows.total()

    def count(self, row: Row, split: str) -> None:
        """Count a row that was kept."""
        self.rows[row.table, split] += 1
        self.kinds[row.problem.kind] += 1
        _add(self.topics, row.topic)
        _add(self.sources, row.source)
        cell = cell_of(row)
        if cell in self.cells or len(self.cells) < MAX_CELLS:
            self.cells[cell] += 1
        if row.difficulty is not None:
            self.difficulty[min(int(row.difficulty * DIFFICULTY_BINS), DIFFICULTY_BINS - 1)] += 1
        self.prompt.add(len(row.asked))
        self.completion.add(len(row.completion))
        self.solved += bool(row.completion)

    def discard(self, discarded: Discarded) -> None:
        """Count something that was thrown away, by stage and by the reason's first words."""
        self.discarded[discarded.stage, discarded.reason.partition(":")[0][:80]] += 1

    def coverage(self) -> dict[tuple[str, int], int]:
        """Rows by topic and fifth of the difficulty."""
        counts: Counter[tuple[str, int]] = Counter()
        for cell, count in self.cells.items():
            counts[cell.topic, cell.difficulty] += count
        return dict(sorted(counts.items()))

    def discarded_by_stage(self) -> dict[str, int]:
        """How many fell at each stage."""
        stages: Counter[str] = Counter()
        for (stage, _), count in self.discarded.items():
            stages[stage] += count
        return dict(sorted(stages.items()))

    def to_json(self) -> dict[str, Any]:
        """All counts, in an order that does not depend on that of the rows."""
        rows: dict[str, dict[str, int]] = {}
        for (table, split), count in sorted(self.rows.items()):
            rows.setdefault(table, {})[split] = count
        reasons: dict[str, dict[str, int]] = {}
        for (stage, reason), count in sorted(self.discarded.items()):
            reasons.setdefault(stage, {})[reason] = count
        return {
            "rows": rows,
            "kept": self.kept,
            "groups": self.groups,
            "solved": self.solved,
            "cells": len(self.cells),
            "kinds": dict(sorted(self.kinds.items())),
            "topics": dict(sorted(self.topics.items())),
            "sources": dict(sorted(self.sources.items())),
            "difficulty": [self.difficulty[place] for place in range(DIFFICULTY_BINS)],
            "prompt_characters": self.prompt.to_json(),
            "completion_characters": self.completion.to_json(),
            "discarded": reasons,
            "discarded_by_stage": self.discarded_by_stage(),
        }


def _add(counter: Counter[str], value: str) -> None:
    if value:
        counter[value if value in counter or len(counter) < MAX_VALUES else _REST] += 1
