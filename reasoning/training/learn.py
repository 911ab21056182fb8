"""Watch a small model learn: one start, several methods, a table and a page.

    results = learn(Path("runs/learn"), seeds=(0,))
    print(results.markdown())

The start ("B") is nano, fine-tuned a little on text of mixed quality: 65 % of the completions give a bare answer, 35 %
the worked one. It knows how to work an answer out but seldom does, and the verifier's reward is enough to change that.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from reasoning.evaluation.metrics import wilson_interval
from reasoning.json_lines import json_lines
from reasoning.training.config import read_config
from reasoning.training.forms import ConfigError
from reasoning.training.recipes import run_training

__all__ = ["FURTHER", "HARD", "HARD_FURTHER", "METHODS", "START", "Learned", "Method", "Results", "Row", "learn"]

COMMON = (
    "threads=1",
    "data.evaluation_count=300",
    "data.evaluation_size=3",
    "save_every=0",
    "reward.workers=1",
    "measure_policy=true",
)


@dataclass(frozen=True, slots=True)
class Method:
    """A way to learn, and its settings beside the recipe's defaults."""

    name: str
    recipe: str
    changes: tuple[str, ...] = ()
    model: str = ""
    """What is trained; empty: the start."""


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
        (
            "data.seed=32",
            "data.count=6400",
            "data.size=0",
            "data.bare_share=0.65",
            "optimizer.learning_rate=3e-4",
            "evaluate_every=50",
        ),
    ),
    Method("expert iteration", "expert-iteration", ("sampling.rounds=2", "log_every=1")),
    Method("DPO", "preference", ("evaluate_every=10",)),
    Method("GRPO", "grpo", ("optimizer.beta2=0.95", "evaluate_every=15")),
    Method("APO", "apo", ("optimizer.beta2=0.95", "evaluate_every=15")),
)
FURTHER = (
    Method("KTO", "preference", ("preference.loss=kto", "evaluate_every=10")),
    Method("CPL", "preference", ("preference.loss=cpl", "evaluate_every=10")),
)
"""Run with `--all`."""


def _from_nano(method: Method) -> Method:
    return replace(method, name=f"{method.name} from nano itself", model="nano")


HARD = tuple(_from_nano(method) for method in METHODS if method.name in ("expert iteration", "GRPO"))
"""The hard case: errors of knowledge, which a reward for a right answer does little about."""
HARD_FURTHER = tuple(_from_nano(method) for method in (*METHODS, *FURTHER) if method.recipe in ("preference", "apo"))
"""Run with `--all --hard`."""
T_QUANTILES = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""Student's 97.5 % quantiles for 1 to 9 degrees of freedom; the last serves for more, a little too wide."""


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
        low: 95 % interval of `after` over the questions (Wilson; all seeds are asked the same ones).
        high: its upper end.
        spread: half the 95 % interval of the mean over the seeds (Student's t); None for one seed.
        each: share of each seed.
        cpu_seconds: mean, of training alone.
        points_per_second: percentage points gained per CPU second.
    """

    method: str
    before: float
    after: float
    low: float
    high: float
    spread: float | None
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
            each = tuple(run["after"]["accuracy"] for run in runs)
            before, after = fmean(run["before"]["accuracy"] for run in runs), fmean(each)
            asked = round(fmean(run["after"]["asked"] for run in runs))
            low, high = wilson_interval(round(after * asked), asked)
            seconds = fmean(run["cpu_seconds"] for run in runs)
            gain = 100 * (after - before) / max(seconds, 1e-9)
            rows.append(Row(name, before, after, low, high, _spread(each), each, seconds, gain))
        return rows

    def cells(self) -> list[tuple[str, ...]]:
        """The table as texts; its heads come first."""
        heads: tuple[str, ...] = (
            "method",
            "before",
            "after",
            "95 %, questions",
            "95 %, seeds",
            "each seed",
            "CPU s",
            "points/s",
        )
        return [heads] + [
            (
                row.method,
                f"{row.before:.3f}",
                f"{row.after:.3f}",
                f"{row.low:.3f} - {row.high:.3f}",
                "" if row.spread is None else f"± {row.spread:.3f}",
                " ".join(f"{share:.3f}" for share in row.each),
                f"{row.cpu_seconds:.0f}",
                f"{row.points_per_second:.2f}",
            )
            for row in self.rows()
        ]

    def markdown(self) -> str:
        """The table, for a terminal or a page."""
        heads, *rows = self.cells()
        lines = [heads, tuple("---" for _ in heads), *rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _spread(values: Sequence[float]) -> float | None:
    if len(values) < 2:
        return None
    quantile = T_QUANTILES[min(len(values) - 1, len(T_QUANTILES)) - 1]
    return float(quantile * stdev(values) / sqrt(len(values)))


Progress = Callable[[str, int, Mapping[str, Any]], None]


def learn(
    directory: Path,
    *,
    seeds: Sequence[int],
    methods: Sequence[Method] = METHODS,
    on_progress: Progress = lambda method, seed, record: None,
    quick: bool = False,
    processes: int = 1,
) -> Results:
    """Make the start, then run every method from it (or from the model that it names).

    What is finished in `directory` is not done again, so an interrupted call goes on.

    Args:
        directory: a folder for all runs.
        seeds: of the methods; the start is one and the same.
        methods: what to run.
        on_progress: told (method, seed, line of the log).
        quick: a few steps of everything, for tests.
        processes: runs at once, each of one thread; the figures do not depend on it.
    """
    short = ("data.evaluation_count=8", "data.count=128", "steps=2", "sampling.prompts=16") if quick else ()
    base = str(directory / "start" / "model")
    plan = [
        _Planned(method, directory / f"{_slug(method.name)}-{seed}", method.model or base, seed, short)
        for seed in seeds
        for method in methods
    ]
    start = _Planned(START, directory / "start", "nano", 0, short)
    if processes == 1:
        for one in (start, *plan):
            _run(one, on_progress)
    else:
        _run_in_processes(start, plan, on_progress, processes)
    return Results(tuple(_learned(one) for one in plan))


@dataclass(frozen=True, slots=True)
class _Planned:
    method: Method
    where: Path
    model: str
    seed: int
    short: tuple[str, ...]


def _run(one: _Planned, on_progress: Progress) -> None:
    changes = (*COMMON, *one.method.changes, f"seed={one.seed}", f"model={json.dumps(one.model)}", *one.short)
    config = read_config(one.method.recipe, None, changes)
    started = time.monotonic()

    def tell(record: Mapping[str, Any]) -> None:
        on_progress(one.method.name, one.seed, {"seconds": time.monotonic() - started, **record})

    resume = (one.where / "config.json").exists()
    metrics = run_training(config, one.where, resume=resume, quiet=True, on_log=tell)
    tell({"finished": True, "before": metrics["before"], "after": metrics["after"]})


def _run_in_processes(start: _Planned, plan: Sequence[_Planned], on_progress: Progress, processes: int) -> None:
    # Forked processes would share threads and locks of PyTorch.
    context = multiprocessing.get_context("spawn")
    told: Any = context.Queue()
    listener = threading.Thread(target=_listen, args=(told, on_progress), daemon=True)
    listener.start()
    try:
        with ProcessPoolExecutor(processes, context, _begin_process, (told,)) as pool:
            pool.submit(_run_and_tell, start).result()
            waiting = [pool.submit(_run_and_tell, one) for one in plan]
            try:
                for one in waiting:
                    one.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    finally:
        told.put(None)
        listener.join()


def _listen(told: Any, on_progress: Progress) -> None:
    while (message := told.get()) is not None:
        on_progress(*message)


_told: Any = None
"""In a process of the pool: where its progress goes."""


def _begin_process(told: Any) -> None:
    global _told
    _told = told
    # Ctrl-C ends it at once and without a word: whoever started it says what is to be said.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    # A pool's process waits for work for ever, also where whoever gives it was killed.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run_and_tell(one: _Planned) -> None:
    _run(one, lambda method, seed, record: _told.put((method, seed, dict(record))))


def _learned(one: _Planned) -> Learned:
    metrics = json.loads((one.where / "metrics.json").read_text(encoding="utf-8"))
    log = [record for _, record in json_lines(one.where / "log.jsonl", ConfigError)]
    return Learned(one.method.name, one.seed, metrics, log)


def _slug(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name.lower()).strip("-")
