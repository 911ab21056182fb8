"""The configuration of a training run: one TOML file, every value with a type, a default and a check.

    config = read_config("grpo", Path("grpo.toml"), ["steps=60"])
    config.optimizer.learning_rate

    # grpo.toml
    model = "nano"
    steps = 60
    [data]
    train = "problems.jsonl"
    [optimizer]
    name = "soap"
    learning_rate = 1e-3

Values that stand in neither the file nor an override are the recipe's defaults, which suit the built-in model on a
CPU.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from reasoning.options import bounded
from reasoning.training.forms import ConfigError, build_form, read_values
from reasoning.training.optimizer_settings import OptimizerSettings

__all__ = [
    "RECIPES",
    "ApoSection",
    "DataSection",
    "GrpoSection",
    "LoraSection",
    "OptimizerSection",
    "PreferenceSection",
    "RewardModelSection",
    "RewardSection",
    "SamplingSection",
    "ScheduleSection",
    "TrainingConfig",
    "config_from_json",
    "read_config",
]


@dataclass(frozen=True, slots=True)
class DataSection:
    """What is learned from, and asked on the way.

    Attributes:
        train: `arithmetic` (the built-in stream), or a `.jsonl` or Parquet file, or the folder of a dataset made here
            (its split `train`): problems (see docs/formats.md) for recipes that sample; `prompt` and `completion` for
            sft; also `chosen` and `rejected`, or `label`, for preference and reward-model.
        evaluation: `arithmetic` (held-out items), such a file or folder (its split `test`, else `validation`) of
            problems, or empty for no evaluation.
        count: training rows taken at most.
        evaluation_count: problems asked at each evaluation.
        size: of arithmetic items learned from, 1 to 3; 0: mixed.
        evaluation_size: of arithmetic items asked.
        seed: of the arithmetic stream.
        bare_share: share of arithmetic items whose completion is the bare answer, for sft.
    """

    train: str = "arithmetic"
    evaluation: str = "arithmetic"
    count: int = 4000
    evaluation_count: int = 200
    size: int = bounded(3, low=0, high=3)
    evaluation_size: int = bounded(3, low=0, high=3)
    seed: int = 5
    bare_share: float = bounded(0.0, low=0, high=1)


@dataclass(frozen=True, slots=True)
class RewardSection:
    """The reward; see `verifiers.rewards.Shaping`.

    Attributes:
        kind: of problems that do not say theirs.
        verifier: `module:attribute` of a verifier of your own (see docs/extending.md) that judges problems of `kind`;
            the module is looked for in the working directory too. Empty: the registered one.
        partial: credit for the share of tests passed.
        form: regular expression that a candidate must hold; the built-in arithmetic has its own.
        form_bonus: for a candidate that holds it.
        longest: characters up to which nothing is taken off.
        margin: characters beyond over which the penalty rises.
        length_penalty: its full size.
        timeout: seconds for one candidate.
        memory: MiB for one candidate.
        workers: candidates run at once; 0: one a processor.
        allow_weak: accept weak isolation.
    """

    kind: str = "answer"
    verifier: str = ""
    partial: float = 0.0
    form: str = ""
    form_bonus: float = 0.0
    longest: int = 0
    margin: int = 0
    length_penalty: float = 0.0
    timeout: float = 10.0
    memory: int = 1024
    workers: int = 0
    allow_weak: bool = False


@dataclass(frozen=True, slots=True)
class SamplingSection:
    """How recipes that sample do so.

    Attributes:
        temperature: of training samples; evaluation is greedy.
        max_new_tokens: longest completion.
        batch_size: completions generated at once.
        prompts: prompts sampled in a round (rejection, expert-iteration, preference, reward-model).
        samples: samples of each prompt there.
        rounds: of expert iteration.
        vllm: let vLLM generate for grpo and apo; GPUs only (on a CPU vLLM cannot reload weights).
    """

    temperature: float = 1.0
    max_new_tokens: int = 64
    batch_size: int = 256
    prompts: int = 128
    samples: int = bounded(8, low=1)
    rounds: int = bounded(1, low=1)
    vllm: bool = False


@dataclass(frozen=True, slots=True)
class OptimizerSection(OptimizerSettings):
    """The optimiser, and the batch that it was set for.

    Attributes:
        name: of the optimiser.
        learning_rate: see `OptimizerSettings`.
        base_batch_size: batch for which `learning_rate` holds; it is scaled to the real one, by the square root of the
            ratio. 0: not scaled.
    """

    name: Literal["adamw", "soap", "lion", "muon"] = "adamw"
    learning_rate: float = 3e-4
    base_batch_size: int = 0


@dataclass(frozen=True, slots=True)
class ScheduleSection:
    """The learning rate over the steps.

    Attributes:
        name: `linear`, `constant`, `cosine`, `flat-linear`, or `refined` (from an earlier run's gradient norms).
        warmup_steps: linear rise at the beginning.
        gradient_norms: `gradient_norms.json` of a finished run, for `refined`.
    """

    name: Literal["linear", "constant", "cosine", "flat-linear", "refined"] = "linear"
    warmup_steps: int = 0
    gradient_norms: str = ""


@dataclass(frozen=True, slots=True)
class LoraSection:
    """Low-rank adapters instead of all weights.

    Attributes:
        rank: 0 trains all weights.
        alpha: scale of the adapters.
        dropout: on their input.
        modules: names of the layers, or `all-linear`.
    """

    rank: int = 0
    alpha: int = 32
    dropout: float = 0.0
    modules: str = "all-linear"


@dataclass(frozen=True, slots=True)
class GrpoSection:
    """GRPO, as in TRL's trainer of that name.

    Attributes:
        loss: how token losses are averaged and clipped.
        group: completions of one prompt.
        beta: weight of the KL term to the starting model; 0 keeps no reference model.
        epsilon: clipping range.
        scale_rewards: by the deviation of the `group`, of the `batch`, or `none`.
        iterations: updates on each batch of completions.
        mask_truncated: leave completions out that hit the length limit.
    """

    loss: Literal["grpo", "bnpo", "dr_grpo", "dapo", "cispo", "sapo"] = "dapo"
    group: int = 8
    beta: float = 0.0
    epsilon: float = 0.2
    scale_rewards: Literal["group", "batch", "none"] = "group"
    iterations: int = 1
    mask_truncated: bool = False


@dataclass(frozen=True, slots=True)
class ApoSection:
    """APO on top of `grpo`, whose `beta` must be above 0; see `reasoning.training.objectives`.

    Attributes:
        loss: `view-r1` (as in APO's code: token mean of the policy term, mean over completions of their KL), `bnpo`,
            `grpo`, `dapo` or `dr_grpo`.
        positive: completions whose KL term is relaxed: those with a positive `advantage`, or the `correct` ones.
        length_rate: of the factor for long wrong completions, per token.
        only_negative: apply that factor to negative advantages only.
    """

    loss: Literal["view-r1", "bnpo", "grpo", "dapo", "dr_grpo"] = "view-r1"
    positive: Literal["advantage", "correct"] = "advantage"
    length_rate: float = 1e-5
    only_negative: bool = True


@dataclass(frozen=True, slots=True)
class PreferenceSection:
    """Learning from preferred completions.

    Attributes:
        loss: `dpo`, `kto` or `cpl`.
        beta: of DPO and KTO; alpha of CPL.
        bias: lambda of CPL, in (0, 1].
        reference: CPL: use log-ratios to the starting model.
        cloning: CPL: weight of plain imitation of the preferred completions.
        pairs_per_prompt: most pairs (DPO, CPL) made of the samples of one prompt.
    """

    loss: Literal["dpo", "kto", "cpl"] = "dpo"
    beta: float = 0.1
    bias: float = bounded(1.0, above=0, high=1)
    reference: bool = True
    cloning: float = 0.0
    pairs_per_prompt: int = 2


@dataclass(frozen=True, slots=True)
class RewardModelSection:
    """A model that scores completions.

    Attributes:
        form: `pairwise` (Bradley-Terry) or `pointwise` (logistic, from single labelled completions).
        pairs_per_prompt: most pairs made of the samples of one prompt.
    """

    form: Literal["pairwise", "pointwise"] = "pairwise"
    pairs_per_prompt: int = 2


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """A training run.

    Attributes:
        recipe: one of `RECIPES`.
        model: `nano`, a directory, or a name on the hub.
        seed: of everything random.
        steps: optimiser steps; 0: `epochs` decide.
        epochs: passes over the training rows (of a round), where `steps` is 0.
        batch_size: rows of one update (completions for grpo and apo).
        accumulation: micro-batches of one update.
        max_length: longest prompt plus completion, in tokens; longer rows are left out.
        max_gradient_norm: gradients are clipped to it.
        evaluate_every: steps between evaluations; 0: only before and after.
        measure_policy: evaluations also sample, and measure the samples' entropy, length and divergence from the
            starting model, of which a copy is kept.
        save_every: steps between checkpoints; 0: only at the end.
        log_every: steps between lines of the log.
        threads: of PyTorch on a CPU; 0: its own choice.
        bf16: compute in bfloat16 (GPUs); weights are then held in it too.
        data, reward, sampling, optimizer, schedule: sections of the file, each a class of this module.
        lora, grpo, apo, preference, reward_model: likewise.
    """

    recipe: str
    model: str = "nano"
    seed: int = 0
    steps: int = 0
    epochs: float = 1.0
    batch_size: int = bounded(64, low=1)
    accumulation: int = bounded(1, low=1)
    max_length: int = 256
    max_gradient_norm: float = bounded(1.0, above=0)
    evaluate_every: int = 0
    measure_policy: bool = False
    save_every: int = 100
    log_every: int = bounded(5, low=1)
    threads: int = 0
    bf16: bool = False
    data: DataSection = field(default_factory=DataSection)
    reward: RewardSection = field(default_factory=RewardSection)
    sampling: SamplingSection = field(default_factory=SamplingSection)
    optimizer: OptimizerSection = field(default_factory=OptimizerSection)
    schedule: ScheduleSection = field(default_factory=ScheduleSection)
    lora: LoraSection = field(default_factory=LoraSection)
    grpo: GrpoSection = field(default_factory=GrpoSection)
    apo: ApoSection = field(default_factory=ApoSection)
    preference: PreferenceSection = field(default_factory=PreferenceSection)
    reward_model: RewardModelSection = field(default_factory=RewardModelSection)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return asdict(self)


RECIPES: dict[str, tuple[str, Mapping[str, Any]]] = {
    "sft": (
        "supervised fine-tuning on prompts and completions",
        {"data": {"count": 12_800, "size": 0, "evaluation_size": 0}, "optimizer": {"learning_rate": 1e-3}},
    ),
    "rejection": (
        "sample, keep what the verifier accepts, fine-tune on it",
        {"epochs": 2.0, "optimizer": {"learning_rate": 5e-4}},
    ),
    "expert-iteration": (
        "rejection fine-tuning in rounds, each sampling from the model so far",
        {"epochs": 2.0, "sampling": {"rounds": 4}, "optimizer": {"learning_rate": 5e-4}},
    ),
    "preference": (
        "DPO, KTO or CPL on pairs that the verifier told apart",
        {"steps": 30, "batch_size": 32, "sampling": {"prompts": 256}},
    ),
    "grpo": (
        "group relative policy optimisation with the verifier's reward",
        {"steps": 60, "schedule": {"name": "constant", "warmup_steps": 3}},
    ),
    "apo": (
        "GRPO with APO's shaped divergence and length penalty",
        {"steps": 60, "schedule": {"name": "constant", "warmup_steps": 3}, "grpo": {"beta": 1e-3}},
    ),
    "reward-model": (
        "a model that scores completions, pairwise or pointwise",
        {"steps": 60, "batch_size": 32, "sampling": {"prompts": 256}, "optimizer": {"learning_rate": 1e-3}},
    ),
}
"""Recipe -> what it does, and where its defaults differ."""


def read_config(recipe: str, path: Path | None, overrides: Sequence[str] = ()) -> TrainingConfig:
    """Read a configuration.

    Args:
        recipe: one of `RECIPES`.
        path: the TOML file; None: the recipe's defaults.
        overrides: `field=value` or `section.field=value`, values as in TOML (bare words are strings).

    Raises:
        ConfigError: the recipe, the file, a field or a value is wrong.
    """
    if recipe not in RECIPES:
        raise ConfigError(f"no recipe '{recipe}'; known recipes: {', '.join(RECIPES)}, self-play")
    values, place = read_values(path, overrides, RECIPES[recipe][1])
    config = config_from_json({**values, "recipe": recipe}, place)
    _check_together(config, place)
    return config


def config_from_json(values: Mapping[str, Any], place: str) -> TrainingConfig:
    """The configuration in plain JSON, such as a run's `config.json` holds.

    Raises:
        ConfigError: a field is unknown, missing or of the wrong type.
    """
    config: TrainingConfig = build_form(TrainingConfig, values, place)
    return config


def _check_together(config: TrainingConfig, place: str) -> None:
    """Values that are right alone but not together."""
    wrong = {
        "batch_size": (
            config.batch_size % config.accumulation != 0,
            "must be a multiple of accumulation",
        ),
        "schedule.gradient_norms": (
            config.schedule.name == "refined" and not config.schedule.gradient_norms,
            "the refined schedule needs the gradient_norms.json of a finished run",
        ),
        "grpo.beta": (
            config.recipe == "apo" and config.grpo.beta == 0,
            "APO shapes the KL term, so it must be above 0",
        ),
        "grpo.group": (
            config.recipe in ("grpo", "apo") and (config.grpo.group < 2 or config.batch_size % config.grpo.group != 0),
            "expected at least 2, and batch_size must be a multiple of it",
        ),
    }
    for name, (is_wrong, words) in wrong.items():
        if is_wrong:
            raise ConfigError(f"{place}: field '{name}': {words}")
