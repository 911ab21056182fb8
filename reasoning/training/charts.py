"""Curves as one SVG element, for pages and for files of their own.

    Path("reward.svg").write_text(chart("mean reward", {"GRPO, seed 0": [(1, 0.3), (2, 0.5)]}))

Names may come from anywhere: they are escaped.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

__all__ = ["Curve", "chart"]

WIDTH, HEIGHT, MARGIN = 560, 240, 44
LEGEND_WIDTH = 240
MOST_POINTS = 400
"""Points drawn of one curve; a longer one is thinned."""
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#7f7f7f", "#bcbd22")

Curve = Sequence[tuple[float, float]]


def chart(title: str, curves: Mapping[str, Curve], across: str = "step") -> str:
    """Lines with a legend; empty where there is nothing to draw.

    Args:
        title: what is drawn upwards.
        curves: name -> (x, y) points. Names that differ only after `, seed` share a colour and a line of the legend.
        across: what is drawn to the right.
    """
    drawn = {name: _thinned(curve) for name, curve in curves.items() if len(curve) > 1}
    if not drawn:
        return ""
    points = [point for curve in drawn.values() for point in curve]
    (left, right), (low, high) = (_range([point[side] for point in points]) for side in (0, 1))
    groups = list(dict.fromkeys(name.partition(", seed")[0] for name in drawn))

    def place(point: tuple[float, float]) -> str:
        x = MARGIN + (point[0] - left) / (right - left) * (WIDTH - 2 * MARGIN)
        y = HEIGHT - MARGIN - (point[1] - low) / (high - low) * (HEIGHT - 2 * MARGIN)
        return f"{x:.1f},{y:.1f}"

    lines = "".join(
        f"<polyline fill='none' stroke-width='1.5' stroke='{_colour(groups, name)}' "
        f"points='{' '.join(map(place, curve))}'><title>{html.escape(name)}</title></polyline>"
        for name, curve in drawn.items()
    )
    legend = "".join(
        f"<text x='{WIDTH + 6}' y='{MARGIN + 16 * index}' fill='{_colour(groups, name)}'>{html.escape(name)}</text>"
        for index, name in enumerate(groups)
    )
    axis = (
        f"<path d='M{MARGIN},{MARGIN} V{HEIGHT - MARGIN} H{WIDTH - MARGIN}' fill='none' stroke='#888'/>"
        f"<text x='4' y='{MARGIN}'>{high:.3g}</text><text x='4' y='{HEIGHT - MARGIN}'>{low:.3g}</text>"
        f"<text x='{WIDTH - MARGIN}' y='{HEIGHT - MARGIN + 16}' text-anchor='end'>{html.escape(across)} {right:.0f}"
        f"</text><text x='{MARGIN}' y='{MARGIN // 2}'>{html.escape(title)}</text>"
    )
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH + LEGEND_WIDTH}' height='{HEIGHT}' font-size='12' "
        f"font-family='sans-serif' role='img'><rect width='100%' height='100%' fill='#fff'/>{axis}{lines}{legend}</svg>"
    )


def _thinned(curve: Curve) -> Curve:
    stride = -(-len(curve) // MOST_POINTS)
    return [*curve[:-1:stride], curve[-1]]


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _colour(groups: Sequence[str], name: str) -> str:
    return COLOURS[groups.index(name.partition(", seed")[0]) % len(COLOURS)]
