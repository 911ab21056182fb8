import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import hadamard

from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.sketched_lstsq import hadamard_transform, sketched_lstsq


@given(st.integers(1, 8), st.integers(0, 300), st.integers(0, 999))
@settings(max_examples=30, deadline=None)
def test_refined_solutions_agree_with_lapack(columns, more, seed):
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(columns + more, columns)) * random.uniform(0.1, 100, columns)
    right = random.normal(size=len(matrix))
    if np.linalg.cond(matrix) > 1e6:
        return
    result = sketched_lstsq(matrix, right, seed=seed)
    want = np.linalg.lstsq(matrix, right, rcond=None)[0]
    assert result.status is Status.CONVERGED
    assert result.solution.x == pytest.approx(want, rel=1e-7, abs=1e-9)
    rest = matrix @ result.solution.x - right
    assert result.certificate.residual == pytest.approx(np.linalg.norm(rest), abs=1e-12)
    assert result.certificate.gradient < 1e-9


def test_ill_conditioned_columns_are_no_obstacle():
    random = np.random.default_rng(0)
    left, _ = np.linalg.qr(random.normal(size=(2000, 20)))
    right, _ = np.linalg.qr(random.normal(size=(20, 20)))
    matrix = left * np.geomspace(1, 1e-8, 20) @ right.T
    side = random.normal(size=2000)
    result = sketched_lstsq(matrix, side)
    want = np.linalg.lstsq(matrix, side, rcond=1e-15)[0]
    least = np.linalg.norm(matrix @ want - side)
    assert result.iterations < 120  # plain LSQR would need thousands
    assert np.linalg.norm(matrix @ result.solution.x - side) <= least * (1 + 1e-12)


def test_a_sketch_alone_is_near_in_every_coordinate():
    random = np.random.default_rng(1)
    matrix, side = random.normal(size=(5000, 20)), random.normal(size=5000)
    best = np.linalg.lstsq(matrix, side, rcond=None)[0]
    result = sketched_lstsq(matrix, side, mode="sketch", oversampling=40)
    least = np.linalg.norm(matrix @ best - side)
    excess = result.certificate.residual / least - 1
    assert 0 < excess < 0.1
    assert result.certificate.excess_bound == pytest.approx(excess, rel=0.7)
    # The guarantee of the paper with eps = 0.5, an accuracy that 40 rows a column allow with room to spare.
    spread = np.linalg.norm(np.linalg.pinv(matrix), 2) * least / np.sqrt(20)
    assert np.abs(result.solution.x - best).max() <= 0.5 * spread


@given(st.integers(0, 6), st.integers(1, 3))
@settings(deadline=None)
def test_the_transform_is_the_matrix_product(power, columns):
    matrix = np.random.default_rng(power).normal(size=(1 << power, columns))
    want = hadamard(1 << power) @ matrix
    hadamard_transform(matrix)
    assert matrix == pytest.approx(want, abs=1e-10)


def test_dependent_columns_are_singular():
    matrix = np.ones((50, 2))
    assert sketched_lstsq(matrix, np.arange(50.0)).status is Status.SINGULAR
    assert sketched_lstsq(np.zeros((50, 2)), np.zeros(50)).status is Status.SINGULAR


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], []), "matrix: expected at least one row"),
        (([[1, 2]], [1]), "as many rows as columns"),
        (([[1], [2]], [1]), "right: expected 2 numbers, got 1"),
        (([[1], [float("nan")]], [1, 2]), "not finite"),
        (([[1], [2]], [1, 2], "refined", 1.0), "limits"),
    ],
)
def test_bad_input_is_one_clear_line(arguments, message):
    with pytest.raises(SolverInputError, match=message):
        sketched_lstsq(*arguments)
