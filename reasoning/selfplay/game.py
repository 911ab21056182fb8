"""What the steps of a round share: the experiment, the model, the judge, what is known so far.

game = Game(config, run, policy, checker, state, book, held_out)
game.generator(3, "inputs").random()          # the same whenever round 3 is played
game.be_model_of(3)                           # the model that round 3 plays with
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from reasoning.engines.base import derive_seed
from reasoning.runs.progress import ProgressDisplay, progress_display
from reasoning.selfplay.checking import Checker
from reasoning.selfplay.config import METHODS, Method, SelfPlayConfig
from reasoning.selfplay.lemmas import LemmaBook
from reasoning.selfplay.overlap import Sample
from reasoning.selfplay.policy import FitSettings, Policy
from reasoning.selfplay.records import Statement
from reasoning.selfplay.state import State
from reasoning.selfplay.store import round_directory
from reasoning.selfplay.systems import SYSTEMS, System
from reasoning.training.sampling import SampleSettings

__all__ = ["INITIAL_NAME", "MODEL_NAME", "Game"]

MODEL_NAME = "model"
INITIAL_NAME = "initial"


@dataclass(slots=True)
class Game:
    """A run of self-play.

    Attributes:
        config: the experiment.
        run: its directory.
        policy: the model.
        checker: the judge.
        state: what is known so far.
        book: lemmas.
        held_out: statements that are measured on only.
        quiet: show no progress.
        loaded: which model the policy is.
    """

    config: SelfPlayConfig
    run: Path
    policy: Policy
    checker: Checker
    state: State
    book: LemmaBook
    held_out: Sequence[Statement] = ()
    quiet: bool = True
    loaded: str = ""

    @property
    def method(self) -> Method:
        """What the method does."""
        return METHODS[self.config.method]

    @property
    def system(self) -> System:
        """The proof system."""
        return SYSTEMS[self.config.system]

    def directory(self, number: int) -> Path:
        """Of a round."""
        return round_directory(self.run, number)

    def generator(self, number: int, step: str) -> Random:
        """Randomness of a step, the same when it is done again."""
        return Random(derive_seed("self-play", self.config.seed, number, step))

    def sampler(self, number: int, step: str, max_new_tokens: int) -> Sample:
        """What samples the batches of a step."""
        sampling = self.config.sampling

        def sample(prompts: Sequence[str], batch: int) -> list[str]:
            seed = derive_seed("self-play", self.config.seed, number, step, batch)
            settings = SampleSettings(sampling.temperature, max_new_tokens, sampling.batch_size, seed)
            return self.policy.sample(prompts, settings, sampling.prompt_tokens)

        return sample

    def fit_settings(self, number: int, *, from_base: bool, epochs: float | None = None) -> FitSettings:
        """How the model is trained in a round, or from the base model."""
        section = self.config.training
        return FitSettings(
            learning_rate=section.final_learning_rate if from_base else section.learning_rate,
            batch_size=section.batch_size,
            micro_batch=section.micro_batch,
            epochs=section.epochs if epochs is None else epochs,
            least_steps=section.least_steps,
            warmup_steps=section.warmup_steps,
            max_length=section.max_length,
            prompt_tokens=self.config.sampling.prompt_tokens,
            optimizer=section.optimizer,
            weight_decay=section.weight_decay,
            seed=derive_seed("self-play", self.config.seed, number, "fit"),
        )

    def be(self, name: str) -> None:
        """Be the model of this name, unless the policy is it already."""
        if self.loaded != name:
            self.policy.load(name)
            self.loaded = name

    def be_model_of(self, number: int) -> None:
        """Be the model that a round plays with: the newest that is there from before it."""
        places = [self.directory(earlier) for earlier in reversed(range(number))] + [self.run / INITIAL_NAME]
        found = next((place / MODEL_NAME for place in places if (place / MODEL_NAME).exists()), None)
        self.be(self.config.model if found is None else str(found))

    def keep_model(self, directory: Path) -> None:
        """Write the model that the policy has become, and go on as it."""
        directory.mkdir(parents=True, exist_ok=True)
        self.policy.save(directory / MODEL_NAME)
        self.loaded = str(directory / MODEL_NAME)

    def forget_models_before(self, number: int) -> None:
        """Delete the models of rounds before this one, if it has one itself."""
        if (self.directory(number) / MODEL_NAME).exists():
            for earlier in range(number):
                shutil.rmtree(self.directory(earlier) / MODEL_NAME, ignore_errors=True)

    def progress(self, total: int, label: str) -> AbstractContextManager[ProgressDisplay]:
        """A display of a step."""
        return progress_display(total=total, label=label, quiet=self.quiet)
