from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.robust_two_stage import robust_two_stage


def location(seed, sites=3, customers=4):
    """Open sites, then ship to customers whose demand is uncertain; an emergency supply makes all repairable."""
    random = np.random.default_rng(seed)
    ship = random.uniform(1, 5, (sites, customers))
    n, p = 2 * sites, sites * customers + customers  # open and capacity; shipments and emergency supply
    cost = np.concatenate([random.uniform(5, 10, sites), random.uniform(1, 2, sites)])
    technology, recourse = np.zeros((sites + customers, n)), np.zeros((sites + customers, p))
    for site in range(sites):
        technology[site, sites + site] = 1
        recourse[site, site * customers : (site + 1) * customers] = -1
    for customer in range(customers):
        recourse[sites + customer, customer : sites * customers : customers] = 1
        recourse[sites + customer, sites * customers + customer] = 1
    right = np.concatenate([np.zeros(sites), random.uniform(2, 5, customers)])
    slope = np.vstack([np.zeros((sites, customers)), np.diag(random.uniform(1, 4, customers))])
    return {
        "cost": cost,
        "recourse_cost": np.concatenate([ship.ravel(), np.full(customers, 12.0)]),
        "technology": technology,
        "recourse": recourse,
        "right": right,
        "right_slope": slope,
        "first_matrix": np.hstack([-20 * np.eye(sites), np.eye(sites)]),
        "first_right": np.zeros(sites),
        "upper": np.concatenate([np.ones(sites), np.full(sites, 20.0)]),
        "integer": np.arange(sites),
    }


def corners(count, budget):
    return np.array([one for one in product([0.0, 1.0], repeat=count) if sum(one) <= budget])


@pytest.mark.parametrize("seed", range(2))
def test_the_budget_set_agrees_with_its_corners(seed):
    problem = location(seed)
    result = robust_two_stage(**problem, budget=2.0, tolerance=1e-6)
    listed = robust_two_stage(**problem, scenarios=corners(4, 2), tolerance=1e-6)
    assert result.status is listed.status is Status.CONVERGED
    assert result.solution.worst_value == pytest.approx(listed.solution.worst_value, rel=1e-5)
    x = result.solution.first_stage

    def repair(scenario):
        side = problem["technology"] @ x - problem["right"] - problem["right_slope"] @ scenario
        return linprog(problem["recourse_cost"], -problem["recourse"], side).fun

    worst = max(repair(scenario) for scenario in corners(4, 2))
    assert result.certificate.upper_bound == pytest.approx(problem["cost"] @ x + worst, rel=1e-6)
    assert result.certificate.gap <= 1e-6
    assert len(result.solution.scenarios) < len(corners(4, 2))


def test_a_general_polyhedron_has_fractional_corners():
    # One resource at cost 1 now or 3 later, need 4 xi with xi <= 0.6: all 2.4 now.
    arguments = {
        "cost": [1.0], "recourse_cost": [3.0], "technology": [[1.0]], "recourse": [[1.0]], "right": [0.0],
        "right_slope": [[4.0]], "uncertainty_matrix": [[5.0]], "uncertainty_right": [3.0],
    }  # fmt: skip
    result = robust_two_stage(**arguments)
    assert result.solution.first_stage == pytest.approx([2.4])
    assert result.solution.worst_value == pytest.approx(2.4)
    capped = robust_two_stage(**arguments, upper=[1.0])
    assert capped.solution.worst_value == pytest.approx(1 + 3 * 1.4)


def test_variables_without_a_cost_are_no_obstacle_to_the_search():
    # Now at 2 and 3, later at 5; each needs 1, and one of them 5.
    result = robust_two_stage([2, 3], [5, 5], np.eye(2), np.eye(2), [1, 1], 4 * np.eye(2), budget=1.0)
    assert result.status is Status.CONVERGED
    best = min(
        2 * x1 + 3 * x2 + max(5 * (max(0, 5 - x1) + max(0, 1 - x2)), 5 * (max(0, 1 - x1) + max(0, 5 - x2)))
        for x1, x2 in product(np.linspace(0, 6, 61), repeat=2)
    )
    assert result.solution.worst_value == pytest.approx(best)


def test_a_two_stage_knapsack_agrees_with_enumeration():
    # Items: take at first stage (profit), in each scenario repair the weight beyond the capacity by dropping items at a
    # penalty; y_i = 1 drops item i, allowed only when it was taken.
    random = np.random.default_rng(7)
    count = 5
    profit, penalty = random.integers(5, 12, count), random.integers(6, 14, count)
    weights = random.integers(3, 9, count).astype(float)
    swell = random.integers(0, 9, (6, 1)).astype(float)
    technology = np.vstack([-weights, np.eye(count)])
    recourse = np.vstack([weights, -np.eye(count)])
    result = robust_two_stage(
        -profit.astype(float), penalty.astype(float), technology, recourse, np.append(-18.0, np.zeros(count)),
        np.vstack([[1.0], np.zeros((count, 1))]), scenarios=swell, upper=np.ones(count), integer=np.arange(count),
        recourse_integer=np.arange(count),
    )  # fmt: skip
    best = np.inf
    for taken in product([0, 1], repeat=count):
        costs = []
        for (extra,) in swell:
            able = [
                np.dot(penalty, dropped)
                for dropped in product(*[range(one + 1) for one in taken])
                if np.dot(weights, np.subtract(taken, dropped)) <= 18 - extra
            ]
            costs.append(min(able))
        best = min(best, max(costs) - np.dot(profit, taken))
    assert result.status is Status.CONVERGED
    assert result.solution.worst_value == pytest.approx(best)


def test_a_second_stage_that_cannot_be_repaired_forces_the_first():
    arguments = {
        "cost": [1.0], "recourse_cost": [0.1], "technology": [[1.0], [0.0]], "recourse": [[1.0], [-1.0]],
        "right": [1.0, -2.0], "right_slope": [[4.0], [0.0]], "budget": 1.0,
    }  # fmt: skip
    result = robust_two_stage(**arguments)  # y <= 2, so x >= 3 when xi = 1
    assert result.status is Status.CONVERGED
    assert result.solution.first_stage == pytest.approx([3.0], abs=1e-5)
    assert robust_two_stage(**arguments, upper=[2.0]).status is Status.INFEASIBLE


def test_scenarios_are_the_proof_of_the_lower_bound():
    problem = location(5)
    result = robust_two_stage(**problem, budget=1.5)
    scenarios = result.solution.scenarios
    again = robust_two_stage(**problem, scenarios=scenarios, tolerance=1e-8)
    assert again.solution.worst_value == pytest.approx(result.certificate.lower_bound, rel=1e-6)


GOOD = {
    "cost": [1.0], "recourse_cost": [3.0], "technology": [[1.0]], "recourse": [[1.0]], "right": [2.0],
    "right_slope": [[4.0]],
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "expected one of scenarios, budget"),
        ({"budget": 1.0, "scenarios": [[1.0]]}, "expected one of scenarios, budget"),
        ({"budget": -1.0}, "budget"),
        ({"budget": 1.0, "technology": [[1.0, 2.0]]}, "technology: expected 1 x 1, got 1 x 2"),
        ({"scenarios": [[1.0, 2.0]]}, "scenarios: expected"),
        ({"budget": 1.0, "recourse_integer": [0]}, "need a list of scenarios"),
        ({"budget": 1.0, "integer": [1]}, "integer: expected indices"),
        ({"budget": 1.0, "first_matrix": [[1.0]]}, "first_matrix: expected with"),
        ({"uncertainty_matrix": [[-1.0]], "uncertainty_right": [0.0]}, "unbounded in direction 0"),
        ({"uncertainty_matrix": [[1.0]], "uncertainty_right": [-1.0]}, "empty"),
        ({"budget": 1.0, "upper": [-1.0]}, "upper"),
        ({"budget": 1.0, "seconds": 0.0}, "limits"),
    ],
)
def test_bad_input_is_one_clear_line(change, message):
    with pytest.raises(SolverInputError, match=message):
        robust_two_stage(**{**GOOD, **change})
