"""`reasoning report`: what a run directory holds, as one self-contained page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Directory of any kind of run.")],
    out: Annotated[Path | None, typer.Option(help="The page. Default: report.html in the run directory.")] = None,
) -> None:
    """Write what a run holds as one HTML file: summary with intervals, plots, items with their verdicts.

    Runs of evaluate (one method or several), generate, train, discover and families study. The page needs no network
    and holds no script; all texts of models are escaped. Long runs are counted whole, and some items of each verdict
    are shown. A run that is not finished is reported as far as it is.

    \b
    Examples:
      reasoning report runs/first
      reasoning report runs/grpo --out grpo.html
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.report import ReportError, report_page
    from reasoning.runs import replaced_file

    if not run.is_dir():
        raise ReportError(f"{run}: no such directory")
    target = out or run / "report.html"
    page = report_page(run)
    try:
        with replaced_file(target) as file:
            file.write(page)
    except OSError as error:
        raise ReportError(f"{target}: cannot be written: {error.strerror}") from None
    print(f"written: {target}")
