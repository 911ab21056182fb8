"""Reports: what a run directory holds, as one page; a folder of runs, served on this machine.

Path("report.html").write_text(report_page(Path("runs/first")))
"""

from reasoning.report.kinds import ReportError, RunKind, kind_of, report_page

__all__ = ["ReportError", "RunKind", "kind_of", "report_page"]
