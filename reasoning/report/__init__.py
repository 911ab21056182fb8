"""Reports: what a run directory holds, as one page; a folder of runs, served on this machine.

Path("report.html").write_text(report_page(Path("runs/first")))
Path("both.html").write_text(comparison_page({"first": Path("runs/first"), "second": Path("runs/second")}))
"""

from reasoning.report.kinds import ReportError, RunKind, comparison_page, kind_of, report_page

__all__ = ["ReportError", "RunKind", "comparison_page", "kind_of", "report_page"]
