"""Watch a small model learn: one start, several methods, a table and a page.

    results = learn(Path("runs/learn"), seeds=(0,))
    print(results.table())

The start ("B") is nano, fine-tuned a little on text of mixed quality: 65 % of the completions give a bare answer, 35 %
the worked one. It knows how to work an answer out but seldom does, and the verifier's reward is enough to change that.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoning.evaluation.metrics import wilson_interval
from reasoning.training.config import read_config
from reasoning.training.recipes import run_training

__all__ = ["METHODS", "START", "Learned", "Method", "Results", "learn"]

COMMON = ("threads=1", "data.evaluation_count=300", "data.evaluation_size=3", "save_every=0")


@dataclass(frozen=True, slots=True)
class Method:
    """A way to learn, and its settings beside the recipe's defaults."""

    name: str
    recipe: str
    changes: tuple[str, ...] = ()


START = Method(
    "start",
    "sft",
    (
        "data.seed=31",
        "data.count=14080",
        "data.size=0",
        "data.bare_share=0.65",
        "optimizer.learning_rate=1.5e-3",
        "optimizer.beta2=0.95",
    ),
)
METHODS = (
    Method(
        "more of the same text (SFT)",
        "sft",
        ("data.seed=32", "data.count=6400", "data.size=0", "data.bare_share=0.65", "optimizer.learning_rate=3e-4"),
    ),
    Method("expert iteration", "expert-iteration", ("sampling.rounds=2",)),
    Method("DPO", "preference"),
    Method("GRPO", "grpo", ("optimizer.beta2=0.95",)),
    Method("APO", "apo", ("optimizer.beta2=0.95",)),
)
FURTHER = (
    Method("KTO", "preference", ("preference.loss=kto",)),
    Method("CPL", "preference", ("preference.loss=cpl",)),
)
"""Run with `--all`."""
HARD = (
    Method("expert iteration from nano itself", "expert-iteration", ("sampling.rounds=2",)),
    Method("GRPO from nano itself", "grpo", ("optimizer.beta2=0.95",)),
)
"""The hard case: errors of knowledge, which a reward for a right answer does little about."""


@dataclass(frozen=True, slots=True)
class Learned:
    """One run of one method.

    Attributes:
        method: its name.
        seed: of the run.
        metrics: as in the run's `metrics.json`.
        log: as in the run's `log.jsonl`.
    """

    method: str
    seed: int
    metrics: Mapping[str, Any]
    log: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Row:
    """A method over its seeds.

    Attributes:
        method: its name.
        before: share of right answers at the start.
        after: mean share over the seeds.
        low: 95 % interval of `after` over all answers of all seeds (Wilson).
        high: its upper end.
        each: share of each seed.
        cpu_seconds: mean, of training alone.
        points_per_second: percentage points gained per CPU second.
    """

    method: str
    before: float
    after: float
    low: float
    high: float
    each: tuple[float, ...]
    cpu_seconds: float
    points_per_second: float


@dataclass(frozen=True, slots=True)
class Results:
    """All runs."""

    runs: tuple[Learned, ...]

    def rows(self) -> list[Row]:
        """One row a method, in the order in which they ran."""
        rows = []
        for name in dict.fromkeys(run.method for run in self.runs):
            runs = [run.metrics for run in self.runs if run.method == name]
            right = sum(run["after"]["right"] for run in runs)
            asked = sum(run["after"]["asked"] for run in runs)
            low, high = wilson_interval(right, asked)
            before = sum(run["before"]["accuracy"] for run in runs) / len(runs)
            seconds = sum(run["cpu_seconds"] for run in runs) / len(runs)
            each = tuple(run["after"]["accuracy"] for run in runs)
            gain = 100 * (right / asked - before) / max(seconds, 1e-9)
            rows.append(Row(name, before, right / asked, low, high, each, seconds, gain))
        return rows

    def markdown(self) -> str:
        """The table, for a terminal or a page."""
        lines = [
            "| method | before | after | 95 % | each seed | CPU s | points/s |",
            "| --- | --- | --- | --- | --- | --- | --- |",
        ]
        for row in self.rows():
            each = " ".join(f"{share:.3f}" for share in row.each)
            lines.append(
                f"| {row.method} | {row.before:.3f} | {row.after:.3f} | {row.low:.3f} - {row.high:.3f} | {each} "
                f"| {row.cpu_seconds:.0f} | {row.points_per_second:.2f} |"
            )
        return "\n".join(lines)


def learn(
    directory: Path,
    *,
    seeds: Sequence[int],
    methods: Sequence[Method] = METHODS,
    hard: bool = False,
    on_progress: Callable[[str, int, Mapping[str, Any]], None] = lambda method, seed, record: None,
    quick: bool = False,
) -> Results:
    """Make the start, then run every method from it.

    What is finished in `directory` is not done again, so an interrupted call goes on.

    Args:
        directory: a folder for all runs.
        seeds: of the methods; the start is one and the same.
        methods: what to run.
        hard: run `HARD` too, from nano itself.
        on_progress: told (method, seed, line of the log).
        quick: a few steps of everything, for tests.
    """
    short = ("data.evaluation_count=8", "data.count=128", "steps=2", "sampling.prompts=16") if quick else ()
    _run(START, directory / "start", "nano", 0, short, on_progress)
    base = str(directory / "start" / "model")
    plan = [(method, base) for method in methods] + [(method, "nano") for method in HARD if hard]
    runs = []
    for seed in seeds:
        for method, model in plan:
            where = directory / f"{_slug(method.name)}-{seed}"
            metrics = _run(method, where, model, seed, short, on_progress)
            log = [json.loads(line) for line in (where / "log.jsonl").read_text(encoding="utf-8").splitlines()]
            runs.append(Learned(method.name, seed, metrics, log))
    return Results(tuple(runs))


def _run(
    method: Method,
    where: Path,
    model: str,
    seed: int,
    short: tuple[str, ...],
    on_progress: Callable[[str, int, Mapping[str, Any]], None],
) -> Mapping[str, Any]:
    changes = (*COMMON, *method.changes, f"seed={seed}", f"model={json.dumps(model)}", *short)
    config = read_config(method.recipe, None, changes)
    started = time.monotonic()

    def tell(record: Mapping[str, Any]) -> None:
        on_progress(method.name, seed, {"seconds": time.monotonic() - started, **record})

    resume = (where / "config.json").exists()
    metrics = run_training(config, where, resume=resume, quiet=True, on_log=tell)
    tell({"finished": True, "before": metrics["before"], "after": metrics["after"]})
    return metrics


def _slug(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name.lower()).strip("-")
