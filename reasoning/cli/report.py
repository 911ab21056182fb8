"""`reasoning report`: what a run holds, or several beside each other, as one self-contained page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["report"]


def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN_DIR...", help="Directory of any kind of run.")],
    out: Annotated[
        Path | None,
        typer.Option(help="The page. Default: report.html in the run directory; of several runs comparison.html here."),
    ] = None,
) -> None:
    """Write what a run holds as one HTML file: summary with intervals, plots, items with their verdicts.

    Runs of evaluate (one method or several), generate, train, discover and families study. The page needs no network
    and holds no script; all texts of models are escaped. Long runs are counted whole, and some items of each verdict
    are shown. A run that is not finished is reported as far as it is.

    Several runs of one kind are compared: settings that differ, scores problem by problem, curves in one chart, counts
    and overlap of datasets, formulas in common.

    \b
    Examples:
      reasoning report runs/first
      reasoning report runs/grpo --out grpo.html
      reasoning report runs/grpo runs/apo --out both.html
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.report import ReportError, comparison_page, report_page
    from reasoning.runs import replaced_file

    for run in runs:
        if not run.is_dir():
            raise ReportError(f"{run}: {'is no' if run.exists() else 'no such'} directory")
    named = _named(runs)
    target = out or (runs[0] / "report.html" if len(named) == 1 else Path("comparison.html"))
    page = report_page(runs[0]) if len(named) == 1 else comparison_page(named)
    try:
        with replaced_file(target) as file:
            file.write(page)
    except OSError as error:
        raise ReportError(f"{target}: cannot be written: {error.strerror}") from None
    print(f"written: {target}")


def _named(runs: list[Path]) -> dict[str, Path]:
    """Each directory once, under its path below the folder that holds them all."""
    whole = {run.resolve(): run for run in runs}
    above = os.path.commonpath([run.parent for run in whole])
    return {str(run.relative_to(above)): given for run, given in whole.items()}
