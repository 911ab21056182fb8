"""`reasoning benchmarks`: list the benchmarks, or grade their own reference answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reasoning.cli.execution import AllowWeak, Jobs, Quiet
from reasoning.cli.support import EXIT_UNJUDGED, run_interruptible, say

__all__ = ["list_benchmarks", "validate"]

app = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def list_benchmarks(context: typer.Context) -> None:
    """List the benchmarks, with their splits and prompt styles.

    \b
    Examples:
      reasoning benchmarks
      reasoning benchmarks validate p3 --split all
    """  # noqa: D301 - \b is typer's mark, not text
    if context.invoked_subcommand is not None:
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from reasoning.evaluation.benchmarks import benchmark_names, find_benchmark

    table = Table("benchmark", "what it is", "splits", "prompts")
    for name in benchmark_names():
        benchmark = find_benchmark(name)
        cells = (
            name,
            benchmark.summary,
            ", ".join(benchmark.files),
            ", ".join(style.name for style in benchmark.styles),
        )
        table.add_row(*(Text(cell) for cell in cells))
    Console().print(table)


@app.command("validate")
def validate(
    name: Annotated[str, typer.Argument(help="Name of the benchmark.")],
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many problems.")] = None,
    split: Annotated[str | None, typer.Option(help="Split. Default: the benchmark's first.")] = None,
    data: Annotated[Path | None, typer.Option(help="The benchmark's file, or a folder that holds its files.")] = None,
    timeout: Annotated[float | None, typer.Option(min=0.01, help="Seconds for one answer.")] = None,
    memory: Annotated[int | None, typer.Option(min=16, help="MiB for one answer. Default: 1024.")] = None,
    jobs: Jobs = None,
    allow_weak: AllowWeak = False,
    quiet: Quiet = False,
) -> None:
    """Judge every reference answer of a benchmark, and name those that are not accepted.

    Exit status 1 when one is not.

    \b
    Examples:
      reasoning benchmarks validate puzzles
      reasoning benchmarks validate mbpp --split all --limit 100
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.evaluation.validate import validate_references

    work = validate_references(
        name,
        split=split,
        data=data,
        limit=limit,
        timeout=timeout,
        memory=memory,
        jobs=jobs,
        allow_weak=allow_weak,
        quiet=quiet,
    )
    validation = run_interruptible(work, "nothing was kept; run it again")
    for verdict in validation.refused:
        say(f"{verdict.id}: {verdict.status.value}: {verdict.detail}")
    print(
        f"{validation.accepted} of {validation.judged} reference answers accepted; {validation.problems} problems, "
        f"{validation.without_reference} without a reference"
    )
    if validation.refused:
        raise typer.Exit(EXIT_UNJUDGED)
