"""`reasoning generate PIPELINE`: make a verified dataset. One command for each pipeline, built from its options.

$ reasoning generate rejection --problems gsm8k:train --samples 8 --out runs/rejection
$ reasoning generate --resume runs/rejection
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import Field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_type_hints

import typer
from typer.core import TyperGroup

from reasoning.cli.execution import AllowWeak, Backend, Concurrency, Jobs, Quiet, Resume, begun_run, named_directory
from reasoning.cli.support import EXIT_UNJUDGED, run_interruptible, say

if TYPE_CHECKING:
    from reasoning.backends import Execution
    from reasoning.pipelines.backend import Built
    from reasoning.pipelines.base import Pipeline
    from reasoning.pipelines.settings import Settings

__all__ = ["generate", "reproduce"]


class _Pipelines(TyperGroup):
    """The registered pipelines as commands; each is imported when it is named, or when help lists them all."""

    def list_commands(self, ctx: Any) -> list[str]:
        from reasoning.pipelines.base import pipeline_names

        return [*pipeline_names(), *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        from reasoning.pipelines.base import PIPELINES, find_pipeline, pipeline_names

        own = super().get_command(ctx, cmd_name)
        if own is None and (cmd_name in PIPELINES or cmd_name in pipeline_names()):
            return _command(find_pipeline(cmd_name))
        return own


app = typer.Typer(
    cls=_Pipelines,
    invoke_without_command=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def generate(
    context: typer.Context,
    resume: Resume = None,
    jobs: Jobs = None,
    concurrency: Concurrency = None,
    allow_weak: AllowWeak = False,
    quiet: Quiet = False,
    backend: Backend = "local",
) -> None:
    """Make a verified dataset with one of the pipelines below.

    Everything is kept in a run directory. A run can be stopped at any moment (Ctrl-C, kill -9) and goes on with
    --resume, losing and repeating nothing that was finished; its dataset is the same, byte for byte.

    \b
    Examples:
      reasoning generate rejection --limit 20 --out runs/solved
      reasoning generate --resume runs/solved
      reasoning generate rejection --help
    """  # noqa: D301 - \b is typer's mark, not text
    if context.invoked_subcommand is not None:
        return
    if resume is None:
        print(context.get_help())
        return
    from reasoning.backends import Execution

    execution = Execution(jobs=jobs, concurrency=concurrency, allow_weak=allow_weak, quiet=quiet, backend=backend)
    _run({}, None, resume, execution)


@app.command("reproduce", short_help="Make a dataset again from its manifest, and compare.")
def reproduce(
    manifest: Annotated[Path, typer.Argument(help="manifest.json of a dataset, or the dataset's folder.")],
    out: Annotated[Path | None, typer.Option(help="Run directory. Default: runs/PIPELINE-again.")] = None,
    resume: Resume = None,
    jobs: Jobs = None,
    concurrency: Concurrency = None,
    allow_weak: AllowWeak = False,
    quiet: Quiet = False,
    backend: Backend = "local",
) -> None:
    """Run the pipeline of a manifest again and say whether the same bytes came of it (exit status 1: no).

    \b
    Examples:
      reasoning generate reproduce runs/solved/dataset --out runs/again
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.backends import Execution
    from reasoning.pipelines.backend.manifest import differing_files, read_manifest

    execution = Execution(jobs=jobs, concurrency=concurrency, allow_weak=allow_weak, quiet=quiet, backend=backend)
    wanted = read_manifest(manifest)
    out = out or Path("runs") / f"{wanted['pipeline']}-again"
    built = _run(wanted["settings"], None if resume else out, resume, execution)
    different = differing_files(wanted, built.manifest)
    for path in different:
        say(f"differs: {path}")
    print("the same bytes" if not different else f"{len(different)} files differ")
    if different:
        raise typer.Exit(EXIT_UNJUDGED)


def _command(pipeline: Pipeline) -> Any:
    """The command of a pipeline: its own options, then the common ones that mean something to it."""
    from reasoning.pipelines.settings import Settings, unused_names

    unused = unused_names(pipeline)
    hints = get_type_hints(pipeline.options)
    own = [_parameter(item, hints[item.name], item.default) for item in fields(pipeline.options)]
    hints = get_type_hints(Settings)
    common = [
        _parameter(item, hints[item.name], pipeline.default_problems if item.name == "problems" else item.default)
        for item in fields(Settings)
        if item.name not in ("pipeline", "own") and item.name not in unused
    ]
    running = list(inspect.signature(_running_options, eval_str=True).parameters.values())

    def command(out: Path | None, resume: Path | None, push_to_hub: str | None, **given: Any) -> None:
        from reasoning.backends import Execution

        execution = Execution(**{item.name: given.pop(item.name) for item in fields(Execution)})
        chosen = {name: value for name, value in given.items() if value is not None}
        _run({"pipeline": pipeline.name, **chosen}, out, resume, execution, push_to_hub)

    examples = "\n".join(f"  {line}" for line in pipeline.examples)
    command.__doc__ = f"{pipeline.summary}\n\n\b\nExamples:\n{examples}" if examples else pipeline.summary
    command.__signature__ = inspect.Signature([*own, *common, *running])  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *common, *running]}
    return _click_command(pipeline, command)


def _click_command(pipeline: Pipeline, command: Callable[..., None]) -> Any:
    single = typer.Typer(rich_markup_mode=None, add_completion=False)
    settings = {"help_option_names": ["-h", "--help"]}
    single.command(pipeline.name, short_help=pipeline.summary, context_settings=settings)(command)
    return typer.main.get_command(single)


def _running_options(
    out: Annotated[Path | None, typer.Option(help="Run directory. Default: runs/PIPELINE-SEED.")] = None,
    resume: Resume = None,
    jobs: Jobs = None,
    concurrency: Concurrency = None,
    allow_weak: AllowWeak = False,
    quiet: Quiet = False,
    backend: Backend = "local",
    push_to_hub: Annotated[
        str | None, typer.Option(help="Upload the dataset to this hub repository (OWNER/NAME), private.")
    ] = None,
) -> None:
    """Options that do not change what comes out; read for their names and help."""


def _parameter(item: Field[Any], hint: Any, default: Any) -> inspect.Parameter:
    """An option of the command line; not given it is None, so that a resume can tell what was asked for."""
    kind = next(member for member in (*get_args(hint), hint) if member is not type(None))
    shown = "" if default in (None, "", False) else f" Default: {default}."
    bounds: dict[str, Any] = {}
    if kind in (int, float):
        bounds = {"min": item.metadata["low"], "max": item.metadata["high"]}
    info = typer.Option(help=item.metadata["help"] + shown, show_default=False, **bounds)
    return inspect.Parameter(
        item.name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=Annotated[kind | None, info]
    )


def _run(
    given: dict[str, Any],
    out: Path | None,
    resume: Path | None,
    execution: Execution,
    push_to_hub: str | None = None,
) -> Built:
    from reasoning.pipelines.backend import build

    settings, directory, resuming = _plan(given, out, resume)
    work = build(settings, directory, resume=resuming, execution=execution)
    built = run_interruptible(work, f"go on with: reasoning generate --resume {directory}")
    _show(directory, built)
    if push_to_hub is not None:
        from reasoning.pipelines.backend.hub import push

        print(f"pushed: {push(built.dataset, push_to_hub)}")
    if built.failures.count:
        raise typer.Exit(EXIT_UNJUDGED)
    return built


def _plan(given: dict[str, Any], out: Path | None, resume: Path | None) -> tuple[Settings, Path, bool]:
    """What to do, where, and whether there is something to go on with."""
    from reasoning.pipelines.settings import settings_from, stored_settings

    directory = named_directory(out, resume)
    begun = begun_run(resume, new="pipeline" in given)
    if directory is not None and begun is not None:
        # What is not given is as it was; what is given must be as it was, which the run checks.
        return settings_from({**stored_settings(begun["settings"]), **given}), directory, True
    settings = settings_from(given)
    return settings, directory or Path("runs") / f"{settings.pipeline}-{settings.seed}", False


def _show(directory: Path, built: Built) -> None:
    from reasoning.pipelines.backend.splits import empty_splits

    statistics = built.manifest["statistics"]
    for table, splits in statistics["rows"].items():
        counts = ", ".join(f"{split} {count}" for split, count in splits.items())
        print(f"{table}: {counts}")
    if built.kept and (empty := empty_splits(built.manifest)):
        say(
            f"no row fell into: {', '.join(empty)}; texts that differ in numbers only share a split, "
            "unless it is --split-by stream"
        )
    thrown = ", ".join(f"{stage} {count}" for stage, count in built.discarded.items())
    print(f"{built.kept} rows kept; thrown away: {thrown or 'nothing'}")
    cost = built.cost
    tokens = cost["prompt_tokens"] + cost["completion_tokens"]
    asked = f"{cost['completions']:.0f} completions ({tokens:.0f} tokens), " if cost["completions"] else ""
    print(f"cost: {asked}{cost['sandbox_tasks']:.0f} sandbox tasks ({cost['sandbox_seconds']:.1f} CPU s)")
    if built.failures.count:
        say(
            f"{built.failures.count} items got no answer (first: {built.failures.first}); ask again with: "
            f"reasoning generate --resume {directory}"
        )
    print(f"dataset: {built.dataset}")
