"""Integrals and roots with proved error bounds, by ball arithmetic.

>>> integral_enclosure("exp(-x^2)", "x", "0", "1").solution.middle[:12]
'0.7468241328'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from reasoning.solvers.arguments import ExactNumber
from reasoning.solvers.definition import solver
from reasoning.solvers.expressions import names_of, read_expression
from reasoning.solvers.results import Result, SolverInputError, Status
from verifiers.constants.expressions import Binary, Name, Negative, Node, Number

__all__ = ["Enclosure", "EnclosureCertificate", "integral_enclosure", "root_enclosure"]

_FUNCTIONS = ("sqrt", "log", "exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "gamma", "erf")
_BRANCHED = ("sqrt", "log")


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A real number.

    Attributes:
        middle: decimal approximation.
    """

    middle: str


@dataclass(frozen=True, slots=True)
class EnclosureCertificate:
    """What was proved.

    Attributes:
        radius: upper bound on |middle - the number|.
    """

    radius: float


@solver
def integral_enclosure(
    expression: str, variable: str, lower: str, upper: str, digits: Annotated[int, Field(ge=5, le=200)] = 30
) -> Result[Enclosure, EnclosureCertificate]:
    """Integrate a real function numerically with a proved error bound.

    int_lower^upper f(x) dx for f analytic near the interval except where its functions have branch points.

    Args:
        expression: f, in one variable.
        variable: x.
        lower: a number or an expression such as "pi/2".
        upper: likewise.
        digits: wanted, 5 to 200.

    Returns:
        `converged` when the bound is below 10^-digits relative to the larger of 1 and the value; `limit` otherwise,
        with the bound that was proved if there is one.

    Raises:
        SolverInputError: a text is no expression or uses another variable or function.

    Source:
        Johansson 2018, "Numerical integration in arbitrary-precision ball arithmetic" (FLINT's acb_calc_integrate).

    Example:
        {"expression": "exp(-x^2)", "variable": "x", "lower": "0", "upper": "1"}
    """
    from flint import acb, arb, ctx

    tree = _tree(expression, "expression", {variable})
    ends = [_tree(text, name, set()) for text, name in ((lower, "lower"), (upper, "upper"))]
    ctx.dps = digits + 15
    low, high = (_ball(end, acb(0), False) for end in ends)
    value = acb.integral(lambda x, analytic: _ball(tree, x, analytic, variable), low, high)
    if not value.imag.contains(0):
        return Result(Status.LIMIT, message="the function is not real on the interval")
    return _enclosed(arb(value.real), digits)


@solver
def root_enclosure(
    expression: str,
    variable: str,
    low: ExactNumber,
    high: ExactNumber,
    digits: Annotated[int, Field(ge=5, le=200)] = 30,
) -> Result[Enclosure, EnclosureCertificate]:
    """Find a root of a continuous real function between two points of opposite sign, with a proved error bound.

    Args:
        expression: f, in one variable.
        variable: x.
        low: left end.
        high: right end; f has the other sign there.
        digits: wanted, 5 to 200.

    Returns:
        `converged` with a root; `infeasible` when the signs at the ends are proved to be equal; `limit` when a sign
        cannot be decided.

    Raises:
        SolverInputError: a text is no expression, or low is not below high.

    Source:
        Bisection; each sign is proved in ball arithmetic (FLINT).

    Example:
        {"expression": "x^3 - 2", "variable": "x", "low": 1, "high": 2}
    """
    from flint import acb, arb, ctx, fmpq

    if low >= high:
        raise SolverInputError("low: expected a number below high")
    tree = _tree(expression, "expression", {variable})
    ctx.dps = 2 * digits + 15
    left, right = (fmpq(one.numerator, one.denominator) for one in (low, high))

    def sign(x: Any) -> int:
        value = _ball(tree, acb(arb(x)), False, variable)
        if not value.imag.contains(0):
            return 0
        return 1 if value.real > 0 else -1 if value.real < 0 else 0

    first, last = sign(left), sign(right)
    if not first or not last:
        return Result(Status.LIMIT, message="the sign at an end cannot be decided")
    if first == last:
        return Result(Status.INFEASIBLE, message="the function has the same sign at both ends")
    steps = 0
    tolerance = fmpq(1, 10 ** (digits + 1))
    while right - left > tolerance * max(fmpq(1), abs(left)):
        middle = (left + right) / 2
        here = sign(middle)
        if not here:
            # A root there, or a value too small to tell: leave the point by a little, once.
            middle = left + (right - left) * fmpq(3, 7)
            here = sign(middle)
            if not here:
                return Result(Status.LIMIT, iterations=steps, message="the sign at a point cannot be decided")
        left, right = (middle, right) if here == first else (left, middle)
        steps += 1
    center = arb((left + right) / 2)
    found = arb(center.mid(), (center.rad() + arb((right - left) / 2)).upper())
    if not _ball(tree, acb(found), False, variable).is_finite():
        return Result(Status.LIMIT, iterations=steps, message="the function changes its sign at a pole")
    result = _enclosed(found, digits)
    return Result(result.status, result.solution, result.certificate, steps, message=result.message)


def _tree(text: str, argument: str, names: set[str]) -> Node:
    tree = read_expression(text, argument)
    others = names_of(tree) - names
    if others:
        raise SolverInputError(f"{argument}: '{sorted(others)[0]}' is not the variable")
    return tree


def _enclosed(value: Any, digits: int) -> Result[Enclosure, EnclosureCertificate]:
    if not value.is_finite():
        return Result(Status.LIMIT, message="no finite bound was proved")
    middle = value.mid().str(digits + 5, radius=False)
    # The cut of the decimals counts too.
    radius = float((abs(value.rad()) + abs(value.mid()) * 10 ** -(digits + 4)).upper())
    good = bool(value.rad() <= 10**-digits * max(1.0, abs(float(value.mid()))))
    message = "" if good else "the bound is larger than was wanted"
    status = Status.CONVERGED if good else Status.LIMIT
    return Result(status, Enclosure(middle), EnclosureCertificate(radius), message=message)


def _ball(node: Node, x: Any, analytic: bool, variable: str = "") -> Any:
    """The value of a tree at a complex ball."""
    from flint import acb, arb, fmpq

    if isinstance(node, Number):
        return acb(arb(fmpq(node.value.numerator, node.value.denominator)))
    if isinstance(node, Name):
        if node.name == variable:
            return x
        constants = {"pi": lambda: acb(arb.pi()), "e": lambda: acb(arb.const_e()), "I": lambda: acb(0, 1)}
        return constants[node.name]()
    if isinstance(node, Negative):
        return -_ball(node.inner, x, analytic, variable)
    if isinstance(node, Binary):
        left, right = _ball(node.left, x, analytic, variable), _ball(node.right, x, analytic, variable)
        if node.operator == "**":
            whole = isinstance(node.right, Number) and node.right.value.denominator == 1
            return left ** int(node.right.value) if whole else left.pow(right, analytic=analytic)  # type: ignore[union-attr]
        if node.operator == "/":
            return left / right
        return left * right if node.operator == "*" else left + right if node.operator == "+" else left - right
    name = {"ln": "log"}.get(node.function, node.function)
    if name not in _FUNCTIONS:
        raise SolverInputError(f"expression: no function '{node.function}'; known: {', '.join(_FUNCTIONS)}")
    argument = _ball(node.arguments[0], x, analytic, variable)
    return getattr(argument, name)(analytic=analytic) if name in _BRANCHED else getattr(argument, name)()
