"""The coverage plot of a dataset's card: how many rows there are of each topic and difficulty, as an SVG picture.

svg = coverage_svg({("algebra", 0): 12, ("algebra", 4): 3})

Topics may come from a model: they are cut and escaped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from reasoning.pages import text
from reasoning.pipelines.descriptors import DIFFICULTIES

__all__ = ["COVERAGE_NAME", "coverage_svg"]

COVERAGE_NAME = "coverage.svg"
_MOST_TOPICS = 40
_TOPIC_CHARACTERS = 28
_WIDTH, _HEIGHT, _LEFT, _TOP = 72, 24, 210, 34
_EMPTY, _DARK = "#f2f2f2", (33, 102, 172)
_LABEL_ON_DARK = 0.55


def coverage_svg(counts: Mapping[tuple[str, int], int]) -> str:
    """The picture: a row for each topic (those with most rows first), a column for each fifth of the difficulty."""
    totals: dict[str, int] = {}
    for (topic, _), count in counts.items():
        totals[topic] = totals.get(topic, 0) + count
    topics = sorted(totals, key=lambda topic: (-totals[topic], topic))[:_MOST_TOPICS]
    columns = len(DIFFICULTIES) + 1
    most = math.log1p(max(counts.values(), default=1))
    bounds = [0.0, *DIFFICULTIES, 1.0]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + columns * _WIDTH + 10}" '
        f'height="{_TOP + len(topics) * _HEIGHT + 10}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{_LEFT - 8}" y="20" text-anchor="end" font-weight="bold">topic / difficulty</text>',
    ]
    for column in range(columns):
        x = _LEFT + column * _WIDTH + _WIDTH / 2
        parts.append(
            f'<text x="{x}" y="20" text-anchor="middle">{bounds[column]:.1f} - {bounds[column + 1]:.1f}</text>'
        )
    for row, topic in enumerate(topics):
        y = _TOP + row * _HEIGHT
        shown = topic if len(topic) <= _TOPIC_CHARACTERS else topic[: _TOPIC_CHARACTERS - 1] + "…"
        label = text(shown) or "(none)"
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 16}" text-anchor="end">{label}</text>')
        for column in range(columns):
            parts += _square(_LEFT + column * _WIDTH, y, counts.get((topic, column), 0), most)
    return "\n".join([*parts, "</svg>", ""])


def _square(x: int, y: int, count: int, most: float) -> list[str]:
    share = math.log1p(count) / most if count else 0.0
    fill = _EMPTY if not count else "#" + "".join(f"{round(255 - share * (255 - one)):02x}" for one in _DARK)
    parts = [f'<rect x="{x}" y="{y}" width="{_WIDTH - 2}" height="{_HEIGHT - 2}" fill="{fill}"/>']
    if count:
        colour = "white" if share > _LABEL_ON_DARK else "black"
        middle = x + _WIDTH / 2
        parts.append(f'<text x="{middle}" y="{y + 16}" text-anchor="middle" fill="{colour}">{count:,}</text>')
    return parts
