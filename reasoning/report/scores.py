"""Evaluations over the same problems beside each other: scores, costs, the test of each against the first, curves.

comparison_html({"direct": Path("runs/direct"), "tir": Path("runs/tir")})       # '<svg ...'
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from reasoning.evaluation.comparison import Comparison, ComparisonError, RunScores, compare, read_run
from reasoning.pages import Bar, bars, chart, section, table
from reasoning.report.base import ReportError, mapping, number, percent, read_json, share_text
from reasoning.runs.run import METRICS_NAME, RunError
from verifiers.wording import counted

__all__ = ["beside_html", "comparison_html"]

_PASS_AT: Final = re.compile(r"pass@(\d+)\Z")
_HEADS: Final = (
    "against the first", "difference", "95 %", "better", "worse", "p", "test", "problems", "settled by",
)  # fmt: skip


def comparison_html(runs: Mapping[str, Path]) -> str:
    """Runs over the same problems, each against the first, as `reasoning compare` shows them.

    Args:
        runs: name -> directory, two or more.

    Raises:
        ReportError: they cannot be compared.
    """
    try:
        scores = {name: read_run(directory) for name, directory in runs.items()}
        (_, first), *others = scores.items()
        found = [(name, compare(first, other)) for name, other in others]
    except (ComparisonError, RunError, OSError) as error:
        raise ReportError(str(error)) from None
    rows = [
        (
            name,
            f"{100 * one.difference:+.2f} %",
            f"{100 * one.low:+.2f} to {100 * one.high:+.2f} %",
            one.better,
            one.worse,
            f"{one.p_value:.4g}",
            one.test,
            one.problems,
            _needed(one),
        )
        for name, one in found
    ]
    return _means(scores) + table(_HEADS, rows)


def beside_html(runs: Mapping[str, Path]) -> str:
    """The comparison with pictures: pass@1 with its interval, and pass@k where runs have several samples.

    Args:
        runs: name -> directory, two or more.

    Raises:
        ReportError: they cannot be compared.
    """
    ones, curves = [], {}
    for name, directory in runs.items():
        metrics = read_json(directory / METRICS_NAME)
        one = mapping(metrics.get("pass@1"))
        share = number(one.get("value"))
        if share is not None:
            ones.append(Bar(name, share, number(one.get("low")), number(one.get("high")), share_text(one)))
        points = {
            float(found[1]): value
            for key, metric in metrics.items()
            if (found := _PASS_AT.match(key)) and (value := number(mapping(metric).get("value"))) is not None
        }
        curves[name] = sorted(points.items())
    pictures = section("Shares", bars("pass@1", ones, 1.0), chart("pass@k", curves, "k", shares=True))
    return pictures + section("Problem by problem", comparison_html(runs))


def _means(runs: Mapping[str, RunScores]) -> str:
    heads = ("run", "mean score", "samples", "calls", "prompt tokens", "completion tokens")
    return table(
        heads,
        [
            (name, percent(one.mean), one.samples, *(f"{value:.1f}" for value in one.costs.values()))
            for name, one in runs.items()
        ],
    )


def _needed(one: Comparison) -> str:
    if one.low > 0 or one.high < 0:
        return "settled at 95 %"
    if one.problems_needed is None:
        return "no difference"
    samples = "" if one.samples_needed is None else f" or {counted(one.samples_needed, 'sample')} of each"
    return f"{counted(one.problems_needed, 'problem')}{samples}"
