import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.sor_sequence import TsallisBandit, relax, sor_sequence


def chain(n):
    """The one-dimensional Laplacian."""
    return 2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)


def plain_sor(matrix, right, omega, sweeps):
    """One unknown after the other."""
    x = np.zeros(len(right))
    for _ in range(sweeps):
        for i in range(len(right)):
            x[i] += omega * (right[i] - matrix[i] @ x) / matrix[i, i]
    return x


@given(st.integers(1, 8), st.floats(1, 1.95), st.integers(1, 10), st.integers(0, 999))
@settings(max_examples=30, deadline=None)
def test_sweeps_are_those_of_the_textbook(n, omega, sweeps, seed):
    random = np.random.default_rng(seed)
    half = random.normal(size=(n, n))
    matrix, right = half @ half.T + np.eye(n), random.normal(size=n)
    got, relative, used = relax(csr_array(matrix), right, omega, 1e-300, sweeps)
    assert got == pytest.approx(plain_sor(matrix, right, omega, used), rel=1e-9, abs=1e-12)
    assert relative == pytest.approx(np.linalg.norm(right - matrix @ got) / np.linalg.norm(right), rel=1e-6, abs=1e-13)


def test_youngs_omega_is_the_best_on_a_consistently_ordered_matrix():
    n = 20
    best = 2 / (1 + np.sin(np.pi / (n + 1)))
    counts = {omega: relax(csr_array(chain(n)), np.ones(n), omega, 1e-8, 5000)[2] for omega in (1.0, 1.5, best, 1.95)}
    assert counts[best] == min(counts.values())
    assert counts[1.0] > 10 * counts[best]


@pytest.mark.parametrize("policy", ["bandit", "context", "fixed"])
def test_solutions_have_the_residuals_that_are_said(policy):
    random = np.random.default_rng(0)
    matrix, shifts = chain(15), random.uniform(0, 0.5, 40)
    sides = random.normal(size=(40, 15))
    result = sor_sequence([matrix], sides, shifts=shifts, policy=policy)
    assert result.status is Status.CONVERGED
    for x, b, c, residual in zip(result.solution.solutions, sides, shifts, result.certificate.residuals, strict=True):
        exact = np.linalg.norm(b - (matrix + c * np.eye(15)) @ x) / np.linalg.norm(b)
        assert exact <= 1e-8
        assert residual == pytest.approx(exact, abs=1e-14)
    assert result.certificate.total_work == result.solution.work.sum()


@pytest.mark.parametrize("policy", ["bandit", "context"])
def test_what_is_learnt_beats_omega_1(policy):
    random = np.random.default_rng(1)
    count = 150
    arguments = {"matrices": [chain(10)], "right_sides": random.normal(size=(count, 10))}
    arguments["shifts"] = random.uniform(0, 0.02, count)
    learnt = sor_sequence(**arguments, policy=policy, max_sweeps=300)
    plain = sor_sequence(**arguments, policy="fixed", omegas=[1.0])
    assert learnt.certificate.total_work < 0.5 * plain.certificate.total_work
    late, early = learnt.solution.work[-50:].mean(), learnt.solution.work[:50].mean()
    assert late < early


def test_draws_depend_on_the_seed_alone():
    arguments = {"matrices": [chain(5)], "right_sides": np.ones((20, 5))}
    first, again, other = (sor_sequence(**arguments, seed=seed).solution.omegas for seed in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()


@given(st.lists(st.floats(0, 50), min_size=1, max_size=8), st.floats(0.01, 2))
@settings(max_examples=60, deadline=None)
def test_chances_of_the_bandit_solve_their_equation(losses, eta):
    bandit = TsallisBandit(len(losses), 1.0, 0)
    for arm, loss in enumerate(losses):
        bandit._losses[arm] = loss
    chances = bandit.chances(eta)
    assert chances.sum() == pytest.approx(1)
    # 2 / (eta sqrt(p_i)) - L_i is one constant.
    assert np.ptp(2 / (eta * np.sqrt(chances)) - np.array(losses)) == pytest.approx(0, abs=1e-6)


def test_one_matrix_for_each_system_and_right_sides_of_zeros():
    result = sor_sequence([chain(3), 2 * np.eye(3)], [[1, 0, 0], [0, 0, 0]], omegas=[1.0])
    assert result.status is Status.CONVERGED
    assert result.solution.solutions[0] == pytest.approx([0.75, 0.5, 0.25], abs=1e-7)
    assert result.solution.work[1] == 0


@pytest.mark.filterwarnings("ignore:overflow")
def test_too_few_sweeps_are_said():
    result = sor_sequence([chain(30)], np.ones((2, 30)), max_sweeps=3)
    assert result.status is Status.LIMIT
    assert "2 of 2 systems were tried" in result.message
    # Not positive definite: SOR diverges, and the residual says so.
    assert sor_sequence([[[1, 2], [2, 1]]], [[1, 0]], omegas=[1.0]).status is Status.LIMIT


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"matrices": []}, "expected at least one"),
        ({"right_sides": [[1, 2, 3]]}, r"matrices\[0\]: expected 3 x 3"),
        ({"matrices": [[[1, 2], [0, 1]]]}, r"matrices\[0\]: not symmetric"),
        ({"matrices": [[[0, 0], [0, 1]]]}, "diagonal is not positive at 0"),
        ({"shifts": [-1]}, "shifts: expected 1 numbers"),
        ({"omegas": [2.5]}, "omegas: expected numbers from 1"),
        ({"max_sweeps": 0}, "limits"),
        ({"right_sides": [[float("inf"), 1]]}, "not finite"),
    ],
)
def test_bad_input_is_one_clear_line(change, message):
    arguments = {"matrices": [[[2, 1], [1, 2]]], "right_sides": [[1, 1]]}
    with pytest.raises(SolverInputError, match=message):
        sor_sequence(**{**arguments, **change})
