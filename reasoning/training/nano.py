r"""Nano: a very small language model in the standard layout, trained here on its own verified arithmetic.

    result = train_nano(NanoSettings(steps=800))
    result.curve[-1].accuracy          # exact answers to held-out questions
    save_nano(result.model, Path("out"))

The architecture is Qwen2's with tied embeddings; the tokenizer has one token a byte, so any text makes the round trip
and nothing has to be fitted. `NANO` (177 thousand parameters) is trained in minutes on one core and ships in
`data/nano`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from reasoning.engines.base import derive_seed
from reasoning.training.arithmetic import Item, held_out_items, is_correct, training_items
from reasoning.training.optimizer_settings import OptimizerSettings
from reasoning.training.optimizers import build_optimizer
from reasoning.training.sampling import SampleSettings, sample_texts
from reasoning.training.schedules import flat_then_linear, with_warmup

__all__ = [
    "EOS",
    "MAX_POSITIONS",
    "NANO",
    "PAD",
    "CurvePoint",
    "NanoResult",
    "NanoSettings",
    "NanoShape",
    "accuracy",
    "accuracy_by_family",
    "batch_of",
    "make_model",
    "make_tokenizer",
    "save_nano",
    "train_nano",
]

PAD, EOS = "<pad>", "<eos>"
CHAT_TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'user' %}Q:{{ message['content'] }}\nA:"
    "{% elif message['role'] == 'assistant' %}{{ message['content'] }}\n{% else %}{{ message['content'] }}\n"
    "{% endif %}{% endfor %}"
)
MAX_POSITIONS = 512
SHARD_SIZE = "15MB"
"""So that no file of weights is larger than 16 MiB."""
_IGNORED = -100


@dataclass(frozen=True, slots=True)
class NanoShape:
    """Sizes of a model of the family.

    Attributes:
        hidden: width of the residual stream.
        layers: transformer blocks.
        heads: of attention.
        key_value_heads: shared by the heads, which are a multiple of them.
        intermediate: width inside the feed-forward part.
    """

    hidden: int
    layers: int
    heads: int
    key_value_heads: int
    intermediate: int


NANO = NanoShape(hidden=64, layers=3, heads=2, key_value_heads=2, intermediate=192)
"""177 thousand parameters."""


@dataclass(frozen=True, slots=True)
class NanoSettings:
    """The recipe.

    Attributes:
        shape: sizes of the model.
        steps: optimiser steps; each sees new items.
        batch_size: items of one step.
        seed: of the weights and of the data stream.
        optimizer: the optimiser; by default Muon for the matrices and AdamW for the rest.
        warmup_steps: linear rise at the beginning; then flat, and linear to 5 % over the last 40 % of the steps.
        evaluate_every: steps between two points of the curve.
        held_out: held-out questions asked at each point.
        held_out_seed: their stream.
    """

    shape: NanoShape = NANO
    steps: int = 800
    batch_size: int = 64
    seed: int = 1
    optimizer: OptimizerSettings = field(
        default_factory=lambda: OptimizerSettings(name="muon", learning_rate=5e-3, weight_decay=0.01)
    )
    warmup_steps: int = 50
    evaluate_every: int = 200
    held_out: int = 240
    held_out_seed: int = 99


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One measurement on the way.

    Attributes:
        step: optimiser steps done.
        loss: mean over the completion tokens of the last batch, in nats.
        accuracy: share of exact greedy answers to the held-out questions.
        cpu_seconds: of training alone, evaluations left out.
    """

    step: int
    loss: float
    accuracy: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class NanoResult:
    """A trained model, its tokenizer, its curve and the loss of every step."""

    model: Any
    tokenizer: Any
    curve: tuple[CurvePoint, ...]
    losses: tuple[float, ...]


def make_tokenizer() -> Any:
    """The byte-level tokenizer: `<pad>` 0, `<eos>` 1, then 256 bytes; pads on the left."""
    from tokenizers import Tokenizer
    from tokenizers.decoders import ByteLevel as ByteLevelDecoder
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import PreTrainedTokenizerFast

    symbols = [PAD, EOS, *sorted(ByteLevel.alphabet())]
    core = Tokenizer(BPE(vocab={symbol: index for index, symbol in enumerate(symbols)}, merges=[]))
    core.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)
    core.decoder = ByteLevelDecoder()
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token=PAD,
        eos_token=EOS,
        unk_token=EOS,  # bytes are never unknown; without one, AutoTokenizer adds a token that the model has not got
        padding_side="left",
        model_max_length=MAX_POSITIONS,
        clean_up_tokenization_spaces=False,
        chat_template=CHAT_TEMPLATE,
    )


def make_model(shape: NanoShape, seed: int, tokenizer: Any = None) -> Any:
    """A model with random weights, float32, for a tokenizer (by default the byte-level one)."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    tokenizer = tokenizer or make_tokenizer()
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=shape.hidden,
        intermediate_size=shape.intermediate,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.key_value_heads,
        max_position_embeddings=MAX_POSITIONS,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        attention_dropout=0.0,
        initializer_range=0.05,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Qwen2ForCausalLM(config).to(torch.float32)


def train_nano(settings: NanoSettings, on_step: Callable[[int, float], None] | None = None) -> NanoResult:
    """Train from random weights.

    Args:
        settings: the recipe.
        on_step: told (step, loss) after every step.

    Returns:
        The model and its curve; the same settings on the same machine give the same.
    """
    tokenizer = make_tokenizer()
    model = make_model(settings.shape, derive_seed("nano weights", settings.seed))
    items = list(training_items(settings.seed, settings.steps * settings.batch_size))
    random.Random(derive_seed("nano order", settings.seed)).shuffle(items)
    held_out = held_out_items(settings.held_out_seed, settings.held_out)
    optimizer = build_optimizer(model, settings.optimizer)
    shape = with_warmup(flat_then_linear, settings.warmup_steps)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: shape(step, settings.steps))
    curve: list[CurvePoint] = []
    losses: list[float] = []
    started, paused = time.process_time(), 0.0
    model.train()
    for step in range(1, settings.steps + 1):
        batch = items[(step - 1) * settings.batch_size : step * settings.batch_size]
        loss = model(**batch_of(tokenizer, [(item.prompt, item.solution) for item in batch])).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(float(loss.detach()))
        if on_step is not None:
            on_step(step, losses[-1])
        if step % settings.evaluate_every == 0 or step == settings.steps:
            seconds = time.process_time() - started - paused
            curve.append(CurvePoint(step, losses[-1], accuracy(model, tokenizer, held_out), seconds))
            paused = time.process_time() - started - seconds
    model.eval()
    return NanoResult(model, tokenizer, tuple(curve), tuple(losses))


def accuracy(model: Any, tokenizer: Any, items: Sequence[Item]) -> float:
    """Share of the questions that greedy decoding answers exactly."""
    texts = sample_texts(model, tokenizer, [item.prompt for item in items], SampleSettings())
    return sum(is_correct(text, item.answer) for text, item in zip(texts, items, strict=True)) / len(items)


def accuracy_by_family(model: Any, tokenizer: Any, items: Sequence[Item]) -> dict[str, tuple[int, int]]:
    """Family -> exact answers and questions."""
    texts = sample_texts(model, tokenizer, [item.prompt for item in items], SampleSettings())
    counts: dict[str, tuple[int, int]] = {}
    for text, item in sorted(zip(texts, items, strict=True), key=lambda pair: pair[1].family):
        right, asked = counts.get(item.family, (0, 0))
        counts[item.family] = (right + is_correct(text, item.answer), asked + 1)
    return counts


def save_nano(model: Any, directory: Path, tokenizer: Any = None) -> None:
    """Write the model and its tokenizer (by default the byte-level one) in the standard Hugging Face layout."""
    directory.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(directory, max_shard_size=SHARD_SIZE)
    (tokenizer or make_tokenizer()).save_pretrained(directory)


def batch_of(tokenizer: Any, pairs: Sequence[tuple[str, str]]) -> dict[str, torch.Tensor]:
    """Padded token ids and labels of (prompt, solution) pairs, shape (pairs, longest); only solutions are learned."""
    prompts = tokenizer([prompt for prompt, _ in pairs])["input_ids"]
    solutions = tokenizer([solution + EOS for _, solution in pairs])["input_ids"]
    longest = max(len(prompt) + len(solution) for prompt, solution in zip(prompts, solutions, strict=True))
    ids = torch.full((len(pairs), longest), tokenizer.pad_token_id, dtype=torch.long)
    labels = torch.full((len(pairs), longest), _IGNORED, dtype=torch.long)
    mask = torch.zeros((len(pairs), longest), dtype=torch.long)
    for row, (prompt, solution) in enumerate(zip(prompts, solutions, strict=True)):
        end = len(prompt) + len(solution)
        ids[row, :end] = torch.tensor(prompt + solution)
        labels[row, len(prompt) : end] = torch.tensor(solution)
        mask[row, :end] = 1
    return {"input_ids": ids, "labels": labels, "attention_mask": mask}
