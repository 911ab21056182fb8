"""A cubic spline of a function, with knots where the function needs them.

>>> result = adaptive_spline("1 / (1 + 25 x^2)", -1.0, 1.0, tolerance=1e-6)
>>> result.status, result.certificate.error < 1e-6
(<Status.CONVERGED: 'converged'>, True)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reasoning.solvers.definition import solver
from reasoning.solvers.expressions import names_of, read_expression
from reasoning.solvers.numeric_expressions import read_function
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = ["Spline", "SplineCertificate", "adaptive_spline", "place_knots"]

Array = NDArray[np.float64]

MAX_SIZE = 1e100
"""Largest bounds and values: the spline's equations multiply three of them."""
MAX_EVALUATIONS = 100_000
CHECK_POINT = 0.382
"""Where in each interval the finished spline is compared with the function; no bisection ever comes there."""


@dataclass(frozen=True, slots=True)
class Spline:
    """The not-a-knot cubic spline through n points.

    Attributes:
        knots: n increasing numbers.
        values: of the function at the knots.
        errors: n - 1 estimates of the largest error in each interval.
        integral: of the spline over the whole interval.
    """

    knots: NDArray[np.float64]
    values: NDArray[np.float64]
    errors: NDArray[np.float64]
    integral: float


@dataclass(frozen=True, slots=True)
class SplineCertificate:
    """What anybody can check.

    Attributes:
        error: largest |f - spline| / (|f| + scale) at the points 0.382 of the way from each knot to the next.
        evaluations: of the function.
        scale: as it was used.
    """

    error: float
    evaluations: int
    scale: float


@solver
def adaptive_spline(
    expression: str,
    lower: float,
    upper: float,
    tolerance: float = 1e-6,
    scale: float | None = None,
    first_knots: int = 11,
    checks: int = 2,
    max_evaluations: int = 20_000,
) -> Result[Spline, SplineCertificate]:
    """Approximate a function of one variable by a cubic spline with adaptive knots.

    Every interval is bisected until spline and function agree at its midpoint to tolerance * (|f| + scale), and so do
    the integrals of the spline and of Simpson's rule, several times in a row. A feature that is narrower than the
    first grid and flat around it can be missed: give more first knots then.

    Args:
        expression: f, an expression in one variable, such as "exp(-x^2)".
        lower: start of the interval.
        upper: end of the interval.
        tolerance: relative tolerance, from 1e-12 to 0.1.
        scale: absolute scale, > 0; default the largest |f| on the first grid (1 when that is 0).
        first_knots: uniform knots to begin with, from 6 to 10000.
        checks: times in a row that an interval must pass before it is left alone, from 1 to 5.
        max_evaluations: of f, at most 100000.

    Returns:
        `converged`, or `limit` when evaluations or digits run out (the errors say where).

    Raises:
        SolverInputError: f has no finite value somewhere, uses two variables, or a limit is out of range.

    Source:
        Vitenti et al. 2024, "AutoKnots", arXiv 2412.13946.

    Example:
        {"expression": "sin(x) + exp(-100 (x - 1)^2)", "lower": 0, "upper": 3, "tolerance": 1e-5}
    """
    if not -MAX_SIZE < lower < upper < MAX_SIZE:
        raise SolverInputError(f"upper: expected a number above lower, got {lower:g} and {upper:g}")
    if not 1e-12 <= tolerance <= 0.1 or not 6 <= first_knots <= 10_000 or not 1 <= checks <= 5:
        raise SolverInputError("limits: expected tolerance 1e-12..0.1, first_knots 6..10000, checks 1..5")
    if not first_knots <= max_evaluations <= MAX_EVALUATIONS:
        raise SolverInputError(f"max_evaluations: expected from first_knots to {MAX_EVALUATIONS}")
    if scale is not None and not scale > 0:
        raise SolverInputError("scale: expected a positive number")
    names = sorted(names_of(read_expression(expression, "expression"))) or ["x"]
    if len(names) > 1:
        raise SolverInputError(f"expression: expected one variable, got {', '.join(names)}")
    function = read_function(expression, "expression", names)

    def sample(points: Array) -> Array:
        values = np.broadcast_to(function({names[0]: points}), points.shape)
        if not np.isfinite(values).all():
            where = float(points[~np.isfinite(values)][0])
            raise SolverInputError(f"expression: no finite value at {names[0]} = {where:.6g}")
        if np.abs(values).max() > MAX_SIZE:
            raise SolverInputError(f"expression: a value above {MAX_SIZE:g}")
        return values

    return place_knots(sample, np.linspace(lower, upper, first_knots), tolerance, scale, checks, max_evaluations)


def place_knots(
    function: Callable[[Array], Array],
    first: Array,
    tolerance: float,
    scale: float | None = None,
    checks: int = 2,
    max_evaluations: int = 20_000,
) -> Result[Spline, SplineCertificate]:
    """`adaptive_spline` for a Python function.

    Args:
        function: from k points to k finite values.
        first: at least 6 increasing knots.
        tolerance: relative tolerance.
        scale: absolute scale; None for the largest value on the first knots.
        checks: times in a row that an interval must pass.
        max_evaluations: of the function.
    """
    from scipy.interpolate import CubicSpline

    knots, values = first, np.array(function(first))
    scale = scale or float(np.abs(values).max()) or 1.0
    passed, errors = np.zeros(len(knots) - 1, dtype=np.int64), np.full(len(knots) - 1, np.inf)
    used, rounds, out = len(knots), 0, ""
    least = 64 * np.finfo(float).eps * max(abs(float(first[0])), abs(float(first[-1])))
    while True:
        spline = CubicSpline(knots, values)
        open_ones = np.nonzero(passed < checks)[0]
        if not open_ones.size:
            relative, used = _check(function, spline, scale, used)
            if relative.max() <= tolerance:
                break
            passed[relative > tolerance] = 0
            continue
        if used + len(open_ones) + len(knots) > max_evaluations:  # the last check needs one for each interval
            out = f"{used} evaluations were used, {len(open_ones)} intervals are open"
        elif np.diff(knots)[open_ones].min() < least:
            out = f"an interval near {knots[open_ones[np.diff(knots)[open_ones].argmin()]]:.6g} cannot be halved"
        if out:
            relative, used = _check(function, spline, scale, used)
            break
        rounds += 1
        used += len(open_ones)
        knots, values, passed, errors = _bisect(
            function, spline, (knots, values, passed, errors), open_ones, tolerance, scale
        )
    solution = Spline(knots, values, errors, float(spline.integrate(knots[0], knots[-1])))
    certificate = SplineCertificate(float(relative.max()), used, scale)
    return Result(Status.LIMIT if out else Status.CONVERGED, solution, certificate, rounds, message=out)


def _check(function: Callable[[Array], Array], spline: Any, scale: float, used: int) -> tuple[Array, int]:
    """The relative error of the spline inside each interval, and the evaluations so far."""
    points = spline.x[:-1] + CHECK_POINT * np.diff(spline.x)
    values = function(points)
    return np.abs(values - spline(points)) / (np.abs(values) + scale), used + len(points)


def _bisect(
    function: Callable[[Array], Array],
    spline: Any,
    state: tuple[Array, Array, NDArray[np.int64], Array],
    chosen: NDArray[np.intp],
    tolerance: float,
    scale: float,
) -> tuple[Array, Array, NDArray[np.int64], Array]:
    """Knots, values, checks passed and errors after the chosen intervals got their midpoints."""
    knots, values, passed, errors = state
    width = np.diff(knots)[chosen]
    middle = knots[chosen] + 0.5 * width
    found = function(middle)
    gap = np.abs(found - spline(middle))
    simpson = width / 6 * (values[chosen] + 4 * found + values[chosen + 1])
    whole = spline.antiderivative()
    area = whole(knots[chosen + 1]) - whole(knots[chosen])
    good = (gap <= tolerance * (np.abs(found) + scale)) & (
        np.abs(simpson - area) <= tolerance * (np.abs(simpson) + scale * width)
    )
    passed, errors = passed.copy(), errors.copy()
    passed[chosen] = np.where(good, passed[chosen] + 1, 0)
    errors[chosen] = gap
    # The neighbours of an interval that failed are looked at again: the spline there depends on it.
    failed = chosen[~good]
    for neighbour in (failed - 1, failed + 1):
        inside = neighbour[(neighbour >= 0) & (neighbour < len(passed))]
        passed[inside] = 0
    repeats = np.ones(len(passed), dtype=np.int64)
    repeats[chosen] = 2
    return (
        np.insert(knots, chosen + 1, middle),
        np.insert(values, chosen + 1, found),
        np.repeat(passed, repeats),
        np.repeat(errors, repeats),
    )
