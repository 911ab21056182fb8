"""Fine-tuning with verdicts as rewards, and the small models that the project trains itself.

    config = read_config("grpo", None, ["steps=60"])    # the built-in model on its own tasks, on a CPU
    metrics = run_training(config, Path("runs/grpo"), resume=False)
    optimizer = build_optimizer(model, OptimizerSettings("soap", learning_rate=1e-3))

On the command line: `reasoning train grpo --out runs/grpo`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifiers.late_imports import lazy_exports

if TYPE_CHECKING:
    from reasoning.training.config import RECIPES, TrainingConfig, read_config
    from reasoning.training.data import Example, Task, read_examples, read_tasks
    from reasoning.training.forms import ConfigError
    from reasoning.training.nano import NANO, NanoSettings, NanoShape, make_model, make_tokenizer, train_nano
    from reasoning.training.objectives import cpl_loss, cpl_score, kl_weights, length_factors
    from reasoning.training.optimizer_settings import OptimizerSettings
    from reasoning.training.optimizers import SOAP, Lion, MuonWithAdamW, build_optimizer
    from reasoning.training.recipes import run_training
    from reasoning.training.rollouts import Evaluation, evaluate_model
    from reasoning.training.schedules import SCHEDULES, refined_schedule, scale_to_batch
    from reasoning.training.session import TrainingError

__all__ = [
    "NANO",
    "RECIPES",
    "SCHEDULES",
    "SOAP",
    "ConfigError",
    "Evaluation",
    "Example",
    "Lion",
    "MuonWithAdamW",
    "NanoSettings",
    "NanoShape",
    "OptimizerSettings",
    "Task",
    "TrainingConfig",
    "TrainingError",
    "build_optimizer",
    "cpl_loss",
    "cpl_score",
    "evaluate_model",
    "kl_weights",
    "length_factors",
    "make_model",
    "make_tokenizer",
    "read_config",
    "read_examples",
    "read_tasks",
    "refined_schedule",
    "run_training",
    "scale_to_batch",
    "train_nano",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "config": ("RECIPES", "TrainingConfig", "read_config"),
        "forms": ("ConfigError",),
        "data": ("Example", "Task", "read_examples", "read_tasks"),
        "nano": ("NANO", "NanoSettings", "NanoShape", "make_model", "make_tokenizer", "train_nano"),
        "objectives": ("cpl_loss", "cpl_score", "kl_weights", "length_factors"),
        "optimizer_settings": ("OptimizerSettings",),
        "optimizers": ("SOAP", "Lion", "MuonWithAdamW", "build_optimizer"),
        "recipes": ("run_training",),
        "rollouts": ("Evaluation", "evaluate_model"),
        "schedules": ("SCHEDULES", "refined_schedule", "scale_to_batch"),
        "session": ("TrainingError",),
    },
)
