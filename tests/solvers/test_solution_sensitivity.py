import math

import numpy as np
import pytest

from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.solution_sensitivity import solution_sensitivity


def test_roots_and_fixed_points_have_their_closed_forms():
    root = solution_sensitivity({"x": math.sqrt(5)}, {"a": 5.0}, conditions=["x^2 - a"])
    assert root.status is Status.CONVERGED
    assert root.solution.jacobian == pytest.approx(np.array([[0.5 / math.sqrt(5)]]))
    assert root.certificate.condition == pytest.approx(1)
    # x = cos(a x): dx/da = -x sin(a x) / (1 + a sin(a x)).
    x = 0.5
    for _ in range(200):
        x = math.cos(x)
    fixed = solution_sensitivity({"x": x}, {"a": 1.0}, conditions=["cos(a x)"], kind="fixed_point")
    assert fixed.solution.jacobian[0, 0] == pytest.approx(-x * math.sin(x) / (1 + math.sin(x)), rel=1e-10)
    assert fixed.certificate.difference < 1e-7


def test_ridge_regression_moves_with_its_penalty_as_linear_algebra_says():
    random = np.random.default_rng(0)
    matrix, side = random.normal(size=(6, 2)).round(2), random.normal(size=6).round(2)
    gram, penalty = matrix.T @ matrix, 0.7
    best = np.linalg.solve(gram + penalty * np.eye(2), matrix.T @ side)
    squares = " + ".join(f"({a}*x + ({b})*y - ({c}))^2" for (a, b), c in zip(matrix, side, strict=True))
    result = solution_sensitivity(
        {"x": best[0], "y": best[1]}, {"p": penalty}, objective=f"{squares} + p*(x^2 + y^2)".replace("(-", "(0-")
    )
    want = -np.linalg.solve(gram + penalty * np.eye(2), best)
    assert result.status is Status.CONVERGED
    assert result.solution.jacobian[:, 0] == pytest.approx(want, rel=1e-9)


def test_constraints_bring_multipliers_and_only_active_ones_count():
    # The nearest point of x + y = a to the origin is (a/2, a/2), the multiplier -a.
    result = solution_sensitivity(
        {"x": 1.0, "y": 1.0}, {"a": 2.0}, objective="x^2 + y^2", equalities=["x + y - a"], inequalities=["x - 5"]
    )
    assert result.solution.jacobian[:, 0] == pytest.approx([0.5, 0.5])
    assert result.solution.multipliers == pytest.approx([-2.0])
    assert result.solution.active == []
    # (x - 3)^2 with x <= b stops at the bound: dx/db = 1, multiplier 2 (3 - b).
    bound = solution_sensitivity({"x": 1.0}, {"b": 1.0}, objective="(x - 3)^2", inequalities=["x - b"])
    assert bound.solution.jacobian == pytest.approx(np.array([[1.0]]))
    assert bound.solution.multipliers == pytest.approx([4.0])
    assert bound.solution.active == [0]


def test_what_is_no_solution_is_said():
    assert solution_sensitivity({"x": 0.0}, {"a": 0.0}, conditions=["x^2 - a"]).status is Status.SINGULAR
    off = solution_sensitivity({"x": 2.1}, {"a": 4.0}, conditions=["x^2 - a"])
    assert off.status is Status.LIMIT
    assert off.certificate.residual == pytest.approx(0.41)
    bad = solution_sensitivity({"x": 2.0}, {"b": 1.0}, objective="(x - 3)^2", inequalities=["x - b"])
    assert bad.status is Status.INFEASIBLE
    # A maximum along the bound: the multiplier has the wrong sign.
    wrong = solution_sensitivity({"x": 1.0}, {"b": 1.0}, objective="(x + 3)^2", inequalities=["x - b"])
    assert wrong.status is Status.LIMIT
    assert "multiplier" in wrong.message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"solution": {}}, "at least one unknown"),
        ({"parameters": {"x": 1.0}}, "'x' is an unknown too"),
        ({"solution": {"x y": 1.0}}, "is no name"),
        ({"conditions": None}, "either conditions or an objective"),
        ({"objective": "x"}, "either conditions or an objective"),
        ({"conditions": ["x", "a"]}, "expected 1, one for each unknown, got 2"),
        ({"conditions": ["x - z"]}, r"conditions\[0\]: no value for 'z'"),
        ({"conditions": ["log(0-x) - a"]}, "no real value"),
        ({"equalities": ["x"]}, "belong to an objective"),
        ({"tolerance": 1.0}, "tolerance"),
    ],
)
def test_bad_input_is_one_clear_line(change, message):
    arguments = {"solution": {"x": 2.0}, "parameters": {"a": 4.0}, "conditions": ["x^2 - a"], **change}
    with pytest.raises(SolverInputError, match=message):
        solution_sensitivity(**arguments)
