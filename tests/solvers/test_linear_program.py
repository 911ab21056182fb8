import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.linear_program import linear_program


def test_a_textbook_problem():
    result = linear_program([-5, -4], [[6, 4], [1, 2]], [24, 6])
    assert result.status is Status.CONVERGED
    assert result.solution.x == pytest.approx([3, 1.5])
    assert result.solution.objective == pytest.approx(-21)


@given(st.integers(1, 4), st.integers(1, 5), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_certificate_holds_without_the_solver(variables, rows, random):
    matrix = np.array([[random.randint(0, 9) for _ in range(variables)] for _ in range(rows)]) + np.eye(rows, variables)
    side = np.array([random.randint(1, 30) for _ in range(rows)])
    cost = np.array([random.randint(-9, 3) for _ in range(variables)])
    result = linear_program(cost, matrix, side, upper_bounds=[20.0] * variables)
    x, certificate = result.solution.x, result.certificate
    assert (matrix @ x <= side + 1e-7).all()
    assert (x >= -1e-9).all()
    multipliers = certificate.upper_multipliers
    assert (multipliers <= 1e-9).all()
    # Weak duality, with the bounds 0 <= x <= 20.
    reduced = cost - matrix.T @ multipliers
    bound = side @ multipliers + np.minimum(reduced, 0) @ np.full(variables, 20.0)
    assert bound == pytest.approx(result.solution.objective, abs=1e-6)
    assert certificate.gap == pytest.approx(0, abs=1e-6)


@given(st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_integer_programs_agree_with_enumeration(random):
    matrix = np.array([[random.randint(-3, 9) for _ in range(3)] for _ in range(2)])
    side = np.array([random.randint(0, 20) for _ in range(2)])
    cost = np.array([random.randint(-9, 9) for _ in range(3)])
    points = [np.array(point) for point in itertools.product(range(5), repeat=3)]
    best = min(cost @ point for point in points if (matrix @ point <= side).all())
    result = linear_program(cost, matrix, side, upper_bounds=[4, 4, 4], integer=[True] * 3)
    assert result.solution.objective == pytest.approx(best, abs=1e-6)
    assert result.certificate.violation <= 1e-6


def test_sparse_equalities_and_free_variables():
    entries = {"shape": [1, 2], "entries": [[0, 0, 1], [0, 1, 1]]}
    result = linear_program([1, 2], equal_matrix=entries, equal=[-3], lower_bounds=[-10, None])
    assert result.status is Status.UNBOUNDED or result.solution is not None
    fixed = linear_program([1, 2], equal_matrix=entries, equal=[-3], lower_bounds=[-10, -10])
    assert fixed.solution.x == pytest.approx([7, -10])
    assert fixed.certificate.dual_bound == pytest.approx(-13)


def test_statuses():
    assert linear_program([1], [[1]], [-1]).status is Status.INFEASIBLE
    assert linear_program([-1]).status is Status.UNBOUNDED
    assert linear_program([1], [[1]], [-1], integer=[True]).status is Status.INFEASIBLE


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"cost": []}, "cost: expected at least one number"),
        ({"cost": [1], "upper_matrix": [[1, 2]], "upper": [1]}, "upper_matrix: expected 1 column,"),
        ({"cost": [1], "upper_matrix": [[1]], "upper": [1, 2]}, "upper: expected 1 numbers"),
        ({"cost": [1], "equal_matrix": [[1]]}, "equal_matrix and equal: give both or none"),
        ({"cost": [1], "lower_bounds": [2], "upper_bounds": [1]}, "lower_bounds[0] is above upper_bounds[0]"),
        ({"cost": [1], "integer": [True, False]}, "integer: expected 1 truth values, got 2"),
        ({"cost": [1], "upper_bounds": [1, 2]}, "upper_bounds: expected 1 numbers, got 2"),
    ],
)
def test_misfits_are_named(arguments, line):
    with pytest.raises(SolverInputError) as raised:
        linear_program(**arguments)
    assert line in str(raised.value)
