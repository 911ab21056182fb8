"""The report of several methods side by side: one table, one picture, the comparison, and each method's own report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from reasoning.evaluation.explain_html import TREE_STYLE
from reasoning.evaluation.methods_side_by_side import METHODS_NAME
from reasoning.pages import Bar, bars, dots, folded, section, text
from reasoning.report.base import ReportError, RunKind, mapping, number, percent, read_json, share_text
from reasoning.report.evaluation import evaluation_body
from reasoning.report.scores import comparison_html
from reasoning.runs.run import CONFIG_NAME, METRICS_NAME

__all__ = ["KIND"]

_SHOWN: Final = 40
"""Items of each verdict and method."""


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
        return comparison_html({run.name: run for run in runs})
    except ReportError as error:
        return f'<p class="note">{text(error)}</p>'


def _headline(directory: Path) -> str:
    shares = {run.name: mapping(read_json(run / METRICS_NAME).get("pass@1")) for run in _runs(directory)}
    return ", ".join(f"{name} {percent(one.get('value'))}" for name, one in shares.items() if one)


def _holds(directory: Path, config: Mapping[str, Any]) -> bool:
    return (directory / METHODS_NAME).exists()


KIND: Final = RunKind("methods side by side", _holds, _body, _headline, TREE_STYLE)
