"""Trainers for objectives that TRL lacks: CPL on pairs, and a pointwise reward model.

Both are Transformers' trainer with a collator and a loss, which is that of one micro-batch: as the batch has no
`labels`, the trainer itself divides by the number of micro-batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from reasoning.training.objectives import cpl_loss, cpl_score
from reasoning.training.trainers import PlainTrainer

__all__ = ["CplTrainer", "PointwiseTrainer", "encoded", "score_texts", "token_logps", "with_reference"]


@dataclass(frozen=True, slots=True)
class _PairCollator:
    """Pads pairs: first all preferred sequences, then all others."""

    pad: int

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        sides = [(row["prompt_ids"], row[side]) for side in ("chosen_ids", "rejected_ids") for row in rows]
        batch = _padded(sides, self.pad)
        if "chosen_reference" in rows[0]:
            values = [row[side] for side in ("chosen_reference", "rejected_reference") for row in rows]
            reference = torch.zeros(batch["input_ids"].shape)
            for place, ((prompt, _), logps) in enumerate(zip(sides, values, strict=True)):
                reference[place, len(prompt) : len(prompt) + len(logps)] = torch.tensor(logps)
            batch["reference"] = reference
        return batch


class CplTrainer(PlainTrainer):
    """Contrastive Preference Learning on rows of `prompt_ids`, `chosen_ids` and `rejected_ids`."""

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The mean loss of a batch of pairs, with imitation of the preferred side where that is asked for."""
        section = self.session.config.preference
        logps = token_logps(model, inputs)
        mask = inputs["completion_mask"]
        scores = cpl_score(logps, mask, alpha=section.beta, reference=inputs.get("reference"))
        preferred, other = scores.chunk(2)
        loss = cpl_loss(preferred, other, bias=section.bias).mean()
        if section.cloning:
            half = len(mask) // 2
            loss = loss - section.cloning * (logps[:half] * mask[:half]).sum() / mask[:half].sum()
        return (loss, None) if return_outputs else loss

    @staticmethod
    def collator(pad: int) -> Any:
        """What batches the rows."""
        return _PairCollator(pad)


@dataclass(frozen=True, slots=True)
class _LabelCollator:
    pad: int

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        batch = _padded([(row["prompt_ids"], row["completion_ids"]) for row in rows], self.pad)
        return {**batch, "label": torch.tensor([float(row["label"]) for row in rows])}


class PointwiseTrainer(PlainTrainer):
    """A sequence classifier with one output, by logistic regression on rows of ids and `label`."""

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The mean cross entropy of a batch."""
        output = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
        loss = binary_cross_entropy_with_logits(output.logits[:, 0].float(), inputs["label"])
        return (loss, output) if return_outputs else loss

    @staticmethod
    def collator(pad: int) -> Any:
        """What batches the rows."""
        return _LabelCollator(pad)


def token_logps(model: Any, inputs: dict[str, Any]) -> torch.Tensor:
    """Log-probability of each token given those before it, shape (rows, tokens); 0 for the first."""
    logits = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits[:, :-1].float()
    chosen = logits.log_softmax(-1).gather(2, inputs["input_ids"][:, 1:, None])[:, :, 0]
    return torch.cat([torch.zeros_like(chosen[:, :1]), chosen], dim=1)


def encoded(tokenizer: Any, rows: Sequence[dict[str, Any]], names: Sequence[str], longest: int) -> list[dict[str, Any]]:
    """Rows with `prompt_ids` and, for each of `names`, its ids with the end token; without rows that are too long."""
    result = []
    for row in rows:
        prompt = tokenizer(row["prompt"])["input_ids"]
        ids = {
            f"{name}_ids": [*tokenizer(row[name], add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
            for name in names
        }
        if len(prompt) + max(map(len, ids.values())) <= longest:
            result.append({"prompt_ids": prompt, **ids, **({"label": row["label"]} if "label" in row else {})})
    return result


def with_reference(model: Any, rows: Sequence[dict[str, Any]], pad: int, batch_size: int) -> list[dict[str, Any]]:
    """Rows with the log-probabilities of both completions under `model`, before it is trained."""
    result = []
    model.eval()
    device = next(model.parameters()).device
    for start in range(0, len(rows), batch_size):
        part = rows[start : start + batch_size]
        batch = {name: value.to(device) for name, value in _PairCollator(pad)(part).items()}
        with torch.no_grad():
            logps = token_logps(model, batch).cpu()
        for place, row in enumerate(part):
            extra = {}
            for side, at in (("chosen", place), ("rejected", place + len(part))):
                begin = len(row["prompt_ids"])
                extra[f"{side}_reference"] = logps[at, begin : begin + len(row[f"{side}_ids"])].tolist()
            result.append({**row, **extra})
    return result


def score_texts(model: Any, tokenizer: Any, prompts: Sequence[str], completions: Sequence[str]) -> list[float]:
    """The scores that a reward model gives completions, higher is better."""
    rows = [
        {"prompt": prompt, "completion": completion} for prompt, completion in zip(prompts, completions, strict=True)
    ]
    ids = encoded(tokenizer, rows, ["completion"], 1 << 30)
    was_training = model.training
    model.eval()
    scores: list[float] = []
    device = next(model.parameters()).device
    for start in range(0, len(ids), 256):
        part = [(row["prompt_ids"], row["completion_ids"]) for row in ids[start : start + 256]]
        batch = _padded(part, tokenizer.pad_token_id)
        with torch.no_grad():
            output = model(input_ids=batch["input_ids"].to(device), attention_mask=batch["attention_mask"].to(device))
        scores += output.logits[:, 0].float().tolist()
    model.train(was_training)
    return scores


def _padded(sides: Sequence[tuple[list[int], list[int]]], pad: int) -> dict[str, torch.Tensor]:
    longest = max(len(prompt) + len(completion) for prompt, completion in sides)
    ids = torch.full((len(sides), longest), pad, dtype=torch.long)
    attention = torch.zeros((len(sides), longest), dtype=torch.long)
    completion_mask = torch.zeros((len(sides), longest))
    for row, (prompt, completion) in enumerate(sides):
        end = len(prompt) + len(completion)
        ids[row, :end] = torch.tensor(prompt + completion)
        attention[row, :end] = 1
        completion_mask[row, len(prompt) : end] = 1
    return {"input_ids": ids, "attention_mask": attention, "completion_mask": completion_mask}
