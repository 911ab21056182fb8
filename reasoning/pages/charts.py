"""Curves, bars, columns and dots, each as one SVG element, for pages and for files of their own.

    Path("reward.svg").writetext(chart("mean reward", {"GRPO, seed 0": [(1, 0.3), (2, 0.5)]}))

Names may come from anywhere: they are escaped, and what cannot be seen in them is written out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reasoning.pages.page import text

__all__ = ["Bar", "Curve", "bars", "chart", "columns", "dots"]

WIDTH, HEIGHT, MARGIN = 560, 240, 44
LEGEND_WIDTH = 240
MOST_POINTS = 400
"""Points drawn of one curve; a longer one is thinned."""
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#7f7f7f", "#bcbd22")

LABEL_CHARACTERS = 34
_BAR_LEFT, _BAR_WIDTH, _BAR_HEIGHT = 230, 340, 20

Curve = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Bar:
    """A value with a name.

    Attributes:
        name: shown beside it.
        value: at least 0.
        low: lower end of its interval; None: it has none.
        high: upper end.
        note: shown behind it.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    note: str = ""


def chart(title: str, curves: Mapping[str, Curve], across: str = "step", *, shares: bool = False) -> str:
    """Lines with a legend, unless there is one that is called as the whole; empty where there is nothing to draw.

    Args:
        title: what is drawn upwards.
        curves: name -> (x, y) points. Names that differ only after `, seed` share a colour and a line of the legend.
        across: what is drawn to the right.
        shares: upwards from 0 to 1, whatever the points are.
    """
    drawn = {name: _thinned(curve) for name, curve in curves.items() if len(curve) > 1}
    if not drawn:
        return ""
    points = [point for curve in drawn.values() for point in curve]
    (left, right), (low, high) = (_range([point[side] for point in points]) for side in (0, 1))
    if shares:
        low, high = 0.0, 1.0
    groups = list(dict.fromkeys(name.partition(", seed")[0] for name in drawn))

    def place(point: tuple[float, float]) -> str:
        x = MARGIN + (point[0] - left) / (right - left) * (WIDTH - 2 * MARGIN)
        y = HEIGHT - MARGIN - (point[1] - low) / (high - low) * (HEIGHT - 2 * MARGIN)
        return f"{x:.1f},{y:.1f}"

    lines = "".join(
        f"<polyline fill='none' stroke-width='1.5' stroke='{_colour(groups, name)}' "
        f"points='{' '.join(map(place, curve))}'><title>{text(name)}</title></polyline>"
        for name, curve in drawn.items()
    )
    legend = "".join(
        f"<text x='{WIDTH + 6}' y='{MARGIN + 16 * index}' fill='{_colour(groups, name)}'>{text(_short(name))}"
        f"<title>{text(name)}</title></text>"
        for index, name in enumerate(groups)
    )
    axis = _axes(title, across, (left, right), (low, high))
    if groups == [title]:
        return _svg(WIDTH, HEIGHT, axis + lines)
    return _svg(WIDTH + LEGEND_WIDTH, HEIGHT, axis + lines + legend)


def bars(title: str, values: Sequence[Bar], top: float | None = None) -> str:
    """Horizontal bars with their intervals; empty where there are none.

    Args:
        title: of the whole.
        values: from top to bottom.
        top: value of the full width; None: the largest.
    """
    if not values:
        return ""
    scale = _BAR_WIDTH / ((top or max(max(bar.value, bar.high or 0.0) for bar in values)) or 1.0)
    parts = [f"<text x='4' y='14' font-weight='bold'>{text(title)}</text>"]
    for row, bar in enumerate(values):
        y = 24 + row * _BAR_HEIGHT
        parts.append(
            f"<text x='{_BAR_LEFT - 8}' y='{y + 13}' text-anchor='end'>{text(_short(bar.name))}"
            f"<title>{text(bar.name[:500])}</title></text><rect x='{_BAR_LEFT}' y='{y + 2}' "
            f"width='{bar.value * scale:.1f}' height='{_BAR_HEIGHT - 6}' fill='{COLOURS[0]}'/>"
        )
        end = bar.value
        if bar.low is not None and bar.high is not None:
            end = max(end, bar.high)
            parts.append(
                f"<path d='M{_BAR_LEFT + bar.low * scale:.1f},{y + 9} H{_BAR_LEFT + bar.high * scale:.1f}' "
                "stroke='#222' stroke-width='2'/>"
            )
        if bar.note:
            parts.append(f"<text x='{_BAR_LEFT + end * scale + 6:.1f}' y='{y + 13}'>{text(bar.note)}</text>")
    return _svg(_BAR_LEFT + _BAR_WIDTH + 200, 30 + len(values) * _BAR_HEIGHT, "".join(parts))


def columns(title: str, values: Sequence[tuple[str, float]]) -> str:
    """Vertical columns, such as a histogram's; empty where all are 0.

    Args:
        title: what is counted.
        values: label below a column and its height.
    """
    most = max((value for _, value in values), default=0)
    if most <= 0:
        return ""
    wide = (WIDTH - 2 * MARGIN) / len(values)
    parts = [f"<text x='{MARGIN}' y='{MARGIN // 2}' font-weight='bold'>{text(title)}</text>"]
    for place, (label, value) in enumerate(values):
        tall = value / most * (HEIGHT - 2 * MARGIN)
        x = MARGIN + place * wide
        parts.append(
            f"<rect x='{x:.1f}' y='{HEIGHT - MARGIN - tall:.1f}' width='{max(wide - 2, 1):.1f}' height='{tall:.1f}' "
            f"fill='{COLOURS[0]}'><title>{text(label)}: {value:g}</title></rect>"
        )
        if value:
            middle = x + wide / 2
            parts.append(
                f"<text x='{middle:.1f}' y='{HEIGHT - MARGIN - tall - 3:.1f}' text-anchor='middle'>{value:g}</text>"
            )
        parts.append(
            f"<text x='{x + wide / 2:.1f}' y='{HEIGHT - MARGIN + 14}' text-anchor='middle'>{text(label)}</text>"
        )
    return _svg(WIDTH, HEIGHT, "".join(parts))


def dots(title: str, points: Sequence[tuple[float, float, str]], across: str, *, diagonal: bool = False) -> str:
    """Points with a text each; empty where there are none.

    Args:
        title: what is drawn upwards.
        points: x, y and what is said of the point.
        across: what is drawn to the right.
        diagonal: both axes go from 0 to 1, and the line on which both are equal is drawn.
    """
    if not points:
        return ""
    left, right = (0.0, 1.0) if diagonal else _range([x for x, _, _ in points])
    low, high = (0.0, 1.0) if diagonal else _range([y for _, y, _ in points])
    parts = [_axes(title, across, (left, right), (low, high))]
    if diagonal:
        parts.append(f"<path d='M{MARGIN},{HEIGHT - MARGIN} L{WIDTH - MARGIN},{MARGIN}' stroke='#bbb'/>")
    for x, y, said in points:
        cx = MARGIN + (x - left) / (right - left) * (WIDTH - 2 * MARGIN)
        cy = HEIGHT - MARGIN - (y - low) / (high - low) * (HEIGHT - 2 * MARGIN)
        parts.append(
            f"<circle cx='{cx:.1f}' cy='{cy:.1f}' r='4' fill='{COLOURS[0]}' fill-opacity='.7'>"
            f"<title>{text(said[:500])}</title></circle>"
        )
    return _svg(WIDTH, HEIGHT, "".join(parts))


def _axes(title: str, across: str, x: tuple[float, float], y: tuple[float, float]) -> str:
    return (
        f"<path d='M{MARGIN},{MARGIN} V{HEIGHT - MARGIN} H{WIDTH - MARGIN}' fill='none' stroke='#888'/>"
        f"<text x='4' y='{MARGIN}'>{y[1]:.3g}</text><text x='4' y='{HEIGHT - MARGIN}'>{y[0]:.3g}</text>"
        f"<text x='{MARGIN}' y='{HEIGHT - MARGIN + 16}'>{x[0]:.3g}</text>"
        f"<text x='{WIDTH - MARGIN}' y='{HEIGHT - MARGIN + 16}' text-anchor='end'>{text(across)} {x[1]:.4g}</text>"
        f"<text x='{MARGIN}' y='{MARGIN // 2}'>{text(title)}</text>"
    )


def _svg(width: float, height: float, inside: str) -> str:
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width:g}' height='{height:g}' font-size='12' "
        f"font-family='sans-serif' role='img'><rect width='100%' height='100%' fill='#fff'/>{inside}</svg>"
    )


def _short(name: str) -> str:
    return name if len(name) <= LABEL_CHARACTERS else name[: LABEL_CHARACTERS - 1] + "…"


def _thinned(curve: Curve) -> Curve:
    stride = -(-len(curve) // MOST_POINTS)
    return [*curve[:-1:stride], curve[-1]]


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _colour(groups: Sequence[str], name: str) -> str:
    return COLOURS[groups.index(name.partition(", seed")[0]) % len(COLOURS)]
