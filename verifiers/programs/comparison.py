"""Is an answer what a JSON case expects?

>>> matches_json((1, 2.0), [1, 2]), matches_json(True, 1), matches_json(0.1 + 0.2, 0.3)
(True, False, False)
>>> matches_json(0.1 + 0.2, 0.3, Tolerance(absolute=1e-9))
True

JSON knows one kind of sequence and of number, so lists and tuples are one, and an integer equals a float of the same
value; a boolean is no number; floats are exact unless a tolerance is given; NaN matches exactly an expected NaN. A
key of an object matches a key of the dictionary whose JSON spelling it is. Sets, bytes and complex numbers match
nothing. NumPy numbers and arrays, counters and the like count as the plain values that they hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from verifiers.plain_data import checked_dict, strip_foreign
from verifiers.records import RecordError

__all__ = ["Tolerance", "matches_json"]

_EXACT = frozenset({int, str, type(None)})
_JSON_KEYS = {True: "true", False: "false", None: "null"}


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a number may be from the expected one.

    Attributes:
        absolute: as a difference.
        relative: as a share of the expected number's magnitude; the larger of the two counts.
    """

    absolute: float = 0.0
    relative: float = 0.0

    @classmethod
    def of(cls, field: object) -> Tolerance:
        """Read a number (absolute) or an object with `absolute` and `relative`; None is exact.

        Raises:
            RecordError: it is something else, or negative.
        """
        if field is None:
            return cls()
        parts: dict[str, Any] = field if isinstance(field, dict) else {"absolute": field}
        values = {name: parts.get(name, 0.0) for name in ("absolute", "relative")}
        unknown = sorted(set(parts) - set(values))
        if unknown:
            raise RecordError("tolerance", f"unknown '{unknown[0]}'; expected 'absolute' and 'relative'")
        for name, value in values.items():
            if type(value) not in (int, float) or not value >= 0:
                raise RecordError("tolerance", f"'{name}' must be a number of at least 0, got {value!r}")
        return cls(**values)

    def __bool__(self) -> bool:
        return self.absolute > 0 or self.relative > 0


def matches_json(answer: Any, expected: Any, tolerance: Tolerance | None = None) -> bool:
    """Whether a decoded answer equals an expected JSON value.

    Args:
        answer: as decoded from the candidate's process.
        expected: as read from JSON.
        tolerance: for numbers; None: exact.

    Raises:
        PlainDataError: the answer holds library values that cannot be seen as plain ones.
    """
    return _matches(strip_foreign(answer), expected, tolerance or Tolerance())


def _matches(answer: Any, expected: Any, tolerance: Tolerance) -> bool:
    if isinstance(expected, list):
        if type(answer) not in (list, tuple) or len(answer) != len(expected):
            return False
        if not tolerance and set(map(type, answer)) <= _EXACT and set(map(type, expected)) <= _EXACT:
            return list(answer) == expected
        return all(_matches(item, wanted, tolerance) for item, wanted in zip(answer, expected, strict=True))
    if isinstance(expected, dict):
        return type(answer) is dict and _matches_object(answer, expected, tolerance)
    if isinstance(expected, bool) or type(answer) is bool:
        return answer is expected
    if isinstance(expected, int | float):
        return type(answer) in (int, float) and _close(answer, expected, tolerance)
    return type(answer) is type(expected) and bool(answer == expected)


def _matches_object(answer: dict[Any, Any], expected: dict[str, Any], tolerance: Tolerance) -> bool:
    if len(answer) != len(expected):
        return False
    spelled = checked_dict((_spelling(key), item) for key, item in answer.items())
    return len(spelled) == len(answer) and all(
        key in spelled and _matches(spelled[key], item, tolerance) for key, item in expected.items()
    )


def _spelling(key: object) -> object:
    """The JSON spelling of a dictionary's key; a key that has none stays itself and matches nothing."""
    if type(key) is bool or key is None:
        return _JSON_KEYS[key]
    if type(key) is float:
        return repr(key)
    if type(key) is int and key.bit_length() <= 64:
        return str(key)
    return key


def _close(answer: float, expected: float, tolerance: Tolerance) -> bool:
    if answer == expected or (answer != answer and expected != expected):
        return True
    if not tolerance:
        return False
    try:
        difference = abs(float(answer) - float(expected))
    except OverflowError:
        return False
    return math.isfinite(difference) and difference <= max(
        tolerance.absolute, tolerance.relative * abs(float(expected))
    )
