"""The stages of entropic optimal transport: scaling sweeps, and Newton steps with a sparse or a full Hessian.

    problem = Problem(cost / reg, row_weights, column_weights)
    stage = sinkhorn(problem, Potentials.start(problem), sweeps=20, tolerance=1e-9)

Everything is in units of the regularisation: the plan of potentials f (n) and g (m) is exp(f_i + g_j - S_ij), where S
is the cost divided by the regularisation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Potentials", "Problem", "Stage", "newton_direction", "sinkhorn"]

Array = NDArray[np.float64]

_ABSORB = 50.0
"""Scalings beyond exp of this are absorbed into the potentials."""
_TINY = -600.0
"""Entries of a kernel below exp of this are 0: denormal numbers would make every product slow."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Weights and scaled costs.

    Attributes:
        scaled: n x m, cost / regularisation.
        rows: n weights.
        columns: m weights.
    """

    scaled: Array
    rows: Array
    columns: Array

    def plan(self, potentials: Potentials) -> Array:
        """exp(f_i + g_j - S_ij)."""
        exponent = potentials.rows[:, None] + potentials.columns[None, :]
        exponent -= self.scaled
        exponent[exponent < _TINY] = -np.inf
        return np.exp(exponent, out=exponent)

    def error(self, plan: Array) -> float:
        """l1 distance of the plan's marginals from the weights."""
        return float(np.abs(plan.sum(1) - self.rows).sum() + np.abs(plan.sum(0) - self.columns).sum())


@dataclass(frozen=True, slots=True)
class Potentials:
    """Dual variables in units of the regularisation.

    Attributes:
        rows: n numbers f.
        columns: m numbers g.
    """

    rows: Array
    columns: Array

    @classmethod
    def start(cls, problem: Problem) -> Potentials:
        """After one sweep in the log domain, from g = 0: no overflow, whatever the costs."""
        rows = np.log(problem.rows) - _log_sum(-problem.scaled, 1)
        columns = np.log(problem.columns) - _log_sum(rows[:, None] - problem.scaled, 0)
        return cls(rows, columns)


def _log_sum(exponent: Array, axis: int) -> Array:
    top = exponent.max(axis=axis, keepdims=True)
    shifted = exponent - top
    shifted[shifted < _TINY] = -np.inf
    total: Array = np.log(np.exp(shifted, out=shifted).sum(axis=axis)) + np.squeeze(top, axis)
    return total


@dataclass(frozen=True, slots=True)
class Stage:
    """Where sweeps ended.

    Attributes:
        potentials: after the last sweep.
        error: l1 error of the row sums (those of the columns are exact after a sweep).
        sweeps: made.
        needed: sweeps that are still needed at the rate of the last ones; inf when they do not converge.
    """

    potentials: Potentials
    error: float
    sweeps: int
    needed: float


def sinkhorn(
    problem: Problem,
    potentials: Potentials,
    sweeps: int,
    tolerance: float,
    *,
    expired: Callable[[], bool] = lambda: False,
    patience: float = np.inf,
) -> Stage:
    """Scale rows and columns in turn, on a kernel that has absorbed the potentials.

    Args:
        problem: weights and costs.
        potentials: to start with.
        sweeps: most sweeps.
        tolerance: l1 marginal error to stop at.
        expired: whether time is up.
        patience: stop, after 20 sweeps, when more sweeps than this would still be needed.

    Returns:
        The potentials after the last sweep.
    """
    rows, columns = potentials.rows, potentials.columns
    kernel = problem.plan(potentials)
    left, right = np.ones(len(rows)), np.ones(len(columns))
    history: list[float] = []
    needed = np.inf
    for sweep in range(sweeps + 1):
        reached = kernel @ right
        error = float(np.abs(left * reached - problem.rows).sum())
        history.append(error)
        if error <= tolerance or sweep == sweeps or not reached.all():
            break
        if sweep >= 20 and sweep % 10 == 0:
            needed = _sweeps_needed(history, tolerance)
            if needed > patience or expired():
                break
        left = problem.rows / reached
        back = left @ kernel
        if not back.all():
            break
        right = problem.columns / back
        if max(_spread(left), _spread(right)) > _ABSORB:
            rows, columns = rows + np.log(left), columns + np.log(right)
            kernel = problem.plan(Potentials(rows, columns))
            left, right = np.ones(len(rows)), np.ones(len(columns))
    return Stage(Potentials(rows + np.log(left), columns + np.log(right)), history[-1], len(history) - 1, float(needed))


def _spread(scaling: Array) -> float:
    return float(max(np.log(scaling.max()), -np.log(scaling.min())))


def _sweeps_needed(history: list[float], tolerance: float) -> float:
    """From the rate of the last ten sweeps."""
    rate = (history[-1] / history[-11]) ** 0.1
    return float(np.log(tolerance / history[-1]) / np.log(rate)) if 0.0 < rate < 1.0 else np.inf


def newton_direction(
    problem: Problem, plan: Array, keep: float, relative: float, max_steps: int
) -> tuple[Potentials, int]:
    """Solve H d = gradient, where H = [[diag r, P], [P^T, diag c]] for the plan P with row sums r and column sums c.

    The unknowns of the rows are eliminated after scaling by the square roots of the diagonal; conjugate gradients on
    what is left, (I - M^T M) y = q - M^T p with M_ij = P_ij / sqrt(r_i c_j), needs half the steps of the whole system.

    Args:
        problem: weights and costs.
        plan: P.
        keep: share of the entries of P that stay in M, the largest ones; 1: all, by products with the dense P.
        relative: reduction of the residual at which conjugate gradients stop.
        max_steps: most steps of conjugate gradients.

    Returns:
        The direction, and the number of steps.
    """
    row_root, column_root = np.sqrt(plan.sum(1)), np.sqrt(plan.sum(0))
    matrix: Any = plan if keep >= 1.0 else _largest(plan, keep)
    transposed: Any = plan.T if keep >= 1.0 else matrix.T.tocsr()

    def forward(vector: Array) -> Array:
        product: Array = (matrix @ (vector / column_root)) / row_root
        return product

    def backward(vector: Array) -> Array:
        product: Array = (transposed @ (vector / row_root)) / column_root
        return product

    upper = (problem.rows - row_root**2) / row_root
    lower = (problem.columns - column_root**2) / column_root
    null = column_root / np.linalg.norm(column_root)
    solved, steps = _conjugate_gradients(
        lambda vector: vector - backward(forward(vector)), lower - backward(upper), null, relative, max_steps
    )
    return Potentials((upper - forward(solved)) / row_root, solved / column_root), steps


def _largest(plan: Array, keep: float) -> Any:
    from scipy.sparse import csr_array

    count = max(plan.shape[0] + plan.shape[1], int(keep * plan.size))
    if count >= plan.size:
        return csr_array(plan)
    bar = np.partition(plan, plan.size - count, axis=None)[plan.size - count]
    return csr_array(np.where(plan >= max(bar, np.finfo(float).tiny), plan, 0.0))


def _conjugate_gradients(
    product: Callable[[Array], Array], right: Array, null: Array, relative: float, max_steps: int
) -> tuple[Array, int]:
    """`null` spans the null space of the full matrix, which rounding must not let in."""
    residual = right - null * (null @ right)
    solution = np.zeros_like(right)
    direction = residual.copy()
    square = float(residual @ residual)
    goal = square * relative**2
    for step in range(max_steps):
        if square <= goal or square == 0.0:
            return solution, step
        image = product(direction)
        curvature = float(direction @ image)
        if curvature <= 0.0:
            return solution, step
        length = square / curvature
        solution += length * direction
        residual -= length * image
        residual -= null * (null @ residual)
        before, square = square, float(residual @ residual)
        direction = residual + (square / before) * direction
    return solution, max_steps
