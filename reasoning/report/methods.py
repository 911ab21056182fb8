"""The report of several methods side by side: one table, one picture, the comparison, and each method's own report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from reasoning.evaluation.comparison import Comparison, ComparisonError, RunScores, compare, read_run
from reasoning.evaluation.explain_html import TREE_STYLE
from reasoning.evaluation.methods_side_by_side import METHODS_NAME
from reasoning.pages import Bar, bars, dots, folded, section, table, text
from reasoning.report.base import ReportError, RunKind, mapping, number, percent, read_json, share_text
from reasoning.report.evaluation import evaluation_body
from reasoning.runs.run import CONFIG_NAME, METRICS_NAME, RunError

__all__ = ["KIND", "comparison_html"]

_SHOWN: Final = 40
"""Items of each verdict and method."""


def comparison_html(directories: Sequence[Path]) -> str:
    """Runs over the same problems, each against the first, as `reasoning compare` shows them.

    Raises:
        ReportError: they cannot be compared.
    """
    try:
        first, *others = [read_run(directory) for directory in directories]
        found = [compare(first, other) for other in others]
    except (ComparisonError, RunError, OSError) as error:
        raise ReportError(str(error)) from None
    heads = (
        "against the first",
        "difference",
        "95 %",
        "better",
        "worse",
        "p",
        "test",
        "problems",
        "settled by",
    )
    rows = [
        (
            other.directory.name,
            f"{100 * one.difference:+.2f} %",
            f"{100 * one.low:+.2f} to {100 * one.high:+.2f} %",
            one.better,
            one.worse,
            f"{one.p_value:.4g}",
            one.test,
            one.problems,
            _needed(one),
        )
        for other, one in zip(others, found, strict=True)
    ]
    return _means([first, *others]) + table(heads, rows)


def _means(runs: Sequence[RunScores]) -> str:
    heads = ("run", "mean score", "samples", "calls", "prompt tokens", "completion tokens")
    return table(
        heads,
        [
            (one.directory.name, percent(one.mean), one.samples, *(f"{value:.1f}" for value in one.costs.values()))
            for one in runs
        ],
    )


def _needed(one: Comparison) -> str:
    if one.low > 0 or one.high < 0:
        return "settled at 95 %"
    if one.problems_needed is None:
        return "no difference"
    samples = "" if one.samples_needed is None else f" or {one.samples_needed} samples of each"
    return f"{one.problems_needed} problems{samples}"


def _runs(directory: Path) -> list[Path]:
    return sorted(path.parent for path in directory.glob(f"*/{CONFIG_NAME}"))


def _body(directory: Path, config: Mapping[str, Any]) -> str:
    runs = _runs(directory)
    found, points = [], []
    for run in runs:
        metrics = read_json(run / METRICS_NAME)
        one, costs = mapping(metrics.get("pass@1")), mapping(metrics.get("cost_per_sample"))
        share = number(one.get("value"))
        if share is None:
            continue
        found.append(Bar(run.name, share, number(one.get("low")), number(one.get("high")), share_text(one)))
        tokens = (number(costs.get("prompt_tokens")) or 0.0) + (number(costs.get("completion_tokens")) or 0.0)
        points.append((tokens, share, f"{run.name}: {tokens:.0f} tokens a sample, {percent(share)}"))
    reports = [folded(run.name, evaluation_body(run, read_json(run / CONFIG_NAME), shown=_SHOWN)) for run in runs]
    return "".join(
        (
            section("Methods", bars("pass@1", found, 1.0), dots("pass@1", points, "tokens a sample")),
            section("Comparison", _compared(runs)),
            section("Each method", *reports),
        )
    )


def _compared(runs: Sequence[Path]) -> str:
    if len(runs) < 2:
        return ""
    try:
        return comparison_html(runs)
    except ReportError as error:
        return f'<p class="note">{text(error)}</p>'


def _headline(directory: Path) -> str:
    shares = {run.name: mapping(read_json(run / METRICS_NAME).get("pass@1")) for run in _runs(directory)}
    return ", ".join(f"{name} {percent(one.get('value'))}" for name, one in shares.items() if one)


def _holds(directory: Path, config: Mapping[str, Any]) -> bool:
    return (directory / METHODS_NAME).exists()


KIND: Final = RunKind("methods side by side", _holds, _body, _headline, TREE_STYLE)
