"""`reasoning discover`: search for formulas of constants. Each search is one command and leaves a catalogue."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reasoning.cli.support import EXIT_INTERRUPTED, say

if TYPE_CHECKING:
    from reasoning.discovery.meet_in_the_middle import Outcome, Settings

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Search for formulas of constants.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
_SHOWN = 20


@app.command("mitm", short_help="Polynomial continued fractions, met in the middle.")
def mitm(
    constants: Annotated[
        str | None, typer.Option(help="Closed forms, separated by semicolons. Default: 'pi;e'.")
    ] = None,
    a_degree: Annotated[int | None, typer.Option(help="Largest degree of a(n). Default: 1.")] = None,
    a_coefficients: Annotated[int | None, typer.Option(help="Largest size of its coefficients. Default: 5.")] = None,
    b_degree: Annotated[int | None, typer.Option(help="Largest degree of b(n). Default: 2.")] = None,
    b_coefficients: Annotated[int | None, typer.Option(help="Largest size of its coefficients. Default: 5.")] = None,
    height: Annotated[int | None, typer.Option(help="Largest coefficient of the Moebius images. Default: 10.")] = None,
    digits: Annotated[int | None, typer.Option(help="Digits to which a formula is verified. Default: 100.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run directory. Default: runs/mitm.")] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with the search in this directory.")] = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes. Default: one a processor.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Search a box of polynomial continued fractions for Moebius images of constants.

    Every fraction a(0) + b(1)/(a(1) + b(2)/(a(2) + ...)) of the box is evaluated in float64; what meets an image of a
    constant is judged by the constant verifier. The search can be stopped at any moment and goes on with --resume.

    \b
    Examples:
      reasoning discover mitm --constants e --a-degree 1 --b-degree 1 --out runs/e
      reasoning discover mitm --constants 'pi;log(2)' --b-degree 2 --height 8 --out runs/pi
      reasoning discover mitm --resume runs/pi
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.discovery.meet_in_the_middle import search

    given = {
        "constants": None
        if constants is None
        else tuple(text.strip() for text in constants.split(";") if text.strip()),
        "a_degree": a_degree,
        "a_coefficients": a_coefficients,
        "b_degree": b_degree,
        "b_coefficients": b_coefficients,
        "height": height,
        "digits": digits,
    }
    settings, directory, resuming = _plan({k: v for k, v in given.items() if v is not None}, out, resume)
    try:
        outcome = search(settings, directory, resume=resuming, jobs=jobs, quiet=quiet)
    except KeyboardInterrupt:
        say(f"stopped; go on with: reasoning discover mitm --resume {directory}")
        raise typer.Exit(EXIT_INTERRUPTED) from None
    _show(outcome, directory)


def _plan(given: dict[str, Any], out: Path | None, resume: Path | None) -> tuple[Settings, Path, bool]:
    from reasoning.discovery.meet_in_the_middle import Settings
    from reasoning.runs.run import CONFIG_NAME, read_config

    if resume is not None and out is not None and out != resume:
        raise typer.BadParameter(f"--out {out} and --resume {resume} name two directories; give one")
    if resume is not None and (resume / CONFIG_NAME).exists():
        stored = read_config(resume)["settings"]
        kept = {field.name: stored[field.name] for field in fields(Settings) if field.name in stored}
        return Settings(**{**kept, "constants": tuple(kept["constants"]), **given}), resume, True
    return Settings(**given), resume or out or Path("runs/mitm"), False


def _show(outcome: Outcome, directory: Path) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from reasoning.discovery.meet_in_the_middle import CATALOGUE_NAME

    table = Table("a(n)", "b(n)", "value", "digits", "convergence")
    for one in outcome.conjectures[:_SHOWN]:
        digits = f"{one.digits}{'' if one.proved_digits else ' (two depths)'}"
        table.add_row(*(Text(cell) for cell in (one.a, one.b, one.value, digits, one.kind)))
    Console(highlight=False).print(table)
    if len(outcome.conjectures) > _SHOWN:
        print(f"... and {len(outcome.conjectures) - _SHOWN} more")
    counts = outcome.counts
    print(
        f"{counts['fractions']} fractions, {counts['evaluated']} with a value, {counts['met']} met an image, "
        f"{counts['verified']} verified, {counts['conjectures']} different"
    )
    print(f"catalogue: {directory / CATALOGUE_NAME}")
