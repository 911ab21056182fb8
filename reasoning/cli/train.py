"""`reasoning train`: fine-tune a model with the verifiers' verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from reasoning.cli.execution import Quiet, Resume
from reasoning.cli.self_play import is_self_play_run, train_self_play
from reasoning.cli.support import going_on, say, until_interrupted

__all__ = ["train"]

SELF_PLAY = "self-play"
EXTRA = ("torch", "transformers", "trl", "peft")


def train(
    recipe: Annotated[
        str | None,
        typer.Argument(help="sft, rejection, expert-iteration, preference, grpo, apo, reward-model or self-play."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file; without it the recipe's defaults.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run directory. Default: runs/RECIPE.")] = None,
    resume: Resume = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="FIELD=VALUE or SECTION.FIELD=VALUE, over the file's.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="nano, a directory or a hub name. Default: nano.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Default: 0.")] = None,
    show: Annotated[bool, typer.Option("--show", help="Print the whole configuration and do nothing.")] = False,
    quiet: Quiet = False,
) -> None:
    """Fine-tune a model; without a file, the built-in one on its own arithmetic, on a CPU.

    The run can be stopped at any moment (Ctrl-C, kill -9) and goes on with --resume from its last checkpoint.

    \b
    Examples:
      reasoning train grpo
      reasoning train grpo --config grpo.toml --set optimizer.name=soap --out runs/soap
      reasoning train preference --set preference.loss=kto --model Qwen/Qwen3-4B --out runs/kto
      reasoning train --resume runs/soap
      reasoning train self-play --config stp.toml --out runs/stp
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.training.config import read_config
    from reasoning.training.forms import ConfigError

    if resume is not None:
        given = {"--config": config, "--out": out, "--set": changes or None, "--model": model, "--seed": seed}
        named = [name for name, value in given.items() if value is not None]
        if named:
            raise typer.BadParameter(f"--resume takes everything from the run: give no {', '.join(named)}")
        if recipe in (None, SELF_PLAY) and is_self_play_run(resume):
            train_self_play(None, None, resume, (), show=show, quiet=quiet)
            return
        _require()
        from reasoning.training.session import stored_config

        settings, directory = stored_config(resume), resume
        if recipe not in (None, settings.recipe):
            raise ConfigError(f"{resume} is a run of '{settings.recipe}', not of '{recipe}'")
    else:
        if recipe is None:
            raise typer.BadParameter("give a RECIPE, or --resume RUN_DIR")
        overrides = list(changes or [])
        overrides += [f'model="{model}"'] if model is not None else []
        overrides += [f"seed={seed}"] if seed is not None else []
        if recipe == SELF_PLAY:
            train_self_play(config, out, None, overrides, show=show, quiet=quiet)
            return
        settings = read_config(recipe, config, overrides)
        directory = out or Path("runs") / recipe
    if show:
        import json

        print(json.dumps(settings.to_json(), indent=2))
        return
    if resume is None:
        from reasoning.training.session import check_new

        check_new(directory)
    _require()
    if not quiet:
        say("loading PyTorch and TRL ...")
    from reasoning.training.recipes import run_training

    metrics = until_interrupted(
        lambda: run_training(settings, directory, resume=resume is not None, quiet=quiet),
        going_on("reasoning train", directory),
    )
    _show(metrics, directory)


def _require() -> None:
    from importlib.util import find_spec

    missing = [name for name in EXTRA if find_spec(name) is None]
    if missing:
        raise typer.BadParameter(f"training needs {', '.join(missing)}: pip install 'reasoning-toolkit[train]'")


def _show(metrics: dict[str, Any], directory: Path) -> None:
    for when in ("before", "after"):
        evaluation = metrics.get(when)
        if evaluation:
            shares = (100 * evaluation[name] for name in ("accuracy", "low", "high"))
            print(
                "{:7}{:6.2f} % right (95 %: {:.2f} - {:.2f} %), {} of {}".format(
                    when, *shares, evaluation["right"], evaluation["asked"]
                )
            )
    best = metrics.get("best_of_n")
    if best:
        one, chosen, any_of = (100 * best[name] for name in ("one", "best", "any"))
        print(f"one sample {one:.2f} %, best of {best['n']} by score {chosen:.2f} %, any of them {any_of:.2f} %")
    print(f"{metrics['seconds']:.0f} s; model: {directory / 'model'}")
