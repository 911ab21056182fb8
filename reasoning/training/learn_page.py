"""The page of `make learn`: a table, curves as inline SVG, what the model writes before and after.

    (directory / "learn.html").write_text(page(results, samples))

One file, no script, nothing loaded from elsewhere; every text, the model's above all, is escaped.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from reasoning.training.learn import Learned, Results

__all__ = ["chart", "page"]

WIDTH, HEIGHT, MARGIN = 560, 240, 44
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#7f7f7f", "#bcbd22")
CURVES = (
    ("reward", "mean reward of the samples"),
    ("entropy", "entropy of the next token, nats"),
    ("completions/mean_length", "tokens of a completion"),
    ("kl", "KL to the start, nats a token"),
    ("loss", "loss"),
)
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse}td,th{padding:.25rem .7rem;border-bottom:1px solid #ddd;text-align:right}"
    "td:first-child,th:first-child{text-align:left}pre{background:#f6f6f6;padding:.6rem;overflow-x:auto}"
    "svg{margin:.5rem 1rem .5rem 0;background:#fff}.bar{fill:#1f77b4}"
)

Curve = Sequence[tuple[float, float]]


def page(results: Results, samples: Sequence[tuple[str, str]]) -> str:
    """The whole page.

    Args:
        results: of all methods and seeds.
        samples: (heading, text) pairs, such as what each model answers.
    """
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td>{html.escape(cell)}</td>"
            for cell in (
                row.method,
                f"{row.before:.3f}",
                f"{row.after:.3f}",
                f"{row.low:.3f} - {row.high:.3f}",
                " ".join(f"{share:.3f}" for share in row.each),
                f"{row.cpu_seconds:.0f}",
                f"{row.points_per_second:.2f}",
            )
        )
        + "</tr>"
        for row in results.rows()
    )
    heads = "".join(
        f"<th>{name}</th>" for name in ("method", "before", "after", "95 %", "each seed", "CPU seconds", "points/s")
    )
    charts = "".join(
        chart(title, {f"{run.method}, seed {run.seed}": curve for run, curve in _curves(results.runs, key)})
        for key, title in CURVES
    )
    said = "".join(f"<h3>{html.escape(head)}</h3><pre>{html.escape(text)}</pre>" for head, text in samples)
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>learn</title>"
        "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{_STYLE}</style></head><body><h1>A small model learns from verdicts</h1>"
        "<p>Share of exact greedy answers to held-out questions, before and after each method, from one start.</p>"
        f"<table><tr>{heads}</tr>{rows}</table><h2>Curves</h2>{charts}<h2>What it writes</h2>{said}</body></html>\n"
    )


def chart(title: str, curves: Mapping[str, Curve]) -> str:
    """Lines over steps as one SVG element; empty where there is nothing to draw."""
    drawn = {name: curve for name, curve in curves.items() if len(curve) > 1}
    if not drawn:
        return ""
    points = [point for curve in drawn.values() for point in curve]
    (left, right), (low, high) = (_range([point[side] for point in points]) for side in (0, 1))
    methods = list(dict.fromkeys(name.partition(", seed")[0] for name in drawn))

    def place(point: tuple[float, float]) -> str:
        x = MARGIN + (point[0] - left) / (right - left) * (WIDTH - 2 * MARGIN)
        y = HEIGHT - MARGIN - (point[1] - low) / (high - low) * (HEIGHT - 2 * MARGIN)
        return f"{x:.1f},{y:.1f}"

    lines = "".join(
        f"<polyline fill='none' stroke-width='1.5' stroke='{_colour(methods, name)}' "
        f"points='{' '.join(map(place, curve))}'><title>{html.escape(name)}</title></polyline>"
        for name, curve in drawn.items()
    )
    legend = "".join(
        f"<text x='{WIDTH + 6}' y='{MARGIN + 16 * index}' fill='{_colour(methods, name)}'>{html.escape(name)}</text>"
        for index, name in enumerate(methods)
    )
    axis = (
        f"<path d='M{MARGIN},{MARGIN} V{HEIGHT - MARGIN} H{WIDTH - MARGIN}' fill='none' stroke='#888'/>"
        f"<text x='4' y='{MARGIN}'>{high:.3g}</text><text x='4' y='{HEIGHT - MARGIN}'>{low:.3g}</text>"
        f"<text x='{WIDTH - MARGIN - 30}' y='{HEIGHT - MARGIN + 16}'>step {right:.0f}</text>"
    )
    return (
        f"<figure><figcaption>{html.escape(title)}</figcaption><svg width='{WIDTH + 240}' height='{HEIGHT}' "
        f"font-size='12' role='img'>{axis}{lines}{legend}</svg></figure>"
    )


def _curves(runs: Sequence[Learned], key: str) -> Sequence[tuple[Learned, Curve]]:
    found = []
    for run in runs:
        curve: list[tuple[float, float]] = []
        for line in run.log:
            value: Any = line.get(key)
            if isinstance(value, int | float) and "step" in line:
                # Rounds of expert iteration count their steps anew.
                curve.append((len(curve) + 1.0 if "round" in line else float(line["step"]), float(value)))
        found.append((run, curve))
    return found


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _colour(methods: Sequence[str], name: str) -> str:
    return COLOURS[methods.index(name.partition(", seed")[0]) % len(COLOURS)]
