"""Plays STP and its baselines from one start at one budget of verdicts, several seeds each, and compares them.

    .venv-vllm/bin/python scripts/run_self_play_comparison.py --out runs/comparison
    .venv-vllm/bin/python scripts/run_self_play_comparison.py --out runs/comparison --seeds 1 --methods stp

The start is trained first (`train_nano_prover.py train --share`), in OUT/start, unless it is there. Each run is
`reasoning train self-play` with scripts/self_play_comparison.toml in OUT/METHOD-SEED. Stopped, call it again: it goes
on where it was. Writes OUT/comparison.md, OUT/proved.svg, and a report for each run.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from reasoning.selfplay.checking import LeanChecker
from reasoning.selfplay.comparison import Compared, conjectures_markdown
from reasoning.selfplay.config import METHODS, SelfPlayConfig, read_self_play_config
from reasoning.selfplay.loop import play
from reasoning.selfplay.policy import ModelPolicy
from reasoning.selfplay.store import SelfPlayError
from reasoning.training.forms import ConfigError
from reasoning.training.session import TrainingError
from verifiers.sandbox import SandboxPool

HERE = Path(__file__).parent
CONFIG = HERE / "self_play_comparison.toml"
COMPARED = ("stp", "parallel_sampling", "expert_iteration")
SHARE, STEPS = 0.15, 900
"""Of the start: part of the corpus's theorems whose proofs it learns, and optimiser steps."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/comparison"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=COMPARED)
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="override of the experiment")
    parser.add_argument("--start", type=Path, help="a model that knows both prompts, instead of the trained start")
    parser.add_argument("--steps", type=int, default=STEPS, help="of the start's training (default: %(default)s)")
    given = parser.parse_args()
    try:
        start = given.start or _trained_start(given.out / "start", given.steps)
        # Seeds outside: whenever this is stopped, what is there compares the methods.
        planned = [
            (
                given.out / f"{method}-{seed}",
                read_self_play_config(CONFIG, [f"method={method}", f"seed={seed}", f"model={start}", *given.set]),
            )
            for seed in range(1, given.seeds + 1)
            for method in given.methods
        ]
        asyncio.run(_play(planned))
        compared = Compared([run for run, _ in planned])
    except (SelfPlayError, ConfigError, TrainingError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    (given.out / "proved.svg").write_text(compared.svg(), encoding="utf-8")
    tables = "\n\n".join([compared.markdown(), conjectures_markdown(compared.conjecturing)])
    (given.out / "comparison.md").write_text(f"{tables}\n", encoding="utf-8")
    print(tables)
    return 0


async def _play(planned: Sequence[tuple[Path, SelfPlayConfig]]) -> None:
    """One run after the other, with the same processes of Lean and PyTorch."""
    first = planned[0][1]
    if first.system != "lean":
        raise ConfigError(f"field 'system': is '{first.system}'; runs are compared with the embedded Lean only")
    async with SandboxPool(workers=first.lean.workers or None, allow_weak=first.lean.allow_weak) as sandbox:
        checker = LeanChecker(sandbox, first.lean)
        policy = ModelPolicy(threads=first.threads)
        for run, config in planned:
            metrics = await play(config, run, policy, checker, resume=run.exists(), quiet=not sys.stderr.isatty())
            print(f"{config.method}, seed {config.seed}: {metrics['proved']} proved, {metrics['rounds']} rounds, "
                  f"{metrics['checks']} verdicts, {metrics['seconds']:.0f} s", flush=True)  # fmt: skip


def _trained_start(out: Path, steps: int) -> Path:
    if not (out / "model" / "training.json").exists():
        script = [sys.executable, str(HERE / "train_nano_prover.py"), "train"]
        subprocess.run([*script, "--out", str(out), "--share", str(SHARE), "--steps", str(steps)], check=True)
    return out / "model"


if __name__ == "__main__":
    sys.exit(main())
