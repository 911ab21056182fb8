"""Expressions of arguments over arrays of floating point numbers; the text is parsed, never evaluated as code.

>>> read_function("x^2 + a", "expression", ["a", "x"])({"x": np.array([1.0, 2.0]), "a": np.array(0.5)})
array([1.5, 4.5])
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from reasoning.solvers.expressions import FUNCTION_NAMES, names_of, read_expression
from reasoning.solvers.results import SolverInputError
from verifiers.constants.expressions import Binary, Call, Name, Negative, Node, Number

__all__ = ["Function", "read_function"]

Array = NDArray[np.float64]
Function = Callable[[Mapping[str, Array]], Array]
"""From the values of the variables, arrays that broadcast, to the values of an expression; not finite where it has
none."""

_NUMPY = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atanh": "arctanh"}
_SPECIAL = frozenset({"gamma", "zeta", "erf", "erfc"})
_CONSTANTS = {"pi": math.pi, "e": math.e}


def read_function(text: str, argument: str, variables: Collection[str]) -> Function:
    """The function that an expression describes.

    Args:
        text: the expression.
        argument: named in the error.
        variables: the names that it may use.

    Raises:
        SolverInputError: it is no expression, or uses another variable or function.
    """
    tree = read_expression(text, argument)
    unknown = sorted(names_of(tree) - set(variables))
    if unknown:
        raise SolverInputError(f"{argument}: no variable '{unknown[0]}'; there are {', '.join(sorted(variables))}")
    _check(tree, argument)

    def function(values: Mapping[str, Array]) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray(_value(tree, values), dtype=np.float64)

    return function


def _check(node: Node, argument: str) -> None:
    """Raise unless every function and constant in the tree is a real one."""
    if isinstance(node, Name) and node.name == "I":
        raise SolverInputError(f"{argument}: expected real numbers, got I")
    if isinstance(node, Call):
        if node.function not in FUNCTION_NAMES:
            raise SolverInputError(f"{argument}: no function '{node.function}'; known: {', '.join(FUNCTION_NAMES)}")
        for one in node.arguments:
            _check(one, argument)
    if isinstance(node, Negative):
        _check(node.inner, argument)
    if isinstance(node, Binary):
        _check(node.left, argument)
        _check(node.right, argument)


def _value(node: Node, values: Mapping[str, Array]) -> Array:
    if isinstance(node, Number):
        try:
            return np.asarray(float(node.value))
        except OverflowError:
            return np.asarray(np.inf)
    if isinstance(node, Name):
        return values[node.name] if node.name in values else np.asarray(_CONSTANTS[node.name])
    if isinstance(node, Negative):
        return -_value(node.inner, values)
    if isinstance(node, Call):
        inner = [_value(one, values) for one in node.arguments]
        name = FUNCTION_NAMES[node.function]
        if name in _SPECIAL:
            from scipy import special

            return np.asarray(getattr(special, name)(*inner))
        return np.asarray(getattr(np, _NUMPY.get(name, name))(*inner))
    left, right = _value(node.left, values), _value(node.right, values)
    operation = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "**": np.power}[node.operator]
    return np.asarray(operation(left, right))
