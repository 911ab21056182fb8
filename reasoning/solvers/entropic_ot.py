"""Entropic optimal transport by Sinkhorn-Newton-Sparse, with a rule that keeps it from failing on dense plans.

>>> result = entropic_ot([[0.0, 1.0], [1.0, 0.0]], [0.5, 0.5], [0.5, 0.5], reg=0.1)
>>> result.status, round(result.solution.cost, 6)
(<Status.CONVERGED: 'converged'>, 4.5e-05)
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reasoning.solvers.arguments import Matrix, Vector
from reasoning.solvers.definition import solver
from reasoning.solvers.entropic_ot_core import Array, Potentials, Problem, newton_direction, sinkhorn
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = ["TransportCertificate", "TransportPlan", "entropic_ot"]

MAX_CELLS = 4_000_000
MAX_SECONDS = 60.0
_PATIENCE = 200.0
"""Sweeps go on while they would converge within so many; a step of conjugate gradients costs as much as a sweep."""
_KEEP = 0.02
"""Share of the plan's entries in the first sparse Hessians."""
_FULL = 0.3
"""Above this share the Hessian is full."""
_FAILURES = 5
"""Newton steps that fail before sweeps take over for a while."""
_RESCUE = 100
"""Sweeps that follow."""
_CG_STEPS = 2000


@dataclass(frozen=True, slots=True)
class TransportPlan:
    """The plan P_ij = exp((f_i + g_j - C_ij) / reg).

    Attributes:
        row_potentials: f, n numbers in the units of the cost.
        column_potentials: g, m numbers.
        cost: sum of C_ij P_ij.
        plan: P, n x m; None unless asked for.
    """

    row_potentials: NDArray[np.float64]
    column_potentials: NDArray[np.float64]
    cost: float
    plan: NDArray[np.float64] | None


@dataclass(frozen=True, slots=True)
class TransportCertificate:
    """What anybody can compute from the potentials.

    Attributes:
        marginal_error: sum of |P 1 - a| plus sum of |P^T 1 - b|.
        dual_value: f . a + g . b - reg * (sum of P - 1); no plan with these marginals has a smaller
            sum of C P + reg * sum of P log P.
        sweeps: of Sinkhorn's method.
        newton_steps: made.
        cg_steps: of conjugate gradients in them.
        keep: share of the plan's entries in the last Hessian; 1: full; 0: no Newton step was made.
    """

    marginal_error: float
    dual_value: float
    sweeps: int
    newton_steps: int
    cg_steps: int
    keep: float


@solver
def entropic_ot(
    cost: Matrix,
    row_weights: Vector,
    column_weights: Vector,
    reg: float,
    tolerance: float = 1e-9,
    return_plan: bool = False,
    max_newton: int = 200,
    max_sweeps: int = 20000,
    seconds: float = 20.0,
) -> Result[TransportPlan, TransportCertificate]:
    """Entropic optimal transport: the cheapest soft matching of two weighted sets.

    min over P >= 0 with P 1 = a and P^T 1 = b of sum_ij C_ij P_ij + reg * sum_ij P_ij log P_ij. Twenty sweeps of
    Sinkhorn's method are followed by more of them where they converge soon, else by Newton steps on the dual whose
    Hessian keeps the largest entries of the plan. Where such steps gain little, more entries are kept, up to all.

    Args:
        cost: C, n x m.
        row_weights: a, n positive numbers that add up to 1.
        column_weights: b, m positive numbers that add up to 1.
        reg: regularisation, above 0, in the units of the cost.
        tolerance: marginal error (l1) to stop at, from 1e-13 to 1.
        return_plan: whether P itself is returned.
        max_newton: most Newton steps.
        max_sweeps: most sweeps.
        seconds: most wall time, at most 60.

    Returns:
        `converged`, or `limit` with the best potentials found.

    Raises:
        SolverInputError: shapes do not fit, weights are not positive or do not add up to 1, or numbers are too many.

    Source:
        Tang, Shavlovsky, Rahmanian, Tardini, Thekumparampil, Xiao and Ying 2024, "Accelerating Sinkhorn Algorithm with
        Sparse Newton Iterations", arXiv 2401.12253; the growing share of entries and the return to sweeps are ours.

    Example:
        {"cost": [[0, 1, 2], [1, 0, 1], [2, 1, 0]], "row_weights": [0.5, 0.25, 0.25],
         "column_weights": [0.25, 0.25, 0.5], "reg": 0.05, "return_plan": true}
    """
    if cost.size == 0:
        raise SolverInputError("cost: expected at least one row and one column")
    if cost.size > MAX_CELLS:
        raise SolverInputError(f"cost: at most {MAX_CELLS} numbers are taken, got {cost.size}")
    rows = _weights("row_weights", row_weights, cost.shape[0])
    columns = _weights("column_weights", column_weights, cost.shape[1])
    if not reg > 0:
        raise SolverInputError("reg: expected a number above 0")
    if not 1e-13 <= tolerance <= 1:
        raise SolverInputError("tolerance: expected a number from 1e-13 to 1")
    if max_newton < 0 or max_sweeps < 1 or not 0 < seconds <= MAX_SECONDS:
        raise SolverInputError(f"limits: expected max_newton >= 0, max_sweeps >= 1 and 0 < seconds <= {MAX_SECONDS:g}")
    shift = float(cost.min())
    with np.errstate(over="ignore"):
        scaled = (cost - shift) / reg
    if not np.isfinite(scaled).all():
        raise SolverInputError("reg: the costs divided by it overflow")
    problem = Problem(scaled, rows, columns)
    search = _Search(problem, tolerance, max_newton, max_sweeps, time.perf_counter() + seconds)
    search.run()
    plan = problem.plan(search.potentials)
    error = problem.error(plan)
    row_potentials, column_potentials = reg * search.potentials.rows + shift, reg * search.potentials.columns
    dual = float(row_potentials @ rows + column_potentials @ columns - reg * (plan.sum() - 1.0))
    found = TransportPlan(row_potentials, column_potentials, float((cost * plan).sum()), plan if return_plan else None)
    certificate = TransportCertificate(error, dual, search.sweeps, search.newton_steps, search.cg_steps, search.keep)
    status = Status.CONVERGED if error <= tolerance else Status.LIMIT
    message = "" if status is Status.CONVERGED else f"the marginal error is {error:.1e} when a limit is reached"
    return Result(status, found, certificate, search.sweeps + search.newton_steps, message=message)


def _weights(name: str, weights: Array, size: int) -> Array:
    if len(weights) != size:
        raise SolverInputError(f"{name}: expected {size} numbers, got {len(weights)}")
    if not (weights > 0).all():
        raise SolverInputError(f"{name}: expected positive numbers, got {weights.min():g}")
    if abs(weights.sum() - 1.0) > 1e-6:
        raise SolverInputError(f"{name}: expected a sum of 1, got {weights.sum():g}")
    normal: Array = weights / weights.sum()
    return normal


class _Search:
    """The stages in turn, and the rule that chooses between them."""

    def __init__(self, problem: Problem, tolerance: float, max_newton: int, max_sweeps: int, deadline: float) -> None:
        self._problem = problem
        self._tolerance = tolerance
        self._max_newton = max_newton
        self._max_sweeps = max_sweeps
        self._deadline = deadline
        self.potentials = Potentials.start(problem)
        self.sweeps = 0
        self.newton_steps = 0
        self.cg_steps = 0
        self.keep = 0.0
        self._share = _KEEP
        self._weak = 0
        self._failures = 0

    def run(self) -> None:
        """Until the marginal error is small enough or a limit is reached."""
        self._sweep(self._max_sweeps, _PATIENCE if self._max_newton else np.inf)
        plan = self._problem.plan(self.potentials)
        error = self._problem.error(plan)
        while error > self._tolerance and not self._expired():
            if self.newton_steps >= self._max_newton or self._failures >= _FAILURES:
                if self.sweeps >= self._max_sweeps:
                    return
                rest = self._max_sweeps - self.sweeps
                self._sweep(min(_RESCUE, rest) if self.newton_steps < self._max_newton else rest, np.inf)
                self._failures = 0
                plan = self._problem.plan(self.potentials)
                error = self._problem.error(plan)
                continue
            plan, after = self._newton(plan, error)
            self._judge(error, after)
            error = after

    def _expired(self) -> bool:
        return time.perf_counter() > self._deadline

    def _sweep(self, sweeps: int, patience: float) -> None:
        stage = sinkhorn(
            self._problem,
            self.potentials,
            sweeps,
            0.9 * self._tolerance,  # leaves room for the rounding of the columns' sums
            expired=self._expired,
            patience=patience,
        )
        self.potentials = stage.potentials
        self.sweeps += stage.sweeps

    def _newton(self, plan: Array, error: float) -> tuple[Array, float]:
        """One damped Newton step, then a scaling of the columns, which never lowers the dual value."""
        problem = self._problem
        self.keep = self._share if self._share <= _FULL else 1.0
        relative = min(0.1, error**0.5)
        direction, steps = newton_direction(problem, plan, self.keep, relative, _CG_STEPS)
        self.newton_steps += 1
        self.cg_steps += steps
        slope = float(
            direction.rows @ (problem.rows - plan.sum(1)) + direction.columns @ (problem.columns - plan.sum(0))
        )
        value = self._value(self.potentials, plan)
        length = 1.0
        for _ in range(30):
            trial = Potentials(
                self.potentials.rows + length * direction.rows, self.potentials.columns + length * direction.columns
            )
            with np.errstate(over="ignore"):
                after = problem.plan(trial)
            sums = after.sum(0)
            if np.isfinite(sums).all() and sums.all():
                gained = self._value(trial, after) >= value + 1e-4 * length * slope
                # Near the end the gain drowns in rounding, but the error shows it.
                if gained or problem.error(after) <= 0.5 * error:
                    factors = problem.columns / sums
                    self.potentials = replace(trial, columns=trial.columns + np.log(factors))
                    after *= factors
                    return after, problem.error(after)
            length *= 0.5
        self._failures += 1
        return plan, error

    def _value(self, potentials: Potentials, plan: Array) -> float:
        return float(potentials.rows @ self._problem.rows + potentials.columns @ self._problem.columns - plan.sum())

    def _judge(self, before: float, after: float) -> None:
        """Two weak steps in a row: keep four times as many entries; weak with all of them: count a failure."""
        if after <= 0.5 * before:
            self._weak = self._failures = 0
            return
        self._weak += 1
        if self._weak >= 2 and self._share <= _FULL:
            self._share *= 4
            self._weak = 0
        elif self._share > _FULL and after >= before:
            self._failures += 1
