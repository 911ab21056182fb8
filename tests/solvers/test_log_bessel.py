import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.bessel_core import bessel_ratio, log_bessel_values
from reasoning.solvers.fit_vmf import fit_vmf
from reasoning.solvers.log_bessel import log_bessel

ORDERS = (0, 0.5, 3.7, 14.9, 15, 100, 1000)
ARGUMENTS = (1e-60, 1e-3, 1, 10, 100)
MORE_ORDERS = (0, 0.5, 1, 3.7, 14.9, 15, 50, 100, 300, 1000, 5000, 16384)
MORE_ARGUMENTS = (1e-3, 0.1, 1, 10, 100, 1000)


def oracle(kind, v, x):
    """The logarithm at 40 digits."""
    with mpmath.workdps(40):
        function = mpmath.besseli if kind == "I" else mpmath.besselk
        return mpmath.log(function(mpmath.mpf(v), mpmath.mpf(x)))


def error(got, want):
    """Relative to the logarithm, or to 1 where that is smaller."""
    return float(abs(mpmath.mpf(float(got)) - want) / max(1, abs(want)))


def worst_error(kind, orders, arguments):
    return max(
        error(log_bessel([v], [x], kind).solution.values[0], oracle(kind, v, x)) for v in orders for x in arguments
    )


@pytest.mark.parametrize("kind", ["I", "K"])
def test_values_agree_with_mpmath(kind):
    assert worst_error(kind, ORDERS, ARGUMENTS) <= 4e-15


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["I", "K"])
def test_more_values_agree_with_mpmath(kind):
    assert worst_error(kind, MORE_ORDERS, MORE_ARGUMENTS) <= 4e-15


def test_denormal_orders_are_as_good_as_0():
    for kind in ("I", "K"):
        tiny, zero = (log_bessel([v], [1.0], kind) for v in (5e-324, 0))
        assert tiny.solution.values[0] == zero.solution.values[0]
        assert tiny.certificate.wronskian_error <= 1e-14
    assert log_bessel_values(np.array([1]), np.array([2]))[0][0] == pytest.approx(np.log(1.5906368546373288), rel=1e-14)


def test_half_integers_have_closed_forms():
    x = np.geomspace(1e-3, 1e11, 60)
    got = log_bessel(np.full(60, 0.5), x, "K").solution.values
    assert got == pytest.approx(0.5 * np.log(np.pi / (2 * x)) - x, rel=4e-15)
    first = log_bessel(np.full(60, 0.5), x).solution.values
    want = 0.5 * np.log(2 / (np.pi * x)) + x + np.log(-np.expm1(-2 * x) / 2)
    assert np.abs(first - want).max() <= 4e-15 * np.abs(want).max()
    assert (np.abs(first - want) <= 4e-15 * np.maximum(1, np.abs(want))).all()


def test_values_are_finite_where_scipy_overflows():
    from scipy.special import ive, kve

    v, x = (grid.ravel() for grid in np.meshgrid(np.geomspace(1, 1e7, 40), np.geomspace(1e-100, 1e12, 40)))
    for kind in ("I", "K"):
        assert np.isfinite(log_bessel(v, x, kind).solution.values).all()
    with np.errstate(all="ignore"):
        assert not np.isfinite(np.log(ive(v, x))).all()
        assert not np.isfinite(np.log(kve(v, x))).all()


@given(st.floats(0, 1e7), st.floats(1e-3, 1e6))
@settings(max_examples=200, deadline=None)
def test_the_wronskian_holds(v, x):
    """x (I_{v+1} K_v + I_v K_{v+1}) = 1, to the rounding of the logarithms."""
    result = log_bessel([v], [x])
    log_k = log_bessel([v], [x], "K").solution.values[0]
    scale = abs(log_k) + abs(result.solution.values[0]) + v + x + 10
    assert result.certificate.wronskian_error <= 4e-15 * scale


@given(st.floats(15, 1e6), st.floats(1e-6, 1e6))
@settings(max_examples=100, deadline=None)
def test_ratios_obey_the_recurrence(v, x):
    """I_{v-1} = I_{v+1} + (2 v / x) I_v, so 1 / r_{v-1} = r_v + 2 v / x."""
    if v >= 16:
        assert 1 / bessel_ratio(v - 1, x) == pytest.approx(bessel_ratio(v, x) + 2 * v / x, rel=1e-13)


def test_ratios_agree_with_mpmath():
    for v in (0, 0.5, 3, 14.5, 15, 31.5, 200, 1023):
        for x in (1e-8, 0.5, 20, 500):
            with mpmath.workdps(30):
                want = mpmath.besseli(v + 1, x) / mpmath.besseli(v, x)
            assert bessel_ratio(v, x) == pytest.approx(float(want), rel=3e-14)


def test_arrays_mix_methods_and_keep_their_order():
    orders, arguments = np.array([2.0, 20, 2, 3, 20000]), np.array([1.0, 1, 1e6, 1e-9, 5])
    solution = log_bessel(orders, arguments).solution
    assert solution.methods == ["scipy", "uniform", "hankel", "series", "uniform"]
    alone = [log_bessel_values(np.array([v]), np.array([x]))[0][0] for v, x in zip(orders, arguments, strict=True)]
    assert solution.values.tolist() == alone


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], []), "orders: expected at least one"),
        (([1, 2], [1, 2, 3]), "arguments: expected 2 numbers or one, got 3"),
        (([-1], [1]), "orders: expected numbers from 0"),
        (([1], [0]), "arguments: expected numbers from 1e-100"),
        (([1], [float("nan")]), "not finite"),
        (([1e8], [1]), "orders: expected numbers from 0 to 1e"),
        (([1], [1], "J"), "kind"),
    ],
)
def test_bad_input_is_one_clear_line(arguments, message):
    with pytest.raises(SolverInputError, match=message):
        log_bessel(*arguments)


def with_mean_length(dimension, length):
    """Two unit vectors whose mean has this length, along the first axis."""
    rows = np.zeros((2, dimension))
    rows[:, 0] = length
    rows[:, 1] = np.sqrt(1 - length**2) * np.array([1, -1])
    return rows


@pytest.mark.parametrize("dimension", [2, 3, 10, 2048, 8192, 32768])
@pytest.mark.parametrize("length", [0.01, 0.5, 0.95])
def test_the_concentration_solves_its_equation(dimension, length):
    result = fit_vmf(with_mean_length(dimension, length))
    kappa = result.solution.concentration
    assert result.status is Status.CONVERGED
    assert result.certificate.residual <= 1e-12
    assert result.solution.direction[0] == pytest.approx(1)
    # The ratio by its continued fraction, from the far end: no Bessel function in it.
    v, ratio = dimension / 2 - 1, 0.0
    for k in range(int(kappa) + 2000, 0, -1):
        ratio = 1 / (2 * (v + k) / kappa + ratio)
    assert ratio == pytest.approx(length, abs=2e-12)


def test_three_dimensions_have_a_closed_form():
    # A_3(kappa) = coth kappa - 1 / kappa, C_3 = kappa / (4 pi sinh kappa).
    kappa = 4.0
    length = 1 / np.tanh(kappa) - 1 / kappa
    solution = fit_vmf(with_mean_length(3, length)).solution
    assert solution.concentration == pytest.approx(kappa, rel=1e-11)
    assert solution.log_likelihood == pytest.approx(np.log(kappa / (4 * np.pi * np.sinh(kappa))) + kappa * length)


def test_degenerate_samples_have_their_status():
    assert fit_vmf([[1, 0], [-1, 0]]).status is Status.SINGULAR
    assert fit_vmf([[3, 4], [6, 8]]).status is Status.UNBOUNDED
    with pytest.raises(SolverInputError, match=r"samples\[1\]: a row of zeros"):
        fit_vmf([[1, 0], [0, 0]])
    with pytest.raises(SolverInputError, match="expected 2 to"):
        fit_vmf([[1], [1]])
