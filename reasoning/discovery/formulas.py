"""Writes closed forms as short texts that the constant verifier reads.

>>> quotient(affine(-1, 1, "catalan"), affine(1, 0, "catalan"))
'(-catalan+1)/catalan'
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["affine", "polynomial_of", "quadratic", "quotient", "signed", "wrapped"]


def affine(slope: int, offset: int, name: str) -> str:
    """`slope * name + offset`, without what is 0 or 1."""
    text = signed(slope, f"*{wrapped(name)}") if slope else ""
    return (text + (signed(offset, "") if offset else "")).lstrip("+") or "0"


def quadratic(second: int, first: int, offset: int, name: str) -> str:
    """`second * name**2 + first * name + offset`, without what is 0 or 1."""
    text = signed(second, f"*{wrapped(name)}**2") if second else ""
    return (text + signed(first, f"*{wrapped(name)}") * bool(first) + signed(offset, "") * bool(offset)).lstrip("+")


def polynomial_of(coefficients: Sequence[int], name: str) -> str:
    """`sum_k coefficients[k] * name**k`, highest power first, without what is 0 or 1."""
    if coefficients[1:2] == (1,) and not any((coefficients[0], *coefficients[2:])):
        return name
    parts = []
    for power in range(len(coefficients) - 1, -1, -1):
        if coefficient := coefficients[power]:
            factor = "" if power == 0 else f"*{wrapped(name)}" + (f"**{power}" if power > 1 else "")
            parts.append(signed(coefficient, factor))
    return "".join(parts).removeprefix("+") or "0"


def signed(coefficient: int, factor: str) -> str:
    """A term of a sum with its sign in front; `factor` begins with `*`, or is empty."""
    if factor and abs(coefficient) == 1:
        return ("+" if coefficient > 0 else "-") + factor.removeprefix("*")
    return f"{coefficient:+d}{factor}"


def wrapped(name: str) -> str:
    """The name as a factor: in brackets where it is more than a name or a call."""
    return name if re.fullmatch(r"[a-z0-9]+(\([^()]*\))?", name) else f"({name})"


def quotient(numerator: str, denominator: str) -> str:
    """`numerator / denominator` with as few brackets as it needs."""
    if denominator.startswith("-") and denominator[1:].isdecimal():
        numerator, denominator = f"-({numerator})", denominator[1:]
    if denominator == "1":
        return numerator
    upper = numerator if re.fullmatch(r"-?[\w*]+(\([^()]*\))?", numerator) else f"({numerator})"
    lower = denominator if re.fullmatch(r"\w+(\([^()]*\))?", denominator) else f"({denominator})"
    return f"{upper}/{lower}"
