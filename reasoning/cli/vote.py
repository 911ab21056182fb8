"""`reasoning vote`: what several samples of a finished run are worth together, counted in other ways."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from reasoning.evaluation.metrics import Metric
    from reasoning.evaluation.votes import VoteOptions

__all__ = ["vote", "vote_table"]

_STATES = "1,0.5,0.2"


def vote(
    run: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="A run of `reasoning evaluate` with several samples.")],
    k: Annotated[str | None, typer.Option(help="Numbers of samples, as 1,2,4. Default: powers of two and all.")] = None,
    match: Annotated[str, typer.Option(help="Which answers are the same: equivalent or strings.")] = "equivalent",
    transform: Annotated[str, typer.Option(help="From rewards to weights: softmax, shift or raw.")] = "softmax",
    states: Annotated[
        str, typer.Option(help="Weights of votes whose self-verification says true, uncertain, false.")
    ] = _STATES,
    average: Annotated[
        bool, typer.Option("--average", help="Average over all draws of k samples, in the place of the first k.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Count votes over the samples of a run: majority, weighted majority, best by reward, any right, all right.

    Nothing is asked or judged again. Votes are over the first k samples of each problem, ties go to what was seen
    first; intervals are 95 % bootstraps over problems.

    \b
    Examples:
      reasoning vote runs/math-tir
      reasoning vote runs/math-tir --k 1,4,16 --match strings
      reasoning vote runs/math-csv --states 1,1,0
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.evaluation.voting_again import votes_of_run

    metrics = votes_of_run(run, _ks(k), _options(match, transform, states), average=average)
    if as_json:
        print(json.dumps({name: metric.to_json() for name, metric in metrics.items()}, indent=2))
        return
    from rich.console import Console

    Console(highlight=False).print(vote_table(metrics))


def vote_table(metrics: Mapping[str, Metric]) -> Any:
    """The metrics `NAME@K` as a table with a row for each k."""
    from rich.table import Table

    names = list(dict.fromkeys(name.partition("@")[0] for name in metrics))
    ks = sorted({int(name.partition("@")[2]) for name in metrics})
    table = Table("k")
    for name in names:
        table.add_column(f"{name.replace('_', ' ')}@k", overflow="fold")
    for k in ks:
        table.add_row(str(k), *(_cell(metrics.get(f"{name}@{k}")) for name in names))
    return table


def _cell(metric: Metric | None) -> str:
    if metric is None or metric.value != metric.value:
        return "-"
    return f"{100 * metric.value:.1f}\n{100 * metric.low:.1f}-{100 * metric.high:.1f}"


def _ks(text: str | None) -> list[int] | None:
    if text is None:
        return None
    parts = text.split(",")
    if not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise typer.BadParameter(f"--k {text!r}: expected whole numbers above 0, as 1,2,4")
    return sorted({int(part) for part in parts})


def _options(match: str, transform: str, states: str) -> VoteOptions:
    from reasoning.evaluation.votes import VoteOptions
    from reasoning.methods.draws import MATCHES
    from reasoning.methods.voting import TRANSFORMS, VerificationWeights

    for name, value, known in (("--match", match, MATCHES), ("--transform", transform, TRANSFORMS)):
        if value not in known:
            raise typer.BadParameter(f"{name} {value!r}: expected one of {', '.join(known)}")
    try:
        true, uncertain, false = (float(part) for part in states.split(","))
        weights = VerificationWeights(true, uncertain, false)
    except ValueError:
        raise typer.BadParameter(
            f"--states {states!r}: expected three weights, as {_STATES}, the first above 0, none negative"
        ) from None
    return VoteOptions(match, transform, weights)
