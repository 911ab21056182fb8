"""Signed continued fractions: whole terms from a linear recurrence, signs +1 and -1 in a period.

    fraction = SignedFraction(signs=(1, -1), initial=(1, 2, 3, 2), recurrence=(1, 0, -2, 0, 1))     # e/(e-1)
    value, agreed, terms = evaluate_signed(fraction, digits=100)

x = a_0 + s_1/(a_1 + s_2/(a_2 + ...)) with sum_i c_i a_{n-i} = 0 for every n beyond the initial terms. That the terms
never break the pattern of convergence is not proved here, so digits count where two depths agree.

Source: Elimelech et al. 2022 (ESMA), arXiv 2212.09470.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from flint import arb, ctx, fmpq, fmpz

from verifiers.constants.expressions import ExpressionError
from verifiers.constants.limits import MAX_RECURRENCE, MAX_TERM_BITS

__all__ = ["SignedFraction", "evaluate_signed", "terms_of"]

_MAX_TERMS: Final = 20_000
_BITS_PER_DIGIT: Final = 3.3219280948873626


@dataclass(frozen=True, slots=True)
class SignedFraction:
    """A signed fraction.

    Attributes:
        signs: one period of s_1, s_2, ...; each +1 or -1.
        initial: a_0, a_1, ..., at least as many as the recurrence's order.
        recurrence: c_0, ..., c_L with c_0 not 0.
    """

    signs: tuple[int, ...]
    initial: tuple[int, ...]
    recurrence: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.signs or any(sign not in (1, -1) for sign in self.signs):
            raise ExpressionError("field 'sign_period': expected a list of 1 and -1")
        if len(self.recurrence) < 2 or self.recurrence[0] == 0:
            raise ExpressionError("field 'lfsr': expected at least two whole numbers, the first not 0")
        if len(self.initial) < len(self.recurrence) - 1:
            raise ExpressionError("field 'initial': fewer terms than the recurrence's order")
        if max(len(self.signs), len(self.initial), len(self.recurrence)) > MAX_RECURRENCE:
            raise ExpressionError(f"a list is longer than {MAX_RECURRENCE}")


def terms_of(fraction: SignedFraction) -> Iterator[fmpz]:
    """a_0, a_1, ... without end.

    Raises:
        ExpressionError: a term is not whole, or beyond `MAX_TERM_BITS`.
    """
    order = len(fraction.recurrence) - 1
    first, *rest = (fmpz(c) for c in fraction.recurrence)
    window = [fmpz(term) for term in fraction.initial]
    yield from window
    window = window[len(window) - order :]
    while True:
        total = -sum((c * window[-1 - i] for i, c in enumerate(rest)), fmpz(0))
        term, left = divmod(total, first)
        if left != 0:
            raise ExpressionError("the recurrence gives a term that is not whole")
        if abs(term).bit_length() > MAX_TERM_BITS:
            raise ExpressionError(f"a term has more than {MAX_TERM_BITS} bits")
        yield term
        window = [*window[1:], term]


def evaluate_signed(fraction: SignedFraction, digits: int) -> tuple[arb, float, int]:
    """The value, the relative digits on which two depths agree, and the greater depth.

    Terms are added until the denominators say that the digits are there, then half as many again.

    Raises:
        ExpressionError: see `terms_of`; or a denominator vanishes at both depths.
    """
    before = ctx.prec
    ctx.prec = int(digits * _BITS_PER_DIGIT) + 64
    try:
        checkpoints: list[fmpq] = []
        p, before_p, q, before_q = fmpz(1), fmpz(0), fmpz(0), fmpz(1)
        enough = int(digits * _BITS_PER_DIGIT / 2) + 16
        last = _MAX_TERMS
        depth = 0
        for depth, term in enumerate(terms_of(fraction)):
            sign = fraction.signs[(depth - 1) % len(fraction.signs)] if depth else 1
            p, before_p = term * p + sign * before_p, p
            q, before_q = term * q + sign * before_q, q
            if not checkpoints and (q.bit_length() > enough or depth >= _MAX_TERMS // 2) and q != 0:
                checkpoints.append(fmpq(p, q))
                last = depth + max(depth // 2, 2 * len(fraction.signs), 8)
            if depth >= last and q != 0:
                checkpoints.append(fmpq(p, q))
                break
            if depth > 2 * _MAX_TERMS:
                raise ExpressionError("its denominators vanish")
        return *_agreement(checkpoints, digits), depth
    finally:
        ctx.prec = before


def _agreement(checkpoints: list[fmpq], digits: int) -> tuple[arb, float]:
    first, second = checkpoints
    value = arb(second)
    if second == 0:
        return value, -math.inf
    difference = abs((first - second) / second)
    if difference == 0:
        return value, float(digits)
    agreed = -float(arb(difference).log()) / math.log(10)
    return value, agreed
