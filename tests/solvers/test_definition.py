import json
from fractions import Fraction

import numpy as np
import pytest

from reasoning.solvers.arguments import ExactInteger, ExactNumber, IntegerVector, Matrix, SparseMatrix, Vector
from reasoning.solvers.definition import Definition, solver
from reasoning.solvers.results import Result, SolverInputError, Status, plain


@solver
def everything(
    vector: Vector,
    matrix: Matrix | None = None,
    sparse: SparseMatrix | None = None,
    whole: ExactInteger = 0,
    exact: ExactNumber = Fraction(0),
    indices: IntegerVector | None = None,
    count: int = 3,
) -> Result[dict, None]:
    """Return what arrived.

    Nothing is computed.

    Args:
        vector: n numbers,
            over two lines.
        matrix: m x n.
        sparse: m x n.
        whole: any integer.
        exact: any fraction.
        indices: integers.
        count: a small integer.

    Example:
        {"vector": [1, 2.5]}
    """
    arrived = {"vector": vector, "matrix": matrix, "sparse": sparse, "whole": whole, "exact": exact}
    return Result(Status.CONVERGED, {**arrived, "indices": indices, "count": count})


def arrived(**arguments):
    return everything(**{"vector": [0], **arguments}).solution


def test_arguments_arrive_as_the_types_say():
    given = arrived(vector=[1, 2.5], matrix=[[1, 2], [3, 4]], whole="-" + "9" * 5000, exact="22/7", indices=[3, 1])
    assert given["vector"].dtype == np.float64
    assert given["vector"].tolist() == [1.0, 2.5]
    assert given["matrix"].shape == (2, 2)
    assert given["whole"] == 1 - 10**5000
    assert given["exact"] == Fraction(22, 7)
    assert given["indices"].dtype == np.int64
    assert arrived(exact=0.1)["exact"] == Fraction(1, 10)
    assert arrived(vector=[])["vector"].shape == (0,)
    assert arrived(matrix=[])["matrix"].shape == (0, 0)


def test_a_sparse_matrix_is_read_from_triples_lists_and_scipy():
    triples = {"shape": [2, 3], "entries": [[0, 2, 1.5], [1, 0, 2], [1, 0, 1]]}
    dense = [[0, 0, 1.5], [3, 0, 0]]
    for form in (triples, dense, np.array(dense), arrived(sparse=dense)["sparse"].scipy()):
        found = arrived(sparse=form)["sparse"]
        assert found.scipy().toarray().tolist() == dense
    assert arrived(sparse=arrived(sparse=triples)["sparse"].to_json())["sparse"].scipy().toarray().tolist() == dense


def test_an_array_is_copied():
    mine = np.array([1.0, 2.0])
    arrived(vector=mine)["vector"][0] = 7
    assert mine.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"vector": [1, float("nan")]}, "vector: the number at [1] is not finite"),
        ({"vector": ["1"]}, "vector: expected a number at [0], got '1'"),
        ({"vector": [True]}, "vector: expected a number at [0], got True"),
        ({"vector": [1, None]}, "vector: expected a number at [1], got null"),
        ({"vector": 5}, "vector: expected a list, got 5"),
        ({"vector": [10**400]}, "vector: a number is too large"),
        ({"vector": np.array(["a"])}, "vector: expected numbers, got an array of <U1"),
        ({"matrix": [[1, 2], [3]]}, "matrix: the list at [1] has 1 elements, the ones before it have 2"),
        ({"matrix": [1, 2]}, "matrix: expected a list at [0], got 1"),
        ({"indices": [1.0]}, "indices: expected an integer at [0], got 1.0"),
        ({"sparse": {"shape": [1, 1], "entries": [[0, 1, 5]]}}, "sparse: entries[0]: column 1 is outside 0..0"),
        ({"sparse": {"shape": [-1, 1], "entries": []}}, "sparse: shape: expected two integers"),
        ({"sparse": {"entries": []}}, "sparse: expected a nested list or"),
        ({"whole": "12a"}, "whole: expected an integer, got '12a'"),
        ({"whole": 1.5}, "whole: expected an integer, got 1.5"),
        ({"whole": "9" * 10_001}, "whole: expected at most 10000 digits"),
        ({"whole": 10**10_001}, "whole: expected at most 10000 digits"),
        ({"exact": "1/0"}, "exact: the denominator is 0"),
        ({"exact": "pi"}, "exact: expected an integer, a decimal or p/q, got 'pi'"),
        ({"count": "many"}, "count: Input should be a valid integer"),
        ({"colour": 1}, "unexpected keyword argument 'colour'"),
    ],
)
def test_a_wrong_argument_is_named_in_one_line(arguments, line):
    with pytest.raises(SolverInputError) as raised:
        arrived(**arguments)
    assert line in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_schema_comes_from_types_and_docstring():
    schema = Definition.of(everything).function_schema()
    json.dumps(schema)
    function = schema["function"]
    assert (schema["type"], function["name"]) == ("function", "everything")
    assert function["description"] == "Return what arrived.\n\nNothing is computed."
    parameters = function["parameters"]
    assert parameters["required"] == ["vector"]
    assert parameters["additionalProperties"] is False
    assert parameters["properties"]["vector"] == {
        "type": "array",
        "items": {"type": "number"},
        "description": "n numbers, over two lines.",
    }
    assert parameters["properties"]["count"] == {
        "type": "integer",
        "default": 3,
        "description": "a small integer.",
    }


def test_a_solver_without_description_is_refused():
    def silent(value: int) -> Result[int, None]:
        """Say nothing about the argument.

        Example:
            {"value": 1}
        """
        return Result(Status.CONVERGED, value)

    with pytest.raises(TypeError, match="argument value is not described"):
        solver(silent)


def test_results_become_plain_json():
    result = Result(Status.LIMIT, (np.float64(1.5), np.array([1, 2]), Fraction(1, 3), 2**53, float("inf")), seconds=1)
    assert result.to_json() == {
        "status": "limit",
        "solution": [1.5, [1, 2], "1/3", "9007199254740992", None],
        "certificate": None,
        "iterations": 0,
        "seed": None,
        "message": "",
        "seconds": 1,
    }
    assert plain(10**5000) == "1" + "0" * 5000
    with pytest.raises(TypeError, match="holds a object"):
        plain(object())
