"""Which token comes next, for a batch whose rows have their own seeds and options.

    sampler = BatchSampler(seeds=[7, 8], temperatures=[0.0, 0.9], top_ps=[1.0, 0.95], device=torch.device("cpu"))
    first = sampler.draw(logits)                # tensor([52, 13])
    sampler.keep(torch.tensor([1]))             # the first row has ended
    second = sampler.draw(logits_of_the_second_row)
    sampler.join(another)                       # rows that begin now

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

__all__ = ["BatchSampler", "gumbel_noise"]

_GOLDEN = 0x9E3779B97F4A7C15
_MULTIPLIERS = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
_SHIFTS = (30, 27, 31)
_UNIFORM_BITS = 52
"""Bits of a uniform number; with half a unit added it is exact in float64 and neither 0 nor 1."""
_MOST_STEPS_AHEAD = 16
_NUMBERS_AHEAD_CPU = 1 << 15
_NUMBERS_AHEAD_GPU = 1 << 22
"""Noise of several steps is made at once while it is no more than so many numbers: a step of a small model then waits
less for the thirty small operations that make it. On a CPU larger blocks gain nothing; rows that end waste theirs."""


class BatchSampler:
    """Draws the tokens of a batch step by step; rows may leave it, and others join.

    Args:
        seeds: one a row, 0 <= seed < 2**63.
        temperatures: one a row; 0 takes the largest logit.
        top_ps: one a row; only the smallest set of likeliest tokens with at least this mass is drawn from.
        device: where the logits will be.
    """

    def __init__(
        self, *, seeds: Sequence[int], temperatures: Sequence[float], top_ps: Sequence[float], device: torch.device
    ) -> None:
        import torch

        self.device = device
        self._any_greedy = 0.0 in temperatures
        self._any_sampled = any(temperatures)
        self._any_nucleus = min(top_ps) < 1.0
        self._settings = torch.tensor([temperatures, top_ps], dtype=torch.float64, device=device)
        # Seed, and number of tokens drawn before those whose noise is at hand.
        self._seeds_and_steps = torch.tensor([seeds, [0] * len(seeds)], dtype=torch.int64, device=device)
        self._noise: torch.Tensor | None = None
        self._noise_rows: torch.Tensor | None = None
        self._drawn = 0

    def draw(self, logits: torch.Tensor) -> torch.Tensor:
        """The next token of every row.

        Args:
            logits: shape (rows, vocabulary), float32.

        Returns:
            Token ids, shape (rows,), int64.
        """
        import torch

        if not self._any_sampled:
            self._drawn += 1
            return logits.argmax(dim=-1)
        heat, top_ps = self._settings[:, :, None]
        greedy = heat == 0 if self._any_greedy else None
        scores = logits.double() / (heat if greedy is None else torch.where(greedy, 1.0, heat))
        if self._any_nucleus:
            scores = _keep_nucleus(scores, top_ps)
        scores += self._next_noise(scores.shape[-1])
        chosen = scores.argmax(dim=-1)
        return chosen if greedy is None else torch.where(greedy[:, 0], logits.argmax(dim=-1), chosen)

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with some of the rows only.

        Args:
            rows: their indices among the rows so far, shape (rows kept,), int64.
        """
        self._settings, self._seeds_and_steps = self._settings[:, rows], self._seeds_and_steps[:, rows]
        if self._noise is not None:
            self._noise_rows = rows if self._noise_rows is None else self._noise_rows[rows]

    def join(self, other: BatchSampler) -> None:
        """Go on with the rows of another sampler as well, behind those of this one."""
        import torch

        self._forget_noise()
        other._forget_noise()
        self._settings = torch.cat([self._settings, other._settings], dim=1)
        self._seeds_and_steps = torch.cat([self._seeds_and_steps, other._seeds_and_steps], dim=1)
        self._any_greedy |= other._any_greedy
        self._any_sampled |= other._any_sampled
        self._any_nucleus |= other._any_nucleus

    def _forget_noise(self) -> None:
        self._seeds_and_steps[1] += self._drawn
        self._noise, self._noise_rows, self._drawn = None, None, 0

    def _next_noise(self, vocabulary: int) -> torch.Tensor:
        if self._noise is None or self._drawn == len(self._noise):
            self._forget_noise()
            seeds, steps = self._seeds_and_steps
            most = _NUMBERS_AHEAD_CPU if seeds.device.type == "cpu" else _NUMBERS_AHEAD_GPU
            ahead = max(1, min(_MOST_STEPS_AHEAD, most // (len(seeds) * vocabulary)))
            self._noise = gumbel_noise(seeds, steps, ahead, vocabulary)
        noise = self._noise[self._drawn]
        self._drawn += 1
        return noise if self._noise_rows is None else noise[self._noise_rows]


def gumbel_noise(seeds: torch.Tensor, steps: torch.Tensor, ahead: int, vocabulary: int) -> torch.Tensor:
    """Standard Gumbel noise for some steps of every row and all tokens.

    Args:
        seeds: shape (rows,), int64.
        steps: numbers of tokens that the rows have drawn before, shape (rows,), int64.
        ahead: number of steps.
        vocabulary: number of tokens.

    Returns:
        Shape (ahead, rows, vocabulary), float64, on the device of the seeds.
    """
    import torch

    device = seeds.device
    numbers = steps + torch.arange(1, ahead + 1, dtype=torch.int64, device=device)[:, None]
    keys = _mix(_mix(seeds) + numbers * _signed(_GOLDEN))
    tokens = torch.arange(1, vocabulary + 1, dtype=torch.int64, device=device) * _signed(_GOLDEN)
    bits = _shift_right(_mix(keys[:, :, None] + tokens), 64 - _UNIFORM_BITS)
    uniform = bits.double().add_(0.5).mul_(2.0**-_UNIFORM_BITS)
    return uniform.log_().neg_().log_().neg_()


def _keep_nucleus(scores: torch.Tensor, top_ps: torch.Tensor) -> torch.Tensor:
    """Minus infinity for all tokens outside a row's nucleus; `top_ps` has shape (rows, 1)."""
    ordered, order = scores.softmax(dim=-1).sort(dim=-1, descending=True, stable=True)
    mass_before = ordered.cumsum(dim=-1) - ordered
    dropped = (mass_before >= top_ps) & (top_ps < 1.0)
    return scores.masked_fill(dropped.scatter(-1, order, dropped), float("-inf"))


def _mix(state: torch.Tensor) -> torch.Tensor:
    """SplitMix64's finisher on 64-bit words held as signed numbers, whose products wrap around."""
    first, second, last = _SHIFTS
    state = state ^ _shift_right(state, first)
    state *= _signed(_MULTIPLIERS[0])
    state ^= _shift_right(state, second)
    state *= _signed(_MULTIPLIERS[1])
    state ^= _shift_right(state, last)
    return state


def _shift_right(state: torch.Tensor, bits: int) -> torch.Tensor:
    return (state >> bits).bitwise_and_((1 << (64 - bits)) - 1)


def _signed(value: int) -> int:
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value
