"""The configuration of a self-play experiment: one TOML file is all of it.

    config = read_self_play_config(Path("stp.toml"), ["seed=1"])

    # stp.toml
    method = "stp"                  # or parallel_sampling, expert_iteration, optimised_expert_iteration
    model = "runs/prover/model"     # knows both prompts
    rounds = 6
    [data]
    targets = "core-lean"
    [training]
    learning_rate = 1e-3

Defaults are the paper's (arXiv 2502.00212), those of the baselines where the method is one. A mistake is one line that
names the file and the field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from reasoning.options import bounded
from reasoning.training.forms import ConfigError, build_form, read_values

__all__ = [
    "METHODS",
    "SELF_PLAY",
    "FitSection",
    "MatchingSection",
    "Method",
    "SelfPlayConfig",
    "SelfPlayData",
    "SelfPlayIsabelle",
    "SelfPlayLean",
    "SelfPlaySampling",
    "read_self_play_config",
    "self_play_config_from_json",
]

SELF_PLAY = "self-play"
"""Name of the recipe."""


@dataclass(frozen=True, slots=True)
class SelfPlayData:
    """What is to be proved.

    Attributes:
        targets: statements to prove: `core-lean`, `core-lean:LEVEL`, `core-lean:held-out` (what the built-in prover
            has not learned from), a benchmark of proofs as `NAME:SPLIT` (`minif2f:isabelle-valid`), or a `.jsonl` file
            of problems of kind `proof`.
        validation: more of them, matched harder in late rounds; empty: none.
        held_out: statements that are only measured on: no proof of theirs is learned from; empty: none.
        library: `.jsonl` rows of `prompt` and `completion` for supervised stages; empty: none.
        limit: targets taken at most; 0: all.
    """

    targets: str = "core-lean"
    validation: str = ""
    held_out: str = ""
    library: str = ""
    limit: int = 0


@dataclass(frozen=True, slots=True)
class SelfPlaySampling:
    """How both roles sample.

    Attributes:
        first_samples: proofs of each statement in the first round.
        samples: in later rounds.
        held_out_samples: proofs of each held-out statement at each measurement.
        temperature: of both roles.
        max_new_tokens: longest proof.
        max_statement_tokens: longest conjecture.
        prompt_tokens: longest prompt; what is too long loses its beginning.
        batch_size: completions generated at once.
    """

    first_samples: int = bounded(64, low=1)
    samples: int = bounded(32, low=1)
    held_out_samples: int = 8
    temperature: float = 1.0
    max_new_tokens: int = bounded(1024, low=1)
    max_statement_tokens: int = bounded(1024, low=1)
    prompt_tokens: int = bounded(1024, low=1)
    batch_size: int = bounded(256, low=1)


@dataclass(frozen=True, slots=True)
class MatchingSection:
    """Weights of conjectures.

    Attributes:
        cap: a weight that has reached it grows no more (the paper's 3; its code has 4).
        late_round: first round in which statements of `data.validation` ask for more.
        late_weight: conjectures that each of them asks for from then on.
    """

    cap: float = bounded(3.0, above=0)
    late_round: int = 24
    late_weight: int = bounded(128, low=1)


@dataclass(frozen=True, slots=True)
class FitSection:
    """Weighted supervised training.

    Attributes:
        optimizer: its name.
        batch_size: examples of one update.
        micro_batch: examples of one pass through the model.
        learning_rate: in a round, constant.
        final_learning_rate: for training from the base model.
        epochs: passes over the examples of a round.
        least_steps: updates at least, by further passes.
        warmup_steps: linear rise at the beginning.
        weight_decay: of the optimiser.
        max_length: longest prompt plus completion, in tokens; longer examples are left out.
        supervised_epochs: passes over `data.library` before the first round, from `base_model`; 0: none.
        refresh_every: rounds between trainings from the base model; 0: never.
        final: train a last model from the base model on all that was proved.
    """

    optimizer: Literal["adamw", "soap", "lion", "muon"] = "adamw"
    batch_size: int = bounded(2048, low=1)
    micro_batch: int = bounded(64, low=1)
    learning_rate: float = 5e-5
    final_learning_rate: float = 1e-4
    epochs: float = 1.0
    least_steps: int = 5
    warmup_steps: int = 5
    weight_decay: float = 0.0
    max_length: int = 2048
    supervised_epochs: float = 0.0
    refresh_every: int = 12
    final: bool = True


@dataclass(frozen=True, slots=True)
class SelfPlayLean:
    """The embedded Lean.

    Attributes:
        workers: processes that elaborate; 0: one a processor, as far as memory reaches.
        seconds: for one proof.
        heartbeats: of Lean for one proof.
        allow_weak: accept weak isolation.
    """

    workers: int = 0
    seconds: float = bounded(200.0, above=0)
    heartbeats: int = bounded(200_000, low=1)
    allow_weak: bool = False


@dataclass(frozen=True, slots=True)
class SelfPlayIsabelle:
    """The Isabelle server that `REASONING_ISABELLE` names.

    Attributes:
        workers: proofs that it judges at once; 0: one a processor of this machine.
        seconds: for one proof, and for one question about conjectures or lemmas.
        trust_eval: accept proofs by `eval`, which trust the code generator instead of the kernel, as STP does.
    """

    workers: int = 0
    seconds: float = bounded(360.0, above=0)
    trust_eval: bool = False


@dataclass(frozen=True, slots=True)
class SelfPlayConfig:
    """An experiment.

    Attributes:
        method: one of `METHODS`.
        system: the proof system, with its section `lean` or `isabelle`.
        model: where the rounds begin: `nano`, a directory, or a name on the hub.
        base_model: what is trained anew by refreshing, by the final training and by expert iteration; empty: `model`.
        seed: of everything random.
        rounds: at most.
        checks: no round begins after so many checks of statements and proofs; 0: no limit.
        threads: of PyTorch on a CPU; 0: its own choice.
        bf16: compute in bfloat16 (GPUs).
        data, sampling, matching, training, lean, isabelle: sections of the file, each a class of this module.
    """

    method: Literal["stp", "parallel_sampling", "expert_iteration", "optimised_expert_iteration"] = "stp"
    system: Literal["lean", "isabelle"] = "lean"
    model: str = "nano"
    base_model: str = ""
    seed: int = 0
    rounds: int = bounded(48, low=1)
    checks: int = 0
    threads: int = 0
    bf16: bool = False
    data: SelfPlayData = field(default_factory=SelfPlayData)
    sampling: SelfPlaySampling = field(default_factory=SelfPlaySampling)
    matching: MatchingSection = field(default_factory=MatchingSection)
    training: FitSection = field(default_factory=FitSection)
    lean: SelfPlayLean = field(default_factory=SelfPlayLean)
    isabelle: SelfPlayIsabelle = field(default_factory=SelfPlayIsabelle)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON; `recipe` tells it from other runs."""
        return {"recipe": SELF_PLAY, **asdict(self)}

    @property
    def base(self) -> str:
        """Name of the base model."""
        return self.base_model or self.model


@dataclass(frozen=True, slots=True)
class Method:
    """What a method does in a round.

    Attributes:
        summary: in words.
        conjectures: make conjectures and learn from them.
        learns: from the model so far (`continue`), from the base model on everything proved (`base`), or not at all.
        asks: statements of the data set that the prover is asked in a round: those without a proof, also some of the
            others (`seldom`: 1 in 20, and all with a best rate below 0.35), or `all`.
        most_proofs: of one statement, where it learns from the base model; None: all.
        defaults: values where they differ.
    """

    summary: str
    conjectures: bool
    learns: Literal["continue", "base", ""]
    asks: Literal["unproved", "seldom", "all"]
    most_proofs: int | None
    defaults: Mapping[str, Any]


_BASELINE: Mapping[str, Any] = {"sampling": {"samples": 64}}
METHODS: dict[str, Method] = {
    "stp": Method("conjecturer and prover teach each other", True, "continue", "seldom", 16, {}),
    "parallel_sampling": Method("samples of one fixed model", False, "", "unproved", None, _BASELINE),
    "expert_iteration": Method(
        "each round anew from the base model, on all proofs", False, "base", "unproved", None, _BASELINE
    ),
    "optimised_expert_iteration": Method(
        "the same, asked for every statement, at most 16 proofs of each", False, "base", "all", 16, _BASELINE
    ),
}


_ISABELLE: Mapping[str, Any] = {
    "rounds": 58,
    "data": {"targets": "minif2f:isabelle-valid"},
    "sampling": {"temperature": 0.7},
}
"""Defaults of STP's Isabelle variant, and statements that there are."""


def read_self_play_config(path: Path | None, overrides: Sequence[str] = ()) -> SelfPlayConfig:
    """Read an experiment.

    Args:
        path: the TOML file; None: the defaults.
        overrides: `field=value` or `section.field=value`.

    Raises:
        ConfigError: the file, a field or a value is wrong.
    """
    values, place = read_values(path, overrides)
    method = METHODS.get(str(values.get("method", "stp")))
    if method is not None:
        defaults = {name: dict(value) for name, value in method.defaults.items()}
        if values.get("system") == "isabelle":
            for name, value in _ISABELLE.items():
                defaults[name] = {**defaults.get(name, {}), **value} if isinstance(value, Mapping) else value
        values, place = read_values(path, overrides, defaults)
    return self_play_config_from_json(values, place)


def self_play_config_from_json(values: Mapping[str, Any], place: str) -> SelfPlayConfig:
    """The experiment in plain JSON, such as a run's `config.json` holds.

    Raises:
        ConfigError: a field is unknown, of the wrong type, or does not fit the others.
    """
    given = {name: value for name, value in values.items() if name != "recipe"}
    config: SelfPlayConfig = build_form(SelfPlayConfig, given, place)
    if config.training.supervised_epochs and not config.data.library:
        raise ConfigError(f"{place}: field 'training.supervised_epochs': needs data.library")
    return config
