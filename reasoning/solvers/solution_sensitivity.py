"""How a solution moves with the parameters of its problem: the implicit function theorem.

>>> result = solution_sensitivity({"x": 3.0}, {"a": 9.0}, conditions=["x^2 - a"])
>>> result.solution.jacobian      # dx/da = 1 / (2 sqrt(a))
array([[0.16666667]])
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from reasoning.solvers.definition import solver
from reasoning.solvers.expressions import names_of, read_expression, to_sympy
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = ["Sensitivity", "SensitivityCertificate", "solution_sensitivity"]

Array = NDArray[np.float64]

MAX_NAMES = 30
MAX_CONDITION = 1e13
STEP = 1e-4
"""Of the central differences, relative to max(1, |parameter|)."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The derivatives of a solution.

    Attributes:
        unknowns: names of the rows.
        parameters: names of the columns.
        jacobian: d unknown / d parameter.
        multipliers: of the equalities and of the active inequalities, in this order; empty for plain conditions.
        active: indices of the active inequalities.
    """

    unknowns: list[str]
    parameters: list[str]
    jacobian: NDArray[np.float64]
    multipliers: NDArray[np.float64]
    active: list[int]


@dataclass(frozen=True, slots=True)
class SensitivityCertificate:
    """What anybody can check.

    Attributes:
        residual: largest |F| at the given solution.
        condition: condition number of dF / d(unknowns, multipliers).
        difference: largest |J - central difference| / max(1, |J|), the problem solved again at parameter +- step;
            null when that did not succeed.
    """

    residual: float
    condition: float
    difference: float | None


@solver
def solution_sensitivity(
    solution: dict[str, float],
    parameters: dict[str, float],
    conditions: list[str] | None = None,
    kind: Literal["zero", "fixed_point"] = "zero",
    objective: str | None = None,
    equalities: list[str] | None = None,
    inequalities: list[str] | None = None,
    tolerance: float = 1e-6,
) -> Result[Sensitivity, SensitivityCertificate]:
    """Differentiate a solution with respect to parameters: dx/dtheta where F(x, theta) = 0.

    F is given as conditions, one for each unknown: F = 0 ("zero") or x = T ("fixed_point", in the order of the
    solution); or it is the first-order (KKT) conditions of minimising an objective subject to equalities g = 0 and
    inequalities h <= 0, of which those with h = 0 at the solution are active; multipliers come by least squares. The
    linear equations (dF/dx) J = -dF/dtheta are solved, and checked by solving the problem again nearby.

    Args:
        solution: unknown -> its value at the solution.
        parameters: parameter -> its value.
        conditions: expressions in both, one for each unknown; or
        kind: how conditions are meant.
        objective: expression that the solution minimises.
        equalities: expressions that are 0.
        inequalities: expressions that are at most 0.
        tolerance: largest |F| of a solution, and largest |h| of an active inequality; from 1e-12 to 0.01.

    Returns:
        `converged`; `singular` when dF/dx is; `infeasible` when an inequality is violated; or `limit` when the point is
        no solution to the tolerance or the check differs by more than 1e-5.

    Raises:
        SolverInputError: names are unknown or missing, there are too many, or a value is not real.

    Source:
        Blondel et al. 2022, "Efficient and Modular Implicit Differentiation", arXiv 2105.15183.

    Example:
        {"solution": {"x": 0.5, "y": 0.5}, "parameters": {"a": 1}, "objective": "x^2 + y^2",
         "equalities": ["x + y - a"]}
    """
    if not solution or not parameters or len(solution) + len(parameters) > MAX_NAMES:
        raise SolverInputError(f"solution: expected at least one unknown, one parameter and at most {MAX_NAMES} names")
    if both := solution.keys() & parameters.keys():
        raise SolverInputError(f"parameters: '{min(both)}' is an unknown too")
    if not 1e-12 <= tolerance <= 0.01:
        raise SolverInputError("tolerance: expected a number from 1e-12 to 0.01")
    for name in (*solution, *parameters):
        if names_of(read_expression(name, "solution")) != {name}:
            raise SolverInputError(f"solution: '{name[:40]}' is no name of a variable")
    values = {**solution, **parameters}
    if (conditions is None) == (objective is None):
        raise SolverInputError("conditions: expected either conditions or an objective")
    if conditions is not None:
        if equalities or inequalities:
            raise SolverInputError("equalities: they belong to an objective")
        system = _from_conditions(conditions, kind, solution, parameters)
    else:
        assert objective is not None
        read = [_read([objective], "objective", values), _read(equalities or [], "equalities", values)]
        bounds = _read(inequalities or [], "inequalities", values)
        slacks = [_number(one, "inequalities", values) for one in bounds]
        if slacks and max(slacks) > tolerance:
            index = int(np.argmax(slacks))
            return Result(Status.INFEASIBLE, message=f"inequalities[{index}] is {slacks[index]:.3g} at the solution")
        active = [index for index, slack in enumerate(slacks) if slack >= -tolerance]
        if len(read[1]) + len(active) > MAX_NAMES:
            raise SolverInputError(f"equalities: at most {MAX_NAMES} active constraints are taken")
        system = _from_objective(read[0][0], read[1], bounds, active, solution, values)
    return system.differentiate(tolerance)


def _read(texts: list[str], argument: str, names: dict[str, float]) -> list[Any]:
    found = []
    for number, text in enumerate(texts):
        place = argument if argument == "objective" else f"{argument}[{number}]"
        if unknown := sorted(names_of(read_expression(text, place)) - names.keys()):
            raise SolverInputError(f"{place}: no value for '{unknown[0]}'")
        found.append(to_sympy(text, place))
    return found


def _number(expression: Any, argument: str, values: dict[str, float]) -> float:
    """The real value of a SymPy expression."""
    import sympy

    found = sympy.N(expression, 17, subs={sympy.Symbol(name): value for name, value in values.items()})
    if not (found.is_real and found.is_finite):
        raise SolverInputError(f"{argument}: no real value at the solution")
    return float(found)


def _from_conditions(
    conditions: list[str], kind: str, solution: dict[str, float], parameters: dict[str, float]
) -> _System:
    import sympy

    if len(conditions) != len(solution):
        raise SolverInputError(f"conditions: expected {len(solution)}, one for each unknown, got {len(conditions)}")
    found = _read(conditions, "conditions", {**solution, **parameters})
    if kind == "fixed_point":
        found = [one - sympy.Symbol(name) for one, name in zip(found, solution, strict=True)]
    return _System(found, solution, parameters, np.zeros(0), [])


def _from_objective(
    objective: Any,
    equalities: list[Any],
    bounds: list[Any],
    active: list[int],
    solution: dict[str, float],
    values: dict[str, float],
) -> _System:
    """Stationarity of the Lagrangian and the constraints that hold with equality."""
    import sympy

    held = [*equalities, *(bounds[index] for index in active)]
    symbols = [sympy.Symbol(name) for name in solution]
    slopes = np.array(
        [[_number(one.diff(symbol), "objective", values) for one in (objective, *held)] for symbol in symbols]
    )
    multipliers = np.linalg.lstsq(slopes[:, 1:], -slopes[:, 0], rcond=None)[0] if held else np.zeros(0)
    names = [f"multiplier {number}" for number in range(len(held))]  # no name of an expression has a space
    lagrangian = objective + sum(
        (sympy.Symbol(name) * one for name, one in zip(names, held, strict=True)), sympy.Integer(0)
    )
    functions = [lagrangian.diff(symbol) for symbol in symbols] + held
    unknowns = {**solution, **dict(zip(names, multipliers.tolist(), strict=True))}
    parameters = {name: value for name, value in values.items() if name not in solution}
    return _System(functions, unknowns, parameters, multipliers, active)


@dataclass(frozen=True)
class _System:
    """F = 0 with as many functions as unknowns (the multipliers last)."""

    functions: list[Any]
    unknowns: dict[str, float]
    parameters: dict[str, float]
    multipliers: Array
    active: list[int]

    def differentiate(self, tolerance: float) -> Result[Sensitivity, SensitivityCertificate]:
        """The Jacobian by the implicit function theorem, and its check."""
        slope = self._slope(list(self.unknowns))
        residual = float(np.abs(self._values(self.unknowns, self.parameters)).max())
        condition = float(np.linalg.cond(slope))
        if not condition < MAX_CONDITION:
            certificate = SensitivityCertificate(residual, condition, None)
            return Result(Status.SINGULAR, None, certificate, message="dF/dx is singular: no unique derivative")
        whole: Array = np.linalg.solve(slope, -self._slope(list(self.parameters))).astype(np.float64)
        difference = self._difference(slope, whole)
        count = len(self.unknowns) - len(self.multipliers)
        found = Sensitivity(
            list(self.unknowns)[:count], list(self.parameters), whole[:count], self.multipliers, self.active
        )
        message = ""
        inequality = self.multipliers[len(self.multipliers) - len(self.active) :]
        if residual > tolerance:
            message = f"the point is no solution: a condition is off by {residual:.1e}"
        elif inequality.size and inequality.min() < tolerance:
            message = "an active inequality has no positive multiplier: the solution need not be differentiable"
        elif difference is None or difference > 1e-5:
            shown = "could not be computed" if difference is None else f"differ by {difference:.1e}"
            message = f"central differences {shown}"
        certificate = SensitivityCertificate(residual, condition, difference)
        return Result(Status.LIMIT if message else Status.CONVERGED, found, certificate, message=message)

    def _slope(self, names: list[str]) -> Array:
        import sympy

        values = {**self.unknowns, **self.parameters}
        return np.array(
            [[_number(one.diff(sympy.Symbol(name)), "conditions", values) for name in names] for one in self.functions]
        )

    def _values(self, unknowns: dict[str, float], parameters: dict[str, float]) -> Array:
        values = {**unknowns, **parameters}
        return np.array([_number(one, "conditions", values) for one in self.functions])

    def _difference(self, slope: Array, jacobian: Array) -> float | None:
        """The Jacobian against central differences; each nearby problem is solved by Newton's method, slope fixed."""
        start, names = np.array(list(self.unknowns.values())), list(self.unknowns)
        worst = 0.0
        for column, (name, value) in enumerate(self.parameters.items()):
            step = STEP * max(1.0, abs(value))
            ends = []
            for moved in (value + step, value - step):
                x = start + jacobian[:, column] * (moved - value)
                for _ in range(30):
                    try:
                        rest = self._values(dict(zip(names, x.tolist(), strict=True)), {**self.parameters, name: moved})
                    except SolverInputError:
                        return None
                    change = np.linalg.solve(slope, rest)
                    x = x - change
                    if np.abs(change).max() <= 1e-13 * max(1.0, float(np.abs(x).max())):
                        break
                ends.append(x)
            central = (ends[0] - ends[1]) / (2 * step)
            scale = max(1.0, float(np.abs(jacobian[:, column]).max()))
            worst = max(worst, float(np.abs(central - jacobian[:, column]).max()) / scale)
        return worst if np.isfinite(worst) else None
