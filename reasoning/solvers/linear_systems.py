"""What the solvers of sequences of linear systems share: their input, results and certificates.

A_t x_t = b_t, t = 1..T, with one matrix for all or one for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reasoning.solvers.arguments import Sparse
from reasoning.solvers.results import SolverInputError, Status

__all__ = ["SystemsCertificate", "SystemsSolution", "check_systems", "relative_residual"]

Array = NDArray[np.float64]

MAX_SIDE = 100_000


@dataclass(frozen=True, slots=True)
class SystemsSolution:
    """What was found, system by system.

    Attributes:
        solutions: T x n.
        work: T numbers: sweeps (`sor_sequence`) or products with the matrix (`linear_sequence`).
    """

    solutions: NDArray[np.float64]
    work: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SystemsCertificate:
    """What anybody can check.

    Attributes:
        residuals: T numbers ||b_t - A_t x_t|| / ||b_t||.
        total_work: sweeps or products over all systems.
    """

    residuals: NDArray[np.float64]
    total_work: int

    def end(self, tolerance: float, tried: int) -> tuple[Status, str]:
        """How a solver ends that tried so many of the systems, and the line that says why."""
        worst = float(self.residuals.max())
        if worst <= tolerance:
            return Status.CONVERGED, ""
        place, count = int(self.residuals.argmax()), len(self.residuals)
        return Status.LIMIT, f"{tried} of {count} systems were tried; largest residual {worst:.1e}, of system {place}"


def check_systems(matrices: list[Sparse], right_sides: Array, most: int, largest: int = MAX_SIDE) -> None:
    """See that matrices and right sides fit.

    Args:
        matrices: one, or one for each right side.
        right_sides: T x n.
        most: largest T.
        largest: largest n.

    Raises:
        SolverInputError: they do not fit, or there is nothing to solve, or too much.
    """
    if right_sides.size == 0 or not matrices:
        raise SolverInputError("matrices and right_sides: expected at least one")
    count, side = right_sides.shape
    if count > most or side > largest:
        raise SolverInputError(f"right_sides: at most {most} systems of {largest} unknowns are taken")
    if len(matrices) not in (1, count):
        raise SolverInputError(f"matrices: expected one or {count}, got {len(matrices)}")
    for number, matrix in enumerate(matrices):
        if matrix.shape != (side, side):
            raise SolverInputError(f"matrices[{number}]: expected {side} x {side}, got {matrix.shape}")


def relative_residual(matrix: Any, solution: Array, right: Array) -> float:
    """||b - A x|| / ||b||, and ||b - A x|| where b is 0."""
    size = float(np.linalg.norm(right))
    rest = float(np.linalg.norm(right - matrix @ solution))
    return rest / size if size else rest
