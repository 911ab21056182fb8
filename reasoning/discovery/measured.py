"""Measured fractions of a box: their rows in a run's directory, and the clusters that they form.

    write_rows(directory, chunk=3, rows=rows)           # columns: number within the chunk, value, features
    points = Points.of(box, directory)
    points.parts()[0], points.members()[0]

Fractions are clustered finely where common divisors cancel the factorial growth of the denominators or much of it, and
coarsely elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from reasoning.discovery.boxes import Box
from reasoning.discovery.clusters import cluster
from reasoning.discovery.dynamics import (
    DELTA,
    DENOMINATOR_LINEAR,
    DENOMINATOR_LOG,
    ERROR_LINEAR,
    ERROR_LOG,
    NAIVE_DELTA,
    RATIO,
)
from reasoning.runs.files import PARTIAL_SUFFIX

__all__ = ["Points", "read_rows", "write_rows"]

_GAPS: Final = {
    DELTA: 0.01,
    RATIO: 1e-6,
    DENOMINATOR_LOG: 0.02,
    DENOMINATOR_LINEAR: 0.05,
    ERROR_LOG: 0.05,
    ERROR_LINEAR: 0.1,
}
"""Least distances of clusters in each feature."""
_COARSE: Final = {RATIO: 1e-6, ERROR_LOG: 0.02, DENOMINATOR_LOG: 0.02}
"""The same for the fractions that nothing sets apart, which fill the space densely."""
_CANCELS: Final = 0.3
"""Growth of the reduced denominators in n ln n below which the factorials cancel: the common multiples that are left
grow like exp(c n), with swings of up to 0.2 in this fit."""
_GENERIC: Final = 0.04
"""What a common divisor adds to delta by chance."""
_SIMPLEST, _GREATEST, _SPREAD = 6, 3, 3
"""Members of a cluster that are identified."""


def write_rows(directory: Path, chunk: int, rows: npt.NDArray[np.float64]) -> None:
    """Keep a chunk's rows; the file is there whole or not at all."""
    path = _path(directory, chunk)
    partial = path.with_name(path.name + PARTIAL_SUFFIX)
    with open(partial, "wb") as file:
        np.save(file, rows)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def read_rows(directory: Path, chunk: int) -> npt.NDArray[np.float64]:
    """What was kept."""
    rows: npt.NDArray[np.float64] = np.load(_path(directory, chunk), allow_pickle=False)
    return rows


def _path(directory: Path, chunk: int) -> Path:
    return directory / f"features-{chunk:05d}.npy"


@dataclass(frozen=True, slots=True)
class Points:
    """The clustered fractions.

    Attributes:
        box: that they are of.
        numbers: in the box, shape (n,).
        features: shape (n, number of `FEATURES`).
        labels: cluster of each, shape (n,).
        apart: so many clusters, the first ones, stand apart.
    """

    box: Box
    numbers: npt.NDArray[np.int64]
    features: npt.NDArray[np.float64]
    labels: npt.NDArray[np.int64]
    apart: int

    @classmethod
    def of(cls, box: Box, directory: Path) -> Points:
        """Cluster what was measured.

        Args:
            box: whose fractions were measured.
            directory: that holds the rows of its chunks.
        """
        numbers, features = [], []
        for chunk in range(box.chunks):
            rows = read_rows(directory, chunk)
            numbers.append(rows[:, 0].astype(np.int64) + box.first(chunk))
            features.append(rows[:, 2:])
        number, feature = np.concatenate(numbers), np.concatenate(features)
        known = np.isfinite(feature).all(axis=1)
        number, feature = number[known], feature[known]
        stands = _stands_apart(feature)
        labels = np.full(len(number), -1, dtype=np.int64)
        apart = 0
        # What stands apart may stand alone; of the others a single one says nothing.
        for chosen, gaps, smallest in ((stands, _GAPS, 1), (~stands, _COARSE, 2)):
            found = cluster(feature[chosen][:, list(gaps)], list(gaps.values()), smallest)
            labels[chosen] = np.where(found >= 0, found + labels.max(initial=-1) + 1, -1)
            apart = apart or int(labels.max(initial=-1)) + 1
        order = np.argsort(labels, kind="stable")
        order = order[labels[order] >= 0]
        return cls(box, number[order], feature[order], labels[order], apart)

    def parts(self) -> list[npt.NDArray[np.int64]]:
        """The places of each cluster's fractions."""
        edges = np.flatnonzero(np.diff(self.labels)) + 1
        return np.split(np.arange(len(self.labels)), edges) if len(self.labels) else []

    def members(self) -> list[list[int]]:
        """A few fractions of each cluster: the simplest, those of the greatest delta, and some between."""
        a, b = self.box.coefficients(self.numbers)
        size = np.abs(a).sum(axis=1) + np.abs(b).sum(axis=1)
        chosen = []
        for part in self.parts():
            simplest = part[np.lexsort((self.numbers[part], size[part]))][:_SIMPLEST]
            by_delta = part[np.lexsort((self.numbers[part], self.features[part, DELTA]))]
            spread = by_delta[np.linspace(0, len(part) - 1, _SPREAD).astype(np.int64)]
            places = dict.fromkeys([*simplest.tolist(), *by_delta[-_GREATEST:].tolist(), *spread.tolist()])
            chosen.append([int(self.numbers[place]) for place in places])
        return chosen

    def owners(self, names: Sequence[Sequence[str]]) -> dict[int, Sequence[str]]:
        """For each fraction of a cluster that stands apart, the constants that name it."""
        numbers = [self.numbers[part].tolist() for part in self.parts()[: self.apart]]
        return {number: found for part, found in zip(numbers, names, strict=False) if found for number in part}


def _stands_apart(features: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Whether the denominators lose their factorial growth, or more of it than chance takes."""
    cancelled = np.abs(features[:, DENOMINATOR_LOG]) < _CANCELS
    generic = features[:, DELTA] - features[:, NAIVE_DELTA]
    found: npt.NDArray[np.bool_] = cancelled | (generic > _GENERIC)
    return found
