"""A toy world for self-play: statements with a difficulty, a model with a skill, a judge that knows one right proof.

The prover writes `rfl` (right) the more often the greater its skill is beside the difficulty; the conjecturer writes a
statement a little harder than the one it is shown. Training adds to the skill what the examples weigh.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from pathlib import Path
from types import MappingProxyType

import numpy as np

from reasoning.selfplay.checking import Checked
from reasoning.selfplay.config import read_self_play_config
from reasoning.selfplay.policy import FitReport

TOY = (
    "rounds=3", "model=toy", "sampling.first_samples=24", "sampling.samples=12", "sampling.held_out_samples=4",
    "sampling.batch_size=16", "data.targets={targets}", "lean.workers=1", "training.refresh_every=0",
)  # fmt: skip
LEMMA = "Toy.lemma"


def toy_config(tmp_path, *changes, difficulties=(0, 1, 2, 3, 4, 5, 6, 7) * 4):
    """An experiment on statements of these difficulties."""
    targets = tmp_path / "targets.jsonl"
    targets.write_text("".join(problem(f"s{place}", value) for place, value in enumerate(difficulties)))
    return read_self_play_config(None, [*(part.format(targets=targets) for part in TOY), *changes])


def problem(name, difficulty):
    statement = f"theorem {name} : P {difficulty} {name} := by"
    record = {"id": name, "kind": "proof", "prompt": "", "system": "lean", "statement": statement}
    return json.dumps(record) + "\n"


class Stopped(BaseException):
    """Ends the run as a kill would: nothing may catch it."""


class ToyPolicy:
    """The model. `stop_at` calls of `sample`, `fit` and `save` end in `Stopped`."""

    def __init__(self, stop_at=None, proof=None):
        self.skill = 0.0
        self.loads = []
        self.fits = []
        self.left = stop_at
        self.proof = proof

    def _tick(self):
        if self.left is not None:
            if self.left == 0:
                raise Stopped
            self.left -= 1

    def sample(self, prompts, settings, prompt_tokens):
        self._tick()
        stream = random.Random(settings.seed)
        return [
            self._conjecture(prompt, stream) if "<hard theorem>" in prompt else self._proof(prompt, stream)
            for prompt in prompts
        ]

    def _proof(self, prompt, stream):
        if self.proof is not None:
            return self.proof(prompt, stream)
        difficulty = int(re.findall(r": P (\d+)", prompt)[-1])
        right = stream.random() < 0.6 ** max(difficulty - self.skill, 0) * 0.9
        return f"\n  {'exact lemma' if stream.random() < 0.5 else 'rfl'}\n```" if right else "\n  simp\n```"

    def _conjecture(self, prompt, stream):
        difficulty = int(re.findall(r": P (\d+)", prompt)[-1]) + stream.choice((0, 1, 3))
        return f" new : P {difficulty} {stream.choice('ab')}{stream.randrange(8)}\n</hard theorem>"

    def embed(self, texts):
        rows = np.array([[1.0, int(re.search(r": P (\d+)", text)[1])] for text in texts])
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def fit(self, examples, settings):
        self._tick()
        self.fits.append((Counter(one.role for one in examples), settings))
        self.skill += min(1.0, sum(one.weight for one in examples) / 20)
        return FitReport(len(examples), 5, (1.0, 0.5))

    def load(self, name):
        self.loads.append(name)
        self.skill = 0.0 if name == "toy" else json.loads(Path(name, "skill.json").read_text())

    def save(self, directory):
        self._tick()
        directory.mkdir()
        (directory / "skill.json").write_text(json.dumps(self.skill))


class ToyChecker:
    """The judge. `stop_at` calls of `check` end in `Stopped`; `kinds` gives verdicts to proofs."""

    workers = 2
    kinds = MappingProxyType({"  rfl": "passed", "  exact lemma": "passed", "  sorry": "rejected: sorry"})

    def __init__(self, stop_at=None, unjudged=lambda proof: False):
        self.left = stop_at
        self.unjudged = unjudged
        self.asked = Counter()

    async def ready(self):
        pass

    async def check(self, statement, proof):
        if self.left is not None:
            if self.left == 0:
                raise Stopped
            self.left -= 1
        self.asked[statement.id, proof] += 1
        if self.unjudged(proof):
            return Checked("unjudged", detail="no judge today")
        kind = self.kinds.get(proof, "wrong")
        return Checked(kind, (LEMMA, "Toy.definition") if "lemma" in proof else (), 0.1)

    async def conjectured(self, statement, seed):
        return Checked("unreadable", detail="odd") if "b7" in statement.text else Checked("passed")

    async def lemmas(self, names):
        return {name: f"theorem {name} : True" for name in names if name == LEMMA}
