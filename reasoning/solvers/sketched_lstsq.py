"""Least squares with many rows: a random sketch, and iterations that it preconditions.

>>> import numpy as np
>>> matrix = np.vander(np.linspace(0, 1, 200), 3)
>>> sketched_lstsq(matrix, matrix @ [1.0, 2.0, 3.0]).solution.x.round(6)
array([1., 2., 3.])
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reasoning.solvers.arguments import Matrix, Seed, Vector
from reasoning.solvers.definition import solver
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = ["LeastSquares", "LeastSquaresCertificate", "hadamard_transform", "sketched_lstsq"]

Array = NDArray[np.float64]

MAX_CELLS = 20_000_000


@dataclass(frozen=True, slots=True)
class LeastSquares:
    """A least squares solution.

    Attributes:
        x: d numbers.
        sketch_rows: rows of the sketch.
    """

    x: NDArray[np.float64]
    sketch_rows: int


@dataclass(frozen=True, slots=True)
class LeastSquaresCertificate:
    """What anybody can check on all rows.

    Attributes:
        residual: ||A x - b||.
        gradient: ||A^T (A x - b)|| / (||A||_F ||A x - b||), 0 at the solution; 0 when the residual is within rounding.
        excess_bound: relative excess of the residual over the least one, as the sketch estimates it:
            ||R^-T A^T r||^2 / (2 ||r||^2), where R^T R is near A^T A.
    """

    residual: float
    gradient: float
    excess_bound: float


@solver
def sketched_lstsq(
    matrix: Matrix,
    right: Vector,
    mode: Literal["refined", "sketch"] = "refined",
    oversampling: float = 8.0,
    tolerance: float = 1e-12,
    seed: Seed = 0,
) -> Result[LeastSquares, LeastSquaresCertificate]:
    """Least squares for a matrix with many more rows than columns.

    min over x of ||A x - b||_2. The sketch S A is a subsampled randomised Hadamard transform of A. Mode "sketch"
    solves the small problem min ||S A x - S b||, whose error is spread evenly over the coordinates; "refined" goes on
    with LSQR on A R^-1, R from a QR factorisation of S A, to full accuracy.

    Args:
        matrix: A, n x d, n >= d, of full rank.
        right: b, n numbers.
        mode: "refined" or "sketch".
        oversampling: rows of the sketch for each column, from 2 to 1000.
        tolerance: of LSQR, from 1e-15 to 0.1.
        seed: of the signs and the rows.

    Returns:
        `converged`, `singular` when the columns are dependent to working precision, or `limit`.

    Raises:
        SolverInputError: shapes do not fit, or there are fewer rows than columns.

    Source:
        Song, Ye, Yin and Zhang 2023, arXiv 2302.00248 (dense sketches and the l_inf guarantee); Avron, Maymounkov and
        Toledo 2010, "Blendenpik" (refinement).

    Example:
        {"matrix": [[1, 0], [1, 1], [1, 2], [1, 3]], "right": [1, 3, 5, 7.5]}
    """
    rows, columns = matrix.shape
    if matrix.size == 0:
        raise SolverInputError("matrix: expected at least one row and one column")
    if matrix.size > MAX_CELLS:
        raise SolverInputError(f"matrix: at most {MAX_CELLS} numbers are taken, got {matrix.size}")
    if rows < columns:
        raise SolverInputError(f"matrix: expected at least as many rows as columns, got {rows} x {columns}")
    if len(right) != rows:
        raise SolverInputError(f"right: expected {rows} numbers, got {len(right)}")
    if not 2 <= oversampling <= 1000 or not 1e-15 <= tolerance <= 0.1:
        raise SolverInputError("limits: expected oversampling 2..1000 and tolerance 1e-15..0.1")
    size = min(rows, int(np.ceil(oversampling * columns)) + 10)
    sketched = _sketch(np.column_stack([matrix, right]), size, np.random.default_rng(seed))
    basis, triangle = np.linalg.qr(sketched[:, :-1])
    diagonal = np.abs(np.diag(triangle))
    if diagonal.min() <= 1e-13 * np.sqrt(rows) * diagonal.max():
        return Result(Status.SINGULAR, seed=seed, message="the columns are dependent, to working precision")
    from scipy.linalg import solve_triangular

    x = solve_triangular(triangle, basis.T @ sketched[:, -1])
    steps, done = 0, True
    if mode == "refined":
        x, steps, done = _refine(matrix, right, triangle, x, tolerance)
    rest = matrix @ x - right
    length = float(np.linalg.norm(rest))
    gradient = matrix.T @ rest
    scale = float(np.linalg.norm(matrix))
    exact = length <= 1e-14 * (scale * float(np.linalg.norm(x)) + float(np.linalg.norm(right)))
    relative = 0.0 if exact else float(np.linalg.norm(gradient)) / (scale * length)
    excess = (
        0.0 if exact else float(np.linalg.norm(solve_triangular(triangle, gradient, trans="T"))) ** 2 / length**2 / 2
    )
    certificate = LeastSquaresCertificate(length, relative, excess)
    message = "" if done else "LSQR reached its limit of steps"
    return Result(Status.CONVERGED if done else Status.LIMIT, LeastSquares(x, size), certificate, steps, seed, message)


def _sketch(matrix: Array, size: int, random: np.random.Generator) -> Array:
    """Signs, a Hadamard transform down the columns, and `size` of the rows, scaled to keep lengths."""
    rows = len(matrix)
    if size >= rows:
        return matrix
    padded = np.zeros((1 << (rows - 1).bit_length(), matrix.shape[1]))
    padded[:rows] = matrix * random.choice([-1.0, 1.0], size=(rows, 1))
    hadamard_transform(padded)
    chosen = random.choice(len(padded), size=size, replace=False)
    scaled: Array = padded[chosen] * (1.0 / size) ** 0.5
    return scaled


def hadamard_transform(matrix: Array) -> None:
    """The Walsh-Hadamard transform (not normalised) of each column, in place.

    Args:
        matrix: 2^k x d, contiguous.
    """
    length, width = matrix.shape
    half = 1
    while half < length:
        view = matrix.reshape(length // (2 * half), 2, half, width)
        total = view[:, 0] + view[:, 1]
        np.subtract(view[:, 0], view[:, 1], out=view[:, 1])
        view[:, 0] = total
        half *= 2


def _refine(matrix: Array, right: Array, triangle: Array, start: Array, tolerance: float) -> tuple[Array, int, bool]:
    """LSQR on A R^-1 from the sketch's solution."""
    from scipy.linalg import solve_triangular
    from scipy.sparse.linalg import LinearOperator, lsqr

    operator = LinearOperator(
        matrix.shape,
        matvec=lambda vector: matrix @ solve_triangular(triangle, np.ravel(vector)),
        rmatvec=lambda vector: solve_triangular(triangle, matrix.T @ np.ravel(vector), trans="T"),
        dtype=np.float64,
    )
    x, steps, done = start, 0, True
    for _ in range(2):  # the second time on the residual of the first: refinement
        found = lsqr(operator, right - matrix @ x, atol=tolerance, btol=tolerance, conlim=0, iter_lim=200)
        x = x + solve_triangular(triangle, found[0])
        steps += int(found[2])
        done = found[1] != 7
    return x, steps, done
