"""A few weighted rows that stand for a tall matrix in l_p regression: a coreset by Lewis weights.

>>> import numpy as np
>>> matrix = np.vander(np.linspace(-1, 1, 2000), 3)
>>> rows = coreset_rows(matrix, rows=200).solution.rows
>>> 0 < len(rows) <= 200
True
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reasoning.solvers.arguments import Matrix, Seed
from reasoning.solvers.definition import solver
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = ["Coreset", "CoresetCertificate", "coreset_rows", "lewis_weights"]

Array = NDArray[np.float64]

MAX_CELLS = 20_000_000
MAX_P = 3.9
"""The iteration for Lewis weights contracts below 4."""
PROBES = 200


@dataclass(frozen=True, slots=True)
class Coreset:
    """Chosen rows.

    Attributes:
        rows: indices of the different rows that were drawn, increasing.
        weights: for each; sum over them of weight * |a_i x|^p estimates ||A x||_p^p without bias.
        lewis: Lewis weights of all n rows; their sum is the rank.
    """

    rows: NDArray[np.int64]
    weights: NDArray[np.float64]
    lewis: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CoresetCertificate:
    """What anybody can check.

    Attributes:
        fixed_point: largest |tau_i(W^(1/2 - 1/p) A) / w_i - 1| over rows that are not 0, tau the leverage scores: 0
            for Lewis weights.
        distortion: largest |estimate / ||A x||_p^p - 1| over 200 random x; the true one, over all x, may be larger.
    """

    fixed_point: float
    distortion: float


@solver
def coreset_rows(
    matrix: Matrix, rows: int, p: float = 2.0, tolerance: float = 1e-6, seed: Seed = 0
) -> Result[Coreset, CoresetCertificate]:
    """Choose weighted rows of a tall matrix that keep ||A x||_p for all x: a coreset for l_p regression.

    Rows are drawn with replacement, with probability proportional to their Lewis weight (for p = 2 the leverage score),
    which is up to a factor their l_p sensitivity; the weight is 1 over the expected number of draws. For regression
    append the right side as a column.

    Args:
        matrix: A, n x d, n >= d.
        rows: number of draws, at least 1.
        p: the norm, from 1 to 3.9.
        tolerance: relative, of the Lewis weights, from 1e-12 to 0.1.
        seed: of the draws.

    Returns:
        `converged`, or `limit` when the Lewis weights missed the tolerance.

    Raises:
        SolverInputError: the matrix is 0, too large or wider than high, or p is out of range.

    Source:
        Cohen and Peng 2015, "l_p Row Sampling by Lewis Weights", arXiv 1412.0588; Woodruff and Yasuda 2023, "Sharper
        Bounds for l_p Sensitivity Sampling", arXiv 2306.00732.

    Example:
        {"matrix": [[1, 0], [1, 1], [1, 2], [1, 3], [1, 4], [1, 50]], "rows": 4, "p": 1}
    """
    count, columns = matrix.shape
    if not 1 <= matrix.size <= MAX_CELLS:
        raise SolverInputError(f"matrix: expected from 1 to {MAX_CELLS} numbers, got {matrix.size}")
    if count < columns:
        raise SolverInputError(f"matrix: expected at least as many rows as columns, got {count} x {columns}")
    if not matrix.any():
        raise SolverInputError("matrix: it is 0")
    if not 1 <= p <= MAX_P or not 1 <= rows <= MAX_CELLS or not 1e-12 <= tolerance <= 0.1:
        raise SolverInputError(f"limits: expected p 1..{MAX_P}, rows 1..{MAX_CELLS}, tolerance 1e-12..0.1")
    lewis, error, steps = lewis_weights(matrix, p, tolerance)
    random = np.random.default_rng(seed)
    chances = lewis / lewis.sum()
    drawn, times = np.unique(random.choice(count, size=rows, p=chances), return_counts=True)
    weights = times / (rows * chances[drawn])
    powers = np.abs(matrix @ random.normal(size=(columns, PROBES))) ** p
    distortion = float(np.abs(weights @ powers[drawn] / powers.sum(axis=0) - 1).max())
    done = error <= tolerance
    message = "" if done else f"the Lewis weights are off by a relative {error:.1e}"
    return Result(
        Status.CONVERGED if done else Status.LIMIT,
        Coreset(drawn, weights, lewis),
        CoresetCertificate(error, distortion),
        steps,
        seed,
        message,
    )


def lewis_weights(matrix: Array, p: float, tolerance: float, rounds: int = 500) -> tuple[Array, float, int]:
    """The Lewis weights: w_i = tau_i(W^(1/2 - 1/p) A), tau the leverage scores.

    Args:
        matrix: A, n x d.
        p: the norm, below 4.
        tolerance: relative, to stop at.
        rounds: most iterations w_i <- (w_i^(2/p - 1) tau_i)^(p/2).

    Returns:
        The weights, the largest relative error of the fixed point, the iterations.
    """
    live = matrix.any(axis=1)
    rows = matrix[live]
    found, error, step = np.full(len(rows), matrix.shape[1] / len(rows)), np.inf, 0
    while step < rounds:
        step += 1
        tau = _leverage(rows * (found ** (0.5 - 1 / p))[:, None])
        error = float(np.abs(tau / found - 1).max())
        if error <= tolerance:
            break
        found = (found ** (2 / p - 1) * tau) ** (p / 2)
    weights = np.zeros(len(matrix))
    weights[live] = found
    return weights, error, step


def _leverage(matrix: Array) -> Array:
    """Squared row lengths of an orthonormal basis of the column space."""
    left, values, _ = np.linalg.svd(matrix, full_matrices=False)
    kept = left[:, values > 1e-12 * values[0]]
    return np.asarray(np.maximum(np.sum(kept**2, axis=1), 1e-300))
