from itertools import permutations

import numpy as np
import pytest

from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.learn_dag import _lasso, dag_score, learn_dag


def random_model(nodes, edges, seed):
    """A random graph with weights of 0.5 to 2, and the covariance of its variables with noise of variance 1."""
    random = np.random.default_rng(seed)
    order = random.permutation(nodes)
    pairs = [(order[i], order[j]) for i in range(nodes) for j in range(i + 1, nodes)]
    weights = np.zeros((nodes, nodes))
    for index in random.choice(len(pairs), size=min(edges, len(pairs)), replace=False):
        weights[pairs[index]] = random.uniform(0.5, 2) * random.choice([-1, 1])
    spread = np.linalg.inv(np.eye(nodes) - weights)
    return weights, spread.T @ spread, random


@pytest.mark.parametrize(("nodes", "factor"), [(10, 1), (10, 4), (20, 2)])
def test_graphs_of_equal_variance_come_back_from_samples(nodes, factor):
    weights, covariance, random = random_model(nodes, factor * nodes, nodes + factor)
    data = random.multivariate_normal(np.full(nodes, 3.0), covariance, size=3000)
    result = learn_dag(data)
    assert result.status is Status.CONVERGED
    assert result.certificate.acyclic
    assert ((result.solution.weights != 0) != (weights != 0)).sum() <= 1
    assert result.solution.weights == pytest.approx(weights, abs=0.2)
    place = np.argsort(result.solution.order)
    assert all(place[i] < place[j] for i, j in result.solution.edges)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("start", ["random", "variance"])
def test_swaps_reach_the_best_order_of_all(seed, start):
    weights, covariance, _ = random_model(5, 7, seed)

    def score(order):
        total = 0.0
        for place, node in enumerate(order):
            before = list(order[:place])
            row = covariance[before, node]
            total += covariance[node, node] - row @ np.linalg.solve(covariance[np.ix_(before, before)], row)
        return total / 2

    best = min(score(order) for order in permutations(range(5)))
    result = learn_dag(covariance=covariance, start=start, seed=seed)
    assert best == pytest.approx(2.5)  # the true order leaves the noise alone
    assert result.certificate.score == pytest.approx(best)
    assert result.solution.weights == pytest.approx(weights, abs=1e-8)
    assert result.certificate.swaps == sorted(result.certificate.swaps, reverse=True)
    assert result.certificate.pruned_loss == pytest.approx(dag_score(covariance, result.solution.weights))


def test_a_wrong_order_is_repaired_by_moves():
    _, covariance, _ = random_model(8, 14, 5)
    best = learn_dag(covariance=covariance)
    wrong = learn_dag(covariance=covariance, order=best.solution.order[::-1].copy())
    assert wrong.iterations == len(wrong.certificate.swaps) - 1 > 0
    assert wrong.certificate.score == pytest.approx(best.certificate.score)


def test_the_lasso_meets_its_optimality_conditions():
    random = np.random.default_rng(0)
    matrix = random.normal(size=(50, 6))
    inner, row, penalty = matrix.T @ matrix / 50, random.normal(size=6) / 3, 0.2
    found = _lasso(inner, row, penalty, np.zeros(6))
    gradient = row - inner @ found
    active = found != 0
    assert 0 < active.sum() < 6
    assert gradient[active] == pytest.approx(penalty * np.sign(found[active]), abs=1e-8)
    assert np.abs(gradient[~active]).max() <= penalty + 1e-8


def test_a_penalty_shrinks_weights_that_the_refit_restores():
    weights, covariance, _ = random_model(6, 6, 2)
    result = learn_dag(covariance=covariance, penalty=0.05, threshold=0.2)
    assert result.solution.weights == pytest.approx(weights, abs=1e-8)
    assert result.certificate.score > 3.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "either data or a covariance"),
        ({"data": [[1, 2]]}, "at least 2 rows"),
        ({"data": [[1, 2], [1, 3]]}, "variable 0 is constant"),
        ({"covariance": [[1, 2]]}, "square matrix"),
        ({"covariance": [[1, 2], [2, 1]]}, "positive semidefinite"),
        ({"covariance": [[1, 0.5], [0, 1]]}, "symmetric"),
        ({"covariance": [[1, 0], [0, 1]], "order": [0, 0]}, "each node from 0 to 1 once"),
        ({"covariance": [[1, 0], [0, 1]], "penalty": -1}, "limits"),
        ({"covariance": []}, "variables, got 0"),
    ],
)
def test_bad_input_is_one_clear_line(arguments, message):
    with pytest.raises(SolverInputError, match=message):
        learn_dag(**arguments)
