"""Is an answer what the reference solution gave, by EvalPlus's rules (Liu et al. 2023; release 0.3.1)?

>>> matches_reference([1.0, 2.0000001], [1.0, 2.0], ReferenceCase((), tolerance=1e-6))
True
>>> matches_reference((1, 2), [1, 2], ReferenceCase(()))
False
>>> matches_reference([3, 1, 1], [1, 3], ReferenceCase((), oracle="same-set"))
True

Equal by Python's `==` counts, so 1 equals 1.0 and true, and a tuple is no list. Where a tolerance is in force, an
unequal answer counts as well when its type and length are those of the reference's answer and all numbers are close
(relative tolerance 1e-7 beside the absolute one). Some problems have an oracle of their own, see `ORACLES`.

Both answers are plain data that left their processes, so an object that claims to be equal to everything is equal to
nothing. A value that is no plain data is equal to nothing either.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from verifiers.plain_data import Foreign, checked_set
from verifiers.programs.values import revive

__all__ = ["FLOAT_TOLERANCE", "ORACLES", "ReferenceCase", "holds_floats", "matches_reference"]

FLOAT_TOLERANCE = 1e-6
"""In force from the first expected value that is made of floats on, where the problem sets none."""
RELATIVE_TOLERANCE = 1e-7
_NUMBERS = (bool, int, float, complex)


@dataclass(frozen=True, slots=True)
class ReferenceCase:
    """What a comparison needs beside the two answers.

    Attributes:
        arguments: of the call, as the candidate got them.
        tolerance: absolute; 0: exact.
        oracle: a name in `ORACLES`, or empty.
    """

    arguments: tuple[Any, ...]
    tolerance: float = 0.0
    oracle: str = ""


def holds_floats(expected: object) -> bool:
    """Whether a decoded value is a float, a list or tuple of floats that is not empty, or an array of floats."""
    if isinstance(expected, Foreign) and expected.type_name.startswith("numpy.ndarray/"):
        return expected.type_name.removeprefix("numpy.ndarray/") in ("float64", "float32")
    if isinstance(expected, list | tuple):
        return bool(expected) and all(map(_is_float, expected))
    return _is_float(expected)


def matches_reference(answer: Any, expected: Any, case: ReferenceCase) -> bool:
    """Whether a decoded answer is as good as the decoded answer of the reference solution.

    Raises:
        Exception: whatever comparing the two raises; the answer is then wrong.
    """
    got, wanted = revive(answer), revive(expected)
    if case.oracle == "root":
        return _is_root(got, case)
    exact = ORACLES[case.oracle](got, wanted, case) if case.oracle else bool(got == wanted)
    if exact or not case.tolerance:
        return exact
    if _type_name(answer) != _type_name(expected):
        return False
    return _all_close(got, wanted, case.tolerance)


def _is_float(value: object) -> bool:
    return type(value) is float or (isinstance(value, Foreign) and value.type_name == "numpy.float64")


def _type_name(value: object) -> str:
    return value.type_name if isinstance(value, Foreign) else type(value).__name__


def _all_close(got: Any, wanted: Any, tolerance: float) -> bool:
    if isinstance(wanted, Foreign) and isinstance(got, Foreign):
        return _all_close(got.plain, wanted.plain, tolerance)
    if isinstance(wanted, list | tuple):
        return (
            isinstance(got, list | tuple)
            and len(got) == len(wanted)
            and all(_all_close(ours, theirs, tolerance) for ours, theirs in zip(got, wanted, strict=True))
        )
    if type(got) not in _NUMBERS or type(wanted) not in _NUMBERS:
        return False
    return bool(got == wanted or abs(got - wanted) <= tolerance + RELATIVE_TOLERANCE * abs(wanted) < math.inf)


def _is_root(got: Any, case: ReferenceCase) -> bool:
    """HumanEval/32: any x at which the polynomial with these coefficients is within the tolerance of zero."""
    (coefficients,) = case.arguments
    return bool(abs(sum(c * math.pow(got, power) for power, c in enumerate(coefficients))) <= case.tolerance)


def _surface_area(got: Any, wanted: Any, case: ReferenceCase) -> bool:
    """Mbpp/581: the height may also be that of the apex above the base."""
    base, height = case.arguments
    other = round(base**2 + 2 * base * math.sqrt((base / 2) ** 2 + height**2))
    return bool(got == wanted or abs(got - other) <= case.tolerance)


def _digit_distance(got: Any, wanted: Any, case: ReferenceCase) -> bool:
    """Mbpp/558: the shorter number may also be filled up with zeros at the left."""
    first, second = map(str, case.arguments)
    width = max(len(first), len(second))
    pairs = zip(first.zfill(width), second.zfill(width), strict=True)
    return bool(got == wanted or got == sum(abs(int(a) - int(b)) for a, b in pairs))


def _same_set(got: Any, wanted: Any, case: ReferenceCase) -> bool:
    return checked_set(got) == checked_set(wanted)


def _not_none(got: Any, wanted: Any, case: ReferenceCase) -> bool:
    """The reference gives a match object or None; a candidate may give that or say yes and no."""
    found = wanted is not None
    return bool(got == found if isinstance(got, bool) else found == (got is not None))


ORACLES: dict[str, Callable[[Any, Any, ReferenceCase], bool]] = {
    "root": lambda got, wanted, case: _is_root(got, case),
    "anything": lambda got, wanted, case: True,
    "or-zero": lambda got, wanted, case: bool(got == wanted or got == 0),
    "surface-area": _surface_area,
    "digit-distance": _digit_distance,
    "same-set": _same_set,
    "not-none": _not_none,
}
"""Name -> whether an answer is right, tolerance apart."""
