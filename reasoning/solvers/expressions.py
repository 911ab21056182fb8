"""Expressions in the arguments of tools: text read by a parser with a fixed vocabulary, never evaluated as code.

>>> to_sympy("x^2 + 2x sin(pi/6)", "expression")
x**2 + x

The grammar is that of `verifiers.constants.expressions`: numbers, names, + - * / ^, brackets, known functions, and
products without a sign. `pi`, `e` and `I` are constants, every other name is a variable.
"""

from __future__ import annotations

from typing import Any, Final

from reasoning.solvers.results import SolverInputError
from verifiers.constants.expressions import Binary, Call, ExpressionError, Name, Negative, Node, Number, parse

__all__ = ["CONSTANTS", "FUNCTION_NAMES", "names_of", "read_expression", "to_sympy"]

FUNCTION_NAMES: Final = {
    "sqrt": "sqrt", "log": "log", "ln": "log", "exp": "exp", "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "asin": "asin", "acos": "acos", "atan": "atan", "atanh": "atanh", "gamma": "gamma",
    "zeta": "zeta", "erf": "erf", "erfc": "erfc",
}  # fmt: skip
"""Function -> its name in SymPy."""
CONSTANTS: Final = ("pi", "e", "I")
MAX_EXPONENT: Final = 1000
"""Largest exponent that is a number."""


def read_expression(text: str, argument: str) -> Node:
    """The tree of an expression.

    Args:
        text: the expression.
        argument: named in the error.

    Raises:
        SolverInputError: it is none, is too long, or uses another function.
    """
    try:
        return parse(text)
    except ExpressionError as error:
        raise SolverInputError(f"{argument}: {error}") from None


def names_of(node: Node) -> set[str]:
    """The variables in a tree."""
    if isinstance(node, Name):
        return set() if node.name in CONSTANTS else {node.name}
    if isinstance(node, Negative):
        return names_of(node.inner)
    if isinstance(node, Binary):
        return names_of(node.left) | names_of(node.right)
    if isinstance(node, Call):
        return set().union(*(names_of(one) for one in node.arguments))
    return set()


def to_sympy(text: str, argument: str) -> Any:
    """The SymPy expression of a text, built constructor by constructor.

    Raises:
        SolverInputError: see `read_expression`; or an exponent is above `MAX_EXPONENT`.
    """
    return _build(read_expression(text, argument), argument)


def _build(node: Node, argument: str) -> Any:
    import sympy

    if isinstance(node, Number):
        return sympy.Rational(node.value.numerator, node.value.denominator)
    if isinstance(node, Name):
        constants = {"pi": sympy.pi, "e": sympy.E, "I": sympy.I}
        return constants[node.name] if node.name in constants else sympy.Symbol(node.name)
    if isinstance(node, Negative):
        return -_build(node.inner, argument)
    if isinstance(node, Call):
        if node.function not in FUNCTION_NAMES:
            raise SolverInputError(f"{argument}: no function '{node.function}'; known: {', '.join(FUNCTION_NAMES)}")
        function = getattr(sympy, FUNCTION_NAMES[node.function])
        return function(*(_build(one, argument) for one in node.arguments))
    left, right = _build(node.left, argument), _build(node.right, argument)
    if node.operator == "**":
        if right.is_number and not abs(right) <= MAX_EXPONENT:
            raise SolverInputError(f"{argument}: an exponent is above {MAX_EXPONENT}")
        return left**right
    if node.operator == "/":
        if right == 0:
            raise SolverInputError(f"{argument}: it divides by 0")
        return left / right
    return left * right if node.operator == "*" else left + right if node.operator == "+" else left - right
