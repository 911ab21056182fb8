"""`reasoning discover`: search for formulas of constants. Each search is one command and leaves a catalogue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from reasoning.cli.execution import AllowWeak, Jobs, Quiet, Resume, begun_run, named_directory
from reasoning.cli.support import going_on, run_interruptible, until_interrupted
from verifiers.wording import counted

__all__ = ["discover", "esma", "llm", "mitm", "pcf_dynamics"]

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_SHOWN = 20

_Settings = TypeVar("_Settings", bound=Any)
_Outcome = TypeVar("_Outcome")


@app.callback()
def discover() -> None:
    """Search for formulas of constants.

    A search can be stopped at any moment (Ctrl-C, kill -9) and goes on with --resume.

    \b
    Examples:
      reasoning discover mitm --constants e --a-degree 1 --b-degree 1 --out runs/e
      reasoning discover esma --constants e --out runs/esma-e
      reasoning discover mitm --help
    """  # noqa: D301 - \b is typer's mark, not text


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
    a: Annotated[str | None, typer.Option("--a", help="a(n) with parameters, in the place of a box.")] = None,
    b: Annotated[str | None, typer.Option("--b", help="b(n) with parameters.")] = None,
    ranges: Annotated[str | None, typer.Option(help="Of the parameters: 'x=1:17;y=1:5'.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run directory. Default: runs/mitm.")] = None,
    resume: Resume = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes. Default: one a processor.")] = None,
    quiet: Quiet = False,
) -> None:
    """Search a box of polynomial continued fractions for Moebius images of constants.

    The box holds all coefficients up to a size, or with --a, --b and --ranges all choices of a family's parameters.
    Every fraction a(0) + b(1)/(a(1) + b(2)/(a(2) + ...)) of the box is evaluated in float64; what meets an image of a
    constant is judged by the constant verifier. The search can be stopped at any moment and goes on with --resume.

    \b
    Examples:
      reasoning discover mitm --constants e --a-degree 1 --b-degree 1 --out runs/e
      reasoning discover mitm --constants 'pi;log(2)' --b-degree 2 --height 8 --out runs/pi
      reasoning discover mitm --constants 'zeta(3)' --a '(2*n+1)*(x*n*(n+1)+y)' --b '-z*n**6' \\
          --ranges 'x=1:17;y=1:5;z=1:16' --out runs/zeta3
      reasoning discover mitm --resume runs/pi
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.discovery.meet_in_the_middle import Settings, search

    bounds = (a_degree, a_coefficients, b_degree, b_coefficients)
    if any((a, b, ranges)) and any(bound is not None for bound in bounds):
        raise typer.BadParameter("--a, --b and --ranges take the place of the degrees and coefficients; give one kind")
    given = {
        "constants": _listed(constants),
        "a_degree": a_degree,
        "a_coefficients": a_coefficients,
        "b_degree": b_degree,
        "b_coefficients": b_coefficients,
        "height": height,
        "digits": digits,
        "a": a,
        "b": b,
        "ranges": _listed(ranges),
    }
    plan = _plan(Settings, "mitm", given, out, resume)
    outcome = _searched(search, plan, "mitm", jobs=jobs, quiet=quiet)
    rows = []
    for one in outcome.conjectures:
        agreed = f"{one.digits}{'' if one.proved_digits else ' (two depths)'}"
        rows.append((one.a, one.b, one.value, agreed, one.kind))
    _table(("a(n)", "b(n)", "value", "digits", "convergence"), rows)
    counts = outcome.counts
    print(
        f"{counted(counts['fractions'], 'fraction')}, {counts['evaluated']} with a value, {counts['met']} met an "
        "image, "
        f"{counts['verified']} verified, {counts['conjectures']} different, "
        f"{counted(counts['families'], 'family', 'families')}"
    )
    _say_where(plan[1])


@app.command("esma", short_help="Signed continued fractions whose terms follow a recurrence.")
def esma(
    constants: Annotated[str | None, typer.Option(help="Closed forms, separated by semicolons. Default: e.")] = None,
    degree: Annotated[int | None, typer.Option(help="Largest degree of P and Q. Default: 1.")] = None,
    coefficients: Annotated[int | None, typer.Option(help="Largest size of their coefficients. Default: 2.")] = None,
    period: Annotated[int | None, typer.Option(help="Longest period of signs. Default: 2.")] = None,
    depth: Annotated[int | None, typer.Option(help="Terms that a recurrence is sought on. Default: 100.")] = None,
    digits: Annotated[int | None, typer.Option(help="Digits to which a value is verified. Default: 100.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run directory. Default: runs/esma.")] = None,
    resume: Resume = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes. Default: one a processor.")] = None,
    quiet: Quiet = False,
) -> None:
    """Search quotients P(c)/Q(c) for signed continued fractions whose terms follow a linear recurrence.

    The terms are whole and the signs +1 and -1 have a period. A recurrence must hold on four times as many fresh terms,
    and its fraction must have the value to all digits. The search goes on with --resume.

    \b
    Examples:
      reasoning discover esma --constants e --out runs/esma-e
      reasoning discover esma --constants 'exp(2);tan(1);besseli(0,2)/besseli(1,2)' --period 3 --out runs/esma
      reasoning discover esma --resume runs/esma
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.discovery.esma import Settings, search

    given = {
        "constants": _listed(constants),
        "degree": degree,
        "coefficients": coefficients,
        "period": period,
        "depth": depth,
        "digits": digits,
    }
    plan = _plan(Settings, "esma", given, out, resume)
    outcome = _searched(search, plan, "esma", jobs=jobs, quiet=quiet)
    rows = [
        (
            one.value,
            " ".join(f"{sign:+d}" for sign in one.sign_period),
            one.pattern or str(one.terms[:8]),
            str(one.digits),
        )
        for one in outcome.conjectures
    ]
    _table(("value", "signs", "terms (interlaced, by m)", "digits"), rows)
    counts = outcome.counts
    print(
        f"{counted(counts['pairs'], 'pair')} of {counts['left sides']} left sides and signs, "
        f"{counted(counts['recurrences'], 'recurrence')}, "
        f"{counts['broken']} broken by fresh terms, {counts['refused']} by the value, {counts['verified']} verified "
        f"({counted(counts['values'], 'value')}, {counts['pure values']} without first terms that stand apart)"
    )
    _say_where(plan[1])


@app.command("pcf-dynamics", short_help="Fractions clustered by how they converge, without a constant in mind.")
def pcf_dynamics(
    a_degree: Annotated[int | None, typer.Option(help="Largest degree of a(n). Default: 2.")] = None,
    a_coefficients: Annotated[int | None, typer.Option(help="Largest size of its coefficients. Default: 5.")] = None,
    b_degree: Annotated[int | None, typer.Option(help="Largest degree of b(n). Default: 2.")] = None,
    b_coefficients: Annotated[int | None, typer.Option(help="Largest size of its coefficients. Default: 5.")] = None,
    basis: Annotated[
        str | None,
        typer.Option(help="Constants that may name a cluster, separated by semicolons. Default: 38 of them."),
    ] = None,
    height: Annotated[int | None, typer.Option(help="Largest coefficient of the Moebius images. Default: 12.")] = None,
    digits: Annotated[int | None, typer.Option(help="Digits to which a formula is verified. Default: 100.")] = None,
    out: Annotated[Path | None, typer.Option(help="Run directory. Default: runs/pcf-dynamics.")] = None,
    resume: Resume = None,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes. Default: one a processor.")] = None,
    quiet: Quiet = False,
) -> None:
    """Measure how all fractions of a box converge, cluster them, name the clusters, and verify what the names give.

    Irrationality measure, growth of the denominators in lowest terms and fall of the error need no closed form. Some
    members of each cluster are identified, and all fractions are tried on the basis. The search goes on with --resume.

    \b
    Examples:
      reasoning discover pcf-dynamics --a-degree 1 --b-degree 2 --out runs/small
      reasoning discover pcf-dynamics --out runs/quadratic
      reasoning discover pcf-dynamics --resume runs/quadratic
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.discovery.pcf_dynamics import CLUSTERS_NAME, Settings, search

    given = {
        "a_degree": a_degree,
        "a_coefficients": a_coefficients,
        "b_degree": b_degree,
        "b_coefficients": b_coefficients,
        "basis": _listed(basis),
        "height": height,
        "digits": digits,
    }
    plan = _plan(Settings, "pcf-dynamics", given, out, resume)
    outcome = _searched(search, plan, "pcf-dynamics", jobs=jobs, quiet=quiet)
    of_constant: dict[str, int] = {}
    for one in outcome.conjectures:
        of_constant[one.constant] = of_constant.get(one.constant, 0) + 1
    named = {**outcome.labels, **{name: outcome.labels.get(name, 0) for name in of_constant}}
    _table(("constant", "clusters", "formulas"), [(n, str(c), str(of_constant.get(n, 0))) for n, c in named.items()])
    counts = outcome.counts
    print(
        f"{counted(counts['fractions'], 'fraction')}, {counts['with a value']} with a value and no end, "
        f"{counted(counts['clusters'], 'cluster')}, {counts['named clusters']} named, "
        f"{counted(counts['conjectures'], 'formula')} in "
        f"{len({one.value_class for one in outcome.conjectures})} classes and "
        f"{counted(counts['families'], 'family', 'families')}"
    )
    print(f"clusters: {plan[1] / CLUSTERS_NAME}")
    _say_where(plan[1])


@app.command("llm", short_help="A model proposes fractions and families; the verifier judges.")
def llm(
    engine: Annotated[str | None, typer.Option(help="Engine that proposes. Default: nano.")] = None,
    constants: Annotated[
        str | None, typer.Option(help="Closed forms, separated by semicolons. Default: 'pi;e;log(2);zeta(3);catalan'.")
    ] = None,
    rounds: Annotated[int | None, typer.Option(help="Rounds of proposals. Default: 4.")] = None,
    samples: Annotated[int | None, typer.Option(help="Replies in each round. Default: 4.")] = None,
    temperature: Annotated[float | None, typer.Option(help="Of the replies. Default: 0.8.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Longest reply. Default: 1024.")] = None,
    height: Annotated[int | None, typer.Option(help="Largest coefficient of the Moebius images. Default: 10.")] = None,
    digits: Annotated[int | None, typer.Option(help="Digits to which a formula is verified. Default: 100.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the replies. Default: 0.")] = None,
    structured: Annotated[
        bool | None,
        typer.Option("--structured/--lines", help="Propose by a tool call (servers), or in lines. Default: lines."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Run directory. Default: runs/llm.")] = None,
    resume: Resume = None,
    jobs: Jobs = None,
    allow_weak: AllowWeak = False,
    quiet: Quiet = False,
) -> None:
    """Let a model propose fractions, or families of them, and verify what meets a constant.

    Accepted formulas are shown to the model in the next round. Every reply is kept, and --resume asks for none twice.

    \b
    Examples:
      reasoning discover llm --engine openai:MODEL,base_url=http://127.0.0.1:8000/v1 --out runs/proposed
      reasoning discover llm --engine openai:MODEL,base_url=http://127.0.0.1:8000/v1 --structured --out runs/called
      reasoning discover llm --engine nano --rounds 1 --samples 2 --out runs/nano
      reasoning discover llm --resume runs/proposed
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.discovery.llm import Settings, search

    given = {
        "engine": engine,
        "constants": _listed(constants),
        "rounds": rounds,
        "samples": samples,
        "temperature": temperature,
        "max_tokens": max_tokens,
        "height": height,
        "digits": digits,
        "seed": seed,
        "structured": structured,
    }
    settings, directory, resuming = _plan(Settings, "llm", given, out, resume)
    outcome = run_interruptible(
        search(settings, directory, resume=resuming, jobs=jobs, allow_weak=allow_weak, quiet=quiet),
        hint=going_on("reasoning discover llm", directory),
    )
    _table(("a(n)", "b(n)", "value", "digits"), [(c.a, c.b, c.value, str(c.digits)) for c in outcome.conjectures])
    counts = outcome.counts
    print(
        f"{counted(counts['replies'], 'reply', 'replies')}, {counted(counts['proposals'], 'proposal')}, "
        f"{counted(counts['met'], 'claim')}, "
        f"{counts['verified']} verified, {counts['conjectures']} different"
    )
    _say_where(directory)


def _listed(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in text.split(";") if part.strip())


def _plan(
    kind: type[_Settings], name: str, given: dict[str, Any], out: Path | None, resume: Path | None
) -> tuple[_Settings, Path, bool]:
    """The settings, the run directory, and whether it holds a search that goes on."""
    asked = {field: value for field, value in given.items() if value is not None}
    directory = named_directory(out, resume)
    begun = begun_run(resume, new=bool(asked))
    if directory is not None and begun is not None:
        stored = begun["settings"]
        kept = {field.name: stored[field.name] for field in fields(kind) if field.name in stored}
        kept = {field: tuple(value) if isinstance(value, list) else value for field, value in kept.items()}
        return kind(**{**kept, **asked}), directory, True
    return kind(**asked), directory or Path("runs") / name, False


def _searched(search: Callable[..., _Outcome], plan: tuple[Any, Path, bool], name: str, **options: Any) -> _Outcome:
    """Run a search to its end; Ctrl-C says how to go on."""
    settings, directory, resuming = plan
    return until_interrupted(
        lambda: search(settings, directory, resume=resuming, **options),
        going_on(f"reasoning discover {name}", directory),
    )


def _table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns)
    for row in rows[:_SHOWN]:
        table.add_row(*(Text(cell) for cell in row))
    Console(highlight=False).print(table)
    if len(rows) > _SHOWN:
        print(f"... and {len(rows) - _SHOWN} more")


def _say_where(directory: Path) -> None:
    from reasoning.discovery.catalogue import CATALOGUE_NAME, PAGE_NAME

    print(f"page: {directory / PAGE_NAME}")
    print(f"catalogue: {directory / CATALOGUE_NAME}")
