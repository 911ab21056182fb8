"""A bigram prior over the grammar: how likely a rule is in one hole of another rule.

>>> prior = Prior.uniform()
>>> prior.cost("len({0})", 0, "sorted({0})") == prior.cost("abs({0})", 0, "len({0})")
True
>>> trained = Prior.from_edges([("sorted({0})", 0, "input")] * 20)
>>> trained.cost("sorted({0})", 0, "input") < trained.cost("sorted({0})", 0, "sorted({0})")
True

A cost is -log p in units of 1 / COST_SCALE, rounded and at least 1; the enumeration runs by increasing sums.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

__all__ = ["ROOT", "Edge", "Prior"]

COST_SCALE: Final = 2.0
"""Integer cost steps for each natural unit of -log p."""

RULE_SHARE: Final = 1 / 150
"""Probability of each rule with holes in the uniform prior."""

BACKOFF_WEIGHT: Final = 12.0
"""Pseudo-counts that the rule's overall frequency weighs against those of the pair."""

UNIFORM_WEIGHT: Final = 30.0
"""Pseudo-counts of the uniform distribution in the overall frequencies."""

ATOM_SHARE: Final = {"input": 0.25, "lifted": 0.12, "constant": 0.12, "variable": 0.25, "default": 0.06}
"""Probabilities of the rules without holes in the uniform prior; copying the puzzle's parts is likely."""

ROOT: Final = "root"
"""Parent of the outermost rule."""

FORMAT_VERSION: Final = 1

Edge = tuple[str, int, str]


@dataclass(frozen=True)
class Prior:
    """Counts of (parent rule, hole, child rule) and the costs that follow from them."""

    edges: Mapping[tuple[str, int], Mapping[str, int]]
    _overall: Counter[str] = field(default_factory=Counter)
    _cache: dict[Edge, int] = field(default_factory=dict)

    @staticmethod
    def uniform() -> Prior:
        """The prior of no training."""
        return Prior({})

    @staticmethod
    def from_edges(edges: Iterable[Edge]) -> Prior:
        """Count the edges of parsed programs."""
        counts: dict[tuple[str, int], Counter[str]] = {}
        overall: Counter[str] = Counter()
        for parent, hole, child in edges:
            counts.setdefault((parent, hole), Counter())[child] += 1
            overall[child] += 1
        return Prior(counts, overall)

    @staticmethod
    def parse(text: str) -> Prior:
        """Read what `save` wrote. Raises ValueError when it is something else."""
        try:
            content = json.loads(text)
            if content["version"] != FORMAT_VERSION:
                raise ValueError(f"version {content['version']!r}, expected {FORMAT_VERSION}")
            return Prior.from_edges(
                (row["parent"], int(row["hole"]), child)
                for row in content["edges"]
                for child, count in sorted(row["children"].items())
                for _ in range(int(count))
            )
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise ValueError(f"not a search prior: {error}") from error

    @staticmethod
    def load(path: Path) -> Prior:
        """Read a file written by `save`. Raises ValueError when it is not one, OSError when unreadable."""
        try:
            return Prior.parse(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error

    def save(self, path: Path, sources: str) -> None:
        """Write the counts as JSON; `sources` says what they were counted on."""
        rows = [
            {"parent": parent, "hole": hole, "children": dict(sorted(children.items()))}
            for (parent, hole), children in sorted(self.edges.items())
        ]
        content = {"version": FORMAT_VERSION, "sources": sources, "edges": rows}
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def cost(self, parent: str, hole: int, child: str) -> int:
        """The integer cost of `child` in a hole of `parent`; at least 1."""
        key = (parent, hole, child)
        found = self._cache.get(key)
        if found is None:
            found = max(1, round(-math.log(self._probability(key)) * COST_SCALE))
            self._cache[key] = found
        return found

    def _probability(self, edge: Edge) -> float:
        parent, hole, child = edge
        uniform = ATOM_SHARE.get(child, RULE_SHARE)
        overall = (self._overall[child] + UNIFORM_WEIGHT * uniform) / (self._overall.total() + UNIFORM_WEIGHT)
        children = self.edges.get((parent, hole), {})
        count = sum(children.values())
        return (children.get(child, 0) + BACKOFF_WEIGHT * overall) / (count + BACKOFF_WEIGHT)
