"""MAP-Elites: the best solution for each combination of features, instead of one best solution.

>>> result = map_elites("1 - x^2", ["x"], {"x": (-1, 1)}, [(-1, 1)], bins=5, evaluations=2000)
>>> result.solution.coverage
1.0

The archive and the loop (`Archive`, `illuminate`) take genomes of any kind: programs, expressions, conjectures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from reasoning.solvers.arguments import Seed
from reasoning.solvers.definition import solver
from reasoning.solvers.numeric_expressions import read_function
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = ["Archive", "CentroidArchive", "Elite", "Elites", "ElitesCertificate", "illuminate", "map_elites"]

Array = NDArray[np.float64]
Genome = TypeVar("Genome")

MAX_EVALUATIONS = 200_000
MAX_CELLS = 100_000
MAX_CENTROIDS = 10_000
BATCH = 100
_POINTS_PER_CELL = 25
_LLOYD_STEPS = 15


@dataclass(frozen=True, slots=True)
class Elite(Generic[Genome]):
    """The best genome of a cell.

    Attributes:
        genome: it.
        fitness: its fitness.
        features: its feature values.
    """

    genome: Genome
    fitness: float
    features: tuple[float, ...]


class Archive(Generic[Genome]):
    """A grid over the features; each cell keeps its best genome.

    Args:
        ranges: (low, high) of each feature; what lies outside falls in the nearest cell.
        bins: cells along each feature.
    """

    def __init__(self, ranges: Sequence[tuple[float, float]], bins: Sequence[int]) -> None:
        self._ranges, self._bins = list(ranges), list(bins)
        self.cells: dict[tuple[int, ...], Elite[Genome]] = {}

    def cell(self, features: Sequence[float]) -> tuple[int, ...]:
        """The cell of feature values."""
        places = []
        for value, (low, high), count in zip(features, self._ranges, self._bins, strict=True):
            share = min(max((value - low) / (high - low), 0.0), 1.0)
            places.append(min(int(share * count), count - 1))
        return tuple(places)

    @property
    def size(self) -> int:
        """Number of cells."""
        return int(np.prod(self._bins))

    def add(self, genome: Genome, fitness: float, features: Sequence[float]) -> bool:
        """Keep a genome if its cell is empty or has a worse one; whether it was kept.

        Values that are not finite are never kept.
        """
        if not np.isfinite([fitness, *features]).all():
            return False
        cell = self.cell(features)
        if cell in self.cells and self.cells[cell].fitness >= fitness:
            return False
        self.cells[cell] = Elite(genome, float(fitness), tuple(map(float, features)))
        return True

    @property
    def coverage(self) -> float:
        """Share of the cells that are filled."""
        return len(self.cells) / self.size

    @property
    def best(self) -> Elite[Genome] | None:
        """The elite of the largest fitness."""
        return max(self.cells.values(), key=lambda elite: elite.fitness, default=None)


class CentroidArchive(Archive[Genome]):
    """Cells of about one size for many features: those nearest to the centroids of a Voronoi tessellation (CVT).

    Args:
        ranges: (low, high) of each feature.
        count: cells, at least 2.
        seed: of the points, uniform in the ranges, whose k-means are the centroids.

    Source:
        Vassiliades, Chatzilygeroudis and Mouret 2018, "Using centroidal Voronoi tessellations to scale up the
        multidimensional archive of phenotypic elites algorithm", arXiv 1610.05729.
    """

    def __init__(self, ranges: Sequence[tuple[float, float]], count: int, seed: int = 0) -> None:
        from scipy.spatial import KDTree

        super().__init__(ranges, [count])
        self._low, high = (np.array(side, dtype=np.float64) for side in zip(*ranges, strict=True))
        self._width = high - self._low
        points = np.random.default_rng(seed).random((max(_POINTS_PER_CELL * count, 1000), len(self._low)))
        centroids = points[:count].copy()
        for _ in range(_LLOYD_STEPS):
            nearest = KDTree(centroids).query(points)[1]
            sums = np.stack([np.bincount(nearest, one, minlength=count) for one in points.T], axis=1)
            sizes = np.bincount(nearest, minlength=count)[:, None]
            centroids = np.where(sizes > 0, sums / np.maximum(sizes, 1), centroids)
        self._tree = KDTree(centroids)

    def cell(self, features: Sequence[float]) -> tuple[int, ...]:
        """The cell of feature values: the index of the nearest centroid, every range scaled to length 1."""
        share = np.clip((np.asarray(features, dtype=np.float64) - self._low) / self._width, 0.0, 1.0)
        return (int(self._tree.query(share)[1]),)


def illuminate(
    archive: Archive[Genome],
    evaluate: Callable[[list[Genome]], Sequence[tuple[float, Sequence[float]]]],
    draw: Callable[[np.random.Generator], Genome],
    vary: Callable[[Genome, Genome, np.random.Generator], Genome],
    evaluations: int,
    first: int = 100,
    batch: int = BATCH,
    seed: int = 0,
) -> int:
    """Fill an archive: random genomes first, then variations of elites of cells that are drawn uniformly.

    Args:
        archive: it may hold elites already.
        evaluate: from genomes to (fitness, features) of each.
        draw: a random genome.
        vary: a new genome from two elites, by mutation of the first and, if wanted, crossover with the second.
        evaluations: genomes to evaluate in all.
        first: random genomes; those after it are random too while the archive is empty.
        batch: genomes that are evaluated together.
        seed: of all draws: the same seed gives the same archive.

    Returns:
        How many genomes were kept.
    """
    random = np.random.default_rng(seed)
    done = kept = 0
    while done < evaluations:
        size = min(batch, evaluations - done, max(first - done, 0) or evaluations)
        if done < first or not archive.cells:
            genomes = [draw(random) for _ in range(size)]
        else:
            elites = list(archive.cells.values())
            chosen = random.integers(len(elites), size=(size, 2))
            genomes = [vary(elites[one].genome, elites[other].genome, random) for one, other in chosen]
        for genome, (fitness, features) in zip(genomes, evaluate(genomes), strict=True):
            kept += archive.add(genome, fitness, features)
        done += size
    return kept


@dataclass(frozen=True, slots=True)
class Elites:
    """The archive, one row for each filled cell, in the order of the cells.

    Attributes:
        cells: K x f indices from 0; of a tessellation K x 1.
        points: K x v values of the variables.
        fitness: K numbers.
        features: K x f numbers.
        best: index of the best row.
        coverage: share of the cells that are filled.
    """

    cells: NDArray[np.int64]
    points: NDArray[np.float64]
    fitness: NDArray[np.float64]
    features: NDArray[np.float64]
    best: int
    coverage: float


@dataclass(frozen=True, slots=True)
class ElitesCertificate:
    """What anybody can check from the points.

    Attributes:
        quality_diversity: sum of the fitness over the filled cells.
        kept: genomes that entered the archive.
    """

    quality_diversity: float
    kept: int


@solver
def map_elites(
    fitness: str,
    features: list[str],
    bounds: dict[str, tuple[float, float]],
    ranges: list[tuple[float, float]],
    bins: int = 20,
    cells: int | None = None,
    evaluations: int = 10_000,
    step: float = 0.1,
    seed: Seed = 0,
) -> Result[Elites, ElitesCertificate]:
    """Find many good and different points: the best one in each cell of a partition by features (MAP-Elites).

    Elites are mutated by Gaussian steps and crossed with others along the line between them. Points without a finite
    fitness or feature are dropped.

    Args:
        fitness: expression in the variables, to be maximised.
        features: from 1 to 4 expressions that tell points apart; up to 20 with `cells`.
        bounds: variable -> [low, high].
        ranges: [low, high] of each feature; values outside fall in the nearest cell.
        bins: cells along each feature, from 1 to 1000.
        cells: instead of a grid, so many cells of about one size, the nearest to the centroids of a Voronoi
            tessellation, from 2 to 10000.
        evaluations: points to try, from 10 to 200000.
        step: standard deviation of a mutation, as a share of the variable's range.
        seed: of all draws.

    Returns:
        `converged` when every cell is filled, otherwise `limit`: no method can tell that a cell is empty for good, or
        that an elite is the best of its cell.

    Raises:
        SolverInputError: expressions use other names, ranges are empty, or there are too many cells.

    Source:
        Mouret and Clune 2015, "Illuminating search spaces by mapping elites", arXiv 1504.04909; Vassiliades,
        Chatzilygeroudis and Mouret 2018, arXiv 1610.05729, for tessellations.

    Example:
        {"fitness": "sin(3 x) + cos(2 y)", "features": ["x + y"], "bounds": {"x": [-2, 2], "y": [-2, 2]},
         "ranges": [[-4, 4]], "bins": 8, "evaluations": 2000}
    """
    most = 4 if cells is None else 20
    if not 1 <= len(features) <= most or len(ranges) != len(features):
        raise SolverInputError(f"features: expected from 1 to {most}, and as many ranges")
    if cells is not None and not 2 <= cells <= MAX_CENTROIDS:
        raise SolverInputError(f"cells: expected from 2 to {MAX_CENTROIDS}")
    if not 1 <= len(bounds) <= 100:
        raise SolverInputError(f"bounds: expected from 1 to 100 variables, got {len(bounds)}")
    for name, (low, high) in [*bounds.items(), *((f"ranges[{number}]", one) for number, one in enumerate(ranges))]:
        if not low < high:
            raise SolverInputError(f"{name[:40]}: expected [low, high] with low < high")
    if cells is None and (not 1 <= bins <= 1000 or bins ** len(features) > MAX_CELLS):
        raise SolverInputError(f"bins: expected from 1 to 1000, and at most {MAX_CELLS} cells")
    if not 10 <= evaluations <= MAX_EVALUATIONS or not 0 < step <= 10:
        raise SolverInputError(f"limits: expected evaluations 10..{MAX_EVALUATIONS} and step 0..10")
    goal = read_function(fitness, "fitness", bounds)
    tell = [read_function(text, f"features[{number}]", bounds) for number, text in enumerate(features)]
    lower, upper = (np.array(side, dtype=np.float64) for side in zip(*bounds.values(), strict=True))

    def evaluate(points: list[Array]) -> list[tuple[float, list[float]]]:
        table = dict(zip(bounds, np.array(points).T, strict=True))
        values = [np.broadcast_to(function(table), len(points)).tolist() for function in (goal, *tell)]
        return [(row[0], list(row[1:])) for row in zip(*values, strict=True)]

    def vary(one: Array, other: Array, random: np.random.Generator) -> Array:
        moved = one + random.normal(size=len(lower)) * step * (upper - lower) + random.normal() * 0.2 * (other - one)
        return np.asarray(np.clip(moved, lower, upper))

    archive: Archive[Array] = (
        Archive(ranges, [bins] * len(features)) if cells is None else CentroidArchive(ranges, cells, seed)
    )
    kept = illuminate(
        archive, evaluate, lambda random: random.uniform(lower, upper), vary, evaluations,
        first=max(10, evaluations // 20), seed=seed,
    )  # fmt: skip
    if not archive.cells:
        return Result(Status.LIMIT, None, None, evaluations, seed, "no point had a finite fitness and finite features")
    rows = sorted(archive.cells.items())
    found = Elites(
        np.array([cell for cell, _ in rows]),
        np.array([elite.genome for _, elite in rows]),
        np.array([elite.fitness for _, elite in rows]),
        np.array([elite.features for _, elite in rows]),
        int(np.argmax([elite.fitness for _, elite in rows])),
        archive.coverage,
    )
    certificate = ElitesCertificate(float(found.fitness.sum()), kept)
    full = len(rows) == archive.size
    message = "" if full else f"{len(rows)} of {archive.size} cells are filled"
    return Result(Status.CONVERGED if full else Status.LIMIT, found, certificate, evaluations, seed, message)
