import math

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.special import erf

from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.adaptive_spline import adaptive_spline, place_knots
from reasoning.solvers.numeric_expressions import read_function

FUNCTIONS = [
    ("sin(x)", 0.0, 10.0, np.sin, 1 - math.cos(10)),
    ("1 / (1 + 25 x^2)", -1.0, 1.0, lambda x: 1 / (1 + 25 * x * x), 2 / 5 * math.atan(5)),
    ("exp(-x^2 / 0.001)", -1.0, 1.0, lambda x: np.exp(-x * x / 0.001), math.sqrt(0.001 * math.pi)),
    ("sqrt(x^2 + 1/10000)", -1.0, 1.0, lambda x: np.sqrt(x * x + 1e-4), None),
]


@pytest.mark.parametrize(("text", "lower", "upper", "function", "integral"), FUNCTIONS)
def test_the_spline_is_within_the_tolerance_everywhere(text, lower, upper, function, integral):
    result = adaptive_spline(text, lower, upper, tolerance=1e-6)
    assert result.status is Status.CONVERGED
    found, certificate = result.solution, result.certificate
    assert found.values == pytest.approx(function(found.knots), abs=1e-14)
    spline = CubicSpline(found.knots, found.values)
    points = np.random.default_rng(0).uniform(lower, upper, 20_000)
    want = function(points)
    assert np.max(np.abs(spline(points) - want) / (np.abs(want) + certificate.scale)) < 3e-6
    inner = found.knots[:-1] + 0.382 * np.diff(found.knots)
    error = np.abs(spline(inner) - function(inner)) / (np.abs(function(inner)) + certificate.scale)
    assert certificate.error == pytest.approx(error.max(), rel=1e-6)
    assert certificate.error <= 1e-6
    if integral is not None:
        assert found.integral == pytest.approx(integral, abs=2e-6 * (upper - lower))


def test_knots_gather_where_the_function_bends():
    knots = adaptive_spline("exp(-x^2 / 0.001)", -1.0, 1.0, tolerance=1e-6).solution.knots
    assert np.mean(np.abs(knots) < 0.2) > 0.5
    assert np.diff(knots).min() < np.diff(knots).max() / 8


def test_a_cubic_needs_no_more_than_the_checks():
    result = adaptive_spline("x^3 - 2x", -1.0, 2.0, tolerance=1e-10, first_knots=6, checks=1)
    assert result.iterations == 1
    assert result.certificate.evaluations == 6 + 5 + 10
    assert result.certificate.error < 1e-14


def test_a_corner_is_found_and_a_jump_is_the_limit():
    corner = place_knots(np.abs, np.linspace(-1, 1.1, 11), 1e-4)
    assert corner.status is Status.CONVERGED
    assert np.abs(corner.solution.knots).min() < 1e-3
    jump = place_knots(np.sign, np.linspace(-1, 1.1, 11), 1e-4)
    assert jump.status is Status.LIMIT
    assert jump.certificate.error > 0.1
    few = adaptive_spline("sin(50x)", 0.0, 10.0, max_evaluations=100)
    assert few.status is Status.LIMIT
    assert few.certificate.evaluations <= 100


def test_expressions_are_functions_of_arrays():
    points = np.linspace(0.1, 0.9, 5)
    function = read_function("2x^2 - atanh(y)/erf(x) + pi e", "f", ["x", "y"])
    want = 2 * points**2 - np.arctanh(0.5) / erf(points) + math.pi * math.e
    assert function({"x": points, "y": np.array(0.5)}) == pytest.approx(want, rel=1e-14)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("1/x", -1.0, 1.0), "expression: no finite value at x = 0"),
        (("log(t)", -1.0, 1.0), "no finite value at t = -1"),
        (("x + y", 0.0, 1.0), "expected one variable, got x, y"),
        (("x +", 0.0, 1.0), "expression: "),
        (("besselj(1, x)", 0.0, 1.0), "no function 'besselj'"),
        (("I x", 0.0, 1.0), "expected real numbers"),
        (("x", 1.0, 1.0), "upper: expected a number above lower"),
        (("x", 0.0, 1.0, 0.5), "limits"),
        (("x", 0.0, 1.0, 1e-3, 0.0), "scale"),
        (("x", 0.0, 1.0, 1e-3, None, 11, 2, 10), "max_evaluations"),
    ],
)
def test_bad_input_is_one_clear_line(arguments, message):
    with pytest.raises(SolverInputError, match=message):
        adaptive_spline(*arguments)
