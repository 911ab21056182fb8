"""Every argument of every tool, replaced by what no caller should send: a result or one line, nothing else."""

import json
import math
import warnings

import pytest

from reasoning.solvers import Result, SolverInputError, find_tool, tool_names

NUMBERS = [None, True, 0, -1, 1, 2, 3.5, 1e308, -1e-308, math.nan, math.inf, 10**30, -(10**30)]
TEXTS = ["", "x", "nan", "1/0", "x = ", "9" * 200]
LISTS = [
    [], [0], [-1], [0, 0], [1.5, 2.5], [3, 2, 1], [1e308, 1e308], [math.nan], [None], ["x"], ["x^2", "1/x"],
    [[]], [[], []], [[0]], [[1, 2], [3]], [[1, 2], [3, 4]], [[1, 1], [1, 1]], [[-1, 2], [2, -1]], [[math.nan]], [["a"]],
]  # fmt: skip
OBJECTS = [{}, {"x": 1}, {"x": [1]}, {"shape": [2, 2], "entries": [[0, 0, 1]]}]


@pytest.mark.slow
@pytest.mark.parametrize("name", tool_names())
def test_whatever_an_argument_is(name):
    found = find_tool(name)
    for argument in found.model.model_fields:
        for value in (*NUMBERS, *TEXTS, *LISTS, *OBJECTS):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    result = found.function(**{**found.example, argument: value})
                except SolverInputError as error:
                    assert "\n" not in str(error), (argument, value)  # noqa: PT017 - most calls raise nothing
                    continue
            assert isinstance(result, Result)
            json.dumps(result.to_json(), allow_nan=False)


@pytest.mark.parametrize(
    ("name", "argument", "value", "line"),
    [
        ("map_elites", "seed", -1, "seed: Input should be greater than or equal to 0"),
        ("adaptive_spline", "upper", 1e200, "upper: expected a number above lower"),
        ("adaptive_spline", "expression", "exp(x^5)", "expression: a value above 1e"),
        ("pattern_hamming", "most", -(10**30), "most: expected a number that is not negative"),
    ],
)
def test_what_once_ended_in_an_error_of_a_library(name, argument, value, line):
    found = find_tool(name)
    with pytest.raises(SolverInputError, match=line):
        found.function(**{**found.example, argument: value})
