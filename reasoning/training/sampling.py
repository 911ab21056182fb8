r"""Completions for many prompts from a model that is being trained, in this process.

    texts = sample_texts(model, tokenizer, ["Q:2+3=?\nA:"], SampleSettings(max_new_tokens=32))
    texts[0]            # "2+3+0=5####5\n"

Prompts are sorted by length into batches, so padding is small; the order of the result is that of the prompts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reasoning.engines.base import derive_seed

__all__ = ["SampleSettings", "sample_texts", "sample_tokens"]


@dataclass(frozen=True, slots=True)
class SampleSettings:
    """How to sample.

    Attributes:
        temperature: 0 for greedy.
        max_new_tokens: longest completion.
        batch_size: rows of one call of `generate`.
        seed: of the samples; unused when greedy.
    """

    temperature: float = 0.0
    max_new_tokens: int = 64
    batch_size: int = 256
    seed: int = 0


def sample_texts(model: Any, tokenizer: Any, prompts: Sequence[str], settings: SampleSettings) -> list[str]:
    """One completion for each prompt, without special tokens; see `sample_tokens`."""
    tokens = sample_tokens(model, tokenizer, prompts, settings)
    if not tokens:
        # `batch_decode` makes one text of no rows.
        return []
    return [str(text) for text in tokenizer.batch_decode(tokens, skip_special_tokens=True)]


def sample_tokens(model: Any, tokenizer: Any, prompts: Sequence[str], settings: SampleSettings) -> list[list[int]]:
    """The token ids of one completion for each prompt, with the end token where the model said it.

    Args:
        model: a causal language model of Transformers; its mode (training or not) is put back.
        tokenizer: its tokenizer, padding on the left.
        prompts: texts to continue.
        settings: how.
    """
    import torch

    was_training = model.training
    model.eval()
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
    tokens: list[list[int]] = [[] for _ in prompts]
    device = next(model.parameters()).device
    how: dict[str, Any] = {"do_sample": False}
    if settings.temperature > 0:
        how = {"do_sample": True, "temperature": settings.temperature, "top_k": 0, "top_p": 1.0}
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            for start in range(0, len(order), settings.batch_size):
                # The model is not made anew for each run: without this a resumed one would draw other samples.
                torch.manual_seed(derive_seed("sample", settings.seed, start))
                rows = order[start : start + settings.batch_size]
                inputs = tokenizer(
                    [prompts[row] for row in rows], return_tensors="pt", padding=True, return_token_type_ids=False
                ).to(device)
                output = model.generate(
                    **inputs,
                    max_new_tokens=settings.max_new_tokens,
                    pad_token_id=tokenizer.pad_token_id,
                    eos_token_id=tokenizer.eos_token_id,
                    **how,
                )
                new = output[:, inputs["input_ids"].shape[1] :]
                for row, ids in zip(rows, new.tolist(), strict=True):
                    end = ids.index(tokenizer.eos_token_id) + 1 if tokenizer.eos_token_id in ids else len(ids)
                    tokens[row] = ids[:end]
    finally:
        model.train(was_training)
    return tokens
