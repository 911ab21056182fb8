"""`reasoning view`: the runs below a folder, in a browser on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reasoning.cli.support import say

__all__ = ["view"]


def view(
    runs: Annotated[Path, typer.Argument(metavar="RUNS_DIR", help="Folder that holds run directories.")] = Path("runs"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for a free one.")] = 8321,
) -> None:
    """Serve a list of the runs below a folder, the report of each, and comparisons of runs of one kind.

    The address is of this machine alone (127.0.0.1). Nothing in the runs is changed.

    \b
    Examples:
      reasoning view runs
      reasoning view runs --port 0
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.report import ReportError
    from reasoning.report.server import ViewServer

    if not runs.is_dir():
        raise ReportError(f"{runs}: {'is no' if runs.exists() else 'no such'} directory")
    try:
        server = ViewServer(runs, port)
    except OSError as error:
        raise typer.BadParameter(f"--port {port}: {error.strerror}") from None
    say(f"runs below {runs}: {server.url} (Ctrl-C ends it)")
    try:
        server.serve_forever()
    finally:
        server.close()
