r"""Linear equations with one value missing, decided by elimination in exact arithmetic.

>>> problem = EquationProblem((Equation({"x": Fraction(1), "y": Fraction(2)}, Fraction(7)),), "x")
>>> decides(problem), sufficient(problem)
(False, frozenset({'y'}))

The target follows from the equations when its unit vector lies in the span of their left sides; asking a variable adds
that variable's unit vector.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["Equation", "EquationProblem", "decides", "generate", "questions", "show", "sufficient"]

VERSION = 1
_NAMES = ("a", "b", "c", "d", "f", "g", "h", "k", "m", "n", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z")
_MIN_OPTIONS = 3
_MAX_TRIES = 10_000


@dataclass(frozen=True)
class Equation:
    """Coefficients of variables on the left, a number on the right."""

    coefficients: Mapping[str, Fraction]
    value: Fraction


@dataclass(frozen=True, slots=True)
class EquationProblem:
    """Equations (a known value is an equation of one variable) and the variable to find."""

    equations: tuple[Equation, ...]
    target: str

    @property
    def variables(self) -> tuple[str, ...]:
        """All variables, sorted."""
        return tuple(sorted({name for equation in self.equations for name in equation.coefficients} | {self.target}))


Row = dict[str, int]
"""Coefficients of an equation, up to a factor: what follows from it does not depend on one."""


def _row(coefficients: Mapping[str, Fraction]) -> Row:
    scale = math.lcm(*(value.denominator for value in coefficients.values()))
    return {name: value.numerator * (scale // value.denominator) for name, value in coefficients.items() if value}


def _eliminated(rows: Iterable[Row]) -> dict[str, Row]:
    """The rows in echelon form, by pivot."""
    pivots: dict[str, Row] = {}
    for row in rows:
        reduced = _reduced(row, pivots)
        if reduced:
            divisor = math.gcd(*reduced.values())
            pivots[min(reduced)] = {name: value // divisor for name, value in reduced.items()}
    return pivots


def _reduced(row: Row, pivots: Mapping[str, Row]) -> Row:
    """A row less multiples of the pivot rows; each has its pivot as its smallest name, so none of these is left."""
    while waiting := row.keys() & pivots.keys():
        name = min(waiting)
        pivot = pivots[name]
        common = math.gcd(row[name], pivot[name])
        ours, theirs = pivot[name] // common, row[name] // common
        row = {other: ours * value for other, value in row.items()}
        for other, value in pivot.items():
            row[other] = row.get(other, 0) - theirs * value
        row = {other: value for other, value in row.items() if value}
    return row


def decides(problem: EquationProblem, *asked: str) -> bool:
    """Whether the target's value follows once the values of `asked` are known."""
    rows = [_row(equation.coefficients) for equation in problem.equations]
    return not _reduced({problem.target: 1}, _eliminated([*rows, *({name: 1} for name in asked)]))


def questions(problem: EquationProblem) -> tuple[str, ...]:
    """The variables that may be asked: neither given nor the target."""
    given = {
        name for equation in problem.equations if len(equation.coefficients) == 1 for name in equation.coefficients
    }
    return tuple(name for name in problem.variables if name not in given and name != problem.target)


def sufficient(problem: EquationProblem) -> frozenset[str]:
    """The questions whose answer makes the target follow."""
    pivots = _eliminated(_row(equation.coefficients) for equation in problem.equations)
    missing = _reduced({problem.target: 1}, pivots)
    return frozenset(name for name in questions(problem) if _is_multiple(missing, _reduced({name: 1}, pivots)))


def _is_multiple(row: Row, of: Row) -> bool:
    """Whether one reduced row is a multiple of another, as nothing is of any."""
    if not row:
        return True
    if row.keys() != of.keys():
        return False
    first = min(row)
    return all(value * of[first] == row[first] * of[name] for name, value in row.items())


def show(equation: Equation) -> str:
    """`2*x + y = 7`."""
    text = ""
    for name, value in sorted(equation.coefficients.items()):
        sign = ("-" if value < 0 else "") if not text else " - " if value < 0 else " + "
        text += sign + (name if abs(value) == 1 else f"{abs(value)}*{name}")
    return f"{text} = {equation.value}"


def generate(source: random.Random) -> EquationProblem:
    """Equations that leave the target open until one more value is known, among at least three that could be asked.

    Args:
        source: where its randomness comes from; the same state gives the same problem.
    """
    for problem in _candidates(source):
        if not decides(problem) and len(questions(problem)) >= _MIN_OPTIONS:
            right = sufficient(problem)
            if right and len(right) < len(questions(problem)):
                return problem
    raise RuntimeError(f"no underspecified problem in {_MAX_TRIES} tries")


def _candidates(source: random.Random) -> Iterator[EquationProblem]:
    """Systems made around a solution in small integers, so that they are consistent."""
    for _ in range(_MAX_TRIES):
        names = source.sample(_NAMES, source.randint(5, 9))
        solution = {name: source.randint(1, 20) for name in names}
        equations = []
        for _ in range(source.randint(3, len(names) - 1)):
            chosen = source.sample(names, source.choice((2, 2, 3)))
            coefficients = {name: source.choice((1, 1, 1, 2, 3, -1, -2)) for name in chosen}
            total = sum(value * solution[name] for name, value in coefficients.items())
            equations.append(_equation(coefficients, total))
        given = source.sample(names[1:], source.randint(1, 2))
        equations += [_equation({name: 1}, solution[name]) for name in given]
        yield EquationProblem(tuple(equations), names[0])


def _equation(coefficients: Row, value: int) -> Equation:
    return Equation({name: Fraction(one) for name, one in coefficients.items()}, Fraction(value))
