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

__all__ = ["RobustCertificate", "RobustSolution", "robust_two_stage"]

Array = NDArray[np.float64]

MAX_SIDE = 500
MAX_SCENARIOS = 2000
MAX_SECONDS = 60.0
MAX_ROUNDS = 200
MAX_BIG_M = 1e7
ROUNDING = 1e-6
"""By this much a second stage's constraints may be missed: HiGHS keeps those of the master problem to 1e-7."""
VIOLATION = 1e-5
"""Sum of violations of a second stage that counts as one."""


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
    stages = _Stages(cost, recourse_cost, technology, recourse, right, right_slope)
    stages.check()
    first = _first_stage(cost, first_matrix, first_right, upper, integer)
    whole = _whole(recourse_integer, len(recourse_cost), "recourse_integer")
    if not 1e-8 <= tolerance <= 0.1 or not 0 < seconds <= MAX_SECONDS:
        raise SolverInputError(f"limits: expected tolerance 1e-8..0.1 and seconds 0..{MAX_SECONDS:g}")
    deadline = time.perf_counter() + seconds
    adversary = _adversary(stages, whole, scenarios, budget, uncertainty_matrix, uncertainty_right, deadline)
    return _generate(stages, first, whole, adversary, tolerance, deadline)


@dataclass(frozen=True)
class _Stages:
    """The numbers of the problem, by their letters above."""

    c: Array
    d: Array
    t: Array
    w: Array
    h: Array
    m: Array

    def check(self) -> None:
        rows = len(self.h)
        wanted = {"technology": (self.t, len(self.c)), "recourse": (self.w, len(self.d)), "right_slope": (self.m, None)}
        for name, (matrix, side) in wanted.items():
            if len(matrix) != rows or matrix.shape[1] != (side or matrix.shape[1]):
                shape = f"{rows} x {'u' if side is None else side}"
                raise SolverInputError(f"{name}: expected {shape}, got {matrix.shape[0]} x {matrix.shape[1]}")
        if min(rows, len(self.c), len(self.d), self.m.shape[1]) < 1:
            raise SolverInputError("right: expected at least one constraint, variable of each stage and uncertainty")
        if max(rows, len(self.c), len(self.d), self.m.shape[1]) > MAX_SIDE:
            raise SolverInputError(f"right: at most {MAX_SIDE} constraints, variables and uncertainties are taken")

    def soft(self) -> _Stages:
        """The second stage whose cost is the sum of the violations; it always has a solution."""
        rows = len(self.h)
        costs = np.concatenate([np.zeros(len(self.d)), np.ones(rows)])
        return _Stages(self.c, costs, self.t, np.hstack([self.w, np.eye(rows)]), self.h, self.m)


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


class _ListAdversary:
    """The worst of a list of scenarios."""

    big_m = 0.0

    def __init__(self, stages: _Stages, whole: Array, scenarios: Array) -> None:
        self._stages, self._whole, self.first = stages, whole, scenarios[0]
        self._scenarios = scenarios

    def worst(self, x: Array) -> tuple[Array, float]:
        """The scenario of the largest recourse cost, and this cost: inf when it cannot be repaired."""
        found = [_recourse(self._stages, self._whole, x, one) for one in self._scenarios]
        index = int(np.argmax(found))
        return self._scenarios[index], found[index]


class _PolyhedronAdversary:
    """The worst of {xi >= 0: D xi <= e}: the second stage's optimality conditions, complementarity by binaries."""

    def __init__(self, stages: _Stages, matrix: Array, right: Array, deadline: float) -> None:
        self._stages, self._matrix, self._right, self._deadline = stages, matrix, right, deadline
        self.big_m = 1e3
        found = _program(np.zeros(matrix.shape[1]), matrix, right)
        if found.x is None:
            raise SolverInputError("uncertainty_right: the set of scenarios is empty")
        self.first = np.asarray(found.x)
        for index in range(matrix.shape[1]):
            direction = np.zeros(matrix.shape[1])
            direction[index] = -1.0
            if _program(direction, matrix, right).x is None:
                raise SolverInputError(f"uncertainty_matrix: the set of scenarios is unbounded in direction {index}")

    def worst(self, x: Array) -> tuple[Array, float]:
        """As for a list; the cost is that of the second stage at the scenario found."""
        soft = self._stages.soft()
        scenario = self._search(soft, x)
        if _recourse(soft, np.zeros(len(soft.d)), x, scenario) > VIOLATION:
            return scenario, np.inf
        scenario = self._search(self._stages, x)
        return scenario, _recourse(self._stages, np.zeros(len(self._stages.d)), x, scenario)

    def _search(self, stages: _Stages, x: Array) -> Array:
        """The xi of max d y over xi, y and duals pi that meet the second stage's optimality conditions."""
        u, p, m = self._matrix.shape[1], len(stages.d), len(stages.h)
        base = stages.h - stages.t @ x
        while True:
            if time.perf_counter() > self._deadline:
                raise _TimeUpError
            big = self.big_m
            # Variables: xi (u), y (p), pi (m), a (m binaries: pi may be positive), b (p binaries: y may be positive).
            total = u + p + 2 * m + p
            y, pi, a, b = (
                slice(u, u + p),
                slice(u + p, u + p + m),
                slice(u + p + m, u + p + 2 * m),
                slice(total - p, total),
            )
            scenario = slice(0, u)
            blocks: list[tuple[list[tuple[slice, Array]], Array]] = [
                ([(scenario, self._matrix)], self._right),
                ([(scenario, stages.m), (y, -stages.w)], -base),  # W y >= base + M xi
                ([(scenario, -stages.m), (y, stages.w), (a, big * np.eye(m))], base + big),  # slack <= big (1 - a)
                ([(pi, stages.w.T)], stages.d),
                ([(pi, -stages.w.T), (b, big * np.eye(p))], big - stages.d),  # d - W' pi <= big (1 - b)
                ([(pi, np.eye(m)), (a, -big * np.eye(m))], np.zeros(m)),
                ([(y, np.eye(p)), (b, -big * np.eye(p))], np.zeros(p)),
            ]
            rows, sides = [], []
            for block, side in blocks:
                row = np.zeros((len(side), total))
                for place, values in block:
                    row[:, place] = values
                rows.append(row)
                sides.append(side)
            objective = np.zeros(total)
            objective[y] = -stages.d
            whole = np.zeros(total)
            whole[u + p + m :] = 1
            upper = np.full(total, np.inf)
            upper[u + p + m :] = 1
            found = _program(
                objective, np.vstack(rows), np.concatenate(sides), upper, whole, self._deadline - time.perf_counter()
            )
            if found.x is not None:
                scenario_found = np.asarray(found.x[:u])
                if _largest(stages, base + stages.m @ scenario_found) < 0.5 * big:
                    return scenario_found
            elif found.status == 1:
                raise _TimeUpError
            if big >= MAX_BIG_M:
                raise _BigMError
            self.big_m = 10 * big


def _largest(stages: _Stages, needed: Array) -> float:
    """The largest variable, slack, dual or reduced cost of min d y, W y >= needed, y >= 0, at a vertex."""
    from scipy.optimize import linprog

    found = linprog(stages.d, -stages.w, ROUNDING - needed)
    if found.x is None:
        return np.inf
    duals = -found.ineqlin.marginals
    return float(max(found.x.max(), found.slack.max(), duals.max(), (stages.d - stages.w.T @ duals).max()))


class _TimeUpError(Exception):
    """No time is left."""


class _BigMError(Exception):
    """A dual or a slack is larger than `MAX_BIG_M`, or the second stage is unbounded."""


def _adversary(
    stages: _Stages,
    whole: Array,
    scenarios: Array | None,
    budget: float | None,
    matrix: Array | None,
    right: Array | None,
    deadline: float,
) -> _ListAdversary | _PolyhedronAdversary:
    count = stages.m.shape[1]
    if (matrix is None) != (right is None):
        raise SolverInputError("uncertainty_matrix: expected with uncertainty_right")
    if sum(one is not None for one in (scenarios, budget, matrix)) != 1:
        raise SolverInputError("scenarios: expected one of scenarios, budget and uncertainty_matrix")
    if scenarios is not None:
        if not 1 <= len(scenarios) <= MAX_SCENARIOS or scenarios.shape[1] != count:
            raise SolverInputError(f"scenarios: expected from 1 to {MAX_SCENARIOS} rows of {count} numbers")
        return _ListAdversary(stages, whole, scenarios)
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
    return _PolyhedronAdversary(stages, matrix, right, deadline)


def _program(
    objective: Array,
    matrix: Array,
    right: Array,
    upper: Array | float = np.inf,
    whole: Array | None = None,
    seconds: float = MAX_SECONDS,
    lower: Array | float = 0.0,
) -> Any:
    """Minimise objective z, matrix z <= right, lower <= z <= upper."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    return milp(
        objective,
        integrality=whole,
        bounds=Bounds(lower, upper),
        constraints=LinearConstraint(matrix, -np.inf, right) if len(right) else (),
        options={"time_limit": max(0.1, seconds), "mip_rel_gap": 1e-9},
    )


def _recourse(stages: _Stages, whole: Array, x: Array, scenario: Array) -> float:
    """The least cost of the second stage: inf when it has no solution."""
    found = _program(stages.d, -stages.w, stages.t @ x - stages.h - stages.m @ scenario + ROUNDING, whole=whole)
    if found.status == 3:
        raise _BigMError
    return float(found.fun) if found.x is not None else np.inf


def _generate(
    stages: _Stages,
    first: _First,
    whole: Array,
    adversary: _ListAdversary | _PolyhedronAdversary,
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
        except _TimeUpError:
            message = "time is up in the search for the worst case"
            break
        except _BigMError:
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


def _master(stages: _Stages, first: _First, whole: Array, scenarios: list[Array], deadline: float) -> Any:
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
    return _program(objective, rows, sides, upper, integrality, deadline - time.perf_counter(), lower)
