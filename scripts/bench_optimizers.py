"""AdamW, SOAP, Lion and Muon on the pre-training of nano: loss and accuracy against steps and against CPU seconds.

    .venv-vllm/bin/python scripts/bench_optimizers.py --out runs/optimizers       # half an hour on one core
    .venv-vllm/bin/python scripts/bench_optimizers.py --optimizers adamw soap     # these two

Each optimiser first runs the whole schedule in `--sweep-steps` steps at some learning rates; the one with the lowest
loss over its last tenth then runs `--steps`. Same weights at the start, same batches, one thread. What is finished in
OUT is not run again. Writes OUT/optimizers.md, OUT/steps.svg and OUT/seconds.svg.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean

GRID: dict[str, tuple[float, ...]] = {
    "adamw": (2.5e-3, 5e-3, 1e-2),
    "soap": (2.5e-3, 5e-3, 1e-2),
    "lion": (6e-4, 1.2e-3, 2.4e-3, 4.8e-3),
    "muon": (1e-2, 2e-2, 4e-2),
}
"""Learning rates tried; Muon's are those of its matrices, the rest of its parameters keep the recipe's 5e-3."""


@dataclass(frozen=True, slots=True)
class Run:
    """One pre-training run.

    Attributes:
        optimizer: its name.
        rate: its learning rate.
        losses: of each step, nats a completion token.
        seconds: CPU seconds from the first step to each step, evaluations left out.
        points: (step, share of exact answers) on the way.
    """

    optimizer: str
    rate: float
    losses: list[float]
    seconds: list[float]
    points: list[tuple[int, float]]

    @property
    def last_loss(self) -> float:
        """Mean over the last tenth of the steps."""
        return fmean(self.losses[-max(len(self.losses) // 10, 1) :])


def smooth(values: Sequence[float], width: int) -> list[float]:
    """Mean of each value and the `width - 1` before it."""
    return [fmean(values[max(0, index - width + 1) : index + 1]) for index in range(len(values))]


def measure(name: str, rate: float, steps: int, seed: int, points: int) -> Run:
    """Train nano once."""
    from reasoning.training.nano import NanoSettings, train_nano
    from reasoning.training.optimizer_settings import OptimizerSettings

    # Lion's decay is ten times the others', as its rate is about a tenth of theirs.
    decay = 0.1 if name == "lion" else 0.01
    rates = {"learning_rate": 5e-3, "muon_learning_rate": rate} if name == "muon" else {"learning_rate": rate}
    beta2 = 0.95 if name == "adamw" else None
    optimizer = OptimizerSettings(name=name, weight_decay=decay, beta2=beta2, **rates)
    settings = NanoSettings(
        steps=steps,
        seed=seed,
        optimizer=optimizer,
        warmup_steps=max(steps // 16, 1),
        evaluate_every=max(steps // points, 1),
    )
    clock: list[float] = []
    result = train_nano(settings, lambda step, loss: clock.append(time.process_time()))
    # A step after an evaluation holds the evaluation too; it is taken to last as long as the one before.
    lengths = [after - before for before, after in pairwise(clock)]
    for point in result.curve[:-1]:
        lengths[point.step - 1] = lengths[point.step - 2]
    seconds = [0.0]
    for length in lengths:
        seconds.append(seconds[-1] + length)
    return Run(name, rate, list(result.losses), seconds, [(point.step, point.accuracy) for point in result.curve])


def stored(path: Path, name: str, rate: float, steps: int, seed: int, points: int) -> Run:
    """The run in `path`, made first where it is not there."""
    if not path.exists():
        made = measure(name, rate, steps, seed, points)
        path.write_text(json.dumps(asdict(made)) + "\n", encoding="utf-8")
        sys.stderr.write(f"{path.name}: last loss {made.last_loss:.3f}, {made.seconds[-1]:.0f} CPU s\n")
    return Run(**json.loads(path.read_text(encoding="utf-8")))


def table(swept: dict[str, list[Run]], finals: Sequence[Run]) -> str:
    """The figures in Markdown."""
    rows = [
        "| optimiser | rates tried, last loss | rate | last loss | exact answers | CPU s | CPU ms a step |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for run in finals:
        tried = ", ".join(f"{one.rate:g}: {one.last_loss:.3f}" for one in swept[run.optimizer])
        milliseconds = 1000 * run.seconds[-1] / max(len(run.losses) - 1, 1)
        rows.append(
            f"| {run.optimizer} | {tried} | {run.rate:g} | {run.last_loss:.3f} | {run.points[-1][1]:.3f} "
            f"| {run.seconds[-1]:.0f} | {milliseconds:.0f} |"
        )
    return "\n".join(rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/optimizers"))
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--sweep-steps", type=int, default=200)
    parser.add_argument("--optimizers", nargs="+", choices=GRID, default=list(GRID), help="default: all")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    import torch

    from reasoning.pages.charts import chart

    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    swept: dict[str, list[Run]] = {}
    finals = []
    for name in arguments.optimizers:

        def run(rate: float, steps: int, points: int, name: str = name) -> Run:
            path = arguments.out / f"{name}-{rate:g}-{steps}-{arguments.seed}.json"
            return stored(path, name, rate, steps, arguments.seed, points)

        swept[name] = [run(rate, arguments.sweep_steps, 1) for rate in GRID[name]]
        best = min(swept[name], key=lambda one: one.last_loss)
        finals.append(run(best.rate, arguments.steps, 4))
    written = table(swept, finals)
    (arguments.out / "optimizers.md").write_text(written + "\n", encoding="utf-8")
    by_step = {run.optimizer: list(enumerate(smooth(run.losses, 20), 1)) for run in finals}
    by_second = {run.optimizer: list(zip(run.seconds, smooth(run.losses, 20), strict=True)) for run in finals}
    (arguments.out / "steps.svg").write_text(chart("loss, nats a token", by_step), encoding="utf-8")
    (arguments.out / "seconds.svg").write_text(
        chart("loss, nats a token", by_second, across="CPU seconds"), encoding="utf-8"
    )
    sys.stdout.write(written + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
