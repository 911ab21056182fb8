import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.entropic_ot import entropic_ot
from reasoning.solvers.entropic_ot_core import Potentials, Problem, newton_direction, sinkhorn


def errors(cost, a, b, reg, solution):
    """l1 marginal error and transport cost from the potentials alone."""
    plan = np.exp((solution.row_potentials[:, None] + solution.column_potentials[None, :] - cost) / reg)
    return np.abs(plan.sum(1) - a).sum() + np.abs(plan.sum(0) - b).sum(), (plan * cost).sum(), plan


def log_sinkhorn(cost, a, b, reg, sweeps):
    f, g = np.zeros(len(a)), np.zeros(len(b))
    for _ in range(sweeps):
        f = np.log(a) - np.log(np.exp(g[None, :] - cost / reg).sum(1))
        g = np.log(b) - np.log(np.exp(f[:, None] - cost / reg).sum(0))
    return np.exp(f[:, None] + g[None, :] - cost / reg)


def case(name, n):
    """The cases of the benchmark: random costs, and squared distances of random points."""
    random = np.random.default_rng(0)
    if name == "random":
        return random.random((n, n))
    x, y = random.random((n, 2)), random.random((n, 2))
    return ((x[:, None] - y[None]) ** 2).sum(-1)


def test_two_points_have_a_closed_form():
    # P = [[p, 1/2 - p], [1/2 - p, p]] with p / (1/2 - p) = exp(1 / reg).
    for reg in (0.02, 0.5, 3.0):
        result = entropic_ot([[0, 1], [1, 0]], [0.5, 0.5], [0.5, 0.5], reg, tolerance=1e-13, return_plan=True)
        odds = np.exp(-1 / reg)
        assert result.status is Status.CONVERGED
        assert result.solution.plan[0, 1] == pytest.approx(0.5 * odds / (1 + odds), rel=1e-9)


@given(st.integers(1, 12), st.integers(1, 12), st.floats(0.05, 2), st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_plans_agree_with_sweeps_in_the_log_domain(n, m, reg, seed):
    random = np.random.default_rng(seed)
    cost, a, b = random.normal(size=(n, m)), random.dirichlet(np.ones(n)) + 1e-3, random.dirichlet(np.ones(m)) + 1e-3
    a, b = a / a.sum(), b / b.sum()
    result = entropic_ot(cost, a, b, reg, tolerance=1e-11)
    error, value, plan = errors(cost, a, b, reg, result.solution)
    assert result.status is Status.CONVERGED
    assert error <= 1.1e-11
    assert result.certificate.marginal_error == pytest.approx(error, abs=1e-13)
    assert result.solution.cost == pytest.approx(value, abs=1e-10)
    primal = value + reg * (plan * np.log(plan)).sum()
    assert result.certificate.dual_value == pytest.approx(primal, abs=1e-8)
    if reg > 0.5:
        assert np.allclose(plan, log_sinkhorn(cost, a, b, reg, 2000), atol=1e-9)


@pytest.mark.parametrize(
    ("name", "reg"), [("random", 1e-2), ("random", 1 / 1200), ("points", 1e-2), ("points", 2e-3), ("points", 1e-3)]
)
def test_cases_of_the_benchmark_converge(name, reg):
    n = 120
    cost, weights = case(name, n), np.full(n, 1 / n)
    result = entropic_ot(cost, weights, weights, reg)
    error, value, _ = errors(cost, weights, weights, reg, result.solution)
    assert result.status is Status.CONVERGED
    assert error <= 1e-9 + 1e-13
    assert result.solution.cost == pytest.approx(value, rel=1e-9)
    assert result.certificate.newton_steps < 60


def test_few_sweeps_are_enough_where_newton_is_pointless():
    weights = np.full(100, 0.01)
    certificate = entropic_ot(case("random", 100), weights, weights, 0.1).certificate
    assert certificate.newton_steps == 0
    assert certificate.sweeps <= 200


def test_newton_is_what_saves_the_hard_case():
    cost, weights = case("random", 120), np.full(120, 1 / 120)
    newton = entropic_ot(cost, weights, weights, 1 / 1200)
    assert newton.status is Status.CONVERGED
    assert newton.certificate.sweeps <= 40
    assert 0 < newton.certificate.newton_steps < 40
    sweeps_alone = entropic_ot(cost, weights, weights, 1 / 1200, max_newton=0, max_sweeps=2000)
    assert sweeps_alone.status is Status.LIMIT
    assert "the marginal error is" in sweeps_alone.message


def test_the_direction_solves_the_newton_system():
    random = np.random.default_rng(1)
    n, m = 7, 5
    a, b = random.dirichlet(np.ones(n)), random.dirichlet(np.ones(m))
    problem = Problem(random.random((n, m)), a, b)
    plan = problem.plan(Potentials(np.log(a), np.log(b)))
    direction, _ = newton_direction(problem, plan, 1.0, 1e-14, 100)
    hessian = np.block([[np.diag(plan.sum(1)), plan], [plan.T, np.diag(plan.sum(0))]])
    gradient = np.concatenate([a - plan.sum(1), b - plan.sum(0)])
    # The sums of both parts of the gradient must agree for a solution to exist; project as the solver does.
    null = np.concatenate([np.ones(n), -np.ones(m)]) / np.sqrt(n + m)
    gradient -= null * (null @ gradient)
    got = hessian @ np.concatenate([direction.rows, direction.columns])
    assert got[n:] - gradient[n:] == pytest.approx(np.full(m, (got[n:] - gradient[n:]).mean()), abs=0.2)
    scaled = plan / plan.sum(0) * b  # column sums exact, as after a sweep
    direction, _ = newton_direction(problem, scaled, 1.0, 1e-14, 100)
    hessian = np.block([[np.diag(scaled.sum(1)), scaled], [scaled.T, np.diag(scaled.sum(0))]])
    want = np.concatenate([a - scaled.sum(1), b - scaled.sum(0)])
    assert hessian @ np.concatenate([direction.rows, direction.columns]) == pytest.approx(want, abs=1e-13)


def test_sweeps_stop_when_they_would_take_too_long():
    cost, weights = case("random", 60), np.full(60, 1 / 60)
    problem = Problem(cost * 1200, weights, weights)
    stage = sinkhorn(problem, Potentials.start(problem), 5000, 1e-9, patience=200)
    assert stage.sweeps < 100
    assert stage.needed > 200


def test_extreme_costs_do_not_overflow():
    cost = np.array([[0.0, 1e6], [1e6, 0.0]])
    result = entropic_ot(cost, [0.5, 0.5], [0.5, 0.5], 1e-3)
    assert result.status is Status.CONVERGED
    assert result.solution.cost == pytest.approx(0, abs=1e-9)
    # Mass 1/4 must cross where the kernel is exp(-1e6): out of reach, and said so.
    hard = entropic_ot(cost, [0.25, 0.75], [0.5, 0.5], 1.0, seconds=0.2)
    assert hard.status is Status.LIMIT
    assert hard.certificate.marginal_error == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cost": []}, "cost: expected at least one row"),
        ({"cost": [[1, float("nan")]]}, r"cost: the number at \[0\]\[1\] is not finite"),
        ({"row_weights": [1.0]}, "row_weights: expected 2 numbers, got 1"),
        ({"row_weights": [0, 1]}, "row_weights: expected positive numbers"),
        ({"column_weights": [0.5, 0.6]}, "column_weights: expected a sum of 1"),
        ({"reg": 0}, "reg: expected a number above 0"),
        ({"reg": 1e-320}, "reg: the costs divided by it overflow"),
        ({"tolerance": 0}, "tolerance"),
        ({"seconds": 1e9}, "seconds"),
        ({"cost": np.zeros((2001, 2000))}, "at most 4000000 numbers"),
    ],
)
def test_bad_input_is_one_clear_line(change, message):
    arguments = {"cost": [[0, 1], [1, 0]], "row_weights": [0.5, 0.5], "column_weights": [0.5, 0.5], "reg": 0.1}
    with pytest.raises(SolverInputError, match=message):
        entropic_ot(**{**arguments, **change})
