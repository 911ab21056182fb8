"""The model that is both conjecturer and prover: samples, embeddings, weighted training.

    policy = ModelPolicy(threads=1)
    policy.load("runs/prover/model")
    policy.sample(prompts, SampleSettings(temperature=1.0, seed=1), prompt_tokens=1024)
    policy.embed(["theorem two : 1 + 1 = 2 := by"])              # rows of length 1
    policy.fit(examples, FitSettings(learning_rate=1e-3, batch_size=64))

Anything with these methods can play (`Policy`); tests have one that follows a script.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from reasoning.engines.base import derive_seed
from reasoning.proving.prompts import cut_from_left
from reasoning.selfplay.records import Example
from reasoning.selfplay.store import SelfPlayError
from reasoning.training.sampling import SampleSettings, sample_texts

__all__ = ["FitReport", "FitSettings", "ModelPolicy", "Policy"]


@dataclass(frozen=True, slots=True)
class FitSettings:
    """One weighted supervised training.

    Attributes:
        learning_rate: constant behind the warm-up.
        batch_size: examples of one update.
        micro_batch: examples of one pass through the model.
        epochs: passes over the examples.
        least_steps: updates at least, by further passes.
        warmup_steps: linear rise at the beginning.
        max_length: longer examples are left out.
        prompt_tokens: longer prompts lose their beginning.
        optimizer: its name.
        weight_decay: of the optimiser.
        seed: of the order.
    """

    learning_rate: float
    batch_size: int
    micro_batch: int = 64
    epochs: float = 1.0
    least_steps: int = 5
    warmup_steps: int = 5
    max_length: int = 2048
    prompt_tokens: int = 1024
    optimizer: Any = "adamw"
    weight_decay: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class FitReport:
    """What a training did.

    Attributes:
        examples: that fitted.
        steps: updates.
        loss: weighted mean over target tokens of the first update's batch and the last one's, in nats.
    """

    examples: int
    steps: int
    loss: tuple[float, float]


class Policy(Protocol):
    """What self-play asks of a model."""

    def sample(self, prompts: Sequence[str], settings: SampleSettings, prompt_tokens: int) -> list[str]:
        """One completion of each prompt."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.floating]:
        """A row of length 1 for each text."""

    def fit(self, examples: Sequence[Example], settings: FitSettings) -> FitReport:
        """Learn from examples, each loss times its weight."""

    def load(self, name: str) -> None:
        """Become the model of this name, or in this directory."""

    def save(self, directory: Path) -> None:
        """Write the model, whole or not at all."""


class ModelPolicy:
    """A causal language model of Transformers; `load` it first.

    Args:
        bf16: compute in bfloat16.
        threads: of PyTorch; 0: its own choice.
    """

    def __init__(self, *, bf16: bool = False, threads: int = 0) -> None:
        import torch
        from transformers.utils import logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        if threads:
            torch.set_num_threads(threads)
        self._bf16 = bf16
        self._model: Any = None
        self._tokenizer: Any = None

    def load(self, name: str) -> None:
        """Become the model of this name (`nano`, or on the hub), or in this directory.

        Raises:
            ConfigError: it cannot be loaded.
        """
        from reasoning.training.config import TrainingConfig
        from reasoning.training.session import load_model

        self._model, self._tokenizer = load_model(TrainingConfig("sft", name, bf16=self._bf16))
        self._model.eval()

    def save(self, directory: Path) -> None:
        """Write the model, whole or not at all."""
        from reasoning.training.session import save_whole

        save_whole(self._model, self._tokenizer, directory)

    def sample(self, prompts: Sequence[str], settings: SampleSettings, prompt_tokens: int) -> list[str]:
        """One completion of each prompt; prompts lose their beginning beyond `prompt_tokens`."""
        short = {prompt: cut_from_left(prompt, self._tokenizer, prompt_tokens) for prompt in dict.fromkeys(prompts)}
        return sample_texts(self._model, self._tokenizer, [short[prompt] for prompt in prompts], settings)

    def embed(self, texts: Sequence[str]) -> NDArray[np.floating]:
        """Mean over tokens of the last hidden layer, scaled to length 1; shape (texts, hidden)."""
        import torch

        rows = np.zeros((len(texts), self._model.config.hidden_size), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        at_once = 64
        with torch.no_grad():
            for start in range(0, len(order), at_once):
                part = order[start : start + at_once]
                inputs = self._tokenizer([texts[index] for index in part], return_tensors="pt", padding=True,
                                         return_token_type_ids=False).to(self._model.device)  # fmt: skip
                hidden = self._model(**inputs, output_hidden_states=True).hidden_states[-1].float()
                mask = inputs["attention_mask"][:, :, None]
                mean = (hidden * mask).sum(1) / mask.sum(1)
                rows[part] = torch.nn.functional.normalize(mean, dim=1).cpu().numpy()
        return rows

    def fit(self, examples: Sequence[Example], settings: FitSettings) -> FitReport:
        """Weighted cross entropy on the targets: sum of weight times token loss, over the sum of weights of tokens.

        Raises:
            SelfPlayError: the gradient is not finite.
        """
        import torch

        from reasoning.training.optimizer_settings import OptimizerSettings
        from reasoning.training.optimizers import build_optimizer
        from reasoning.training.schedules import SCHEDULES, with_warmup

        rows = self._encoded(examples, settings)
        if not rows:
            return FitReport(0, 0, (math.nan, math.nan))
        steps = max(settings.least_steps, math.ceil(settings.epochs * len(rows) / settings.batch_size))
        optimizer = build_optimizer(
            self._model,
            OptimizerSettings(
                name=settings.optimizer, learning_rate=settings.learning_rate, weight_decay=settings.weight_decay
            ),
        )
        shape = with_warmup(SCHEDULES["constant"], min(settings.warmup_steps, steps))
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: shape(step, steps))
        losses = []
        self._model.train()
        try:
            for batch in _batches(rows, steps, settings):
                losses.append(self._accumulate(batch, settings.micro_batch))
                norm = torch.nn.utils.clip_grad_norm_(self._model.parameters(), 1.0)
                if not (math.isfinite(float(norm)) and math.isfinite(losses[-1])):
                    raise SelfPlayError(f"the gradient is not finite at step {len(losses)}; lower the learning rate")
                optimizer.step()
                schedule.step()
                optimizer.zero_grad(set_to_none=True)
        finally:
            self._model.eval()
        return FitReport(len(rows), len(losses), (losses[0], losses[-1]))

    def _encoded(self, examples: Sequence[Example], settings: FitSettings) -> list[_Row]:
        if not examples:
            return []
        prompts = [cut_from_left(one.prompt, self._tokenizer, settings.prompt_tokens) for one in examples]
        starts = self._tokenizer(prompts)["input_ids"]
        ends = self._tokenizer([one.completion for one in examples], add_special_tokens=False)["input_ids"]
        rows = [
            _Row(start, [*end, self._tokenizer.eos_token_id], one.weight)
            for one, start, end in zip(examples, starts, ends, strict=True)
        ]
        return [row for row in rows if row.weight > 0 and len(row.prompt) + len(row.target) <= settings.max_length]

    def _accumulate(self, batch: list[_Row], at_once: int) -> float:
        """Gradients of the batch's loss, and the loss."""
        import torch

        total = sum(row.weight * len(row.target) for row in batch)
        loss = 0.0
        ordered = sorted(batch, key=lambda row: len(row.prompt) + len(row.target))
        for start in range(0, len(ordered), at_once):
            part = ordered[start : start + at_once]
            longest = max(len(row.prompt) + len(row.target) for row in part)
            ids = torch.full((len(part), longest), self._tokenizer.pad_token_id)
            mask = torch.zeros((len(part), longest), dtype=torch.long)
            weight = torch.zeros((len(part), longest))
            for place, row in enumerate(part):
                end = len(row.prompt) + len(row.target)
                ids[place, :end] = torch.tensor(row.prompt + row.target)
                mask[place, :end] = 1
                weight[place, len(row.prompt) : end] = row.weight
            ids, mask, weight = (tensor.to(self._model.device) for tensor in (ids, mask, weight))
            logits = self._model(input_ids=ids, attention_mask=mask).logits[:, :-1].float()
            each = torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")
            value = (each * weight[:, 1:]).sum() / total
            value.backward()
            loss += float(value.detach())
        return loss


@dataclass(frozen=True, slots=True)
class _Row:
    prompt: list[int]
    target: list[int]
    weight: float


def _batches(rows: list[_Row], steps: int, settings: FitSettings) -> Iterator[list[_Row]]:
    """Batches of whole passes, each in an order of its own; the last one of a pass may be smaller."""
    made = passes = 0
    while True:
        order = list(rows)
        random.Random(derive_seed("fit", settings.seed, passes)).shuffle(order)
        for start in range(0, len(order), settings.batch_size):
            if made == steps:
                return
            made += 1
            yield order[start : start + settings.batch_size]
        passes += 1
