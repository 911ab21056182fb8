"""Completion of a low-rank matrix from some of its entries, also when some of those are grossly wrong.

>>> entries = {"shape": [3, 3], "entries": [[0, 0, 1], [0, 1, 2], [1, 0, 2], [1, 1, 4], [2, 1, 6], [0, 2, 3]]}
>>> solution = complete_matrix(entries, rank=1, held_out=0).solution
>>> round(float(solution.left[2] @ solution.right[2]), 4)
9.0
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reasoning.solvers.arguments import Sparse, SparseMatrix
from reasoning.solvers.definition import solver
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = ["CompletionCertificate", "MatrixFactors", "complete_matrix"]

Array = NDArray[np.float64]

MAX_ENTRIES = 2_000_000
MAX_WORK = 50_000_000
"""Most numbers in the normal equations of one half sweep: a side times the square of the rank."""
_RIDGE = 1e-10
_SUBGRADIENT_STEPS = 500
_DECAY = 0.98
_FIRST = 0.1
"""First step: this share of the objective divided by its rate of decrease."""


@dataclass(frozen=True, slots=True)
class MatrixFactors:
    """The completed matrix left @ right.T.

    Attributes:
        left: m x k.
        right: n x k.
        outliers: robust only: indices of the entries given that were set aside as wrong.
    """

    left: NDArray[np.float64]
    right: NDArray[np.float64]
    outliers: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CompletionCertificate:
    """What anybody can check.

    Attributes:
        observed_error: root mean square error over the entries that were used.
        held_out_error: median absolute error (robust) or root mean square error (plain) over the entries kept back;
            None when none were.
        held_out: indices of the entries kept back.
        fewest_in_row: the least number of entries used in a row or column; below the rank it is not determined.
    """

    observed_error: float
    held_out_error: float | None
    held_out: NDArray[np.int64]
    fewest_in_row: int


@solver
def complete_matrix(
    entries: SparseMatrix,
    rank: int,
    robust: bool = False,
    held_out: float = 0.05,
    tolerance: float = 1e-8,
    max_sweeps: int = 200,
    seed: int = 0,
) -> Result[MatrixFactors, CompletionCertificate]:
    """Complete a matrix of low rank from the entries that are known.

    min over U (m x k) and V (n x k) of sum over the known (i, j) of (U_i . V_j - x_ij)^2, by alternating least squares
    from the singular vectors of the matrix filled with zeros. Robust: the sum of |U_i . V_j - x_ij| by scaled
    sub-gradient steps, then least squares on the entries that fit.

    Args:
        entries: m x n by its known entries (zeros given explicitly count as known), each at most once.
        rank: k, from 1 to the smaller side.
        robust: whether some entries may be grossly wrong.
        held_out: share of the entries that is kept back as a check, from 0 to 0.5.
        tolerance: relative change of the fitted entries to stop at, from 1e-15 to 0.1.
        max_sweeps: most sweeps over rows and columns, at most 10000.
        seed: of the entries kept back.

    Returns:
        `converged`, or `limit` with the best factors found.

    Raises:
        SolverInputError: no entries, an entry given twice, or a rank out of range.

    Source:
        Gu, Song, Yin and Zhang 2024, arXiv 2302.11068 (alternating minimisation); Ding, Jiang, Chen, Qu and Zhu 2022,
        arXiv 2202.08788 and Tong, Ma and Chi 2021 (sub-gradients); the final fit on the inliers is ours.

    Example:
        {"entries": {"shape": [3, 3], "entries": [[0, 0, 1], [0, 1, 2], [0, 2, 3], [1, 0, 2], [1, 1, 4], [2, 1, 6]]},
         "rank": 1, "held_out": 0}
    """
    _check(entries, rank, held_out, tolerance, max_sweeps)
    count = len(entries.values)
    kept_back = np.sort(np.random.default_rng(seed).permutation(count)[: int(held_out * count)])
    used = np.ones(count, dtype=bool)
    used[kept_back] = False
    inliers = used.copy()
    left, right = _spectral(_Known.of(entries, used), rank, clip=robust)
    if robust:
        known = _Known.of(entries, used)
        left, right = _subgradient(known, left, right)
        inliers[np.nonzero(used)[0]] = _fitting(known.residuals(left, right), known.values)
    fit = _Known.of(entries, inliers)
    left, right, sweeps, done = _alternate(fit, left, right, tolerance, max_sweeps)
    if robust:
        for _ in range(20):  # the fit may show more inliers, or fewer
            known = _Known.of(entries, used)
            again = np.zeros(count, dtype=bool)
            again[np.nonzero(used)[0]] = _fitting(known.residuals(left, right), known.values)
            if (again == inliers).all():
                break
            inliers, fit = again, _Known.of(entries, again)
            left, right, more, done = _alternate(fit, left, right, tolerance, max_sweeps)
            sweeps += more
    errors = np.abs((left[entries.rows] * right[entries.columns]).sum(axis=1) - entries.values)
    back = errors[kept_back]
    held_error = None if not back.size else float(np.median(back)) if robust else float(np.sqrt((back**2).mean()))
    observed = float(np.sqrt((errors[inliers] ** 2).mean()))
    certificate = CompletionCertificate(observed, held_error, kept_back, fit.fewest())
    outliers = np.nonzero(used & ~inliers)[0]
    message = "" if done else f"not at rest after {sweeps} sweeps"
    if robust and certificate.fewest_in_row < min(rank, _Known.of(entries, used).fewest()):
        done, message = False, "too many entries of a row or column were set aside"
    status = Status.CONVERGED if done else Status.LIMIT
    return Result(status, MatrixFactors(left, right, outliers), certificate, sweeps, seed, message)


def _check(entries: Sparse, rank: int, held_out: float, tolerance: float, max_sweeps: int) -> None:
    count = len(entries.values)
    if count == 0:
        raise SolverInputError("entries: expected at least one")
    if count > MAX_ENTRIES:
        raise SolverInputError(f"entries: at most {MAX_ENTRIES} are taken, got {count}")
    places = np.sort(entries.rows * entries.shape[1] + entries.columns)
    if (places[1:] == places[:-1]).any():
        twice = int(places[1:][places[1:] == places[:-1]][0])
        raise SolverInputError(f"entries: [{twice // entries.shape[1]}, {twice % entries.shape[1]}] is given twice")
    if not 1 <= rank <= min(entries.shape):
        raise SolverInputError(f"rank: expected 1 to {min(entries.shape)}, got {rank}")
    if max(entries.shape) * rank**2 > MAX_WORK:
        raise SolverInputError(f"rank: too large for a matrix of {entries.shape[0]} x {entries.shape[1]}")
    if not 0 <= held_out <= 0.5 or count - int(held_out * count) < 1:
        raise SolverInputError("held_out: expected a share from 0 to 0.5")
    if not 1e-15 <= tolerance <= 0.1 or not 1 <= max_sweeps <= 10_000:
        raise SolverInputError("limits: expected tolerance 1e-15..0.1 and max_sweeps 1..10000")


@dataclass(frozen=True, slots=True)
class _Known:
    """Known entries, by row and by column."""

    shape: tuple[int, int]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: Array

    @classmethod
    def of(cls, entries: Sparse, chosen: NDArray[np.bool_]) -> _Known:
        return cls(entries.shape, entries.rows[chosen], entries.columns[chosen], entries.values[chosen])

    def matrix(self, values: Array) -> Any:
        """SciPy sparse, m x n, with these values at the known places."""
        from scipy.sparse import coo_array

        return coo_array((values, (self.rows, self.columns)), shape=self.shape).tocsr()

    def predicted(self, left: Array, right: Array) -> Array:
        products: Array = (left[self.rows] * right[self.columns]).sum(axis=1)
        return products

    def residuals(self, left: Array, right: Array) -> Array:
        return self.predicted(left, right) - self.values

    def fewest(self) -> int:
        counts = [
            np.bincount(side, minlength=length)
            for side, length in zip((self.rows, self.columns), self.shape, strict=True)
        ]
        return int(min(count.min() for count in counts))


def _spectral(known: _Known, rank: int, *, clip: bool) -> tuple[Array, Array]:
    """Leading singular vectors of the matrix filled with zeros and scaled by mn / |known|."""
    from scipy.sparse.linalg import svds

    values = known.values
    if clip:
        middle = float(np.median(np.abs(values)))
        values = np.clip(values, -4 * middle, 4 * middle)
    matrix = known.matrix(values * (known.shape[0] * known.shape[1] / len(values)))
    if rank < min(known.shape) and np.abs(values).any():
        start = np.ones(min(known.shape)) + np.arange(min(known.shape)) / min(known.shape)
        left, sizes, right = svds(matrix, k=rank, v0=start)
    else:
        left, sizes, right = np.linalg.svd(matrix.toarray(), full_matrices=False)
        left, sizes, right = left[:, :rank], sizes[:rank], right[:rank]
    root = np.sqrt(np.maximum(sizes, 1e-12 * (sizes.max() or 1.0)))
    return left * root, right.T * root


def _alternate(
    known: _Known, left: Array, right: Array, tolerance: float, max_sweeps: int
) -> tuple[Array, Array, int, bool]:
    """Least squares for the rows, then for the columns, until the fitted entries rest."""
    mask, values = known.matrix(np.ones(len(known.values))), known.matrix(known.values)
    mask_t, values_t = mask.T.tocsr(), values.T.tocsr()
    before = known.predicted(left, right)
    for sweep in range(1, max_sweeps + 1):
        left = _half_sweep(mask, values, np.linalg.qr(right)[0])
        basis = np.linalg.qr(left)[0]
        right = _half_sweep(mask_t, values_t, basis)
        left = basis
        now = known.predicted(left, right)
        change, size = float(np.linalg.norm(now - before)), float(np.linalg.norm(now))
        if change <= tolerance * size or size == 0.0:
            return left, right, sweep, True
        before = now
    return left, right, max_sweeps, False


def _half_sweep(mask: Any, values: Any, basis: Array) -> Array:
    """For each row of the mask the ridge regression of its values on the rows of the basis."""
    rank = basis.shape[1]
    products = (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), rank * rank)
    normal = (mask @ products).reshape(-1, rank, rank)
    size = np.trace(normal, axis1=1, axis2=2) / rank
    # Relative to each row, whose weights may all be small; a row without entries becomes 0.
    normal += np.where(size > 0, _RIDGE * size, 1.0)[:, None, None] * np.eye(rank)
    solved: Array = np.linalg.solve(normal, (values @ basis)[:, :, None])[:, :, 0]
    return solved


def _subgradient(known: _Known, left: Array, right: Array) -> tuple[Array, Array]:
    """Steps against sign(residual), scaled by the inverse Gram matrices, of geometrically decreasing length."""
    first: float | None = None
    for step in range(_SUBGRADIENT_STEPS):
        residuals = known.residuals(left, right)
        signs = known.matrix(np.sign(residuals))
        small = 1e-12 * np.eye(left.shape[1])
        gram_left, gram_right = left.T @ left + small, right.T @ right + small
        toward_left, toward_right = signs @ right, signs.T @ left
        scaled_left = np.linalg.solve(gram_right, toward_left.T).T
        scaled_right = np.linalg.solve(gram_left, toward_right.T).T
        fall = float((toward_left * scaled_left).sum() + (toward_right * scaled_right).sum())
        if fall <= 0.0:
            break
        if first is None:
            first = _FIRST * float(np.abs(residuals).sum()) / fall
        length = first * _DECAY**step
        left, right = left - length * scaled_left, right - length * scaled_right
    return left, right


def _fitting(residuals: Array, values: Array) -> NDArray[np.bool_]:
    """Entries whose residual is not far out: within ten times the median, or 1e-6 of the entries' median size."""
    size = np.abs(residuals)
    fits: NDArray[np.bool_] = size <= max(10.0 * float(np.median(size)), 1e-6 * float(np.median(np.abs(values))))
    return fits
