"""The command `reasoning`: runs one of its commands and turns mistakes, and Ctrl-C at any moment, into one clear line.

$ reasoning verify puzzle --in missing.jsonl
error: missing.jsonl: cannot be read: No such file or directory        (on standard error; exit status 2)
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

__all__ = ["main"]

EXIT_USAGE = 2
_FILE_ERRORS = frozenset(
    (
        errno.EACCES, errno.EDQUOT, errno.EEXIST, errno.EFBIG, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG,
        errno.ENOENT, errno.ENOSPC, errno.ENOTDIR, errno.EPERM, errno.EROFS,
    )
)  # fmt: skip
"""What a file or a disk refuses: the user's to mend, wherever it is met."""
_FREE_SOME = "; free some, then give the command again (a run goes on with --resume)"

_USER_ERRORS = (
    ("reasoning.backends.base", "BackendError"),
    ("reasoning.data_files", "DataFileError"),
    ("reasoning.discovery.identification", "IdentificationError"),
    ("reasoning.discovery.units", "DiscoveryError"),
    ("reasoning.engines.base", "EngineError"),
    ("reasoning.engines.options", "EngineSpecError"),
    ("reasoning.evaluation.benchmarks.base", "BenchmarkError"),
    ("reasoning.evaluation.comparison", "ComparisonError"),
    ("reasoning.evaluation.evaluating", "EvaluationError"),
    ("reasoning.evaluation.explain_item", "ExplainError"),
    ("reasoning.evaluation.judging_lines", "FileError"),
    ("reasoning.families.records", "FamilyError"),
    ("reasoning.interop.export", "ExportError"),
    ("reasoning.methods.base", "MethodError"),
    ("reasoning.pipelines.backend.hub", "HubError"),
    ("reasoning.pipelines.base", "PipelineError"),
    ("reasoning.report.base", "ReportError"),
    ("reasoning.runs.budget", "BudgetError"),
    ("reasoning.runs.run", "RunError"),
    ("reasoning.runs.store", "StoreError"),
    ("reasoning.selfplay.store", "SelfPlayError"),
    ("reasoning.solvers.registry", "ToolError"),
    ("reasoning.solvers.results", "SolverInputError"),
    ("reasoning.training.forms", "ConfigError"),
    ("reasoning.training.session", "TrainingError"),
    ("verifiers.proofs.lean.install", "LeanMissingError"),
    ("verifiers.proofs.lean.webassembly", "PackageError"),
    ("verifiers.plugins", "PluginError"),
    ("verifiers.records", "RecordError"),
    ("verifiers.rewards", "RewardError"),
    ("verifiers.sandbox.report", "SandboxUnavailableError"),
)
"""Exceptions whose message is for the user; looked up only when one was raised, so that `--help` imports none."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    # Judges, and whatever else runs here, share the processors with a model: threads of OpenMP that wait shall sleep.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    # Nothing can be lost while modules are imported, where an interrupt would be a traceback, or caught by one of them.
    ending = _end_when_interrupted()
    import typer

    from reasoning.cli.commands import app
    from reasoning.cli.support import EXIT_INTERRUPTED, say

    if ending:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        status = app(args=arguments, prog_name="reasoning", standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        # A command that keeps something says itself how to go on; this is before it has begun.
        say("stopped")
        sys.exit(EXIT_INTERRUPTED)
    except Exception as error:
        usage = getattr(error, "format_message", None)
        if type(error).__name__ == "NoArgsIsHelpError" and usage is not None:
            say(usage())
            sys.exit(EXIT_USAGE)
        text = usage() if usage is not None else _for_user(error)
        if text is None:
            raise
        say("error: " + " ".join(text.split()))
        sys.exit(EXIT_USAGE)
    sys.exit(status if isinstance(status, int) else 0)


def _end_when_interrupted() -> bool:
    """Let Ctrl-C end the process here and now, unless it is ignored or heeded already; whether that is done."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return False
    try:
        signal.signal(signal.SIGINT, _end)
    except ValueError:  # only the main thread may, and only it is interrupted
        return False
    return True


def _end(number: int, frame: FrameType | None) -> None:
    os.write(2, b"stopped\n")
    os._exit(128 + number)


def _for_user(error: Exception) -> str | None:
    """What an exception says to the user; None where it is a mistake of this program."""
    for module, name in _USER_ERRORS:
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None and isinstance(error, kind):
            return str(error)
    if isinstance(error, OSError) and error.errno in _FILE_ERRORS:
        place = "" if error.filename is None else f"{os.fsdecode(error.filename)}: "
        return f"{place}{error.strerror}{_FREE_SOME if error.errno == errno.ENOSPC else ''}"
    return None


if __name__ == "__main__":
    main()
