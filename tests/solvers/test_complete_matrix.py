import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reasoning.solvers.complete_matrix as module
from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.arguments import Sparse
from reasoning.solvers.complete_matrix import complete_matrix


def problem(m, n, rank, share, seed=0, outliers=0.0):
    random = np.random.default_rng(seed)
    truth = random.normal(size=(m, rank)) @ random.normal(size=(rank, n))
    rows, columns = np.nonzero(random.random((m, n)) < share)
    values = truth[rows, columns]
    wrong = random.random(len(values)) < outliers
    values = values + wrong * random.normal(scale=30, size=len(values))
    return truth, Sparse((m, n), rows, columns, values), wrong


def relative(truth, solution):
    return np.linalg.norm(solution.left @ solution.right.T - truth) / np.linalg.norm(truth)


def test_a_matrix_of_rank_5_comes_back_from_a_fifth_of_it():
    truth, entries, _ = problem(200, 200, 5, 0.35)
    result = complete_matrix(entries, 5)
    assert result.status is Status.CONVERGED
    assert relative(truth, result.solution) < 1e-6
    assert result.certificate.held_out_error < 1e-6


def test_gross_outliers_are_set_aside():
    truth, entries, wrong = problem(200, 200, 3, 0.4, seed=1, outliers=0.1)
    plain = complete_matrix(entries, 3)
    robust = complete_matrix(entries, 3, robust=True)
    assert relative(truth, plain.solution) > 0.1
    assert relative(truth, robust.solution) < 1e-3
    # Outliers of a size within the median of the residuals aside, those found are the planted ones.
    assert set(robust.solution.outliers.tolist()) <= set(np.nonzero(wrong)[0].tolist())
    assert len(robust.solution.outliers) > 0.8 * wrong.sum() * 0.95


@pytest.mark.parametrize(
    ("m", "n", "rank", "share", "seed"),
    [(40, 40, 2, 0.5, 0), (60, 60, 2, 0.4, 1), (60, 60, 3, 0.5, 2), (80, 40, 2, 0.5, 0), (20, 20, 1, 0.6, 0)],
)
def test_rows_that_the_steps_leave_at_outliers_are_fitted_anew(m, n, rank, share, seed):
    # Without that, a row or column of each of these ends set aside as a whole.
    truth, entries, _ = problem(m, n, rank, share, seed, outliers=0.1)
    result = complete_matrix(entries, rank, robust=True, seed=seed)
    assert result.status is Status.CONVERGED
    assert relative(truth, result.solution) < 1e-3


def test_a_row_that_is_set_aside_as_a_whole_is_said():
    _, entries, _ = problem(20, 20, 1, 0.6, seed=1)
    wrong = np.nonzero(entries.rows == 3)[0][1:]
    values = entries.values.copy()
    values[wrong] = np.random.default_rng(0).normal(scale=30, size=len(wrong))
    spoilt = Sparse(entries.shape, entries.rows, entries.columns, values)
    result = complete_matrix(spoilt, 1, robust=True, held_out=0)
    assert result.status is Status.LIMIT
    assert result.message == "too many entries of a row or column were set aside"


def test_conjugate_gradients_give_what_the_normal_equations_give(monkeypatch):
    truth, entries, _ = problem(90, 80, 4, 0.5, seed=3)
    direct = complete_matrix(entries, 4)
    monkeypatch.setattr(module, "_LARGE_RANK", 4)
    for dense in (0, 20):
        monkeypatch.setattr(module, "_DENSE_FACTOR", dense)
        stepwise = complete_matrix(entries, 4)
        assert stepwise.status is direct.status is Status.CONVERGED
        assert relative(truth, stepwise.solution) < 1e-6


@pytest.mark.slow
def test_a_matrix_of_rank_40():
    truth, entries, _ = problem(400, 400, 40, 0.6)
    result = complete_matrix(entries, 40)
    assert relative(truth, result.solution) < 1e-6


@pytest.mark.slow
def test_the_sizes_of_the_targets():
    truth, entries, _ = problem(500, 500, 5, 0.2)
    assert relative(truth, complete_matrix(entries, 5).solution) < 1e-6
    truth, entries, _ = problem(500, 500, 5, 0.2, outliers=0.1)
    assert relative(truth, complete_matrix(entries, 5, robust=True).solution) < 1e-3


@given(st.integers(2, 8), st.integers(2, 8), st.integers(0, 999))
@settings(max_examples=25, deadline=None)
def test_the_certificate_is_what_the_factors_give(m, n, seed):
    truth, entries, _ = problem(m, n, 1, 0.9, seed)
    if not len(entries.values):
        return
    result = complete_matrix(entries, 1, held_out=0.2, seed=seed)
    errors = (result.solution.left @ result.solution.right.T)[entries.rows, entries.columns] - entries.values
    back = result.certificate.held_out
    kept = np.delete(errors, back)
    assert result.certificate.observed_error == pytest.approx(np.sqrt((kept**2).mean()), abs=1e-12)
    if back.size:
        assert result.certificate.held_out_error == pytest.approx(np.sqrt((errors[back] ** 2).mean()), abs=1e-12)
    full = complete_matrix(truth, 1, held_out=0)
    assert relative(truth, full.solution) < 1e-6


def test_a_full_matrix_gives_its_best_approximation():
    matrix = np.random.default_rng(3).normal(size=(12, 9))
    solution = complete_matrix(matrix, 2, held_out=0, tolerance=1e-12, max_sweeps=5000).solution
    sizes = np.linalg.svd(matrix, compute_uv=False)
    best = np.sqrt((sizes[2:] ** 2).sum())
    assert np.linalg.norm(solution.left @ solution.right.T - matrix) == pytest.approx(best, rel=1e-6)


def test_rows_without_entries_are_seen_in_the_certificate():
    entries = {"shape": [3, 2], "entries": [[0, 0, 1], [0, 1, 2], [1, 0, 2], [1, 1, 4]]}
    assert complete_matrix(entries, 1, held_out=0).certificate.fewest_in_row == 0
    zeros = complete_matrix({"shape": [2, 2], "entries": [[0, 0, 0]]}, 1, held_out=0)
    assert zeros.certificate.observed_error == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"entries": {"shape": [2, 2], "entries": []}}, "entries: expected at least one"),
        ({"entries": {"shape": [2, 2], "entries": [[0, 1, 1], [0, 1, 2]]}}, r"\[0, 1\] is given twice"),
        ({"entries": {"shape": [2, 2], "entries": [[2, 0, 1]]}}, "row 2 is outside"),
        ({"rank": 3}, "rank: expected 1 to 2, got 3"),
        ({"held_out": 0.9}, "held_out"),
        ({"max_sweeps": 0}, "limits"),
    ],
)
def test_bad_input_is_one_clear_line(change, message):
    with pytest.raises(SolverInputError, match=message):
        complete_matrix(**{"entries": [[1, 2], [3, 4]], "rank": 1, **change})
