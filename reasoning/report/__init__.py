"""Reports: what a run directory holds, as one page; a folder of runs, served on this machine.

Path("report.html").write_text(report_page(Path("runs/first")))
Path("both.html").write_text(comparison_page({"first": Path("runs/first"), "second": Path("runs/second")}))
with ViewServer(Path("runs"), 0) as server:
server.url          # serves in a thread until the block ends
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifiers.late_imports import lazy_exports

if TYPE_CHECKING:
    from reasoning.report.kinds import KINDS, ReportError, RunKind, comparison_page, kind_of, report_page
    from reasoning.report.server import ViewServer, find_runs

__all__ = ["KINDS", "ReportError", "RunKind", "ViewServer", "comparison_page", "find_runs", "kind_of", "report_page"]

__getattr__ = lazy_exports(
    __name__,
    {
        "kinds": ("KINDS", "ReportError", "RunKind", "comparison_page", "kind_of", "report_page"),
        "server": ("ViewServer", "find_runs"),
    },
)
