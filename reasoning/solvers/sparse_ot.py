"""Optimal transport in which each target gets mass from few sources: a cardinality constraint on every column.

>>> result = sparse_ot([[0.0, 1.0], [1.0, 0.0]], [0.5, 0.5], [0.5, 0.5], reg=0.1, most=1)
>>> result.solution.cost, result.certificate.column_nonzeros
(0.0, 1)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reasoning.solvers.arguments import Matrix, Vector
from reasoning.solvers.definition import solver
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = ["SparsePlan", "SparsePlanCertificate", "sparse_ot"]

Array = NDArray[np.float64]

MAX_CELLS = 1_000_000
MAX_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class SparsePlan:
    """A transport plan.

    Attributes:
        plan: n x m; its columns have the right sums, its rows nearly.
        potentials: n numbers alpha of the semi-dual problem.
        cost: sum of plan * cost.
    """

    plan: NDArray[np.float64]
    potentials: NDArray[np.float64]
    cost: float


@dataclass(frozen=True, slots=True)
class SparsePlanCertificate:
    """What anybody can check.

    Attributes:
        column_nonzeros: most nonzero entries of a column.
        marginal_error: sum over rows and columns of |sum - weight|.
        dual_value: alpha a - sum_j max over columns t of <alpha - c_j, t> - reg/2 ||t||^2, at most `most` nonzeros; no
            plan of this kind has a smaller regularised cost.
        gap: regularised cost - dual value. With a constraint that binds the problem is not convex and the gap, an
            upper bound on the distance to the optimum, may stay positive; where rows are off it may be negative.
    """

    column_nonzeros: int
    marginal_error: float
    dual_value: float
    gap: float


@solver
def sparse_ot(
    cost: Matrix,
    row_weights: Vector,
    column_weights: Vector,
    reg: float,
    most: int,
    tolerance: float = 1e-6,
    max_steps: int = 2000,
) -> Result[SparsePlan, SparsePlanCertificate]:
    """Optimal transport with at most k nonzeros in each column of the plan.

    min over T >= 0 with row sums a and column sums b of <C, T> + reg/2 ||T||^2, each column with at most `most`
    nonzeros; the semi-dual problem is solved by L-BFGS. With `most` at least the number of rows this is
    transport with a quadratic regularisation.

    Args:
        cost: C, n x m.
        row_weights: a, n positive numbers that add up to 1.
        column_weights: b, m positive numbers that add up to 1.
        reg: weight of the quadratic term, > 0.
        most: nonzeros of a column, at least 1.
        tolerance: l1 error of the row sums that counts as convergence, from 1e-10 to 0.1.
        max_steps: of L-BFGS, at most 20000.

    Returns:
        `converged`, or `limit` when the row sums are off by more than the tolerance: then no plan this sparse may
        exist, or the semi-dual has a corner at its optimum.

    Raises:
        SolverInputError: shapes do not fit, or weights are not positive or do not add up to 1.

    Source:
        Liu, Puigcerver and Blondel 2023, "Sparsity-Constrained Optimal Transport", arXiv 2209.15466.

    Example:
        {"cost": [[0, 1, 4], [1, 0, 1], [4, 1, 0]], "row_weights": [0.3, 0.4, 0.3], "column_weights": [0.4, 0.3, 0.3],
         "reg": 1.0, "most": 2}
    """
    rows, columns = cost.shape
    if not 1 <= cost.size <= MAX_CELLS:
        raise SolverInputError(f"cost: expected from 1 to {MAX_CELLS} numbers, got {cost.size}")
    for name, weights, count in (("row_weights", row_weights, rows), ("column_weights", column_weights, columns)):
        if len(weights) != count:
            raise SolverInputError(f"{name}: expected {count} numbers, got {len(weights)}")
        if weights.min() <= 0 or abs(weights.sum() - 1) > 1e-8:
            raise SolverInputError(f"{name}: expected positive numbers that add up to 1")
    if most < 1 or not reg > 0:
        raise SolverInputError("reg: expected a positive number, and most at least 1")
    if not 1e-10 <= tolerance <= 0.1 or not 1 <= max_steps <= MAX_STEPS:
        raise SolverInputError(f"limits: expected tolerance 1e-10..0.1 and max_steps 1..{MAX_STEPS}")
    from scipy.optimize import minimize

    def falling(alpha: Array) -> tuple[float, Array]:
        value, plan = _semi_dual(alpha, cost, row_weights, column_weights, reg, most)
        return -value, plan.sum(axis=1) - row_weights

    found = minimize(
        falling,
        cost.min(axis=1),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": max_steps, "maxfun": 2 * max_steps, "ftol": 1e-16, "gtol": tolerance / rows, "maxcor": 20},
    )
    alpha = np.asarray(found.x)
    dual, plan = _semi_dual(alpha, cost, row_weights, column_weights, reg, most)
    money = float(np.sum(plan * cost))
    error = float(np.abs(plan.sum(axis=1) - row_weights).sum() + np.abs(plan.sum(axis=0) - column_weights).sum())
    certificate = SparsePlanCertificate(
        int((plan > 0).sum(axis=0).max()), error, dual, money + 0.5 * reg * float(np.sum(plan**2)) - dual
    )
    done = error <= tolerance
    message = "" if done else f"the row sums are off by {error:.1e} in all"
    status = Status.CONVERGED if done else Status.LIMIT
    return Result(status, SparsePlan(plan, alpha, money), certificate, int(found.nit), message=message)


def _semi_dual(
    alpha: Array, cost: Array, row_weights: Array, column_weights: Array, reg: float, most: int
) -> tuple[float, Array]:
    """The value of the semi-dual at alpha and the plan whose row sums make its gradient."""
    scores = alpha[:, None] - cost
    count = min(most, len(alpha))
    chosen = np.argsort(-scores, axis=0, kind="stable")[:count]
    top = np.take_along_axis(scores, chosen, axis=0)
    # The projection of top / reg on the simplex of mass b_j: max(top / reg - tau, 0), tau from the sorted sums.
    taus = (np.cumsum(top, axis=0) / reg - column_weights) / np.arange(1, count + 1)[:, None]
    support = np.maximum((top / reg > taus).sum(axis=0), 1)
    shares = np.maximum(top / reg - taus[support - 1, np.arange(len(column_weights))], 0.0)
    plan = np.zeros_like(scores)
    np.put_along_axis(plan, chosen, shares, axis=0)
    value = float(alpha @ row_weights - np.sum(top * shares) + 0.5 * reg * np.sum(shares**2))
    return value, plan
