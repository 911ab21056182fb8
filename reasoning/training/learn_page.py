"""The page of `make learn`: a table, curves as inline SVG, what the model writes before and after.

    (directory / "learn.html").write_text(page(results, samples))

One file, no script, nothing loaded from elsewhere; every text, the model's above all, is escaped.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from typing import Any

from reasoning.training.charts import Curve, chart
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
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse}td,th{padding:.25rem .7rem;border-bottom:1px solid #ddd;text-align:right}"
    "td:first-child,th:first-child{text-align:left}pre{background:#f6f6f6;padding:.6rem;overflow-x:auto}"
    "svg{margin:.5rem 1rem .5rem 0;background:#fff}.bar{fill:#1f77b4}"
)


def page(results: Results, samples: Sequence[tuple[str, str]]) -> str:
    """The whole page.

    Args:
        results: of all methods and seeds.
        samples: (heading, text) pairs, such as what each model answers.
    """
    heads, *rows = (
        "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells)
        for tag, cells in zip(chain(["th"], repeat("td")), results.cells(), strict=False)
    )
    table = "".join(f"<tr>{row}</tr>" for row in (heads, *rows))
    figures = "".join(f"<figure>{drawn}</figure>" for drawn in charts_of(results).values() if drawn)
    said = "".join(f"<h3>{html.escape(head)}</h3><pre>{html.escape(text)}</pre>" for head, text in samples)
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>learn</title>"
        "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{_STYLE}</style></head><body><h1>A small model learns from verdicts</h1>"
        "<p>Share of exact greedy answers to held-out questions, before and after each method, from one start.</p>"
        f"<table>{table}</table><h2>Curves</h2>{figures}<h2>What it writes</h2>{said}</body></html>\n"
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
