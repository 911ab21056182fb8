"""The page of `make learn`: a table, curves as inline SVG, what the model writes before and after.

    (directory / "learn.html").write_text(page(results, samples))

One file, no script, nothing loaded from elsewhere; every text, the model's above all, is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reasoning.pages.charts import Curve, chart
from reasoning.pages.page import document, pre, table, text
from reasoning.training.learn import Learned, Results

__all__ = ["charts_of", "page"]

CURVES = (
    (("evaluation", "accuracy"), "exact greedy answers to held-out questions"),
    (("evaluation", "policy", "entropy"), "entropy of the next token in samples, nats"),
    (("evaluation", "policy", "tokens"), "tokens of a sample"),
    (("evaluation", "policy", "kl"), "KL of the next token to the start, nats"),
    (("reward",), "mean reward of the training samples"),
    (("loss",), "loss"),
)
"""Where a value stands in a line of the log, and its title."""


def page(results: Results, samples: Sequence[tuple[str, str]]) -> str:
    """The whole page.

    Args:
        results: of all methods and seeds.
        samples: (heading, text) pairs, such as what each model answers.
    """
    heads, *rows = results.cells()
    figures = "".join(f"<figure>{drawn}</figure>" for drawn in charts_of(results).values() if drawn)
    said = "".join(f"<h3>{text(head)}</h3>{pre(body)}" for head, body in samples)
    return document(
        "learn",
        "<h1>A small model learns from verdicts</h1>"
        "<p>Share of exact greedy answers to held-out questions, before and after each method, from one start.</p>"
        f"{table(heads, rows)}<h2>Curves</h2>{figures}<h2>What it writes</h2>{said}",
    )


def charts_of(results: Results) -> dict[str, str]:
    """Name of a curve (`accuracy`, `entropy`, `tokens`, `kl`, `reward`, `loss`) -> its chart; empty without points."""
    return {
        key[-1]: chart(
            title, {f"{run.method}, seed {run.seed}": _curve(run, key) for run in results.runs}, "optimiser steps"
        )
        for key, title in CURVES
    }


def _curve(run: Learned, key: Sequence[str]) -> Curve:
    found: list[tuple[float, float]] = []
    base, step, turn = 0.0, 0.0, 0
    for line in run.log:
        if line.get("round", turn) != turn:
            # Rounds of expert iteration count their steps anew.
            base, turn, step = base + step, line["round"], 0.0
        step = line.get("step", step)
        value: Any = line
        for name in key:
            value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, int | float):
            found.append((base + step, float(value)))
    return found
