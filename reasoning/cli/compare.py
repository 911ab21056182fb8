"""`reasoning compare`: runs over the same problems against the first of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from verifiers.wording import counted

if TYPE_CHECKING:
    from reasoning.evaluation.comparison import Comparison, RunScores

__all__ = ["compare"]


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN_A RUN_B...", help="Finished run directories.")],
    power: Annotated[
        float, typer.Option(min=0.5, max=0.999, help="Chance with which the observed difference is to be found.")
    ] = 0.8,
    price_in: Annotated[float, typer.Option(min=0.0, help="Price of a million prompt tokens.")] = 0.0,
    price_out: Annotated[float, typer.Option(min=0.0, help="Price of a million completion tokens.")] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare runs problem by problem: each further run against the first.

    Shows the difference of the mean scores with a 95 % bootstrap interval over problems, the exact sign test (McNemar's
    with one sample a problem), what a sample costs, and how many problems or samples would decide.

    \b
    Examples:
      reasoning compare runs/direct runs/tir
      reasoning compare runs/base runs/sft runs/grpo --json
      reasoning compare runs/small runs/large --price-in 0.2 --price-out 0.8
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.evaluation import comparison as module

    if len(runs) < 2:
        raise typer.BadParameter("give two or more run directories")
    first, *others = [module.read_run(directory) for directory in runs]
    found = [module.compare(first, other, power) for other in others]
    prices = price_in, price_out
    if as_json:
        print(json.dumps(_as_json(first, others, found, prices), indent=2))
        return
    from rich.console import Console

    console = Console(highlight=False)
    console.print(_costs([first, *others], prices))
    console.print(_differences(others, found))
    for other, one in zip(others, found, strict=True):
        print(f"{other.directory}: {_verdict(one)}")


def _as_json(
    first: RunScores, others: list[RunScores], found: list[Comparison], prices: tuple[float, float]
) -> dict[str, Any]:
    return {
        "runs": [
            {"run": str(one.directory), "mean": one.mean, "samples": one.samples, "cost_per_sample": one.costs}
            | ({"price_per_sample": _price(one, prices)} if any(prices) else {})
            for one in [first, *others]
        ],
        "comparisons": [
            {"first_run": str(first.directory), "second_run": str(other.directory), **one.to_json()}
            for other, one in zip(others, found, strict=True)
        ],
    }


def _costs(runs: list[RunScores], prices: tuple[float, float]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table("run", "mean score", "samples", "calls", "prompt tokens", "completion tokens")
    if any(prices):
        table.add_column("price a sample")
    for one in runs:
        costs = one.costs
        cells = [str(one.directory), f"{100 * one.mean:.2f} %", str(one.samples), f"{costs['calls']:.1f}"]
        cells += [f"{costs[name]:.0f}" for name in ("prompt_tokens", "completion_tokens")]
        if any(prices):
            cells.append(f"{_price(one, prices):.6f}")
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _price(run: RunScores, prices: tuple[float, float]) -> float:
    return (run.costs["prompt_tokens"] * prices[0] + run.costs["completion_tokens"] * prices[1]) / 1e6


def _differences(others: list[RunScores], found: list[Comparison]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table("against the first", "difference", "95 %", "better", "worse", "p", "problems")
    for other, one in zip(others, found, strict=True):
        cells = [str(other.directory), f"{100 * one.difference:+.2f} %"]
        cells += [f"{100 * one.low:+.2f} to {100 * one.high:+.2f} %", str(one.better), str(one.worse)]
        cells += [f"{one.p_value:.4g}", str(one.problems)]
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _verdict(one: Comparison) -> str:
    """In one line: whether the difference is settled, and what would settle it."""
    if one.low > 0 or one.high < 0:
        return f"the difference is settled at 95 % ({one.test}: p = {one.p_value:.4g})"
    if one.problems_needed is None:
        return f"no difference to be settled ({one.test}: p = {one.p_value:.4g})"
    parts = [f"{counted(one.problems_needed, 'problem')} in all"]
    if one.samples_needed is not None:
        parts.append(f"{counted(one.samples_needed, 'sample')} of each of these problems")
    return (
        f"not settled ({one.test}: p = {one.p_value:.4g}); if the true difference is the observed one, "
        f"{' or '.join(parts)} would show it with chance {one.power:g}"
    )
