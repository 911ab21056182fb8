r"""Nano-plus: the larger model of nano's family, trained on the broad mixture by a GPU in minutes.

    settings = PlusSettings(minutes=8)
    rows = TokenRows.of([(example.prompt, example.solution) for example in examples])
    result = train_plus(settings, rows)
    save_plus(result.model, Path("out"))

24 million parameters in bfloat16 (46 MiB in files below 16 MiB). The tokenizer is nano's, one token a byte. Steps are
timed on the way, and the schedule is cut to what fits in the minutes; a checkpoint is kept now and then, from which a
training that was killed goes on. `SMOKE` runs the same code on a CPU in seconds.
"""

from __future__ import annotations

import asyncio
import json
import math
import pickle
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from reasoning.engines.base import Engine, Request, derive_seed
from reasoning.runs.files import replaced_file
from reasoning.training.mixture import KINDS, MixtureCounts, PlusExample
from reasoning.training.nano import MAX_POSITIONS, NanoShape, make_model, make_tokenizer, save_nano
from reasoning.training.optimizer_settings import OptimizerSettings
from reasoning.training.optimizers import build_optimizer
from reasoning.training.schedules import flat_then_linear, with_warmup
from reasoning.training.token_rows import TokenRows
from verifiers.rewards import VerifierReward

__all__ = [
    "NANO_PLUS",
    "SMOKE",
    "CheckpointError",
    "Estimate",
    "PlusResult",
    "PlusSettings",
    "asked_of",
    "estimate",
    "parameters_of",
    "right_by_kind",
    "save_plus",
    "train_plus",
]

NANO_PLUS = NanoShape(hidden=512, layers=8, heads=8, key_value_heads=8, intermediate=1280)
"""24 million parameters."""
H200_FLOPS = 790e12
"""Dense bfloat16 peak of one H200, operations a second."""
UTILISATION = 0.17
"""Share of it that this recipe reached on one H200: 397 million tokens, padding left out, in 421 s."""
_READ_EVERY = 10
"""Steps between two readings of the loss, for which the GPU is waited for."""
_WARM = 10
"""Steps after a start that are not timed: compiling falls into them."""
_RESERVE = 0.96
"""Share of the minutes that steps may fill."""


class CheckpointError(ValueError):
    """No training can go on from this file."""


@dataclass(frozen=True, slots=True)
class PlusSettings:
    """The recipe.

    Attributes:
        shape: of the model.
        counts: of the mixture.
        longest: characters of a prompt and its solution together.
        steps: optimiser steps, fewer where the minutes are too short.
        minutes: of training.
        batch_size: examples of one step.
        seed: of weights, data and order.
        optimizer: the optimiser.
        warmup_steps: linear rise of the learning rate; then flat, and linear to 5 % over the last 40 % of the steps.
        held_out: held-out examples of each kind that are asked at the end.
        save_every: steps between two checkpoints.
    """

    shape: NanoShape = NANO_PLUS
    counts: MixtureCounts = field(
        default_factory=lambda: MixtureCounts(400_000, 200_000, 200_000, 50_000, puzzles=1_000)
    )
    longest: int = 500
    steps: int = 7_000
    minutes: float = 8.0
    batch_size: int = 512
    seed: int = 1
    optimizer: OptimizerSettings = field(
        default_factory=lambda: OptimizerSettings(
            name="muon", learning_rate=2e-3, muon_learning_rate=0.01, weight_decay=0.01
        )
    )
    warmup_steps: int = 200
    held_out: int = 200
    save_every: int = 500


SMOKE = replace(
    PlusSettings(),
    shape=NanoShape(hidden=32, layers=2, heads=2, key_value_heads=2, intermediate=64),
    counts=MixtureCounts(worked=32, words=60, tools=60, functions=32, puzzles=32),
    steps=4,
    minutes=1.0,
    batch_size=8,
    warmup_steps=1,
    held_out=2,
    save_every=2,
)
"""The same code on a CPU, in seconds."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run on a GPU should take.

    Attributes:
        parameters: of the model.
        tokens: of all steps, padding left out.
        seconds: 6 x parameters x tokens operations at `UTILISATION` of `H200_FLOPS`.
    """

    parameters: int
    tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class PlusResult:
    """What came of a training.

    Attributes:
        model: the trained one, in bfloat16.
        tokenizer: its own.
        steps: that were done.
        losses: of each step, nats a token.
        seconds: of training, wall time.
    """

    model: Any
    tokenizer: Any
    steps: int
    losses: tuple[float, ...]
    seconds: float


def parameters_of(shape: NanoShape) -> int:
    """How many parameters a model of this shape has."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in make_model(shape, 0).parameters())


def estimate(settings: PlusSettings, rows: TokenRows) -> Estimate:
    """What the recipe should take on one H200, from the mean length of the rows."""
    parameters = parameters_of(settings.shape)
    tokens = round(len(rows.tokens) / len(rows) * settings.steps * settings.batch_size)
    return Estimate(parameters, tokens, 6 * parameters * tokens / (UTILISATION * H200_FLOPS))


def train_plus(
    settings: PlusSettings,
    rows: TokenRows,
    on_losses: Callable[[int, int, list[float]], None] = lambda step, steps, losses: None,
    checkpoint: Path | None = None,
) -> PlusResult:
    """Train from random weights, on the first GPU where there is one, in bfloat16 there and in float32 elsewhere.

    Args:
        settings: the recipe.
        rows: learned from, in an order shuffled anew for each pass.
        on_losses: told every few steps (steps done, steps that are planned, the losses since it was last told).
        checkpoint: a file that is written every `save_every` steps; training goes on from it where it is there.

    Raises:
        CheckpointError: the checkpoint cannot be read, or is of another recipe.
        FloatingPointError: the loss is not finite.
        ValueError: there are fewer rows than a batch takes.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = make_model(settings.shape, derive_seed("nano-plus weights", settings.seed)).to(device).train()
    if device.type == "cuda":
        for layer in model.model.layers:
            layer.compile(dynamic=True)
    optimizer = build_optimizer(model, settings.optimizer)
    planned = settings.steps
    shape = with_warmup(flat_then_linear, settings.warmup_steps)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: shape(step, planned))
    parts = {"model": model, "optimizer": optimizer, "schedule": schedule}
    losses: list[float] = []
    spent = 0.0
    if checkpoint is not None and checkpoint.exists():
        losses, planned, spent = _restored(checkpoint, settings, parts)
    done = len(losses)
    batches = rows.batches(settings.batch_size, settings.seed, skip=done)
    waiting: list[torch.Tensor] = []
    started = timed = time.monotonic()
    for step in range(done + 1, settings.steps + 1):
        ids, labels = (torch.from_numpy(array).to(device, non_blocking=True) for array in next(batches))
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            # Padding is on the right, where causal attention does not look: there is nothing to mask.
            loss = model(input_ids=ids, labels=labels, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        waiting.append(loss.detach())
        keeping = checkpoint is not None and step % settings.save_every == 0
        if step % _READ_EVERY and not keeping and step < planned:
            continue
        read = torch.stack(waiting).tolist()
        waiting.clear()
        losses += read
        if not all(map(math.isfinite, read)):
            raise FloatingPointError(f"the loss is not finite at step {step}")
        seconds = spent + time.monotonic() - started
        if step <= done + _WARM:
            timed, warm = time.monotonic(), step
        elif flat_then_linear(step, planned) == 1.0:
            # While the rate is flat the end may still move.
            each = (time.monotonic() - timed) / (step - warm)
            planned = min(settings.steps, step + max(0, int((_RESERVE * 60 * settings.minutes - seconds) / each)))
        on_losses(step, planned, read)
        if step >= planned:
            break
        if checkpoint is not None and keeping:
            _keep(checkpoint, settings, parts, {"losses": losses, "planned": planned, "seconds": seconds})
    # A model without compiled layers, which would be compiled anew for each length that is generated.
    learned = make_model(settings.shape, 0)
    learned.load_state_dict(model.state_dict())
    learned = learned.to(device, torch.bfloat16).eval()
    return PlusResult(learned, make_tokenizer(), len(losses), tuple(losses), spent + time.monotonic() - started)


def _recipe(settings: PlusSettings) -> str:
    """What a checkpoint is of: all but the minutes, which may be other ones when it goes on."""
    return json.dumps({key: value for key, value in asdict(settings).items() if key != "minutes"})


def _keep(path: Path, settings: PlusSettings, parts: Mapping[str, Any], progress: Mapping[str, Any]) -> None:
    """Write a checkpoint, which takes the place of the last one when it is whole."""
    states = {name: part.state_dict() for name, part in parts.items()}
    with replaced_file(path) as file:
        torch.save({"recipe": _recipe(settings), "progress": dict(progress), **states}, file.buffer)


def _restored(path: Path, settings: PlusSettings, parts: Mapping[str, Any]) -> tuple[list[float], int, float]:
    """The losses, the steps planned and the seconds spent; the parts are as they were then."""
    try:
        kept = torch.load(path, map_location="cpu", weights_only=True)
        recipe, progress = kept["recipe"], kept["progress"]
    except (OSError, RuntimeError, EOFError, KeyError, TypeError, pickle.UnpicklingError) as error:
        raise CheckpointError(f"{path}: not a checkpoint of nano-plus: {type(error).__name__}") from error
    if recipe != _recipe(settings):
        raise CheckpointError(f"{path}: is of another recipe (seed, sizes or data)")
    for name, part in parts.items():
        part.load_state_dict(kept[name])
    return list(progress["losses"]), int(progress["planned"]), float(progress["seconds"])


def asked_of(held_out: Sequence[PlusExample], most: int) -> list[PlusExample]:
    """The held-out examples that the model is asked: so many of each kind."""
    return [one for kind in KINDS for one in [example for example in held_out if example.kind == kind][:most]]


async def right_by_kind(
    engine: Engine, asked: Sequence[PlusExample], reward: VerifierReward
) -> dict[str, tuple[int, int, int]]:
    """Kind -> right greedy answers, as the verifiers judge, those that could not be judged, and examples asked."""
    requests = [Request(prompt=one.prompt, max_tokens=MAX_POSITIONS - len(one.prompt.encode())) for one in asked]
    replies = await asyncio.gather(*map(engine.complete, requests))
    texts = [completion.text for (completion,) in replies]
    judged = await asyncio.to_thread(
        reward.judge, [(one.problem, text) for one, text in zip(asked, texts, strict=True)]
    )
    counts = {}
    for kind in KINDS:
        own = [value for one, value in zip(asked, judged, strict=True) if one.kind == kind]
        unknown = sum(value.value is None for value in own)
        right = sum(value.value is not None and value.parts["correct"] == 1.0 for value in own)
        if own:
            counts[kind] = (right, unknown, len(own))
    return counts


def save_plus(model: Any, directory: Path) -> None:
    """Write the model in bfloat16, in files below 16 MiB, and its tokenizer."""
    save_nano(model.to(torch.bfloat16), directory)
