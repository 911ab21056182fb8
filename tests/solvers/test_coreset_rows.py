import numpy as np
import pytest
from scipy.linalg import hadamard

from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.coreset_rows import coreset_rows, lewis_weights


def tall(seed, count=400, columns=4):
    random = np.random.default_rng(seed)
    return random.normal(size=(count, columns)) * random.pareto(2.0, size=(count, 1))


def test_for_p_2_the_weights_are_the_leverage_scores():
    matrix = tall(0)
    want = np.diag(matrix @ np.linalg.solve(matrix.T @ matrix, matrix.T))
    result = coreset_rows(matrix, rows=50)
    assert result.status is Status.CONVERGED
    assert result.solution.lewis == pytest.approx(want, rel=1e-9)


@pytest.mark.parametrize("p", [1.0, 1.5, 3.0])
def test_lewis_weights_meet_their_definition_and_add_up_to_the_rank(p):
    matrix = tall(1)
    matrix[7] = 0.0
    weights, error, _ = lewis_weights(matrix, p, 1e-9)
    live = weights > 0
    assert live.sum() == 399
    inner = np.linalg.inv(matrix[live].T @ (weights[live, None] ** (1 - 2 / p) * matrix[live]))
    # w_i^(2/p) = a_i^T (A^T W^(1 - 2/p) A)^-1 a_i
    want = np.einsum("ij,jk,ik->i", matrix[live], inner, matrix[live])
    assert weights[live] ** (2 / p) == pytest.approx(want, rel=1e-7)
    assert error <= 1e-9
    assert weights.sum() == pytest.approx(4)


def test_rows_that_are_alike_have_equal_weights_and_a_dependent_column_counts_once():
    matrix = hadamard(16)[:, :4].astype(float)
    assert coreset_rows(matrix, rows=3, p=1.0).solution.lewis == pytest.approx(np.full(16, 0.25))
    twice = np.column_stack([matrix, matrix[:, 0]])
    assert coreset_rows(twice, rows=3, p=1.0).solution.lewis.sum() == pytest.approx(4)


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0])
def test_norms_are_kept_where_uniform_rows_would_lose_them(p):
    matrix = tall(2, count=5000)
    matrix[0] = [0, 0, 0, 1e6]  # one row that decides about a direction
    result = coreset_rows(matrix, rows=1500, p=p)
    chosen, weights = result.solution.rows, result.solution.weights
    assert 0 in chosen
    directions = np.random.default_rng(9).normal(size=(4, 300))
    whole = (np.abs(matrix @ directions) ** p).sum(axis=0)
    part = weights @ np.abs(matrix[chosen] @ directions) ** p
    assert np.abs(part / whole - 1).max() < 0.25
    assert result.certificate.distortion < 0.25


def test_estimates_have_no_bias():
    matrix, x = tall(3, count=30, columns=2), np.array([1.0, -2.0])
    whole = np.abs(matrix @ x).sum()
    found = []
    for seed in range(400):
        solution = coreset_rows(matrix, rows=10, p=1.0, seed=seed).solution
        found.append(solution.weights @ np.abs(matrix[solution.rows] @ x))
    assert np.mean(found) == pytest.approx(whole, abs=4 * np.std(found) / 20)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"matrix": []}, "matrix: expected from 1"),
        ({"matrix": [[1.0, 2.0]]}, "at least as many rows as columns"),
        ({"matrix": [[0.0]]}, "it is 0"),
        ({"p": 4.0}, "limits"),
        ({"rows": 0}, "limits"),
    ],
)
def test_bad_input_is_one_clear_line(change, message):
    with pytest.raises(SolverInputError, match=message):
        coreset_rows(**{"matrix": [[1.0], [2.0]], "rows": 1, **change})
