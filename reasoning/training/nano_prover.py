r"""Nano-prover: a model of the nano family that proves Lean theorems and conjectures new ones.

    tokenizer = make_prover_tokenizer(texts, vocabulary=640)
    result = train_prover(examples, held_out, tokenizer, ProverSettings(steps=900))
    save_prover(result.model, tokenizer, Path("out"))

Its tokenizer is a byte-level BPE fitted to Lean text, so that any text makes the round trip and sequences are short;
the fixed parts of the two prompts are single tokens. The end of a proof (a closing fence) and of a conjecture are end
tokens in the generation settings: an engine stops there and leaves them out.
"""

from __future__ import annotations

import itertools
import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from reasoning.engines.base import derive_seed
from reasoning.proving.prompts import CONJECTURE_END, FENCE
from reasoning.training.data import Example
from reasoning.training.nano import EOS, MAX_POSITIONS, PAD, NanoShape, batch_of, make_model, save_nano
from reasoning.training.optimizer_settings import OptimizerSettings
from reasoning.training.optimizers import build_optimizer
from reasoning.training.schedules import flat_then_linear, with_warmup

__all__ = ["NANO_PROVER", "LossPoint", "ProverResult", "ProverSettings", "make_prover_tokenizer", "save_prover",
           "token_loss", "train_prover"]  # fmt: skip

NANO_PROVER = NanoShape(hidden=64, layers=3, heads=2, key_value_heads=2, intermediate=192)
FIXED = (
    f"Complete the following Lean 4 code:\n\n{FENCE}lean4\n",
    "<lemma>\n",
    "\n<easy theorem>\n",
    "\n<hard theorem>\n theorem",
    f"\n{CONJECTURE_END}",
    CONJECTURE_END,
    f"\n{FENCE}",
    FENCE,
)
"""Parts of the prompts and of the targets that are one token each."""
_SORTED_BATCHES = 4
_MEASURED_AT_ONCE = 64
_STATEFUL = ("model", "optimizer", "schedule")
_PLAIN = ("losses", "steps", "seconds")
CHAT_TEMPLATE = (
    "{% set text = (messages | selectattr('role', 'equalto', 'user') | list | last)['content'] %}"
    "{% set mark = '```lean4\n' %}{% set code = text.split(mark)[-1].split('\n```')[0] %}"
    "Complete the following Lean 4 code:\n\n{{ mark }}{{ code }}"
)
"""Turns a user's message that holds a Lean statement in a code block into the prover's prompt."""


@dataclass(frozen=True, slots=True)
class ProverSettings:
    """The recipe; as nano's but for sizes.

    Attributes:
        shape: sizes of the model.
        steps: optimiser steps.
        batch_size: examples of one step.
        longest: tokens of prompt and target together; longer examples are left out.
        seed: of the weights and of the order.
        optimizer: by default Muon for the matrices and AdamW for the rest.
        warmup_steps: linear rise at the beginning; then flat, and linear to 5 % over the last 40 % of the steps.
        evaluate_every: steps between two points of the curve.
    """

    shape: NanoShape = NANO_PROVER
    steps: int = 900
    batch_size: int = 32
    longest: int = 160
    seed: int = 1
    optimizer: OptimizerSettings = field(
        default_factory=lambda: OptimizerSettings(name="muon", learning_rate=5e-3, weight_decay=0.01)
    )
    warmup_steps: int = 50
    evaluate_every: int = 150


@dataclass(frozen=True, slots=True)
class LossPoint:
    """One measurement on the way.

    Attributes:
        step: optimiser steps done.
        loss: mean over the target tokens of the batches since the last point, in nats.
        held_out: the same over the held-out examples.
        cpu_seconds: of training alone.
    """

    step: int
    loss: float
    held_out: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class ProverResult:
    """A trained model, its curve, and how many examples fitted."""

    model: Any
    curve: tuple[LossPoint, ...]
    examples: int


def make_prover_tokenizer(texts: Iterable[str], vocabulary: int) -> Any:
    """Fit a byte-level BPE to texts: `<pad>` 0, `<eos>` 1, the fixed parts, 256 bytes, merges; pads on the left.

    Args:
        texts: what it is fitted to.
        vocabulary: size with everything; less where the texts have too little to merge.
    """
    from tokenizers import AddedToken, Tokenizer
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel
    from tokenizers.trainers import BpeTrainer
    from transformers import Qwen2Tokenizer

    # `AutoTokenizer` makes a Qwen2 tokenizer of what lies beside a Qwen2 model, whatever was saved: so text is cut into
    # pieces as that class does (lines, words with the sign before them, single digits, runs of signs).
    frame = Qwen2Tokenizer().backend_tokenizer
    core = Tokenizer(BPE())
    core.normalizer, core.pre_tokenizer = frame.normalizer, frame.pre_tokenizer
    trainer = BpeTrainer(
        vocab_size=vocabulary - len(FIXED),
        special_tokens=[PAD, EOS],
        initial_alphabet=sorted(ByteLevel.alphabet()),
        show_progress=False,
    )
    core.train_from_iterator(_without_fixed(texts), trainer)
    fitted = json.loads(core.to_str())["model"]
    tokenizer = Qwen2Tokenizer(
        vocab=fitted["vocab"],
        merges=[tuple(pair) for pair in fitted["merges"]],
        unk_token=EOS,
        eos_token=EOS,
        pad_token=PAD,
        padding_side="left",
        model_max_length=MAX_POSITIONS,
        clean_up_tokenization_spaces=False,
        chat_template=CHAT_TEMPLATE,
    )
    tokenizer.add_tokens([AddedToken(part, normalized=False, special=False) for part in FIXED])
    return tokenizer


def _without_fixed(texts: Iterable[str]) -> Iterable[str]:
    """The texts between the fixed parts, so that no merge is spent on what is a token already."""
    for text in texts:
        for part in FIXED:
            text = text.replace(part, "\n")
        yield text


def train_prover(
    examples: Sequence[Example],
    held_out: Sequence[Example],
    tokenizer: Any,
    settings: ProverSettings,
    on_step: Callable[[int, float], bool | None] | None = None,
    checkpoint: Path | None = None,
) -> ProverResult | None:
    """Train in random order, as many epochs as the steps need.

    Args:
        examples: prompts with targets.
        held_out: others, whose loss is measured.
        tokenizer: see `make_prover_tokenizer`.
        settings: the recipe.
        on_step: told (step, loss) after every step; true ends the training for now.
        checkpoint: where an ended training is kept, and goes on from with the same arguments.

    Returns:
        The model and its curve; the same arguments on the same machine give the same, in one go or in several. None
        where `on_step` ended it.

    Raises:
        ValueError: fewer examples fit than a batch takes.
    """
    fitting = _fitting(examples, tokenizer, settings.longest)
    others = _fitting(held_out, tokenizer, settings.longest)
    if len(fitting) < settings.batch_size:
        raise ValueError(f"{len(fitting)} examples of at most {settings.longest} tokens are too few for a batch")
    run = _Training(make_model(settings.shape, derive_seed("nano-prover weights", settings.seed), tokenizer), settings)
    if checkpoint is not None and checkpoint.exists():
        run.load(checkpoint)
    batches = itertools.islice(_batches(fitting, settings), run.steps, settings.steps)
    for pairs in batches:
        loss = run.step(batch_of(tokenizer, pairs))
        if run.steps % settings.evaluate_every == 0 or run.steps == settings.steps:
            run.evaluate(lambda model: token_loss(model, tokenizer, others))
        ended = on_step is not None and on_step(run.steps, loss)
        if ended and run.steps < settings.steps:
            if checkpoint is not None:
                run.save(checkpoint)
            return None
    run.model.eval()
    return ProverResult(run.model, tuple(run.curve), len(fitting))


class _Training:
    """Model, optimiser, schedule and curve on the way."""

    def __init__(self, model: Any, settings: ProverSettings) -> None:
        shape = with_warmup(flat_then_linear, settings.warmup_steps)
        self.model = model.train()
        self.optimizer = build_optimizer(model, settings.optimizer)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda step: shape(step, settings.steps))
        self.curve: list[LossPoint] = []
        self.losses: list[float] = []
        self.steps = 0
        self.seconds = 0.0

    def step(self, batch: dict[str, torch.Tensor]) -> float:
        """One optimiser step; returns the loss before it."""
        started = time.process_time()
        loss = self.model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.steps += 1
        self.losses.append(float(loss.detach()))
        self.seconds += time.process_time() - started
        return self.losses[-1]

    def evaluate(self, held_out: Callable[[Any], float]) -> None:
        """Add a point to the curve."""
        mean = sum(self.losses) / len(self.losses)
        self.curve.append(LossPoint(self.steps, mean, held_out(self.model), self.seconds))
        self.losses.clear()

    def save(self, path: Path) -> None:
        """Keep everything, whole or not at all."""
        state = {part: getattr(self, part).state_dict() for part in _STATEFUL}
        plain = {"curve": [asdict(point) for point in self.curve], **{name: getattr(self, name) for name in _PLAIN}}
        partial = path.with_suffix(".part")
        torch.save({**state, **plain}, partial)
        partial.replace(path)

    def load(self, path: Path) -> None:
        """Go on where `save` was."""
        found = torch.load(path, weights_only=True)
        for part in _STATEFUL:
            getattr(self, part).load_state_dict(found[part])
        for name in _PLAIN:
            setattr(self, name, found[name])
        self.curve = [LossPoint(**point) for point in found["curve"]]


def token_loss(model: Any, tokenizer: Any, pairs: Sequence[tuple[str, str]]) -> float:
    """Mean loss over the target tokens of (prompt, target) pairs, in nats; not a number where there are none."""
    total, tokens = 0.0, 0
    was_training = model.training
    model.eval()
    with torch.no_grad():
        for start in range(0, len(pairs), _MEASURED_AT_ONCE):
            batch = batch_of(tokenizer, pairs[start : start + _MEASURED_AT_ONCE])
            count = int((batch["labels"] >= 0).sum())
            total += float(model(**batch).loss) * count
            tokens += count
    model.train(was_training)
    return total / tokens if tokens else float("nan")


def save_prover(model: Any, tokenizer: Any, directory: Path) -> None:
    """Write model and tokenizer in the standard layout; generation ends with a proof's or a conjecture's end."""
    ends = [EOS, f"\n{FENCE}", FENCE, f"\n{CONJECTURE_END}", CONJECTURE_END]
    model.generation_config.eos_token_id = tokenizer.convert_tokens_to_ids(ends)
    save_nano(model, directory, tokenizer)


def _fitting(examples: Sequence[Example], tokenizer: Any, longest: int) -> list[tuple[str, str]]:
    if not examples:
        return []
    sizes = zip(
        tokenizer([one.prompt for one in examples])["input_ids"],
        tokenizer([one.completion + EOS for one in examples])["input_ids"],
        strict=True,
    )
    return [
        (one.prompt, one.completion)
        for one, (prompt, target) in zip(examples, sizes, strict=True)
        if len(prompt) + len(target) <= longest
    ]


def _batches(pairs: Sequence[tuple[str, str]], settings: ProverSettings) -> Iterator[list[tuple[str, str]]]:
    """Batches without end: each epoch in another order, a few batches' examples sorted by length to pad less."""
    size, epoch = settings.batch_size, 0
    while True:
        stream = random.Random(derive_seed("nano-prover order", settings.seed, epoch))
        order = stream.sample(pairs, len(pairs))
        for start in range(0, len(order) - size + 1, _SORTED_BATCHES * size):
            group = sorted(order[start : start + _SORTED_BATCHES * size], key=lambda pair: len(pair[0]) + len(pair[1]))
            starts = list(range(0, len(group) - size + 1, size))
            for first in stream.sample(starts, len(starts)):
                yield group[first : first + size]
        epoch += 1
