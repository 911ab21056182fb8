from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment, minimize

from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.sparse_ot import sparse_ot


def problem(rows, columns, seed):
    random = np.random.default_rng(seed)
    a, b = random.uniform(0.5, 1, rows), random.uniform(0.5, 1, columns)
    return random.uniform(size=(rows, columns)), a / a.sum(), b / b.sum()


def test_without_a_binding_constraint_it_is_quadratic_regularisation():
    cost, a, b = problem(4, 5, 0)
    result = sparse_ot(cost, a, b, reg=0.5, most=4)
    assert result.status is Status.CONVERGED

    def value(plan):
        return float(cost.ravel() @ plan + 0.25 * plan @ plan)

    sums = np.vstack([np.kron(np.eye(4), np.ones(5)), np.kron(np.ones(4), np.eye(5))])[:-1]
    want = minimize(
        value, np.outer(a, b).ravel(), jac=lambda plan: cost.ravel() + 0.5 * plan, bounds=[(0, None)] * 20,
        constraints={"type": "eq", "fun": lambda plan: sums @ plan - np.append(a, b)[:-1], "jac": lambda plan: sums},
        options={"ftol": 1e-14, "maxiter": 500},
    )  # fmt: skip
    assert result.solution.plan == pytest.approx(want.x.reshape(4, 5), abs=1e-5)
    assert result.certificate.gap == pytest.approx(0, abs=1e-6)
    assert result.certificate.dual_value == pytest.approx(want.fun, abs=1e-6)


def test_columns_have_few_nonzeros_and_the_dual_value_is_that_of_enumeration():
    cost, a, b = problem(5, 4, 1)
    result = sparse_ot(cost, a, b, reg=1.0, most=2)
    plan, certificate = result.solution.plan, result.certificate
    assert (plan > 0).sum(axis=0).max() == certificate.column_nonzeros <= 2
    assert plan.sum(axis=0) == pytest.approx(b)
    want = float(result.solution.potentials @ a)
    for column, mass in enumerate(b):
        scores = result.solution.potentials - cost[:, column]
        best = -np.inf
        for first, second in combinations(range(5), 2):
            share = np.clip((mass + scores[first] - scores[second]) / 2, 0, mass)  # of the first, on a grid of one line
            best = max(
                best,
                scores[first] * share + scores[second] * (mass - share) - 0.5 * (share**2 + (mass - share) ** 2),
            )
        want -= best
    assert certificate.dual_value == pytest.approx(want, rel=1e-9)
    primal = float(np.sum(plan * cost) + 0.5 * np.sum(plan**2))
    assert certificate.gap == pytest.approx(primal - want, abs=1e-9)


def test_one_nonzero_a_column_is_an_assignment():
    cost = np.random.default_rng(3).uniform(size=(6, 6))
    best = cost[linear_sum_assignment(cost)].sum() / 6
    result = sparse_ot(cost, np.full(6, 1 / 6), np.full(6, 1 / 6), reg=1e-3, most=1)
    assert result.certificate.column_nonzeros == 1
    # The dual value bounds every plan with one nonzero a column; the assignment is one.
    assert result.certificate.dual_value <= best + 0.5e-3 / 6 + 1e-9
    assert result.certificate.dual_value == pytest.approx(best + 0.5e-3 / 6, abs=2e-2)


def test_an_impossible_sparsity_is_the_limit():
    result = sparse_ot([[0.0], [1.0]], [0.5, 0.5], [1.0], reg=1.0, most=1)  # one column cannot feed two rows
    assert result.status is Status.LIMIT
    assert result.certificate.marginal_error == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cost": []}, "cost: expected from 1"),
        ({"row_weights": [1.0]}, "row_weights: expected 2 numbers, got 1"),
        ({"column_weights": [0.7, 0.7]}, "column_weights: expected positive numbers that add up to 1"),
        ({"row_weights": [0.0, 1.0]}, "row_weights: expected positive"),
        ({"reg": 0.0}, "reg: expected"),
        ({"most": 0}, "most at least 1"),
        ({"tolerance": 1.0}, "limits"),
    ],
)
def test_bad_input_is_one_clear_line(change, message):
    arguments = {"cost": [[0.0, 1.0], [1.0, 0.0]], "row_weights": [0.5, 0.5], "column_weights": [0.5, 0.5], "reg": 1.0}
    with pytest.raises(SolverInputError, match=message):
        sparse_ot(**{**arguments, "most": 1, **change})
