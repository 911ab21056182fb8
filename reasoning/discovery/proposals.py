"""Reads the fractions that a model proposes: JSON objects among whatever words, families written out.

>>> read_proposals('Try {"a": "n+k", "b": "-n", "k": [1, 3]} and {"a": "2*n+1", "b": "n**2", "value": "4/pi"}.')
[Proposal(a=(1, 1), b=(0, -1), value=''), Proposal(a=(2, 1), ...), Proposal(a=(3, 1), ...), Proposal(a=(1, 2), ...)]

Polynomials stand there as text, or, as in the arguments of the tool `PROPOSE`, as coefficients from the constant one
up; a family is then `a + k a_step`. The text is data that nobody trusts: it is parsed by the constant verifier's
grammar, and every number in it is bounded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flint import fmpz, fmpz_poly

from verifiers.constants.expressions import ExpressionError, parse
from verifiers.constants.polynomials import polynomial

__all__ = ["MAX_COEFFICIENT", "MAX_PROPOSALS", "MAX_REPLY", "PROPOSE", "TOOL", "Proposal", "read_proposals"]

MAX_REPLY: Final = 200_000
"""Characters of a reply that are read."""
MAX_PROPOSALS: Final = 64
"""Fractions taken from one reply."""
MAX_COEFFICIENT: Final = 1_000
"""Size of a coefficient."""
_MAX_A_DEGREE: Final = 6
_MAX_B_DEGREE: Final = 12
_MAX_OBJECTS: Final = 200
_MAX_EXPRESSION: Final = 400
PROPOSE: Final = "propose_fractions"
"""Name of the tool by which a server's model proposes."""


def _whole(count: int, bound: int) -> dict[str, Any]:
    numbers = {"type": "integer", "minimum": -bound, "maximum": bound}
    return {"type": "array", "items": numbers, "minItems": 1, "maxItems": count}


_FRACTION: Final = {
    "type": "object",
    "properties": {
        "a": {**_whole(5, 100), "description": "Coefficients of a(n), from the constant one up."},
        "b": {**_whole(9, 100), "description": "Coefficients of b(n), from the constant one up."},
        "a_step": {**_whole(5, 10), "description": "Added to a for each k, in a family."},
        "b_step": {**_whole(9, 10), "description": "Added to b for each k, in a family."},
        "k": {**_whole(2, 20), "minItems": 2, "description": "Smallest and largest k of a family."},
    },
    "required": ["a", "b"],
    "additionalProperties": False,
}
TOOL: Final = json.dumps(
    {
        "type": "function",
        "function": {
            "name": PROPOSE,
            "description": "Propose continued fractions, or families of them, to be evaluated and verified.",
            "parameters": {
                "type": "object",
                "properties": {"fractions": {"type": "array", "items": _FRACTION, "minItems": 1, "maxItems": 16}},
                "required": ["fractions"],
                "additionalProperties": False,
            },
            "strict": True,
        },
    },
    sort_keys=True,
)
"""Its schema, which a server's grammar can hold a model to."""
_PARAMETER: Final = re.compile(r"\bk\b", re.ASCII)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One fraction: coefficients from the constant one up, and the closed form that was named for it, if any."""

    a: tuple[int, ...]
    b: tuple[int, ...]
    value: str = ""


def read_proposals(text: str) -> list[Proposal]:
    """The fractions in a reply, each once, in their order; what cannot be read is passed over."""
    found: dict[Proposal, None] = {}
    for record in _objects(text[:MAX_REPLY]):
        for parameter in _parameters(record.get("k")):
            proposal = _proposal(record, parameter)
            if proposal is not None:
                found[proposal] = None
            if len(found) == MAX_PROPOSALS:
                return list(found)
    return list(found)


def _objects(text: str) -> Iterator[Mapping[str, Any]]:
    decoder = json.JSONDecoder()
    position = text.find("{")
    for _ in range(_MAX_OBJECTS):
        if position < 0:
            return
        try:
            value, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            end = position + 1
        else:
            if isinstance(value, dict) and "a" in value and "b" in value:
                yield value
            else:
                # A list of proposals may stand inside.
                end = position + 1
        position = text.find("{", end)


def _parameters(bounds: Any) -> list[int | None]:
    if bounds is None:
        return [None]
    whole = isinstance(bounds, list) and len(bounds) == 2 and all(type(x) is int for x in bounds)
    if not whole or not -MAX_COEFFICIENT <= bounds[0] <= bounds[1] <= MAX_COEFFICIENT:
        return []
    return list(range(bounds[0], min(bounds[1], bounds[0] + MAX_PROPOSALS - 1) + 1))


def _proposal(record: Mapping[str, Any], parameter: int | None) -> Proposal | None:
    try:
        a = _coefficients(record["a"], record.get("a_step"), parameter, _MAX_A_DEGREE)
        b = _coefficients(record["b"], record.get("b_step"), parameter, _MAX_B_DEGREE)
        value = record.get("value", "")
        if parameter is not None or not isinstance(value, str) or len(value) > _MAX_EXPRESSION:
            value = ""
        if value:
            parse(value)
    except ExpressionError:
        return None
    return Proposal(a, b, value)


def _coefficients(given: Any, step: Any, parameter: int | None, degree: int) -> tuple[int, ...]:
    if isinstance(given, list):
        poly = _listed(given, degree)
        if step is not None and parameter is not None:
            poly += parameter * _listed(step, degree)
    else:
        poly = _written(given, parameter)
    if poly == 0 or poly.degree() > degree:
        raise ExpressionError("expected a polynomial of a small degree, not 0")
    if any(abs(c) > fmpz(MAX_COEFFICIENT) for c in poly.coeffs()):
        raise ExpressionError("a coefficient is too large")
    return tuple(int(c) for c in poly.coeffs())


def _listed(numbers: Any, degree: int) -> fmpz_poly:
    if not isinstance(numbers, list) or len(numbers) > degree + 1 or any(type(x) is not int for x in numbers):
        raise ExpressionError("expected a list of whole numbers")
    if any(abs(x) > MAX_COEFFICIENT for x in numbers):
        raise ExpressionError("a coefficient is too large")
    return fmpz_poly(numbers)


def _written(text: Any, parameter: int | None) -> fmpz_poly:
    if isinstance(text, bool) or not isinstance(text, str | int) or (isinstance(text, int) and abs(text) > 10**9):
        raise ExpressionError("expected a polynomial")
    written = str(text)
    if len(written) > _MAX_EXPRESSION:
        raise ExpressionError("too long")
    if parameter is not None:
        written = _PARAMETER.sub(f"({parameter})", written)
    poly = polynomial(written)
    if poly.denom() != 1:
        raise ExpressionError("expected whole coefficients")
    return poly.numer()
