"""`reasoning evaluate BENCHMARK --method A,B,C`: several methods, a run directory each, one table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from reasoning.cli.execution import named_directory
from reasoning.cli.run_settings import checked, default_directory, settings_from
from reasoning.cli.support import EXIT_UNJUDGED, going_on, run_interruptible, say
from verifiers.wording import counted

if TYPE_CHECKING:
    from reasoning.backends import Execution
    from reasoning.evaluation.evaluating import Settings
    from reasoning.evaluation.methods_side_by_side import MethodRow

__all__ = ["evaluate_side_by_side", "is_side_by_side"]


def is_side_by_side(method: str | None, resume: Path | None) -> bool:
    """Whether several methods are meant: named, or those of the directory that is gone on with."""
    from reasoning.evaluation.methods_side_by_side import METHODS_NAME
    from reasoning.methods import method_names

    several = method is not None and len(method_names(method)) > 1
    return several or (resume is not None and (resume / METHODS_NAME).exists())


def evaluate_side_by_side(given: dict[str, Any], out: Path | None, resume: Path | None, execution: Execution) -> None:
    """Evaluate each method and show the table.

    Args:
        given: settings that were given, by name; `method` is the list of methods.
        out: directory for all runs.
        resume: directory to go on with.
        execution: how it is carried out.
    """
    from reasoning.evaluation.methods_side_by_side import evaluate_methods

    methods, settings, directory = _plan(given, out, resume)
    work = evaluate_methods(settings, methods, directory, execution=execution)
    rows = run_interruptible(work, going_on(f"reasoning evaluate {settings.benchmark}", directory))
    _show(rows, directory)
    if any(row.outcome.unanswered or row.outcome.results.to_json()["unjudged"] for row in rows):
        raise typer.Exit(EXIT_UNJUDGED)


def _plan(given: dict[str, Any], out: Path | None, resume: Path | None) -> tuple[list[str], Settings, Path]:
    from dataclasses import replace

    from reasoning.evaluation.evaluating import Settings
    from reasoning.evaluation.methods_side_by_side import read_methods
    from reasoning.methods import find_method, method_names

    named = named_directory(out, resume)
    wanted = dict(given)
    methods = method_names(wanted.pop("method")) if "method" in wanted else []
    for spec in methods:
        find_method(spec)
    begun = None if resume is None else read_methods(resume)
    if begun is not None and resume is not None:
        # What is not given is as it was; what is given must be as it was, which is checked when the work begins.
        return methods or begun["methods"], replace(Settings(**begun["settings"]), **checked(wanted)), resume
    if "benchmark" not in wanted:
        raise typer.BadParameter("give a BENCHMARK (see `reasoning benchmarks`) or --resume DIRECTORY")
    settings = replace(settings_from(wanted), method="")
    directory = named or default_directory(settings).with_name(f"{default_directory(settings).name}-methods")
    return methods, settings, directory


def _show(rows: list[MethodRow], directory: Path) -> None:
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    numbers = (Column(name, no_wrap=True) for name in ("pass@1", "95 %", "problems", "calls", "tokens", "sandbox s"))
    table = Table(Column("method", overflow="fold"), *numbers)
    for row in rows:
        metric = row.pass_at_1
        table.add_row(
            Text(row.method),
            f"{100 * metric.value:.2f} %",
            f"{100 * metric.low:.2f} - {100 * metric.high:.2f} %",
            str(metric.problems),
            f"{row.calls:.1f}",
            f"{row.tokens:.0f}",
            f"{row.sandbox_seconds:.2f}",
        )
    Console(highlight=False).print(table)
    print("calls, tokens and sandbox seconds: mean of one sample of one problem")
    for row in rows:
        if row.outcome.unanswered:
            say(
                f"{row.method}: {counted(row.outcome.unanswered, 'sample')} got no answer (first: "
                f"{row.outcome.first_failure})"
            )
    print(f"results: {directory}")
