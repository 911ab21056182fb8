"""Which token comes next, for a batch whose rows have their own seeds and options.

    chosen = choose(logits, seeds=[7, 8], step=0, temperatures=[0.0, 0.9], top_ps=[1.0, 0.95])   # tensor([52, 13])

Sampling is by the Gumbel-max rule: the token with the largest logit / temperature plus Gumbel noise is a draw from
the softmax. The noise is a pure function of (seed, step, token), computed by SplitMix64 (Steele, Lea and Flood,
2014) in whole-number arithmetic, so a row's draw depends neither on the other rows nor on the device. A difference
d in the logits, such as the rounding of another batch shape, changes a draw only with a probability of about d.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

__all__ = ["choose", "gumbel_noise"]

_GOLDEN = 0x9E3779B97F4A7C15
_MULTIPLIERS = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
_SHIFTS = (30, 27, 31)
_UNIFORM_BITS = 52
"""Bits of a uniform number; with half a unit added it is exact in float64 and neither 0 nor 1."""


def choose(
    logits: torch.Tensor,
    *,
    seeds: Sequence[int],
    step: int,
    temperatures: Sequence[float],
    top_ps: Sequence[float],
) -> torch.Tensor:
    """Draw one token a row.

    Args:
        logits: shape (rows, vocabulary), float32.
        seeds: one a row, 0 <= seed < 2**63.
        step: number of tokens drawn before, the same for all rows.
        temperatures: one a row; 0 takes the largest logit.
        top_ps: one a row; only the smallest set of likeliest tokens with at least this mass is drawn from.

    Returns:
        Token ids, shape (rows,), int64.
    """
    import torch

    greedy = logits.argmax(dim=-1)
    if not any(temperatures):
        return greedy
    heat = torch.tensor(temperatures, dtype=torch.float64, device=logits.device)
    scores = logits.double() / torch.where(heat > 0, heat, 1.0)[:, None]
    if min(top_ps) < 1.0:
        scores = _keep_nucleus(scores, torch.tensor(top_ps, dtype=torch.float64, device=logits.device))
    sampled = (scores + gumbel_noise(seeds, step, scores.shape[-1], logits.device)).argmax(dim=-1)
    return torch.where(heat > 0, sampled, greedy)


def gumbel_noise(seeds: Sequence[int], step: int, vocabulary: int, device: torch.device) -> torch.Tensor:
    """Standard Gumbel noise for every (row's seed, step, token): shape (rows, vocabulary), float64."""
    import torch

    rows = torch.tensor(seeds, dtype=torch.int64, device=device)
    keys = _mix(_mix(rows) + _signed(_GOLDEN * (step + 1)))
    tokens = torch.arange(1, vocabulary + 1, dtype=torch.int64, device=device) * _signed(_GOLDEN)
    bits = _shift_right(_mix(keys[:, None] + tokens[None, :]), 64 - _UNIFORM_BITS)
    uniform = (bits.double() + 0.5) * 2.0**-_UNIFORM_BITS
    return -torch.log(-torch.log(uniform))


def _keep_nucleus(scores: torch.Tensor, top_ps: torch.Tensor) -> torch.Tensor:
    ordered, order = scores.softmax(dim=-1).sort(dim=-1, descending=True, stable=True)
    mass_before = ordered.cumsum(dim=-1) - ordered
    dropped = (mass_before >= top_ps[:, None]) & (top_ps[:, None] < 1.0)
    return scores.masked_fill(dropped.scatter(-1, order, dropped), float("-inf"))


def _mix(state: torch.Tensor) -> torch.Tensor:
    """SplitMix64's finisher on 64-bit words held as signed numbers, whose products wrap around."""
    for shift, multiplier in zip(_SHIFTS, (*_MULTIPLIERS, 1), strict=True):
        state = (state ^ _shift_right(state, shift)) * _signed(multiplier)
    return state


def _shift_right(state: torch.Tensor, bits: int) -> torch.Tensor:
    return (state >> bits) & ((1 << (64 - bits)) - 1)


def _signed(value: int) -> int:
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value
