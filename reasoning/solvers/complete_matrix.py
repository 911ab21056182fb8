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

from reasoning.solvers.arguments import Seed, Sparse, SparseMatrix
from reasoning.solvers.definition import solver
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = ["CompletionCertificate", "MatrixFactors", "complete_matrix"]

Array = NDArray[np.float64]

MAX_ENTRIES = 2_000_000
MAX_WORK = 50_000_000
"""Most numbers in the normal equations of one half sweep (a side times the square of a small rank)."""
_RIDGE = 1e-10
_SUBGRADIENT_STEPS = 500
_DECAY = 0.98
_FIRST = 0.1
"""First step: this share of the objective divided by its rate of decrease."""
_LARGE_RANK = 30
"""From this rank on least squares are solved by conjugate gradients."""
_GRADIENT_STEPS = 5
_GRADIENT_TOLERANCE = 1e-10
_TOGETHER = 1 << 17
"""Entries that are predicted at once."""
_DENSE_FACTOR = 20
_MOST_DENSE = 10_000_000
_DRAWN = 200
_NEAR = 1e-3
_MOST_MENDED = 200
"""Rows, and columns, that are fitted anew at once."""


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
    seed: Seed = 0,
) -> Result[MatrixFactors, CompletionCertificate]:
    """Complete a matrix of low rank from the entries that are known.

    min over U (m x k) and V (n x k) of sum over the known (i, j) of (U_i . V_j - x_ij)^2, by alternating least squares
    from the singular vectors of the matrix filled with zeros; from rank 30 on by conjugate gradients that go on from
    the sweep before. Robust: the sum of |U_i . V_j - x_ij| by scaled sub-gradient steps, then least squares on the
    entries that fit.

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
        known, random = _Known.of(entries, used), np.random.default_rng(seed)
        for _ in range(20):  # the fit may show more inliers, or fewer
            left, right = _mended(known, left, right, random)
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
    if robust and _Known.of(entries, used).lost(fit, rank):
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
    if max(entries.shape) * rank * min(rank, _LARGE_RANK) > MAX_WORK or count * rank > 4 * MAX_WORK:
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
        return _products(self.rows, self.columns, left, right)

    def residuals(self, left: Array, right: Array) -> Array:
        return self.predicted(left, right) - self.values

    def counts(self) -> list[NDArray[np.int64]]:
        """Entries in each row, and in each column."""
        sides = zip((self.rows, self.columns), self.shape, strict=True)
        return [np.bincount(side, minlength=length) for side, length in sides]

    def fewest(self) -> int:
        return int(min(count.min() for count in self.counts()))

    def lost(self, kept: _Known, rank: int) -> bool:
        """Whether so few entries of some row or column are kept that these say nothing of it any more."""
        sides = zip(self.counts(), kept.counts(), strict=True)
        return any(((left <= rank) & (left < before)).any() for before, left in sides)

    def turned(self) -> _Known:
        """The transpose."""
        return _Known(self.shape[::-1], self.columns, self.rows, self.values)


def _products(rows: NDArray[np.int64], columns: NDArray[np.int64], left: Array, right: Array) -> Array:
    """The entries of left @ right.T at these places."""
    if len(left) * len(right) <= _DENSE_FACTOR * len(rows) and len(left) * len(right) <= _MOST_DENSE:
        whole: Array = (left @ right.T)[rows, columns]  # BLAS does them all faster than some are gathered
        return whole
    found = np.empty(len(rows))
    for start in range(0, len(found), _TOGETHER):
        part = slice(start, start + _TOGETHER)
        found[part] = np.einsum("ek,ek->e", left[rows[part]], right[columns[part]])
    return found


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
    by_gradients = left.shape[1] >= _LARGE_RANK
    for sweep in range(1, max_sweeps + 1):
        basis, turn = np.linalg.qr(right)
        left = _by_gradients(mask, values, basis, left @ turn.T) if by_gradients else _half_sweep(mask, values, basis)
        right, (basis, turn) = basis, np.linalg.qr(left)
        start = right @ turn.T
        right = _by_gradients(mask_t, values_t, basis, start) if by_gradients else _half_sweep(mask_t, values_t, basis)
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


def _by_gradients(mask: Any, values: Any, basis: Array, start: Array) -> Array:
    """As `_half_sweep`, approximately and without the normal equations: conjugate gradients from the last sweep's fit.

    All rows go on at once, each with its own steps; a step costs entries times rank.
    """
    from scipy.sparse import csr_array

    places = np.repeat(np.arange(mask.shape[0]), np.diff(mask.indptr))
    diagonal = mask @ basis**2
    shift = _RIDGE * diagonal.mean(axis=1, keepdims=True)
    shift[shift == 0] = 1.0
    diagonal = diagonal + shift

    def normal(rows: Array) -> Array:
        entries = csr_array((_products(places, mask.indices, rows, basis), mask.indices, mask.indptr), shape=mask.shape)
        product: Array = entries @ basis + shift * rows
        return product

    found = start.copy()
    left = values @ basis - normal(found)
    size = np.linalg.norm(values @ basis, axis=1) + np.finfo(float).tiny
    step = left / diagonal
    weight = (left * step).sum(axis=1)
    for _ in range(_GRADIENT_STEPS):
        if (np.linalg.norm(left, axis=1) <= _GRADIENT_TOLERANCE * size).all():
            break
        image = normal(step)
        curvature = (step * image).sum(axis=1)
        length = np.divide(weight, curvature, out=np.zeros_like(weight), where=curvature > 0)[:, None]
        found += length * step
        left = left - length * image
        scaled = left / diagonal
        before, weight = weight, (left * scaled).sum(axis=1)
        share = np.divide(weight, before, out=np.zeros_like(weight), where=before > 0)[:, None]
        step = scaled + share * step
    return found


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


def _mended(known: _Known, left: Array, right: Array, random: np.random.Generator) -> tuple[Array, Array]:
    """Fit the rows, then the columns, anew of which most entries do not fit.

    The steps above may leave a few rows at a fit to outliers, after which their right entries look wrong.
    """
    for _ in range(2):
        fits = _fitting(known.residuals(left, right), known.values)
        total, fitting = known.counts()[0], np.bincount(known.rows[fits], minlength=known.shape[0])
        bad = np.nonzero((fitting <= total / 2) & (total > left.shape[1]))[0]
        left = left.copy()
        for row in bad[:_MOST_MENDED]:
            here = known.rows == row
            left[row] = _best_supported(right[known.columns[here]], known.values[here], random)
        known, left, right = known.turned(), right, left
    return left, right


def _best_supported(design: Array, values: Array, random: np.random.Generator) -> Array:
    """The u that fits most entries well, among fits to `_DRAWN` draws of as many entries as u has numbers.

    That is the one of the least sum of log |design u - values|, which a few gross outliers hardly move.
    """
    count, rank = design.shape
    draws = np.argsort(random.random((_DRAWN, count)), axis=1)[:, :rank]
    size = float(np.abs(design).max()) or 1.0
    squares = design[draws] + _RIDGE * size * np.eye(rank)
    try:
        fits = np.linalg.solve(squares, values[draws][:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:
        fits = (np.linalg.pinv(squares) @ values[draws][:, :, None])[:, :, 0]
    residuals = np.abs(fits @ design.T - values)
    # As a fit passes through its own entries, what is near enough counts the same.
    near = max(_NEAR * float(np.median(np.abs(values))), np.finfo(float).tiny)
    best: Array = fits[int(np.log(residuals + near).sum(axis=1).argmin())]
    return best


def _fitting(residuals: Array, values: Array) -> NDArray[np.bool_]:
    """Entries whose residual is not far out: within ten times the median, or 1e-6 of the entries' median size."""
    size = np.abs(residuals)
    fits: NDArray[np.bool_] = size <= max(10.0 * float(np.median(size)), 1e-6 * float(np.median(np.abs(values))))
    return fits
