"""The terms of a number's signed continued fraction, taken from an interval, so that each one is certain.

>>> from itertools import islice
>>> from verifiers.constants.closed_form import evaluate_to
>>> from verifiers.constants.expressions import parse
>>> ball = evaluate_to(parse("e/(e-1)"), 100)
>>> list(islice(certain_terms(*bounds(ball, bits=330), 330, signs=(1, -1)), 8))
[1, 2, 3, 2, 5, 2, 7, 2]

a_i is the floor of t_i where the next sign is +1 and its ceiling where it is -1, and t_{i+1} = s_{i+1}/(t_i - a_i);
both ends of the interval are carried along, and the terms end where they disagree.

Source: Elimelech et al. 2022 (ESMA), arXiv 2212.09470, section 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle, product

from flint import arb

__all__ = ["bounds", "certain_terms", "primitive_periods"]


def bounds(ball: arb, bits: int) -> tuple[int, int]:
    """Whole numbers `low`, `high` with low/2^bits <= x <= high/2^bits for every x in the ball."""
    scale = arb(2) ** bits
    return int((ball.lower() * scale).floor().lower().floor().unique_fmpz()), int(
        (ball.upper() * scale).ceil().upper().ceil().unique_fmpz()
    )


def certain_terms(low: int, high: int, bits: int, signs: Sequence[int]) -> Iterator[int]:
    """a_0, a_1, ... as long as they are the same for all numbers from low/2^bits to high/2^bits.

    Args:
        low: lower end, scaled.
        high: upper end, scaled.
        bits: of the scale.
        signs: one period of s_1, s_2, ...
    """
    first, first_below = low, 1 << bits
    second, second_below = high, 1 << bits
    for sign in cycle(signs):
        if sign > 0:
            term, other = first // first_below, second // second_below
        else:
            term, other = -(-first // first_below), -(-second // second_below)
        if term != other:
            return
        yield term
        first, first_below = first_below, first - term * first_below
        second, second_below = second_below, second - term * second_below
        if not (first_below and second_below):
            return
        # s / (t - a) is positive whichever sign it is: t - a has the sign s.
        if sign < 0:
            first_below, second_below = -first_below, -second_below


def primitive_periods(longest: int) -> list[tuple[int, ...]]:
    """All periods of signs up to a length that are no shorter period repeated, shortest first."""
    found: list[tuple[int, ...]] = []
    for length in range(1, longest + 1):
        for period in product((1, -1), repeat=length):
            parts = (length // part for part in range(2, length + 1) if length % part == 0)
            if not any(period[:part] * (length // part) == period for part in parts):
                found.append(period)
    return found
