import mpmath
import pytest

from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.enclosures import integral_enclosure, root_enclosure


def off(result, exact, digits=60):
    with mpmath.workdps(digits):
        return abs(mpmath.mpf(result.solution.middle) - exact())


@pytest.mark.parametrize(
    ("arguments", "exact"),
    [
        (("exp(-x^2)", "x", "0", "1"), lambda: mpmath.sqrt(mpmath.pi) / 2 * mpmath.erf(1)),
        (("4/(1+t^2)", "t", "0", "1"), lambda: +mpmath.pi),
        (("sqrt(x)", "x", "0", "2"), lambda: mpmath.mpf(4) / 3 * mpmath.sqrt(2)),
        (("sin(x)", "x", "0", "pi/2"), lambda: mpmath.mpf(1)),
    ],
)
def test_integrals_lie_within_their_bounds(arguments, exact):
    result = integral_enclosure(*arguments)
    assert result.status is Status.CONVERGED
    assert off(result, exact) <= result.certificate.radius <= 1e-29


def test_integrals_that_do_not_exist_are_not_given():
    assert integral_enclosure("1/x", "x", "-1", "1").status is Status.LIMIT
    assert integral_enclosure("sqrt(x)", "x", "-2", "-1").status is Status.LIMIT


def test_roots_lie_within_their_bounds():
    cube = root_enclosure("x^3 - 2", "x", 1, 2, digits=40)
    assert cube.status is Status.CONVERGED
    assert off(cube, lambda: mpmath.cbrt(2)) <= cube.certificate.radius <= 1e-39
    dottie = root_enclosure("cos(x) - x", "x", "0", "3/2")
    assert off(dottie, lambda: mpmath.findroot(lambda x: mpmath.cos(x) - x, 0.7)) <= dottie.certificate.radius
    assert off(root_enclosure("x", "x", -1, 1), lambda: mpmath.mpf(0)) <= 1e-29


def test_what_is_no_root_is_not_called_one():
    assert root_enclosure("x^2 + 1", "x", -1, 1).status is Status.INFEASIBLE
    assert root_enclosure("1/x", "x", -1, 2).status is Status.LIMIT
    with pytest.raises(SolverInputError, match="low: expected a number below high"):
        root_enclosure("x", "x", 1, 1)
    with pytest.raises(SolverInputError, match="expression: 'y' is not the variable"):
        root_enclosure("x + y", "x", 0, 1)
