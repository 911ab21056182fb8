"""Pictures: where points, bars and columns stand, and that names are no markup."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from run_directories import HOSTILE

from reasoning.pages import Bar, bars, chart, columns, dots, facts, paged, table, text


def numbers(svg, tag, name):
    root = ElementTree.fromstring(svg)
    return [
        float(one.get(name)) for one in root.iter(f"{{http://www.w3.org/2000/svg}}{tag}") if one.get(name)[-1] != "%"
    ]


def test_bars_are_as_long_as_their_values_and_intervals_lie_on_them():
    svg = bars("shares", [Bar("a", 0.5, 0.25, 0.75), Bar("b", 1.0)], 1.0)
    assert numbers(svg, "rect", "width") == [170.0, 340.0]
    low, high = re.search(r"M([\d.]+),\d+ H([\d.]+)", svg).groups()
    assert (float(low), float(high)) == (230 + 85, 230 + 255)


def test_columns_are_as_high_as_their_counts():
    small, none, large = numbers(columns("counts", [("1", 1), ("2", 0), ("3", 4)]), "rect", "height")
    assert (none, large) == (0, 4 * small)
    assert columns("counts", [("1", 0)]) == ""


def test_dots_stand_where_they_belong():
    svg = dots("y", [(0.0, 0.0, "corner"), (1.0, 1.0, "other"), (0.5, 0.25, "inside")], "x", diagonal=True)
    x, y = numbers(svg, "circle", "cx"), numbers(svg, "circle", "cy")
    assert x[2] == pytest.approx((x[0] + x[1]) / 2)
    assert y[2] == pytest.approx(y[0] + (y[1] - y[0]) / 4)
    assert y[0] > y[1]


def test_shares_have_fixed_bounds_and_one_curve_needs_no_legend():
    svg = chart("share", {"share": [(1, 0.5), (2, 0.5)]}, "k", shares=True)
    (points,) = re.findall(r"points='([^']*)'", svg)
    assert {point.partition(",")[2] for point in points.split()} == {"120.0"}
    assert svg.count("share") == 2  # its title and what the line is called, no legend
    assert chart("share", {"a": [(1, 0.5)]}) == ""


@pytest.mark.parametrize(
    "drawn",
    [
        bars(HOSTILE, [Bar(HOSTILE, 1.0, note=HOSTILE)]),
        columns(HOSTILE, [(HOSTILE, 1)]),
        dots(HOSTILE, [(1, 1, HOSTILE)], HOSTILE),
        chart(HOSTILE, {HOSTILE: [(1, 1), (2, 2)], "b": [(1, 1), (2, 2)]}, HOSTILE),
    ],
)
def test_names_are_no_markup(drawn):
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(drawn).iter()}
    assert tags <= {"svg", "rect", "text", "title", "path", "polyline", "circle"}
    assert "\x1b" not in drawn
    assert "\u202e" not in drawn


def test_texts_are_cut_and_rows_are_paged():
    assert text("abcdef", 2) == "ab … (4 more characters)"
    assert text("<\x07>") == "&lt;\\x07&gt;"
    assert paged(["<p>x</p>"] * 120, 50).count("<details") == 3
    assert paged(["<p>x</p>"] * 120, 50).count("<details open") == 1
    assert table(("a",), []) == facts({"a": "", "b": None}) == ""
