"""Training objectives as plain functions of tensors.

APO (Asymmetric Policy Optimisation, arXiv 2506.21655) adds two things to GRPO: DADS relaxes the KL term of completions
with a positive advantage, most on hard prompts; STCR enlarges the negative advantage of wrong completions that are
longer than the right ones of their group. CPL (Contrastive Preference Learning, arXiv 2310.13639) learns from
preferences by regret, with no reward model. The formulas of APO are those of its published code; its text was not
available.

>>> kl_weights(torch.tensor([1.0, 0, 0, 0]), torch.tensor([1.5, -0.5, -0.5, -0.5]), group_size=4)[0]   # doctest: +SKIP
tensor(0.4932)
"""

from __future__ import annotations

import math

import torch
from torch.nn.functional import softplus

__all__ = [
    "LENGTH_RATE",
    "cpl_loss",
    "cpl_score",
    "kl_weights",
    "length_factors",
    "normalised_difference",
]

LENGTH_RATE = 1e-5
"""Rate per token of the factor for long wrong completions."""
_NO_DIVISION_BY_ZERO = 1e-9


def kl_weights(correct: torch.Tensor, positive: torch.Tensor, *, group_size: int) -> torch.Tensor:
    """DADS: the weight of each completion's KL term.

    1 - exp(-e p) for positive completions, with p the pass rate of the group; 1 for the others and where p is 0 or 1.

    Args:
        correct: 1 for right completions, 0 for wrong ones, shape (completions,), groups side by side.
        positive: completions whose term is relaxed: those where this is above 0 (advantages, or `correct` itself).
        group_size: completions of one prompt.

    Returns:
        Shape (completions,), values in (0, 1].
    """
    rate = _group_mean(correct, group_size)
    relaxed = 1.0 - torch.exp(-math.e * rate)
    mixed = (rate > 0) & (rate < 1)
    return torch.where((positive > 0) & mixed, relaxed, torch.ones_like(relaxed))


def length_factors(
    correct: torch.Tensor,
    lengths: torch.Tensor,
    advantages: torch.Tensor,
    *,
    group_size: int,
    rate: float = LENGTH_RATE,
    only_negative: bool = True,
) -> torch.Tensor:
    """STCR: the factor by which each completion's advantage is multiplied.

    2 - (1 + rate)^-(L - Lbar) for wrong completions longer than Lbar, the mean length of the right ones of their group;
    1 for the others and in groups without a right one.

    Args:
        correct: as in `kl_weights`.
        lengths: tokens of each completion, shape (completions,).
        advantages: shape (completions,).
        group_size: completions of one prompt.
        rate: per token.
        only_negative: leave positive advantages alone. The published code enlarges those of long, wrong, well-formed
            completions too, which rewards what is meant to be punished.

    Returns:
        Shape (completions,), values in [1, 2).
    """
    lengths = lengths.to(advantages.dtype)
    right = correct.reshape(-1, group_size)
    total = (lengths.reshape(-1, group_size) * right).sum(1)
    mean_right = (total / (right.sum(1) + _NO_DIVISION_BY_ZERO)).repeat_interleave(group_size)
    any_right = (right.sum(1) > 0).repeat_interleave(group_size)
    over = lengths - mean_right
    punished = (correct == 0) & any_right & (over > 0)
    if only_negative:
        punished &= advantages < 0
    factors = 2.0 - torch.pow(torch.full_like(over, 1.0 + rate), -over)
    return torch.where(punished, factors, torch.ones_like(factors))


def normalised_difference(
    kl: torch.Tensor,
    mask: torch.Tensor,
    weights: torch.Tensor,
    *,
    loss_type: str,
    accumulation: float,
    items_per_process: float,
    longest: int,
) -> torch.Tensor:
    """What weighted KL terms add to a loss that already holds them with weight 1, before the factor beta.

    Args:
        kl: per token, shape (completions, tokens).
        mask: 1 for tokens that count, the same shape.
        weights: one a completion.
        loss_type: of GRPO: `bnpo`, `grpo`, `dapo`, `dr_grpo`, or `view-r1`: the policy term of `bnpo`, and the mean
            over completions of their own mean KL, as in APO's code.
        accumulation: micro-batches of one step.
        items_per_process: what `dapo` divides by.
        longest: longest completion, for `dr_grpo`.
    """
    surplus = (weights - 1.0).unsqueeze(1) * kl * mask
    if loss_type == "dapo":
        return surplus.sum() / items_per_process
    tokens = mask.sum(1).clamp(min=1.0)
    if loss_type == "bnpo":
        value = surplus.sum() / mask.sum().clamp(min=1.0)
    elif loss_type == "grpo":
        value = (surplus.sum(1) / tokens).mean()
    elif loss_type == "dr_grpo":
        value = surplus.sum() / (mask.shape[0] * longest)
    elif loss_type == "view-r1":
        means = (kl * mask).sum(1) / tokens
        value = (weights * means).mean() - (kl * mask).sum() / mask.sum().clamp(min=1.0)
    else:
        raise ValueError(f"no weighted KL term for the loss '{loss_type}'")
    return value / accumulation


def cpl_score(
    logps: torch.Tensor,
    mask: torch.Tensor,
    *,
    alpha: float,
    reference: torch.Tensor | None = None,
    discount: float = 1.0,
) -> torch.Tensor:
    """Segment scores S = sum over t of discount^t alpha log pi(a_t | s_t), with log-ratios where there is a reference.

    Args:
        logps: of the completion's tokens, shape (completions, tokens).
        mask: 1 for tokens that count, the same shape.
        alpha: the temperature.
        reference: log-probabilities under a reference model, the same shape.
        discount: 1 in the paper's code.

    Returns:
        Shape (completions,).
    """
    values = logps if reference is None else logps - reference
    places = (mask.cumsum(1) - 1).clamp(min=0)
    return alpha * (values * mask * discount**places).sum(1)


def cpl_loss(
    preferred: torch.Tensor, other: torch.Tensor, *, bias: float, label: torch.Tensor | None = None
) -> torch.Tensor:
    """CPL: -log of e^S+ / (e^S+ + e^(bias S-)), one value a pair.

    Args:
        preferred: scores S+, shape (pairs,).
        other: scores S-, shape (pairs,).
        bias: lambda of the paper, in (0, 1]; below 1 it favours segments that are likely in themselves.
        label: 1 where `preferred` is, 0 where `other` is, between them for both; None: 1.
    """
    forward = softplus(-(preferred - bias * other))
    if label is None:
        return forward
    return label * forward + (1 - label) * softplus(-(other - bias * preferred))


def _group_mean(values: torch.Tensor, group_size: int) -> torch.Tensor:
    return values.reshape(-1, group_size).mean(1).repeat_interleave(group_size)
