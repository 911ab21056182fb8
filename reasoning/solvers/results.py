"""What a solver returns, and how it travels as JSON.

>>> result = Result(Status.CONVERGED, solution={"root": 2}, certificate={"residual": 0.0}, iterations=3)
>>> result.to_json()["solution"]
{'root': 2}
>>> plain(2**64), plain(float("inf"))
('18446744073709551616', None)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum, StrEnum
from fractions import Fraction
from typing import Any, Generic, TypeVar

__all__ = ["Result", "SolverInputError", "Status", "plain"]

EXACT_INTEGER = 1 << 53
"""JSON readers keep integers below this one exactly; larger ones travel as decimal strings."""

Solution = TypeVar("Solution")
Certificate = TypeVar("Certificate")


class SolverInputError(ValueError):
    """The arguments make no problem of this kind; one clear line that names the argument."""


class Status(StrEnum):
    """How a solver ended."""

    CONVERGED = "converged"
    """Solved to the tolerance; exact methods: solved."""
    LIMIT = "limit"
    """Out of iterations, time or memory; there may be a solution that is the best so far."""
    INFEASIBLE = "infeasible"
    """The problem is well posed and provably has no solution."""
    UNBOUNDED = "unbounded"
    """The objective can be improved without end."""
    SINGULAR = "singular"
    """The equations have no unique solution, to working precision."""
    INVALID_INPUT = "invalid_input"
    """The arguments make no problem of this kind; only replies of a toolbox have it, Python callers get the error."""


@dataclass(frozen=True, slots=True)
class Result(Generic[Solution, Certificate]):
    """A solver's answer.

    Attributes:
        status: how it ended.
        solution: what was asked for; None where there is none.
        certificate: quantities that the caller can recompute without trusting the solver (a residual, a duality gap,
            a bound); None where there is none.
        iterations: of the outermost loop; 0 for direct methods.
        seed: of the random numbers; None where none were drawn.
        message: one line about an end other than convergence.
        seconds: wall time, filled in by the decorator `solver`.
    """

    status: Status
    solution: Solution | None = None
    certificate: Certificate | None = None
    iterations: int = 0
    seed: int | None = None
    message: str = ""
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values; see `plain`."""
        record: dict[str, Any] = plain(self)
        return record


def plain(value: Any) -> Any:
    """`value` as plain JSON values.

    Data classes become objects, arrays and tuples lists, sparse matrices COO objects, fractions `"p/q"`, integers from
    2^53 on decimal strings, and numbers that are not finite null.

    Raises:
        TypeError: it holds something else.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) < EXACT_INTEGER else _digits(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Fraction):
        numerator, denominator = _digits(value.numerator), _digits(value.denominator)
        return plain(value.numerator) if value.denominator == 1 else f"{numerator}/{denominator}"
    if is_dataclass(value) and not isinstance(value, type):
        to_json = getattr(value, "to_json", None)
        if to_json is not None and not isinstance(value, Result):
            return to_json()
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    to_list = getattr(value, "tolist", None)
    if to_list is not None:  # a NumPy array or scalar
        return plain(to_list())
    raise TypeError(f"a solver's result holds a {type(value).__name__}, which has no JSON form")


def _digits(value: int) -> str:
    """Decimal digits, also of numbers that `str` refuses for their length."""
    if value.bit_length() < 10_000:
        return str(value)
    from flint import fmpz

    return str(fmpz(value))
