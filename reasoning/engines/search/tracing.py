"""Numbers that remember how they depend on the answer, and the linear equations that follow.

While a puzzle runs on a traced answer, `answer[2] - answer[1]` carries the form {2: 1, 1: -1}. Where the puzzle
asks that it equals 7, that is an equation, and all such equations are solved together for the next answer.

>>> first, second = trace([5, 5])
>>> (second - 2 * first + 1).form
{1: 1, 0: -2}
>>> equations = equations_between(second - 2 * first, 7)
>>> solve(equations, [5, 5], whole=True)
[5, 17]
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import gcd
from typing import Any, Final

__all__ = [
    "MAX_EQUATIONS",
    "SMALL_TOLERANCE",
    "Equation",
    "TracedFloat",
    "TracedInt",
    "equations_between",
    "plain",
    "solve",
    "trace",
    "traced",
]

MAX_EQUATIONS: Final = 6_000
"""Equations that one traced trial collects."""

MAX_TERMS: Final = 400
"""Longest linear form that is followed."""

SMALL_TOLERANCE: Final = 0.02
"""A condition `abs(form) < tolerance` with at most this tolerance is taken as an equation."""

Form = dict[int, Any]
Equation = tuple[Form, Any]
"""Coefficients and a constant: their sum is to be zero."""


class _Traced:
    """Arithmetic that keeps linear forms; everything else falls back to plain numbers."""

    form: Form
    absolute: bool

    def __add__(self, other: Any) -> Any:
        return _combined(self, other, 1, 1)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return _combined(self, other, 1, -1)

    def __rsub__(self, other: Any) -> Any:
        return _combined(self, other, -1, 1)

    def __mul__(self, other: Any) -> Any:
        return _scaled(self, other)

    __rmul__ = __mul__

    def __neg__(self) -> Any:
        return _scaled(self, -1)

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, int | float) and not isinstance(other, _Traced) and other:
            value = plain(self) / other
            return traced(value, {key: value / other for key, value in self.form.items()})
        return plain(self) / plain(other)

    def __abs__(self) -> Any:
        found = traced(abs(plain(self)), self.form if plain(self) >= 0 else _scaled(self, -1).form)
        found.absolute = True
        return found


class TracedInt(_Traced, int):
    """An integer with its linear form."""

    __hash__ = int.__hash__


class TracedFloat(_Traced, float):
    """A float with its linear form."""

    __hash__ = float.__hash__


def plain(value: Any) -> Any:
    """The number without its form."""
    if isinstance(value, TracedInt):
        return int(value)
    if isinstance(value, TracedFloat):
        return float(value)
    return value


def traced(value: Any, form: Form) -> Any:
    """The number with a form; plain when it is neither an integer nor a float or the form is too long."""
    if len(form) > MAX_TERMS or isinstance(value, bool):
        return value
    found: Any
    if isinstance(value, int):
        found = TracedInt(value)
    elif isinstance(value, float):
        found = TracedFloat(value)
    else:
        return value
    found.form = form
    found.absolute = False
    return found


def trace(value: Any) -> Any:
    """The value with each number in it turned into a variable, numbered from left to right."""
    return _trace(value, [0])


def _trace(value: Any, counter: list[int]) -> Any:
    if isinstance(value, list):
        return [_trace(item, counter) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        counter[0] += 1
        return traced(value, {counter[0] - 1: 1})
    return value


def _combined(left: Any, right: Any, left_sign: int, right_sign: int) -> Any:
    if not isinstance(right, int | float):
        return NotImplemented
    value = left_sign * plain(left) + right_sign * plain(right)
    form = {key: left_sign * factor for key, factor in left.form.items()}
    for key, factor in getattr(right, "form", {}).items():
        form[key] = form.get(key, 0) + right_sign * factor
    return traced(value, form)


def _scaled(number: Any, factor: Any) -> Any:
    if not isinstance(factor, int | float):
        return plain(number) * factor
    value = plain(number) * plain(factor)
    if isinstance(factor, _Traced):
        return value
    return traced(value, {key: item * factor for key, item in number.form.items()})


def equations_between(left: Any, right: Any) -> list[Equation]:
    """Equations that make two values equal: of numbers, or of lists of equal length element by element."""
    if isinstance(left, list | tuple) and isinstance(right, list | tuple) and len(left) == len(right):
        return [equation for a, b in zip(left, right, strict=True) for equation in equations_between(a, b)]
    if not isinstance(left, _Traced) and not isinstance(right, _Traced):
        return []
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        return []
    form = dict(getattr(left, "form", {}))
    for key, factor in getattr(right, "form", {}).items():
        form[key] = form.get(key, 0) - factor
    form = {key: factor for key, factor in form.items() if factor}
    here = plain(left) - plain(right)
    return [(form, here)] if form else []


def solve(equations: Iterable[Equation], values: list[Any], whole: bool) -> list[Any] | None:
    """Change the numbers so that the equations hold; contradictory equations are left out.

    Args:
        equations: (form, residual at the present values) pairs.
        values: present values of the variables, by number.
        whole: only integers are allowed.

    Returns:
        The new values, or None when nothing changes or no such numbers were found.
    """
    # Work with the changes d of the values: sum(form[k] * d[k]) + residual = 0.
    pivots: dict[int, Equation] = {}
    used: dict[int, set[int]] = {}
    for number, (form, residual) in enumerate(equations):
        if number >= MAX_EQUATIONS:
            break
        reduced, constant = _reduce(form, residual, pivots)
        if not reduced:
            continue
        for extra in _split(reduced, constant, whole):
            row, rest = _reduce(*extra, pivots)
            if row:
                _pivot(row, rest, pivots, used)
    changes = {}
    for pivot, (_, constant) in pivots.items():
        if whole and Fraction(constant).denominator != 1:
            return None
        changes[pivot] = constant
    if not any(changes.values()):
        return None
    result = list(values)
    for index, change in changes.items():
        if index >= len(result):
            return None
        result[index] = result[index] + int(change) if whole else float(result[index] + float(change))
    return result


def _reduce(form: Form, residual: Any, pivots: dict[int, Equation]) -> Equation:
    reduced: Form = {}
    constant = Fraction(residual)
    for key, factor in form.items():
        if key in pivots:
            row, offset = pivots[key]
            for other, weight in row.items():
                reduced[other] = reduced.get(other, 0) + factor * weight
            constant += Fraction(factor) * offset
        else:
            reduced[key] = reduced.get(key, 0) + Fraction(factor)
    return {key: Fraction(factor) for key, factor in reduced.items() if factor}, constant


def _pivot(row: Form, constant: Any, pivots: dict[int, Equation], used: dict[int, set[int]]) -> None:
    units = [key for key, factor in row.items() if abs(factor) == 1]
    pivot = max(units or row)
    factor = row[pivot]
    solved = {key: -weight / factor for key, weight in row.items() if key != pivot}
    offset = -constant / factor
    for other in used.pop(pivot, set()):
        form, rest = pivots[other]
        weight = form.pop(pivot, 0)
        if weight:
            for key, part in solved.items():
                form[key] = form.get(key, 0) + weight * part
                used.setdefault(key, set()).add(other)
            pivots[other] = (form, rest + weight * offset)
    pivots[pivot] = (solved, offset)
    for key in solved:
        used.setdefault(key, set()).add(pivot)


def _split(form: Form, constant: Fraction, whole: bool) -> list[Equation]:
    """For whole numbers, add an equation that makes one without unit coefficients solvable (Bezout)."""
    plain_equation: list[Equation] = [(form, constant)]
    if not whole or len(form) < 2 or any(abs(factor) == 1 for factor in form.values()):
        return plain_equation
    scale = 1
    for part in [*form.values(), constant]:
        scale = scale * part.denominator // gcd(scale, part.denominator)
    weights = {key: int(factor * scale) for key, factor in form.items()}
    target = -int(constant * scale)
    keys = sorted(weights, key=lambda key: (abs(weights[key]), key))[:6]
    for place, first in enumerate(keys):
        for second in keys[place + 1 :]:
            common = gcd(weights[first], weights[second])
            if target % common:
                continue
            modulus = abs(weights[first]) // common
            change = target // common * pow(weights[second] // common, -1, modulus) % modulus if modulus > 1 else 0
            others = [({key: Fraction(1)}, Fraction(0)) for key in weights if key not in (first, second)]
            return [*others, ({second: Fraction(1)}, Fraction(-change)), *plain_equation]
    return plain_equation
