"""Linear and mixed-integer linear programs.

>>> linear_program([-1, -2], [[1, 1]], [4]).solution.objective
-8.0
>>> linear_program([1], [[1]], [-1]).status
<Status.INFEASIBLE: 'infeasible'>
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reasoning.solvers.arguments import Sparse, SparseMatrix, Vector
from reasoning.solvers.definition import solver
from reasoning.solvers.results import Result, SolverInputError, Status
from verifiers.wording import counted

__all__ = ["LinearCertificate", "LinearSolution", "linear_program"]

_STATUS = {0: Status.CONVERGED, 1: Status.LIMIT, 2: Status.INFEASIBLE, 3: Status.UNBOUNDED}
_TIME_SHARE = 25.0
"""Seconds that HiGHS may take, below the limit of the tool, so that its best point is returned."""


@dataclass(frozen=True, slots=True)
class LinearSolution:
    """A point and its value.

    Attributes:
        x: n numbers.
        objective: cost . x.
    """

    x: NDArray[np.float64]
    objective: float


@dataclass(frozen=True, slots=True)
class LinearCertificate:
    """What anybody can check.

    Attributes:
        violation: largest violation of a constraint, a bound or integrality by x.
        dual_bound: no feasible point has an objective below it (linear programs: value of the dual solution; integer
            programs: the solver's bound).
        gap: objective - dual_bound.
        upper_multipliers: linear programs only: multipliers of the rows of `upper_matrix`, each <= 0.
        equal_multipliers: linear programs only: multipliers of the rows of `equal_matrix`.
    """

    violation: float
    dual_bound: float
    gap: float
    upper_multipliers: NDArray[np.float64] | None
    equal_multipliers: NDArray[np.float64] | None


@solver
def linear_program(
    cost: Vector,
    upper_matrix: SparseMatrix | None = None,
    upper: Vector | None = None,
    equal_matrix: SparseMatrix | None = None,
    equal: Vector | None = None,
    lower_bounds: list[float | None] | None = None,
    upper_bounds: list[float | None] | None = None,
    integer: list[bool] | None = None,
) -> Result[LinearSolution, LinearCertificate]:
    """Minimise a linear function under linear constraints, with integer variables where wanted.

    min cost . x subject to upper_matrix x <= upper, equal_matrix x = equal, lower_bounds <= x <= upper_bounds, and
    x_j integer where integer_j holds. To maximise, change the sign of the cost.

    Args:
        cost: n numbers.
        upper_matrix: m x n, dense or sparse.
        upper: m numbers.
        equal_matrix: k x n, dense or sparse.
        equal: k numbers.
        lower_bounds: n numbers, null for none; default 0 for all.
        upper_bounds: n numbers, null for none; default none.
        integer: n truth values; default all false.

    Returns:
        `converged` with an optimal point, `infeasible`, `unbounded`, or `limit` with the best point found.

    Raises:
        SolverInputError: shapes do not fit, or a lower bound is above its upper bound.

    Source:
        HiGHS (Huangfu and Hall 2018, "Parallelizing the dual revised simplex method") through SciPy.

    Example:
        {"cost": [-5, -4], "upper_matrix": [[6, 4], [1, 2]], "upper": [24, 6], "integer": [true, true]}
    """
    size = len(cost)
    if size == 0:
        raise SolverInputError("cost: expected at least one number")
    upper_rows = _rows("upper", upper_matrix, upper, size)
    equal_rows = _rows("equal", equal_matrix, equal, size)
    lowest = _bounds("lower_bounds", lower_bounds, size, default=0.0, none=-np.inf)
    highest = _bounds("upper_bounds", upper_bounds, size, default=np.inf, none=np.inf)
    if integer is not None and len(integer) != size:
        raise SolverInputError(f"integer: expected {size} truth values, got {len(integer)}")
    crossed = np.nonzero(lowest > highest)[0]
    if crossed.size:
        raise SolverInputError(f"lower_bounds[{crossed[0]}] is above upper_bounds[{crossed[0]}]")
    whole = np.zeros(size, dtype=bool) if integer is None else np.array(integer, dtype=bool)
    return _solve(cost, upper_rows, equal_rows, (lowest, highest), whole)


def _rows(name: str, matrix: Sparse | None, side: NDArray[np.float64] | None, size: int) -> tuple[Any, Any]:
    """The rows of one kind as SciPy takes them."""
    if (matrix is None) != (side is None):
        raise SolverInputError(f"{name}_matrix and {name}: give both or none")
    if matrix is None or side is None:
        return None, None
    if matrix.shape[1] != size:
        raise SolverInputError(f"{name}_matrix: expected {counted(size, 'column')}, as cost has, got {matrix.shape[1]}")
    if matrix.shape[0] != len(side):
        raise SolverInputError(
            f"{name}: expected {matrix.shape[0]} numbers, one a row of {name}_matrix, got {len(side)}"
        )
    return matrix.scipy(), side


def _bounds(
    name: str, values: list[float | None] | None, size: int, *, default: float, none: float
) -> NDArray[np.float64]:
    if values is None:
        return np.full(size, default)
    if len(values) != size:
        raise SolverInputError(f"{name}: expected {size} numbers, got {len(values)}")
    return np.array([none if value is None else value for value in values])


def _solve(
    cost: NDArray[np.float64],
    upper: tuple[Any, Any],
    equal: tuple[Any, Any],
    bounds: tuple[NDArray[np.float64], NDArray[np.float64]],
    whole: NDArray[np.bool_],
) -> Result[LinearSolution, LinearCertificate]:
    from scipy.optimize import linprog

    found = linprog(
        cost,
        A_ub=upper[0],
        b_ub=upper[1],
        A_eq=equal[0],
        b_eq=equal[1],
        bounds=np.stack(bounds, axis=1),
        method="highs",
        integrality=whole.astype(int),
        options={"time_limit": _TIME_SHARE},
    )
    status = _STATUS.get(found.status, Status.LIMIT)
    message = "" if status is Status.CONVERGED else " ".join(str(found.message).split())
    iterations = max(0, int(found.get("nit", 0) or 0))
    if found.x is None or status in (Status.INFEASIBLE, Status.UNBOUNDED):
        return Result(status, iterations=iterations, message=message)
    x = np.asarray(found.x)
    objective = float(cost @ x)
    if whole.any():
        # Absent where presolve alone has proved optimality.
        bound = float(found.get("mip_dual_bound", objective if status is Status.CONVERGED else -np.inf))
        multipliers: tuple[Any, Any] = (None, None)
    else:
        multipliers = (
            np.asarray(found.ineqlin.marginals) if upper[0] is not None else None,
            np.asarray(found.eqlin.marginals) if equal[0] is not None else None,
        )
        bound = _dual_value(cost, upper, equal, bounds, multipliers)
    violation = _violation(x, upper, equal, bounds, whole)
    certificate = LinearCertificate(violation, bound, objective - bound, *multipliers)
    return Result(status, LinearSolution(x, objective), certificate, iterations, message=message)


def _dual_value(
    cost: NDArray[np.float64],
    upper: tuple[Any, Any],
    equal: tuple[Any, Any],
    bounds: tuple[NDArray[np.float64], NDArray[np.float64]],
    multipliers: tuple[Any, Any],
) -> float:
    """Side . y + the least of (cost - A^T y) . x over the bounds; reduced costs within rounding of 0 count as 0."""
    reduced, value = cost.copy(), 0.0
    for (matrix, side), multiplier in zip((upper, equal), multipliers, strict=True):
        if matrix is not None:
            reduced -= matrix.T @ multiplier
            value += float(side @ multiplier)
    reduced[np.abs(reduced) <= 1e-9 * (1.0 + np.abs(cost))] = 0.0
    lowest, highest = bounds
    ends = np.where(reduced > 0, lowest, np.where(reduced < 0, highest, 0.0))
    return value + float(np.sum(reduced * ends, where=reduced != 0))


def _violation(
    x: NDArray[np.float64],
    upper: tuple[Any, Any],
    equal: tuple[Any, Any],
    bounds: tuple[NDArray[np.float64], NDArray[np.float64]],
    whole: NDArray[np.bool_],
) -> float:
    parts = [np.zeros(1), bounds[0] - x, x - bounds[1], np.abs(x - np.round(x))[whole]]
    if upper[0] is not None:
        parts.append(upper[0] @ x - upper[1])
    if equal[0] is not None:
        parts.append(np.abs(equal[0] @ x - equal[1]))
    return float(np.max(np.concatenate(parts)))
