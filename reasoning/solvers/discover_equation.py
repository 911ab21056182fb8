"""The equation behind data: a sparse combination of candidate terms, by a relevance vector machine.

>>> import numpy as np
>>> x = np.linspace(-1, 1, 50)
>>> discover_equation({"x": x}, 2 * x - x**3).solution.equation
'2*x - 1*x^3'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from reasoning.solvers.arguments import Seed, Vector
from reasoning.solvers.definition import solver
from reasoning.solvers.numeric_expressions import read_function
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = ["Equation", "EquationCertificate", "discover_equation", "relevance_vectors"]

Array = NDArray[np.float64]

MAX_TERMS = 300
MAX_ROWS = 50_000
CUTOFFS = np.logspace(0, 10, 11)
SLACK = 1.1
"""A smaller set of terms is taken when its held-out error is at most this times the least one."""
ROUNDING = 1e-8
"""Held-out errors below this times the target's size are all alike."""


@dataclass(frozen=True, slots=True)
class Equation:
    """target = sum of coefficient * term.

    Attributes:
        terms: the active terms, as they stand in the library.
        coefficients: one for each active term.
        deviations: standard deviations of the coefficients.
        equation: the right side as one expression.
    """

    terms: list[str]
    coefficients: NDArray[np.float64]
    deviations: NDArray[np.float64]
    equation: str


@dataclass(frozen=True, slots=True)
class EquationCertificate:
    """What anybody can check.

    Attributes:
        error: root mean square of target - equation over all rows, relative to that of the target.
        held_out_error: the root mean square over the rows that were kept back, coefficients from the other rows only,
            relative to the same.
        evidence: log marginal likelihood of the relevance vector machine that found the terms, columns and target
            scaled to a root mean square of 1.
        path: [number of terms, error] for each cutoff that was tried, the error being the larger of those on the rows
            that were fitted and on those that were kept back.
    """

    error: float
    held_out_error: float
    evidence: float
    path: list[tuple[int, float]]


@solver
def discover_equation(
    data: dict[str, Vector],
    target: Vector | None = None,
    library: list[str] | None = None,
    degree: int = 3,
    times: Vector | None = None,
    state: str | None = None,
    noise: float = 0.0,
    held_out: float = 0.2,
    seed: Seed = 0,
) -> Result[Equation, EquationCertificate]:
    """Find which terms of a library make up a target, with coefficients: equation discovery, model error.

    Give the target itself (a derivative, or (observed - predicted) / dt for the error of a model), or `times` and
    `state`: then it is the time derivative of that variable, by a smoothing spline. A relevance vector machine prunes
    the library at eleven cutoffs; the fewest terms that predict the held-out rows as well as any are refitted by least
    squares. For partial differential equations give derivatives as variables of the data, such as u_x and u_xx.

    Args:
        data: variable -> N numbers, all of one length.
        target: N numbers.
        library: candidate terms, expressions in the variables; default all monomials up to `degree`.
        degree: of the default library, from 0 to 8.
        times: N increasing times, where the target is a time derivative.
        state: the variable whose derivative is the target.
        noise: standard deviation of that variable's noise; 0 makes the spline interpolate.
        held_out: share of the rows that is kept back, from 0.05 to 0.5.
        seed: of the choice of these rows.

    Returns:
        `converged`; `limit` when the equation explains less than half of the held-out variance, or its terms are
        dependent.

    Raises:
        SolverInputError: lengths do not fit, a term has no finite value, or there are too few rows.

    Source:
        Mojgani, Chattopadhyay and Hassanzadeh 2022, "MEDIDA", arXiv 2110.00546; Tipping 2001 (relevance vectors).

    Example:
        {"data": {"x": [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5]}, "target": [6, 3.75, 2, 0.75, 0, -0.25, 0, 0.75,
         2, 3.75], "degree": 4}
    """
    goal = _target(data, target, times, state, noise)
    names = _monomials(sorted(data), degree) if library is None else library
    columns = _columns(data, names, len(goal))
    if not 0.05 <= held_out <= 0.5:
        raise SolverInputError("held_out: expected a share from 0.05 to 0.5")
    size = float(np.sqrt(np.mean(goal**2)))
    if size == 0.0:
        raise SolverInputError("target: it is 0 everywhere")
    order = np.random.default_rng(seed).permutation(len(goal))
    kept = max(1, int(held_out * len(goal)))
    test, train = order[:kept], order[kept:]
    if len(train) < 4:
        raise SolverInputError(f"data: expected at least 5 rows, got {len(goal)}")
    scales = np.sqrt(np.mean(columns[train] ** 2, axis=0))
    live = np.nonzero(scales > 0)[0]
    scaled = columns[:, live] / scales[live]
    path: list[tuple[int, float]] = []
    choices: list[tuple[NDArray[np.intp], float, float]] = []
    rounds = 0
    for cutoff in CUTOFFS:
        active, evidence, steps = relevance_vectors(scaled[train], goal[train] / size, float(cutoff))
        rounds += steps
        chosen = live[active]
        fitted = np.linalg.lstsq(columns[np.ix_(train, chosen)] / scales[chosen], goal[train], rcond=None)[0]
        rest = (goal - columns[:, chosen] / scales[chosen] @ fitted) / size
        inside, outside = (float(np.sqrt(np.mean(rest[rows] ** 2))) for rows in (train, test))
        path.append((len(chosen), max(inside, outside)))
        choices.append((chosen, evidence, outside))
    best = min(error for _, error in path)
    able = [number for number, (_, error) in enumerate(path) if error <= max(SLACK * best, ROUNDING)]
    number = min(able, key=lambda one: path[one])
    chosen, evidence, outside = choices[number]
    return _refit(names, columns, goal, scales, chosen, evidence, path, outside, rounds, seed)


def _refit(
    names: list[str],
    columns: Array,
    goal: Array,
    scales: Array,
    chosen: NDArray[np.intp],
    evidence: float,
    path: list[tuple[int, float]],
    held_out_error: float,
    rounds: int,
    seed: int,
) -> Result[Equation, EquationCertificate]:
    """Least squares over all rows with the chosen terms."""
    scaled = columns[:, chosen] / scales[chosen]
    fitted, _, rank, _ = np.linalg.lstsq(scaled, goal, rcond=None)
    rest = goal - scaled @ fitted
    variance = float(rest @ rest) / max(1, len(goal) - len(chosen))
    deviations = np.sqrt(variance * np.diag(np.linalg.pinv(scaled.T @ scaled))) / scales[chosen]
    coefficients = fitted / scales[chosen]
    terms = [names[index] for index in chosen]
    error = float(np.sqrt(np.mean(rest**2) / np.mean(goal**2)))
    certificate = EquationCertificate(error, held_out_error, evidence, path)
    equation = Equation(terms, coefficients, deviations, _written(terms, coefficients))
    message = ""
    if rank < len(chosen):
        message = "the terms found are dependent: other coefficients fit as well"
    elif held_out_error > 0.5**0.5:
        message = f"the terms of the library do not explain the target, relative error {held_out_error:.2g}"
    return Result(Status.LIMIT if message else Status.CONVERGED, equation, certificate, rounds, seed, message)


def _written(terms: list[str], coefficients: Array) -> str:
    text = ""
    for term, coefficient in zip(terms, coefficients, strict=True):
        bracketed = f"({term})" if any(sign in term for sign in "+-/ ") else term
        sign = (" - " if text else "-") if coefficient < 0 else (" + " if text else "")
        text += f"{sign}{abs(coefficient):.6g}" + ("" if term == "1" else f"*{bracketed}")
    return text or "0"


def _target(
    data: Mapping[str, Array], target: Array | None, times: Array | None, state: str | None, noise: float
) -> Array:
    """What is to be explained, after the lengths were checked."""
    if not data:
        raise SolverInputError("data: expected at least one variable")
    rows = len(next(iter(data.values())))
    for name, values in data.items():
        if not name.isidentifier() or not name.isascii():
            raise SolverInputError(f"data: '{name[:40]}' is no name of a variable")
        if len(values) != rows:
            raise SolverInputError(f"data.{name}: expected {rows} numbers, got {len(values)}")
    if not 5 <= rows <= MAX_ROWS:
        raise SolverInputError(f"data: expected at least 5 rows and at most {MAX_ROWS}, got {rows}")
    if target is not None:
        if times is not None or state is not None:
            raise SolverInputError("target: expected either a target, or times and a state")
        if len(target) != rows:
            raise SolverInputError(f"target: expected {rows} numbers, got {len(target)}")
        return target
    if times is None or state is None:
        raise SolverInputError("target: expected a target, or times and a state")
    if state not in data:
        raise SolverInputError(f"state: no variable '{state[:40]}'; there are {', '.join(data)}")
    if len(times) != rows or np.diff(times).min() <= 0:
        raise SolverInputError(f"times: expected {rows} increasing numbers")
    if noise < 0:
        raise SolverInputError("noise: expected a number that is not negative")
    from scipy.interpolate import UnivariateSpline

    spline = UnivariateSpline(times, data[state], k=5 if rows > 5 else 4, s=rows * noise**2)
    derivative: Array = spline.derivative()(times)
    return derivative


def _monomials(names: list[str], degree: int) -> list[str]:
    if not 0 <= degree <= 8:
        raise SolverInputError("degree: expected a number from 0 to 8")
    terms = ["1"]
    for total in range(1, degree + 1):
        for factors in combinations_with_replacement(names, total):
            powers = [(name, factors.count(name)) for name in dict.fromkeys(factors)]
            terms.append("*".join(name if power == 1 else f"{name}^{power}" for name, power in powers))
            if len(terms) > MAX_TERMS:
                raise SolverInputError(f"degree: more than {MAX_TERMS} monomials, give a library")
    return terms


def _columns(data: Mapping[str, Array], names: list[str], rows: int) -> Array:
    """N x K values of the terms."""
    if not 1 <= len(names) <= MAX_TERMS:
        raise SolverInputError(f"library: expected at least one term and at most {MAX_TERMS}, got {len(names)}")
    columns = np.empty((rows, len(names)))
    for number, term in enumerate(names):
        columns[:, number] = read_function(term, f"library[{number}]", data)(data)
        if not np.isfinite(columns[:, number]).all():
            row = int(np.nonzero(~np.isfinite(columns[:, number]))[0][0])
            raise SolverInputError(f"library[{number}]: no finite value in row {row}")
    return columns


def relevance_vectors(
    columns: Array, target: Array, cutoff: float, rounds: int = 300
) -> tuple[NDArray[np.intp], float, int]:
    """The columns that a relevance vector machine keeps.

    Args:
        columns: N x K, of root mean square about 1.
        target: N numbers.
        cutoff: columns whose precision alpha exceeds it are dropped.
        rounds: most re-estimations.

    Returns:
        The indices of the columns, the log evidence of the last model, the number of rounds.
    """
    count = len(target)
    active = np.arange(columns.shape[1])
    alpha = np.ones(len(active))
    gram, moments = columns.T @ columns, columns.T @ target
    power = float(target @ target)
    beta = count / max(1e-300, 0.01 * power)
    evidence, step = -np.inf, 0
    for step in range(1, rounds + 1):
        inner = gram[np.ix_(active, active)]
        try:
            factor = np.linalg.cholesky(beta * inner + np.diag(alpha))
        except np.linalg.LinAlgError:  # dependent columns that explain the target to rounding: no more can be told
            break
        inverse = np.linalg.inv(factor)
        covariance = inverse.T @ inverse
        mean = beta * covariance @ moments[active]
        rest = max(float(power - 2 * mean @ moments[active] + mean @ inner @ mean), 1e-16 * power)
        log_determinant = 2 * float(np.log(np.diag(factor)).sum()) - float(np.log(alpha).sum()) - count * np.log(beta)
        evidence = -0.5 * float(count * np.log(2 * np.pi) + log_determinant + beta * rest + alpha @ mean**2)
        gamma = np.clip(1.0 - alpha * np.diag(covariance), 1e-12, 1.0)
        fresh = gamma / np.maximum(mean**2, 1e-300)
        beta = max(count - float(gamma.sum()), 1.0) / rest
        keep = fresh <= cutoff
        change = float(np.abs(np.log(fresh / alpha)).max()) if len(alpha) else 0.0
        if not keep.any():
            return active[:0], evidence, step
        active, alpha = active[keep], fresh[keep]
        if keep.all() and change < 1e-3:
            break
    return active, evidence, step
