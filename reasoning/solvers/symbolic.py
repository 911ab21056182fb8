"""Symbolic algebra with SymPy: solve, simplify, integrate, expand in a series; each result is checked at points.

>>> solve_equations(["x^2 = 2"]).solution.solutions
[{'x': '-sqrt(2)'}, {'x': 'sqrt(2)'}]
>>> integrate_expression("2x cos(x^2)", "x").solution.expression
'sin(x**2)'
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from reasoning.solvers.definition import solver
from reasoning.solvers.expressions import to_sympy
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = [
    "Expression",
    "PointCheck",
    "Residuals",
    "Roots",
    "integrate_expression",
    "series_expansion",
    "simplify_expression",
    "solve_equations",
]

MAX_UNKNOWNS = 6
_DIGITS = 30
_POINTS = ("0.734", "1.291", "0.417")
"""Values that the variables take, in turn, when a result is checked."""


@dataclass(frozen=True, slots=True)
class Roots:
    """Solutions of equations.

    Attributes:
        solutions: one object for each, variable -> exact value; a value may hold other variables, which are then free.
    """

    solutions: list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Residuals:
    """What anybody can check.

    Attributes:
        residuals: for each solution the largest |left - right| over the equations, to 30 digits, free variables at
            fixed points.
    """

    residuals: list[float]


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression.

    Attributes:
        expression: it, in Python's notation.
    """

    expression: str


@dataclass(frozen=True, slots=True)
class PointCheck:
    """What anybody can check.

    Attributes:
        difference: largest difference between the two sides of the identity that the solution claims, at fixed points;
            null when they could not be evaluated there.
        method: which identity was checked.
    """

    difference: float | None
    method: str


@solver
def solve_equations(
    equations: Annotated[list[str], Field(min_length=1, max_length=MAX_UNKNOWNS)], unknowns: list[str] | None = None
) -> Result[Roots, Residuals]:
    """Solve equations exactly.

    Finds x with left_i(x) = right_i(x) for all i over the complex numbers. Not every equation has a solution in closed
    form; those end in `limit`.

    Args:
        equations: 1 to 6 texts, such as "x^2 + y = 3"; without "=" the right side is 0.
        unknowns: names to solve for; default all names in the equations.

    Returns:
        `converged` with all solutions that SymPy finds, `infeasible` when it proves that there are none, `limit` when
        it finds no closed form.

    Raises:
        SolverInputError: a text is no equation, or there is nothing to solve for.

    Source:
        SymPy's solve.

    Example:
        {"equations": ["x + y = 5", "x y = 6"]}
    """
    import sympy

    differences = [_difference(text, f"equations[{index}]") for index, text in enumerate(equations)]
    names = sorted({str(symbol) for one in differences for symbol in one.free_symbols})
    wanted = names if unknowns is None else unknowns
    if not wanted or len(wanted) > MAX_UNKNOWNS:
        raise SolverInputError(f"unknowns: expected 1 to {MAX_UNKNOWNS} names, got {len(wanted)}")
    missing = [name for name in wanted if name not in names]
    if missing:
        raise SolverInputError(f"unknowns: '{missing[0]}' is in no equation")
    try:
        found = sympy.solve(differences, [sympy.Symbol(name) for name in wanted], dict=True)
    except NotImplementedError:
        return Result(Status.LIMIT, message="no closed form was found")
    if not found:
        return Result(Status.INFEASIBLE, message="SymPy finds no solution")
    residuals = [max(_size(one.subs(root)) for one in differences) for root in found]
    order = sorted(range(len(found)), key=lambda index: [_key(found[index].get(sympy.Symbol(n))) for n in wanted])
    solutions = [{str(name): str(value) for name, value in found[index].items()} for index in order]
    return Result(Status.CONVERGED, Roots(solutions), Residuals([residuals[index] for index in order]))


def _difference(text: str, argument: str) -> Any:
    left, equals, right = text.partition("=")
    if "=" in right:
        raise SolverInputError(f"{argument}: expected one '='")
    return to_sympy(left, argument) - (to_sympy(right, argument) if equals else 0)


def _key(value: Any) -> tuple[int, float, float, str]:
    """Real numbers first, by size."""
    if value is None or not value.is_number:
        return (2, 0.0, 0.0, str(value))
    number = complex(value.evalf(15))
    return (int(number.imag != 0), number.real, number.imag, str(value))


@solver
def simplify_expression(expression: str) -> Result[Expression, PointCheck]:
    """Simplify an expression.

    Args:
        expression: such as "sin(x)^2 + cos(x)^2".

    Returns:
        An equal expression that SymPy holds for simpler; always `converged`.

    Raises:
        SolverInputError: the text is no expression.

    Source:
        SymPy's simplify.

    Example:
        {"expression": "(x^2 - 1)/(x - 1)"}
    """
    import sympy

    given = to_sympy(expression, "expression")
    found = sympy.simplify(given)
    return Result(Status.CONVERGED, Expression(str(found)), PointCheck(_gap(given, found), "given = result"))


@solver
def integrate_expression(
    expression: str, variable: str, lower: str | None = None, upper: str | None = None
) -> Result[Expression, PointCheck]:
    """Integrate an expression exactly.

    Without bounds F with dF/dx = f, with both bounds the number (or expression) int_lower^upper f dx.

    Args:
        expression: f, such as "x exp(-x)".
        variable: x.
        lower: an expression, or "-oo"; give both bounds or none.
        upper: an expression, or "oo".

    Returns:
        `converged`, or `limit` when SymPy finds no closed form.

    Raises:
        SolverInputError: a text is no expression.

    Source:
        SymPy's integrate (Risch-Norman, Meijer G).

    Example:
        {"expression": "exp(-x^2)", "variable": "x", "lower": "-oo", "upper": "oo"}
    """
    import sympy

    if (lower is None) != (upper is None):
        raise SolverInputError("lower and upper: give both or none")
    given, symbol = to_sympy(expression, "expression"), _variable(variable)
    if lower is None or upper is None:
        found = sympy.integrate(given, symbol)
        check = PointCheck(_gap(sympy.diff(found, symbol), given), "derivative of the result = expression")
    else:
        limits = (_bound(lower, "lower"), _bound(upper, "upper"))
        found = sympy.integrate(given, (symbol, *limits))
        check = PointCheck(_quadrature_gap(given, symbol, limits, found), "numeric quadrature = result")
    if found.has(sympy.Integral):
        return Result(Status.LIMIT, message="no closed form was found")
    return Result(Status.CONVERGED, Expression(str(found)), check)


@solver
def series_expansion(
    expression: str, variable: str, point: str = "0", order: Annotated[int, Field(ge=1, le=30)] = 6
) -> Result[Expression, PointCheck]:
    """Expand an expression in a power series.

    f(x) = sum_{k < order} c_k (x - point)^k + O((x - point)^order), with negative powers where f has a pole.

    Args:
        expression: f.
        variable: x.
        point: an expression without x.
        order: 1 to 30.

    Returns:
        The sum without the remainder; the difference in the certificate is that from f at point + 1/1000, which is
        about the size of the first term left out.

    Raises:
        SolverInputError: a text is no expression.

    Source:
        SymPy's series.

    Example:
        {"expression": "exp(x) cos(x)", "variable": "x", "order": 5}
    """
    import sympy

    given, symbol, place = to_sympy(expression, "expression"), _variable(variable), to_sympy(point, "point")
    if place.has(symbol):
        raise SolverInputError(f"point: it holds the variable '{variable}'")
    found = sympy.series(given, symbol, place, order).removeO()
    near = place + sympy.Rational(1, 1000)
    difference = _gap(given.subs(symbol, near), found.subs(symbol, near))
    return Result(
        Status.CONVERGED, Expression(str(found)), PointCheck(difference, "expression = result near the point")
    )


def _variable(name: str) -> Any:
    import sympy

    found = to_sympy(name, "variable")
    if not isinstance(found, sympy.Symbol):
        raise SolverInputError(f"variable: expected a name, got {name!r}"[:100])
    return found


def _bound(text: str, argument: str) -> Any:
    import sympy

    infinite = {"oo": sympy.oo, "+oo": sympy.oo, "-oo": -sympy.oo}
    return infinite[text.strip()] if text.strip() in infinite else to_sympy(text, argument)


def _at_points(expression: Any) -> Any:
    import sympy

    symbols = sorted(expression.free_symbols, key=str)
    values = itertools.cycle(_POINTS)
    return expression.subs({symbol: sympy.Rational(value) for symbol, value in zip(symbols, values, strict=False)})


def _size(expression: Any) -> float:
    return float(abs(_at_points(expression).evalf(_DIGITS)))


def _gap(left: Any, right: Any) -> float | None:
    try:
        size = _size(left - right)
    except (TypeError, ValueError, OverflowError):
        return None
    return size if size < float("inf") else None


def _quadrature_gap(given: Any, symbol: Any, limits: tuple[Any, Any], found: Any) -> float | None:
    """Against mpmath's quadrature, where everything is a number."""
    import sympy

    if (given.free_symbols - {symbol}) or any(one.free_symbols for one in limits):
        return None
    try:
        return float(abs(sympy.Integral(given, (symbol, *limits)).evalf(15) - found.evalf(15)))
    except (TypeError, ValueError, OverflowError):
        return None
