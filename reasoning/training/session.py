"""One training run: its directory, its log, its model, and what all trainers of it share.

OUT/config.json          the whole configuration and the environment
OUT/log.jsonl            one line for each logged step and each evaluation
OUT/checkpoints/         what `--resume OUT` goes on from
OUT/model/               the finished model, in the standard Hugging Face layout
OUT/metrics.json         accuracy before and after, with intervals
OUT/gradient_norms.json  for a refined schedule of the next run
"""

from __future__ import annotations

import copy
import fcntl
import json
import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from reasoning.data_files import data_file
from reasoning.engines.base import EngineError
from reasoning.engines.hub import weights
from reasoning.engines.nano_engine import BUILT_IN_MODELS
from reasoning.json_lines import json_lines
from reasoning.runs.environment import describe_environment
from reasoning.runs.files import replaced_file, write_json
from reasoning.training.arithmetic import ANSWER_FORM
from reasoning.training.config import RewardSection, TrainingConfig, config_from_json
from reasoning.training.data import ARITHMETIC, Task, read_tasks
from reasoning.training.forms import ConfigError
from reasoning.training.policy import measure_policy
from reasoning.training.rollouts import Evaluation, evaluate_model
from reasoning.training.sampling import SampleSettings
from verifiers.rewards import Reward, Shaping, VerifierReward
from verifiers.sandbox import Limits
from verifiers.wording import counted

__all__ = [
    "CONFIG_NAME",
    "METRICS_NAME",
    "NORMS_NAME",
    "Session",
    "TrainingError",
    "check_new",
    "last_checkpoint",
    "load_model",
    "lock_directory",
    "make_reward",
    "model_path",
    "save_whole",
    "stored_config",
]  # fmt: skip

CONFIG_NAME = "config.json"
LOG_NAME = "log.jsonl"
METRICS_NAME = "metrics.json"
NORMS_NAME = "gradient_norms.json"
MODEL_NAME = "model"


class TrainingError(RuntimeError):
    """Training cannot go on; one clear line that says what is kept."""


@dataclass(slots=True)
class Session:
    """What the parts of a training run share.

    Attributes:
        config: the configuration.
        directory: of the run.
        model: a causal language model; recipes replace it when adapters are merged.
        tokenizer: its tokenizer.
        reward: what judges completions.
        held_out: tasks that evaluations ask.
        advance: told of each finished step.
        on_log: told of each line of the log.
        last_rewards: of the batch that was judged last.
        start: copy of the model as it was, where evaluations measure the policy.
        evaluation_seconds: (clock, CPU) seconds that evaluations took so far.
        lock: keeps other processes out.
    """

    config: TrainingConfig
    directory: Path
    model: Any
    tokenizer: Any
    reward: VerifierReward
    held_out: list[Task]
    advance: Callable[[], None] = lambda: None
    on_log: Callable[[Mapping[str, Any]], None] = lambda record: None
    last_rewards: Sequence[Reward] = ()
    start: Any = None
    evaluation_seconds: tuple[float, float] = (0.0, 0.0)
    lock: Any = None

    @classmethod
    def open(cls, config: TrainingConfig, directory: Path, *, resume: bool) -> Session:
        """Make or reopen the directory, load the model and start the reward.

        Raises:
            TrainingError: the directory is in use, or holds something already.
            ConfigError: the model or a data file is not there.
        """
        lock = lock_directory(directory)
        if not resume:
            try:
                check_new(directory)
            except TrainingError:
                lock.close()
                raise
        model, tokenizer = load_model(config)
        data = config.data
        held_out = read_tasks(data.evaluation, tokenizer, data, held_out=True) if data.evaluation else []
        if not resume:
            write_json(directory / CONFIG_NAME, {"settings": config.to_json(), "environment": describe_environment()})
        session = cls(config, directory, model, tokenizer, make_reward(config), held_out, lock=lock)
        session.reward.watch = session.see_rewards
        session.start = copy.deepcopy(model).eval() if config.measure_policy and held_out else None
        # A line torn by a kill is no line.
        session.rewind_log(lambda line: True)
        return session

    def close(self) -> None:
        """End the reward and let others use the directory."""
        self.reward.close()
        if self.lock is not None:
            self.lock.close()

    def see_rewards(self, rewards: Sequence[Reward]) -> None:
        """Keep the rewards of a batch; nothing is learned from one of which nothing could be judged.

        Raises:
            TrainingError: none of several could be judged.
        """
        self.last_rewards = rewards
        if len(rewards) > 1 and all(reward.value is None for reward in rewards):
            verdict = rewards[0].verdict
            raise TrainingError(
                f"of {counted(len(rewards), 'completion')} none could be judged ({verdict.status.value}: "
                f"{verdict.detail}); "
                f"{self.kept()}"
            )

    def kept(self) -> str:
        """In words, what there is to go on with."""
        return f"go on with: reasoning train {self.config.recipe} --resume {self.directory}"

    def samples(self, seed: int) -> SampleSettings:
        """How training samples are drawn."""
        sampling = self.config.sampling
        return SampleSettings(sampling.temperature, sampling.max_new_tokens, sampling.batch_size, seed)

    def evaluate(self, model: Any) -> Evaluation | None:
        """Greedy accuracy on the held-out tasks; None where there are none."""
        if not self.held_out:
            return None
        started = time.monotonic(), time.process_time()
        sampling = self.config.sampling
        greedy = SampleSettings(0.0, sampling.max_new_tokens, sampling.batch_size)
        evaluation = evaluate_model(model, self.tokenizer, self.held_out, self.reward, greedy)
        if self.start is not None:
            prompts = [task.prompt for task in self.held_out]
            sampled = SampleSettings(1.0, sampling.max_new_tokens, sampling.batch_size)
            measures = measure_policy(model, self.start, self.tokenizer, prompts, sampled)
            evaluation = replace(evaluation, policy=measures)
        clock, cpu = self.evaluation_seconds
        self.evaluation_seconds = clock + time.monotonic() - started[0], cpu + time.process_time() - started[1]
        return evaluation

    def log(self, record: Mapping[str, Any]) -> None:
        """Append one line; NaN and infinities, which JSON lacks, become null."""
        clean = {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in record.items()
        }
        with open(self.directory / LOG_NAME, "a", encoding="utf-8") as file:
            file.write(json.dumps(clean) + "\n")
        self.on_log(clean)

    def rewind_log(self, keep: Callable[[Mapping[str, Any]], bool]) -> None:
        """Drop the lines of steps that are done again after an interruption, and a torn last line."""
        path = self.directory / LOG_NAME
        if not path.exists():
            return
        kept = []
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                if keep(json.loads(line)):
                    kept.append(line)
            except ValueError:
                continue
        with replaced_file(path) as file:
            file.writelines(line + "\n" for line in kept)

    def read_log(self) -> list[dict[str, Any]]:
        """All lines so far."""
        path = self.directory / LOG_NAME
        return [record for _, record in json_lines(path, ConfigError)] if path.exists() else []

    def save_model(self, model: Any) -> None:
        """Write the finished model, whole or not at all."""
        save_whole(model, self.tokenizer, self.directory / MODEL_NAME)


def save_whole(model: Any, tokenizer: Any, target: Path) -> None:
    """Write a model and its tokenizer beside `target`, then put them in its place."""
    import shutil

    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    model.save_pretrained(partial)
    tokenizer.save_pretrained(partial)
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)


def load_model(config: TrainingConfig) -> tuple[Any, Any]:
    """The model to train, on its device, and its tokenizer, padding on the left.

    Raises:
        ConfigError: it is not there or cannot be loaded.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        path = model_path(config.model)
        tokenizer = AutoTokenizer.from_pretrained(path, padding_side="left")
        model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.bfloat16 if config.bf16 else torch.float32)
    except (EngineError, OSError, ValueError) as error:
        line = str(error).strip().partition("\n")[0]
        raise ConfigError(f"model '{config.model}': cannot be loaded: {line}") from None
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model.to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer


def model_path(name: str) -> str:
    """The directory of a built-in model, or where the weights of another are.

    Raises:
        EngineError: they cannot be had.
    """
    return str(data_file(BUILT_IN_MODELS[name]).parent) if name in BUILT_IN_MODELS else weights(name)


def make_reward(config: TrainingConfig) -> VerifierReward:
    """The reward that the configuration describes."""
    section: RewardSection = config.reward
    form = section.form or (ANSWER_FORM if config.data.train == ARITHMETIC else "")
    shaping = Shaping(
        partial=section.partial,
        form=form,
        form_bonus=section.form_bonus,
        longest=section.longest,
        margin=section.margin,
        length_penalty=section.length_penalty,
    )
    return VerifierReward(
        section.kind,
        limits=Limits(wall_seconds=section.timeout, memory_mib=section.memory),
        shaping=shaping,
        workers=section.workers or None,
        allow_weak=section.allow_weak,
        own={section.kind: _own_verifier(section.verifier)} if section.verifier else None,
    )


def _own_verifier(name: str) -> Any:
    """The verifier factory `module:attribute`, which the user's own configuration names.

    Raises:
        ConfigError: it cannot be imported.
    """
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise ConfigError(f"field 'reward.verifier': is '{name}', expected module:attribute")
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"field 'reward.verifier': cannot import '{name}': {error}") from None


def stored_config(directory: Path) -> TrainingConfig:
    """The configuration of the run in `directory`.

    Raises:
        TrainingError: there is none.
        ConfigError: it is damaged.
    """
    path = directory / CONFIG_NAME
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))["settings"]
    except FileNotFoundError:
        raise TrainingError(f"{directory} holds no training run: {CONFIG_NAME} is missing") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path}: cannot be read: {error}") from None
    return config_from_json(settings, str(path))


def last_checkpoint(directory: Path) -> Path | None:
    """The newest whole checkpoint; a half-written one (state and then our norms come last) is passed over."""
    for path in sorted(directory.glob("checkpoint-*"), key=_step_of, reverse=True):
        try:
            for name in ("trainer_state.json", NORMS_NAME):
                json.loads((path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        return path
    return None


def _step_of(path: Path) -> int:
    number = path.name.rpartition("-")[2]
    return int(number) if number.isdecimal() else -1


def check_new(directory: Path) -> None:
    """See that a new run can have a directory.

    Raises:
        TrainingError: it holds something already, or is none.
    """
    try:
        foreign = sorted(entry.name for entry in directory.iterdir() if entry.name != ".lock")
    except FileNotFoundError:
        return
    except OSError as error:
        raise TrainingError(f"{directory}: cannot be used: {error.strerror}") from None
    if foreign:
        what = "a run; go on with it with --resume" if CONFIG_NAME in foreign else foreign[0]
        raise TrainingError(f"{directory} is not empty: it holds {what}")


def lock_directory(directory: Path) -> Any:
    """Make a directory and keep other processes out of it, as long as what is returned is open.

    Raises:
        TrainingError: another process has it, or it cannot be made.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = open(directory / ".lock", "w")  # noqa: SIM115 - held open as long as the run
    except OSError as error:
        raise TrainingError(f"{directory}: cannot be used: {error.strerror}") from None
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise TrainingError(f"{directory} is in use by another process") from None
    return file
