"""The second stage of a two-stage robust program, and the search for the scenario that costs it most.

    adversary = ListAdversary(stages, whole, scenarios)
    scenario, cost = adversary.worst(x)

A list is searched one by one. In a polyhedron the worst scenario solves a mixed-integer program: the optimality
conditions of the second stage, with complementarity by binaries.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reasoning.solvers.results import SolverInputError

__all__ = [
    "MAX_BIG_M",
    "MAX_SECONDS",
    "BigMError",
    "ListAdversary",
    "PolyhedronAdversary",
    "Stages",
    "TimeUpError",
    "program",
]

Array = NDArray[np.float64]

MAX_SIDE = 500
MAX_SECONDS = 60.0
MAX_BIG_M = 1e7
ROUNDING = 1e-6
"""By this much a second stage's constraints may be missed: HiGHS keeps those of the master problem to 1e-7."""
VIOLATION = 1e-5
"""Sum of violations of a second stage that counts as one."""


@dataclass(frozen=True)
class Stages:
    """Minimise c x + d y subject to t x + w y >= h + m xi: the numbers of the problem.

    Attributes:
        c: cost of the first stage, shape (n,).
        d: cost of the second stage, shape (p,).
        t: shape (m, n).
        w: shape (m, p).
        h: shape (m,).
        m: what the uncertain numbers do, shape (m, k).
    """

    c: Array
    d: Array
    t: Array
    w: Array
    h: Array
    m: Array

    def check(self) -> None:
        """See that the shapes fit.

        Raises:
            SolverInputError: they do not, or there is too much.
        """
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

    def soft(self) -> Stages:
        """The second stage whose cost is the sum of the violations; it always has a solution."""
        rows = len(self.h)
        costs = np.concatenate([np.zeros(len(self.d)), np.ones(rows)])
        return Stages(self.c, costs, self.t, np.hstack([self.w, np.eye(rows)]), self.h, self.m)


class ListAdversary:
    """The worst of a list of scenarios."""

    big_m = 0.0

    def __init__(self, stages: Stages, whole: Array, scenarios: Array) -> None:
        self._stages, self._whole, self.first = stages, whole, scenarios[0]
        self._scenarios = scenarios

    def worst(self, x: Array) -> tuple[Array, float]:
        """The scenario of the largest recourse cost, and this cost: inf when it cannot be repaired."""
        found = [_recourse(self._stages, self._whole, x, one) for one in self._scenarios]
        index = int(np.argmax(found))
        return self._scenarios[index], found[index]


class PolyhedronAdversary:
    """The worst of {xi >= 0: D xi <= e}: the second stage's optimality conditions, complementarity by binaries."""

    def __init__(self, stages: Stages, matrix: Array, right: Array, deadline: float) -> None:
        self._stages, self._matrix, self._right, self._deadline = stages, matrix, right, deadline
        self.big_m = 1e3
        found = program(np.zeros(matrix.shape[1]), matrix, right)
        if found.x is None:
            raise SolverInputError("uncertainty_right: the set of scenarios is empty")
        self.first = np.asarray(found.x)
        for index in range(matrix.shape[1]):
            direction = np.zeros(matrix.shape[1])
            direction[index] = -1.0
            if program(direction, matrix, right).x is None:
                raise SolverInputError(f"uncertainty_matrix: the set of scenarios is unbounded in direction {index}")

    def worst(self, x: Array) -> tuple[Array, float]:
        """As for a list; the cost is that of the second stage at the scenario found."""
        soft = self._stages.soft()
        scenario = self._search(soft, x)
        if _recourse(soft, np.zeros(len(soft.d)), x, scenario) > VIOLATION:
            return scenario, np.inf
        scenario = self._search(self._stages, x)
        return scenario, _recourse(self._stages, np.zeros(len(self._stages.d)), x, scenario)

    def _search(self, stages: Stages, x: Array) -> Array:
        """The xi of max d y over xi, y and duals pi that meet the second stage's optimality conditions."""
        u, p, m = self._matrix.shape[1], len(stages.d), len(stages.h)
        base = stages.h - stages.t @ x
        while True:
            if time.perf_counter() > self._deadline:
                raise TimeUpError
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
            found = program(
                objective, np.vstack(rows), np.concatenate(sides), upper, whole, self._deadline - time.perf_counter()
            )
            if found.x is not None:
                scenario_found = np.asarray(found.x[:u])
                if _largest(stages, base + stages.m @ scenario_found) < 0.5 * big:
                    return scenario_found
            elif found.status == 1:
                raise TimeUpError
            if big >= MAX_BIG_M:
                raise BigMError
            self.big_m = 10 * big


def _largest(stages: Stages, needed: Array) -> float:
    """The largest variable, slack, dual or reduced cost of min d y, W y >= needed, y >= 0, at a vertex."""
    from scipy.optimize import linprog

    found = linprog(stages.d, -stages.w, ROUNDING - needed)
    if found.x is None:
        return np.inf
    duals = -found.ineqlin.marginals
    return float(max(found.x.max(), found.slack.max(), duals.max(), (stages.d - stages.w.T @ duals).max()))


class TimeUpError(Exception):
    """No time is left."""


class BigMError(Exception):
    """A dual or a slack is larger than `MAX_BIG_M`, or the second stage is unbounded."""


def program(
    objective: Array,
    matrix: Array,
    right: Array,
    upper: Array | float = np.inf,
    whole: Array | None = None,
    seconds: float = MAX_SECONDS,
    lower: Array | float = 0.0,
) -> Any:
    """Minimise objective z, matrix z <= right, lower <= z <= upper.

    Args:
        objective: n numbers.
        matrix: m rows of n numbers.
        right: m numbers.
        upper: of each variable, n numbers or one for all.
        whole: n flags, 1 for a variable that is a whole number; None: none is.
        seconds: after which the search ends.
        lower: of each variable, n numbers or one for all.

    Returns:
        SciPy's result: `x` with n numbers (None where there is none), `status`, `fun`.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    return milp(
        objective,
        integrality=whole,
        bounds=Bounds(lower, upper),
        constraints=LinearConstraint(matrix, -np.inf, right) if len(right) else (),
        options={"time_limit": max(0.1, seconds), "mip_rel_gap": 1e-9},
    )


def _recourse(stages: Stages, whole: Array, x: Array, scenario: Array) -> float:
    """The least cost of the second stage: inf when it has no solution."""
    found = program(stages.d, -stages.w, stages.t @ x - stages.h - stages.m @ scenario + ROUNDING, whole=whole)
    if found.status == 3:
        raise BigMError
    return float(found.fun) if found.x is not None else np.inf
