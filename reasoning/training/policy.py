"""What a policy does while it learns: entropy, length of its samples, and divergence from where it started.

    measures = measure_policy(model, start, tokenizer, prompts, SampleSettings(temperature=1.0))
    measures.entropy, measures.kl, measures.tokens

The same for every way of training, whatever its trainer logs: the model samples one completion of each prompt, and
both distributions over the next token are compared at each of its places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reasoning.training.sampling import SampleSettings, sample_tokens

__all__ = ["PolicyMeasures", "measure_policy"]

_NUMBERS_AT_ONCE = 1 << 24
"""Logits held at once for each of the two models."""


@dataclass(frozen=True, slots=True)
class PolicyMeasures:
    """Means over samples at temperature 1.

    Attributes:
        entropy: of the next token, nats, mean over the tokens of all samples.
        kl: KL(model || start) of the next token, nats, mean over the same tokens; computed over the whole vocabulary.
        tokens: of a sample, its end token included.
    """

    entropy: float
    kl: float
    tokens: float


def measure_policy(
    model: Any, start: Any, tokenizer: Any, prompts: Sequence[str], settings: SampleSettings
) -> PolicyMeasures:
    """Sample one completion of each prompt and measure.

    Args:
        model: the policy.
        start: what it is compared with, of the same vocabulary.
        tokenizer: of both.
        prompts: texts to continue.
        settings: how to sample; a temperature other than 1 measures along the samples of another policy.
    """
    import torch

    sampled = sample_tokens(model, tokenizer, prompts, settings)
    rows = sorted(
        zip(tokenizer(list(prompts))["input_ids"], sampled, strict=True), key=lambda row: len(row[0] + row[1])
    )
    longest = max(len(prompt) + len(completion) for prompt, completion in rows)
    at_once = max(1, min(settings.batch_size, _NUMBERS_AT_ONCE // (longest * model.config.vocab_size)))
    entropy = kl = 0.0
    was_training = model.training
    model.eval()
    with torch.no_grad():
        for first in range(0, len(rows), at_once):
            inputs, spoken = _batch(rows[first : first + at_once], tokenizer.pad_token_id, model.device)
            own, other = (one(**inputs).logits[:, :-1].float().log_softmax(-1)[spoken] for one in (model, start))
            entropy -= float((own.exp() * own).sum())
            kl += float((own.exp() * (own - other)).sum())
    model.train(was_training)
    tokens = sum(map(len, sampled))
    return PolicyMeasures(entropy / max(tokens, 1), kl / max(tokens, 1), tokens / max(len(rows), 1))


def _batch(rows: Sequence[tuple[list[int], list[int]]], pad: int, device: Any) -> tuple[dict[str, Any], Any]:
    """Inputs padded on the right; and where their logits foretell a token of the completion, (rows, tokens - 1)."""
    import torch

    longest = max(len(prompt) + len(completion) for prompt, completion in rows)
    ids = torch.full((len(rows), longest), pad)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    spoken = torch.zeros((len(rows), longest - 1), dtype=torch.bool)
    for place, (prompt, completion) in enumerate(rows):
        end = len(prompt) + len(completion)
        ids[place, :end] = torch.tensor(prompt + completion)
        mask[place, :end] = 1
        spoken[place, len(prompt) - 1 : end - 1] = True
    return {"input_ids": ids.to(device), "attention_mask": mask.to(device)}, spoken.to(device)
