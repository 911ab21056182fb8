"""A sequence as interlaced polynomials: a_{Nm+j} = P_j(m).

>>> pattern_of((1, 2, 3, 2, 5, 2, 7, 2, 9, 2, 11, 2))
'2*m+1, 2'
>>> pattern_of((7, 2, 1, 1, 3, 18, 5, 1, 1, 6, 30, 8, 1, 1, 9, 42, 11, 1, 1, 12, 54))
'7; 3*m+2, 1, 1, 3*m+3, 12*m+18'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reasoning.discovery.formulas import polynomial_of

__all__ = ["pattern_of"]

_LONGEST: Final = 24
_LATEST: Final = 8
_LEAST_ROUNDS: Final = 4


def pattern_of(terms: Sequence[int]) -> str:
    """First terms that stand apart, a semicolon, and a linear polynomial in `m` for each place of the shortest period.

    An empty text where there is none with at least four rounds.
    """
    for period in range(1, _LONGEST + 1):
        for start in range(_LATEST + 1):
            if len(terms) - start < _LEAST_ROUNDS * period:
                break
            lanes = [terms[start + place :: period] for place in range(period)]
            if all(_is_linear(lane) for lane in lanes):
                texts = ", ".join(polynomial_of((lane[0], lane[1] - lane[0]), "m") for lane in lanes)
                return "; ".join([", ".join(map(str, terms[:start])), texts]) if start else texts
    return ""


def _is_linear(lane: Sequence[int]) -> bool:
    return all(
        later - 2 * middle + earlier == 0 for earlier, middle, later in zip(lane, lane[1:], lane[2:], strict=False)
    )
