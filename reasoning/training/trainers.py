"""What TRL's and Transformers' trainers need to be ours: optimisers, schedules, log, evaluation, resume.

    trainer = SftTrainer(model=session.model, args=arguments(SFTConfig, session, where), ...)
    train(trainer, session, where)

Nothing of the training loop is rewritten: the mixin overrides the hooks that the loop calls.
"""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import torch
from transformers import Trainer, TrainerCallback
from trl import DPOTrainer, GRPOTrainer, KTOTrainer, RewardTrainer, SFTTrainer

from reasoning.training.config import TrainingConfig
from reasoning.training.forms import ConfigError
from reasoning.training.optimizer_settings import OptimizerSettings
from reasoning.training.optimizers import build_optimizer
from reasoning.training.schedules import (
    SCHEDULES,
    GradientNorms,
    Shape,
    read_gradient_norms,
    refined_multiplier,
    scale_to_batch,
    with_warmup,
)
from reasoning.training.session import NORMS_NAME, Session, TrainingError, last_checkpoint

__all__ = [
    "DpoTrainer",
    "GrpoTrainer",
    "KtoTrainer",
    "PairwiseTrainer",
    "PlainTrainer",
    "SftTrainer",
    "arguments",
    "lora_config",
    "merged",
    "optimizer_settings",
    "schedule_shape",
    "train",
]


class _Ours:
    """Mixin for any `Trainer`; `session` is set before training begins."""

    session: Session

    def create_optimizer(self: Any, model: Any = None) -> Any:
        """Our optimiser, of the parameters that are trainable now (adapters included)."""
        if self.optimizer is None:
            self.optimizer = build_optimizer(self.model if model is None else model, self.session_optimizer)
        return self.optimizer

    def create_scheduler(self: Any, num_training_steps: int, optimizer: Any = None) -> Any:
        """Our schedule, over the steps that the trainer has counted."""
        if self.lr_scheduler is None:
            shape = self.session_shape
            steps = max(num_training_steps, 1)
            self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(
                self.optimizer if optimizer is None else optimizer, lambda step: shape(step, steps)
            )
            self._created_lr_scheduler = True
        return self.lr_scheduler

    def _clip_grad_norm(self: Any, model: Any) -> Any:
        """Note the norms before clipping; stop before a step that would spoil the weights."""
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        l1 = float(sum(gradient.abs().sum(dtype=torch.float64) for gradient in gradients))
        norm = super()._clip_grad_norm(model)  # type: ignore[misc]
        if not (math.isfinite(l1) and math.isfinite(float(norm))):
            raise TrainingError(
                f"the gradient is not finite at step {self.state.global_step + 1}; "
                f"lower the learning rate in a new run, or {self.session.kept()}"
            )
        self.norms.append((l1, float(norm)))
        return norm


class SftTrainer(_Ours, SFTTrainer):  # type: ignore[misc]
    """TRL's supervised trainer."""


class DpoTrainer(_Ours, DPOTrainer):  # type: ignore[misc]
    """TRL's DPO trainer."""


class KtoTrainer(_Ours, KTOTrainer):  # type: ignore[misc]
    """TRL's KTO trainer."""


class GrpoTrainer(_Ours, GRPOTrainer):  # type: ignore[misc]
    """TRL's GRPO trainer."""


class PairwiseTrainer(_Ours, RewardTrainer):  # type: ignore[misc]
    """TRL's reward trainer (Bradley-Terry)."""


class PlainTrainer(_Ours, Trainer):  # type: ignore[misc]
    """Transformers' trainer, for our own losses."""


class _Watcher(TrainerCallback):  # type: ignore[misc]
    """Writes the log, evaluates now and then, tells the progress display."""

    def __init__(
        self, session: Session, norms: list[tuple[float, float]], labels: dict[str, Any], evaluates: bool
    ) -> None:
        self._session = session
        self._norms = norms
        self._labels = labels
        self._evaluates = evaluates

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **others: Any) -> None:
        """Keep every number that the trainer logs."""
        if logs and "train_runtime" not in logs:
            numbers = {name: value for name, value in logs.items() if isinstance(value, int | float)}
            self._session.log({**self._labels, "step": state.global_step, **numbers})

    def on_save(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        """Keep the gradient norms so far with the checkpoint."""
        _gradient_norms(self._norms).save(Path(args.output_dir) / f"checkpoint-{state.global_step}" / NORMS_NAME)

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **others: Any) -> None:
        """Evaluate when it is time."""
        self._session.advance()
        every = self._session.config.evaluate_every
        if self._evaluates and every and state.global_step % every == 0 and state.global_step < state.max_steps:
            evaluation = self._session.evaluate(model)
            if evaluation is not None:
                self._session.log({**self._labels, "step": state.global_step, "evaluation": evaluation.to_json()})


def arguments(form: Any, session: Session, where: Path, **extra: Any) -> Any:
    """The trainer's arguments from the session's configuration.

    Args:
        form: `SFTConfig`, `GRPOConfig`, ...
        session: the run.
        where: folder for checkpoints.
        extra: further arguments of this trainer.
    """
    config = session.config
    on_gpu = torch.cuda.is_available()
    given = {
        "output_dir": str(where),
        "per_device_train_batch_size": config.batch_size // config.accumulation,
        "gradient_accumulation_steps": config.accumulation,
        "max_steps": config.steps or -1,
        "num_train_epochs": config.epochs,
        "learning_rate": config.optimizer.learning_rate,
        "max_grad_norm": config.max_gradient_norm,
        "logging_steps": config.log_every,
        "logging_nan_inf_filter": False,
        "save_strategy": "steps" if config.save_every else "no",
        "save_steps": config.save_every or 1,
        "save_total_limit": 2,
        "seed": config.seed,
        "data_seed": config.seed,
        "bf16": config.bf16,
        "use_cpu": not on_gpu,
        "gradient_checkpointing": on_gpu,
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_num_workers": 0,
    }
    return form(**{**given, **extra})


def train(trainer: Any, session: Session, where: Path, *, labels: dict[str, Any] | None = None) -> Any:
    """Run a trainer to its end, from its last checkpoint where there is one.

    Args:
        trainer: one of this module's.
        session: the run.
        where: folder of its checkpoints.
        labels: put into each line of the log, such as the round.

    Returns:
        The trained model, adapters merged.

    Raises:
        TrainingError: the gradient is not finite, or nothing could be judged.
    """
    from transformers.trainer_callback import PrinterCallback

    config = session.config
    trainer.session = session
    trainer.session_optimizer = optimizer_settings(config)
    trainer.session_shape = schedule_shape(config)
    checkpoint = last_checkpoint(where)
    done = int(checkpoint.name.rpartition("-")[2]) if checkpoint is not None else 0
    trainer.norms = _norms_of(checkpoint)
    marks = dict(labels or {})
    session.rewind_log(
        lambda line: any(line.get(key) != value for key, value in marks.items()) or line.get("step", 0) <= done
    )
    for _ in range(done):
        session.advance()
    evaluates = hasattr(trainer.model, "generate")
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(_Watcher(session, trainer.norms, marks, evaluates))
    if checkpoint is not None and _is_last(checkpoint):
        # The trainer would do one step more.
        trainer._load_from_checkpoint(str(checkpoint))
    else:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint is not None else None)
    if trainer.norms:
        _gradient_norms(trainer.norms).save(session.directory / NORMS_NAME)
    return merged(trainer.accelerator.unwrap_model(trainer.model))


def _is_last(checkpoint: Path) -> bool:
    state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    return bool(state["global_step"] >= state["max_steps"] > 0)


def _gradient_norms(pairs: list[tuple[float, float]]) -> GradientNorms:
    return GradientNorms(tuple(l1 for l1, _ in pairs), tuple(l2 for _, l2 in pairs))


def _norms_of(checkpoint: Path | None) -> list[tuple[float, float]]:
    """The gradient norms of the steps before a checkpoint."""
    if checkpoint is None:
        return []
    norms = read_gradient_norms(checkpoint / NORMS_NAME)
    return list(zip(norms.l1, norms.l2, strict=True))


def merged(model: Any) -> Any:
    """`model` with its adapters, if any, merged into its weights."""
    return model.merge_and_unload() if hasattr(model, "merge_and_unload") else model


def lora_config(config: TrainingConfig, task: str = "CAUSAL_LM") -> Any:
    """The configuration of peft, or None where all weights are trained."""
    if not config.lora.rank:
        return None
    from peft import LoraConfig

    modules = config.lora.modules
    return LoraConfig(
        r=config.lora.rank,
        lora_alpha=config.lora.alpha,
        lora_dropout=config.lora.dropout,
        target_modules=modules if modules == "all-linear" else [name.strip() for name in modules.split(",")],
        task_type=task,
    )


def optimizer_settings(config: TrainingConfig) -> OptimizerSettings:
    """The optimiser's settings, scaled to the batch where that is asked for.

    Raises:
        ConfigError: the batch is too far from the one that the rate was chosen for.
    """
    section = config.optimizer
    settings = OptimizerSettings(**{item.name: getattr(section, item.name) for item in fields(OptimizerSettings)})
    if not section.base_batch_size:
        return settings
    factor = config.batch_size / section.base_batch_size
    try:
        scaled = scale_to_batch(section.learning_rate, factor, rule="root")
        muon = scale_to_batch(section.muon_learning_rate, factor, rule="root")
    except ValueError as error:
        raise ConfigError(f"field 'optimizer.base_batch_size': {error}") from None
    return replace(settings, learning_rate=scaled.learning_rate, muon_learning_rate=muon.learning_rate)


def schedule_shape(config: TrainingConfig) -> Shape:
    """The schedule of the learning rate.

    Raises:
        ConfigError: the record for a refined schedule cannot be read.
    """
    section = config.schedule
    if section.name != "refined":
        return with_warmup(SCHEDULES[section.name], section.warmup_steps)
    try:
        refined = refined_multiplier(read_gradient_norms(Path(section.gradient_norms)), adaptive=True)
    except ValueError as error:
        raise ConfigError(f"field 'schedule.gradient_norms': {error}") from None
    return with_warmup(refined, section.warmup_steps)
