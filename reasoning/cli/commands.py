"""The commands of `reasoning`, put together from one module each.

app(args=["methods"], standalone_mode=False)        # what `reasoning.cli.main` does with the command line
"""

from __future__ import annotations

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
from reasoning.cli.support import EXIT_INTERRUPTED, say

__all__ = ["app"]


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
