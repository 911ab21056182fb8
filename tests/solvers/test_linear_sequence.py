import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, diags_array, eye_array, kron

from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.linear_sequence import linear_sequence, nearest_order


def convection(n, wind, shift):
    """Upwind convection-diffusion on an n x n grid."""
    second = diags_array([-np.ones(n - 1), 2 * np.ones(n), -np.ones(n - 1)], offsets=[-1, 0, 1])
    first = diags_array([-np.ones(n - 1), np.ones(n)], offsets=[-1, 0])
    one = eye_array(n)
    return csr_array(kron(second, one) + kron(one, second) + wind / n * kron(one, first) + shift * eye_array(n * n))


def family(count, n=12):
    random = np.random.default_rng(0)
    parameters = random.uniform(0, 1, (count, 2))
    matrices = [convection(n, 5 + wind, 0.02 * shift) for wind, shift in parameters]
    return matrices, np.ones((count, n * n)), parameters


def test_recycling_needs_fewer_products_than_independent_solves():
    matrices, sides, parameters = family(8)
    recycled = linear_sequence(matrices, sides, parameters)
    alone = linear_sequence(matrices, sides, recycle=0)
    assert recycled.status is alone.status is Status.CONVERGED
    assert recycled.certificate.total_work < 0.8 * alone.certificate.total_work
    for matrix, x, b in zip(matrices, recycled.solution.solutions, sides, strict=True):
        assert np.linalg.norm(b - matrix @ x) <= 1e-8 * np.linalg.norm(b)
        assert x == pytest.approx(np.linalg.solve(matrix.toarray(), b), rel=1e-5)


def test_a_preconditioner_serves_the_whole_sequence():
    matrices, sides, parameters = family(6)
    plain = linear_sequence(matrices, sides, parameters)
    helped = linear_sequence(matrices, sides, parameters, preconditioner="ilu")
    assert helped.status is Status.CONVERGED
    assert helped.certificate.total_work < 0.5 * plain.certificate.total_work


@given(st.integers(1, 6), st.integers(1, 4), st.integers(0, 999))
@settings(max_examples=25, deadline=None)
def test_small_systems_agree_with_elimination(n, count, seed):
    random = np.random.default_rng(seed)
    matrices = [random.normal(size=(n, n)) + 2 * n * np.eye(n) for _ in range(count)]
    sides = random.normal(size=(count, n))
    result = linear_sequence(matrices, sides, tolerance=1e-11)
    assert result.status is Status.CONVERGED
    for matrix, b, x, residual in zip(
        matrices, sides, result.solution.solutions, result.certificate.residuals, strict=True
    ):
        assert x == pytest.approx(np.linalg.solve(matrix, b), rel=1e-8, abs=1e-10)
        assert residual == pytest.approx(np.linalg.norm(b - matrix @ x) / np.linalg.norm(b), abs=1e-14)


def test_the_order_goes_to_the_nearest_that_is_left():
    assert nearest_order(np.array([[0.0], [9.0], [1.0], [5.0], [2.0]])).tolist() == [0, 2, 4, 3, 1]
    assert sorted(nearest_order(np.random.default_rng(0).random((50, 3))).tolist()) == list(range(50))


def test_singular_systems_are_said():
    singular = [[1.0, 1.0], [1.0, 1.0]]
    assert linear_sequence([singular], [[1, 0]]).status is Status.LIMIT
    assert linear_sequence([singular], [[1, 0]], preconditioner="ilu").status is Status.SINGULAR
    assert linear_sequence([singular], [[0, 0]]).status is Status.CONVERGED


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"matrices": []}, "expected at least one"),
        ({"right_sides": [[1.0]]}, r"matrices\[0\]: expected 1 x 1"),
        ({"matrices": [[[2, 1], [1, 2]]] * 3}, "matrices: expected one or 1, got 3"),
        ({"parameters": [[1], [2]]}, "parameters: expected 1 row, got 2"),
        ({"recycle": -1}, "recycle"),
        ({"tolerance": 1}, "limits"),
        ({"right_sides": [[float("nan"), 1]]}, "not finite"),
    ],
)
def test_bad_input_is_one_clear_line(change, message):
    arguments = {"matrices": [[[2, 1], [1, 2]]], "right_sides": [[1, 1]]}
    with pytest.raises(SolverInputError, match=message):
        linear_sequence(**{**arguments, **change})
