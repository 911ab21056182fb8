"""Two-stage robust linear programs: decide, see the worst case, repair; by column-and-constraint generation.

>>> result = robust_two_stage(cost=[1.0], recourse_cost=[3.0], technology=[[1.0]], recourse=[[1.0]], right=[2.0],
...                           right_slope=[[4.0]], budget=1.0)
>>> result.solution.first_stage, result.solution.worst_value      # all 6 now at 1 each, none later at 3
(array([6.]), 6.0)
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reasoning.solvers.arguments import IntegerVector, Matrix, Vector
from reasoning.solvers.definition import solver
from reasoning.solvers.results import Result, SolverInputError, Status
from reasoning.solvers.robust_adversaries import (
    MAX_BIG_M,
    MAX_SECONDS,
    BigMError,
    ListAdversary,
    PolyhedronAdversary,
    Stages,
    TimeUpError,
    program,
)

__all__ = ["RobustCertificate", "RobustSolution", "robust_two_stage"]

Array = NDArray[np.float64]

MAX_SCENARIOS = 2000
MAX_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class RobustSolution:
    """A first-stage decision and its worst case.

    Attributes:
        first_stage: x, n numbers.
        worst_value: c x + the worst scenario's recourse cost.
        scenarios: the scenarios that the master problem holds, one a row; they prove the lower bound.
    """

    first_stage: NDArray[np.float64]
    worst_value: float
    scenarios: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RobustCertificate:
    """What anybody can check.

    Attributes:
        lower_bound: optimum over the scenarios of the solution alone.
        upper_bound: c x + the largest recourse cost over the whole set.
        gap: (upper - lower) / max(1, |upper|).
        big_m: bound on the duals and slacks in the search for the worst case; 0 for a list of scenarios.
    """

    lower_bound: float
    upper_bound: float
    gap: float
    big_m: float


@solver
def robust_two_stage(
    cost: Vector,
    recourse_cost: Vector,
    technology: Matrix,
    recourse: Matrix,
    right: Vector,
    right_slope: Matrix,
    scenarios: Matrix | None = None,
    budget: float | None = None,
    uncertainty_matrix: Matrix | None = None,
    uncertainty_right: Vector | None = None,
    first_matrix: Matrix | None = None,
    first_right: Vector | None = None,
    upper: Vector | None = None,
    integer: IntegerVector | None = None,
    recourse_integer: IntegerVector | None = None,
    tolerance: float = 1e-4,
    seconds: float = 20.0,
) -> Result[RobustSolution, RobustCertificate]:
    """Minimise c x + max over xi of min over y of d y: two-stage robust optimisation.

    Subject to F x <= f, 0 <= x <= upper, and in every scenario T x + W y >= h + M xi with y >= 0. The set of the
    scenarios xi is a list, a box 0 <= xi <= 1 with sum xi <= budget, or {xi >= 0: D xi <= e}, bounded. Chosen variables
    are whole numbers; those of the second stage only with a list.

    Args:
        cost: c, n numbers.
        recourse_cost: d, p numbers.
        technology: T, m x n.
        recourse: W, m x p.
        right: h, m numbers.
        right_slope: M, m x u.
        scenarios: k x u, the list of scenarios; or
        budget: largest sum of xi in the box; or
        uncertainty_matrix: D, r x u, with uncertainty_right.
        uncertainty_right: e, r numbers.
        first_matrix: F, q x n.
        first_right: f, q numbers.
        upper: n upper bounds of x; default none.
        integer: indices from 0 of the x that are whole numbers.
        recourse_integer: indices of the y that are whole numbers.
        tolerance: relative gap to stop at, from 1e-8 to 0.1.
        seconds: most wall time, at most 60.

    Returns:
        `converged`; `infeasible` when no x can be repaired in every scenario; `unbounded`; or `limit`.

    Raises:
        SolverInputError: shapes do not fit, or there is not exactly one set of scenarios.

    Source:
        Zeng and Zhao 2013, "Solving two-stage robust optimization problems using a column-and-constraint generation
        method"; HiGHS by SciPy.

    Example:
        {"cost": [2, 3], "recourse_cost": [5, 5], "technology": [[1, 0], [0, 1]], "recourse": [[1, 0], [0, 1]],
         "right": [1, 1], "right_slope": [[4, 0], [0, 4]], "budget": 1}
    """
    stages = Stages(cost, recourse_cost, technology, recourse, right, right_slope)
    stages.check()
    first = _first_stage(cost, first_matrix, first_right, upper, integer)
    whole = _whole(recourse_integer, len(recourse_cost), "recourse_integer")
    if not 1e-8 <= tolerance <= 0.1 or not 0 < seconds <= MAX_SECONDS:
        raise SolverInputError(f"limits: expected tolerance 1e-8..0.1 and seconds 0..{MAX_SECONDS:g}")
    deadline = time.perf_counter() + seconds
    adversary = _adversary(stages, whole, scenarios, budget, uncertainty_matrix, uncertainty_right, deadline)
    return _generate(stages, first, whole, adversary, tolerance, deadline)


@dataclass(frozen=True)
class _First:
    matrix: Array
    right: Array
    upper: Array
    whole: Array


def _whole(indices: NDArray[np.int64] | None, count: int, name: str) -> Array:
    flags = np.zeros(count)
    if indices is not None and indices.size:
        if indices.min() < 0 or indices.max() >= count:
            raise SolverInputError(f"{name}: expected indices from 0 to {count - 1}")
        flags[indices] = 1
    return flags


def _first_stage(
    cost: Array,
    matrix: Array | None,
    right: Array | None,
    upper: Array | None,
    integer: NDArray[np.int64] | None,
) -> _First:
    count = len(cost)
    if (matrix is None) != (right is None):
        raise SolverInputError("first_matrix: expected with first_right")
    rows = np.zeros((0, count)) if matrix is None else matrix
    side = np.zeros(0) if right is None else right
    if rows.shape != (len(side), count):
        raise SolverInputError(f"first_matrix: expected {len(side)} x {count}, got {rows.shape[0]} x {rows.shape[1]}")
    bounds = np.full(count, np.inf) if upper is None else upper
    if len(bounds) != count or bounds.min() < 0:
        raise SolverInputError(f"upper: expected {count} numbers that are not negative")
    return _First(rows, side, bounds, _whole(integer, count, "integer"))


def _adversary(
    stages: Stages,
    whole: Array,
    scenarios: Array | None,
    budget: float | None,
    matrix: Array | None,
    right: Array | None,
    deadline: float,
) -> ListAdversary | PolyhedronAdversary:
    count = stages.m.shape[1]
    if (matrix is None) != (right is None):
        raise SolverInputError("uncertainty_matrix: expected with uncertainty_right")
    if sum(one is not None for one in (scenarios, budget, matrix)) != 1:
        raise SolverInputError("scenarios: expected one of scenarios, budget and uncertainty_matrix")
    if scenarios is not None:
        if not 1 <= len(scenarios) <= MAX_SCENARIOS or scenarios.shape[1] != count:
            raise SolverInputError(f"scenarios: expected from 1 to {MAX_SCENARIOS} rows of {count} numbers")
        return ListAdversary(stages, whole, scenarios)
    if whole.any():
        raise SolverInputError("recourse_integer: whole numbers in the second stage need a list of scenarios")
    if budget is not None:
        if budget < 0:
            raise SolverInputError("budget: expected a number that is not negative")
        matrix = np.vstack([np.eye(count), np.ones((1, count))])
        right = np.append(np.ones(count), budget)
    assert matrix is not None
    assert right is not None
    if matrix.shape != (len(right), count):
        raise SolverInputError(
            f"uncertainty_matrix: expected {len(right)} x {count}, got {matrix.shape[0]} x {matrix.shape[1]}"
        )
    return PolyhedronAdversary(stages, matrix, right, deadline)


def _generate(
    stages: Stages,
    first: _First,
    whole: Array,
    adversary: ListAdversary | PolyhedronAdversary,
    tolerance: float,
    deadline: float,
) -> Result[RobustSolution, RobustCertificate]:
    """The master problem over more and more scenarios."""
    chosen = [adversary.first]
    best, value, lower, rounds, message = None, np.inf, -np.inf, 0, ""
    while rounds < MAX_ROUNDS:
        rounds += 1
        found = _master(stages, first, whole, chosen, deadline)
        if found.status == 2:
            return Result(
                Status.INFEASIBLE, iterations=rounds, message="no first stage can be repaired in every scenario"
            )
        if found.status in (3, 4) and found.x is None:
            return Result(Status.UNBOUNDED, iterations=rounds, message="the cost falls without end")
        if found.x is None or found.status == 1:
            message = "time is up in the master problem"
            break
        x = np.asarray(found.x[: len(stages.c)])
        x = np.where(first.whole > 0, np.round(x), x)
        lower = float(found.fun)
        try:
            scenario, worst = adversary.worst(x)
        except TimeUpError:
            message = "time is up in the search for the worst case"
            break
        except BigMError:
            message = f"the second stage is unbounded, or has duals or slacks above {MAX_BIG_M:g}"
            break
        total = float(stages.c @ x) + worst
        if total < value:
            best, value = x, total
        if np.isfinite(value) and value - lower <= tolerance * max(1.0, abs(value)):
            break
        if any(np.abs(scenario - one).max() < 1e-9 for one in chosen):
            message = "the worst case is known already: the numbers are beyond HiGHS's tolerances"
            break
        if time.perf_counter() > deadline:
            message = "time is up"
            break
        chosen.append(scenario)
    else:
        message = f"{MAX_ROUNDS} scenarios were not enough"
    if best is None:
        return Result(Status.LIMIT, iterations=rounds, message=message)
    gap = (value - lower) / max(1.0, abs(value))
    certificate = RobustCertificate(lower, value, gap, adversary.big_m)
    solution = RobustSolution(best, value, np.array(chosen))
    return Result(Status.LIMIT if message else Status.CONVERGED, solution, certificate, rounds, message=message)


def _master(stages: Stages, first: _First, whole: Array, scenarios: list[Array], deadline: float) -> Any:
    """Minimise c x + eta with a copy of the second stage for each scenario."""
    from scipy.sparse import block_diag, csr_array, hstack, kron, vstack

    n, p, count = len(stages.c), len(stages.d), len(scenarios)
    ones = np.ones((count, 1))
    rows = vstack(
        [
            hstack([csr_array(first.matrix), csr_array((len(first.right), 1 + count * p))]),
            hstack([csr_array((count, n)), csr_array(-ones), kron(np.eye(count), stages.d[None, :])]),
            hstack(
                [
                    kron(ones, -stages.t),
                    csr_array((count * len(stages.h), 1)),
                    block_diag([-stages.w] * count),
                ]
            ),
        ]
    ).tocsr()
    sides = np.concatenate(
        [first.right, np.zeros(count)] + [-(stages.h + stages.m @ scenario) for scenario in scenarios]
    )
    objective = np.concatenate([stages.c, [1.0], np.zeros(count * p)])
    lower = np.zeros(len(objective))
    lower[n] = -np.inf
    upper = np.concatenate([first.upper, np.full(1 + count * p, np.inf)])
    integrality = np.concatenate([first.whole, [0.0], np.tile(whole, count)])
    return program(objective, rows, sides, upper, integrality, deadline - time.perf_counter(), lower)
