"""The command `reasoning`: puts the commands together and turns mistakes into one clear line.

$ reasoning verify puzzle --in missing.jsonl
error: missing.jsonl: cannot be read: No such file or directory        (on standard error; exit status 2)
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from reasoning.cli import (
    benchmarks,
    compare,
    discover,
    doctor,
    engines,
    evaluate,
    explain,
    export,
    families,
    generate,
    identify,
    methods,
    report,
    samples,
    sandbox,
    serve,
    setup,
    tools,
    train,
    verify,
    view,
    vote,
)
from reasoning.cli.support import say

__all__ = ["app", "main"]

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
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
    ("reasoning.evaluation.lines", "FileError"),
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
    ("verifiers.records", "RecordError"),
    ("verifiers.rewards", "RewardError"),
    ("verifiers.sandbox.report", "SandboxUnavailableError"),
)
"""Exceptions whose message is for the user; looked up only when one was raised, so that `--help` imports none."""


class _Commands(TyperGroup):
    """The commands; an interrupt that none of them has heeded is said, which typer does not."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            say("stopped")
            raise typer.Exit(EXIT_INTERRUPTED) from None


app = typer.Typer(
    name="reasoning",
    cls=_Commands,
    help="Verified datasets, evaluation and training for mathematics and code reasoning.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


app.command("evaluate", short_help="Ask an engine for a benchmark's answers and judge them.")(evaluate.evaluate)
app.add_typer(generate.app, name="generate", short_help="Make a verified dataset with one of the pipelines.")
app.command("verify", short_help="Judge candidates, one verdict line for each input line.")(verify.verify)
app.command("vote", short_help="Count votes over several samples of a run.")(vote.vote)
app.command("compare", short_help="Compare runs over the same problems.")(compare.compare)
app.command("export", short_help="Write a benchmark as a task of another framework.")(export.export)
app.command("report", short_help="Write what a run holds as one page.")(report.report)
app.command("view", short_help="Look at a folder of runs in a browser.")(view.view)
app.command("samples", short_help="Write a run's candidates as samples for other checkers.")(samples.samples)
app.command("explain", short_help="Show how one sample of a run came to its verdict.")(explain.explain)
app.command("sandbox", short_help="Run one Python program where it can harm nothing.")(sandbox.sandbox)
app.add_typer(discover.app, name="discover", short_help="Search for formulas of constants.")
app.command("identify", short_help="Find closed forms of a number.")(identify.identify)
app.add_typer(tools.app, name="tools", short_help="List the solvers that a model can call, or call one.")
app.command("train", short_help="Fine-tune a model with verdicts as rewards.")(train.train)
app.add_typer(serve.app, name="serve", short_help="Serve rewards, Lean or tools to other programs.")
app.command("engines", short_help="List what can answer a prompt.")(engines.engines)
app.command("methods", short_help="List how an engine can be asked.")(methods.methods)
app.add_typer(benchmarks.app, name="benchmarks", short_help="List the benchmarks, or grade their references.")
app.add_typer(families.app, name="families", short_help="List, draw from and check the built-in problem families.")
app.add_typer(setup.app, name="setup", short_help="Bring a prover onto this machine.")
app.command("doctor", short_help="Check what works on this machine.")(doctor.doctor)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status."""
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
