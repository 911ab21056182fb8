"""Every known row is found by a search over a box that holds it."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

from reasoning.discovery import esma
from reasoning.discovery.canonical import canonical
from reasoning.discovery.meet_in_the_middle import Settings, _Searcher, search
from verifiers.constants.polynomials import polynomial


def known(kind):
    root = os.environ.get("REASONING_BENCHMARKS")
    if not root:
        pytest.skip("REASONING_BENCHMARKS is not set")
    rows = map(json.loads, Path(root, "constants", "known_pcf.jsonl").read_text().splitlines())
    return [row for row in rows if row["kind"] == kind]


BOXES = [
    (1, 5, 1, 3, ("e", "exp(2)", "exp(3)", "sqrt(e)"), {5, 6, 7, 8, 9, 10, 11, 12, 13, 14}),
    (1, 4, 0, 2, ("tan(1)", "tan(1/2)", "sqrt(2)*tan(sqrt(2))", "besseli(0,2)/besseli(1,2)", "besselj(0,2)/besselj(1,2)", "besseli(0,1)/besseli(1,1)", "besseli(1/3,2/3)/besseli(-2/3,2/3)", "phi", "sqrt(2)"), {1, 2, 3, 15, 16, 17, 18, 19, 20, 21}),
    (1, 3, 2, 3, ("pi", "log(2)", "pi*sqrt(3)", "phi", "e*e1(1)", "sqrt(pi*e/2)*erfc(1/sqrt(2))"), {4, 23, 26, 27, 28, 29, 30, 32, 33, 35, 50, 51}),
    (0, 6, 2, 4, ("pi", "gamma(1/4)**4/pi**2/8"), {24, 25, 31}),
    (1, 12, 0, 1, ("exp(1/3)",), {22}),
    (1, 6, 2, 3, ("log(2)", "log(3)", "log(3/2)", "atan(1/2)", "sqrt(2)*log(1+sqrt(2))"), {33, 34, 35, 36, 37, 38, 39}),
    (1, 2, 4, 1, ("pi**2/6",), {40}),
    (2, 3, 6, 1, ("zeta(3)",), {49}),
]  # fmt: skip
TEMPLATES = [
    ("x*n*(n+1)+y", "z*n**4", ("x=1:12", "y=1:4", "z=-8:8"), ("pi**2/6", "catalan"), {41, 42, 43}),
    ("x*n+y", "z*(2*n-1)**4", ("x=1:10", "y=-4:4", "z=-2:2"), ("catalan",), {44}),
    ("x*n*(n+1)+y", "z*n**4+w*n**3", ("x=1:4", "y=1:4", "z=-3:3", "w=-3:3"), ("pi**2/6",), {45}),
    ("(2*n+1)*(x*n*(n+1)+y)", "-z*n**6", ("x=1:17", "y=1:5", "z=1:16"), ("zeta(3)",), {46, 47, 48}),
    ("x*n**3+y*n**2+z*n+w", "-n**6", ("x=5:7", "y=8:10", "z=-9:9", "w=1:2"), ("zeta(3)",), {47}),
    ("x*n*(n+1)+y", "z*n**6", ("x=1:9", "y=1:9", "z=1:9"), ("zeta(3)",), {49}),
]  # fmt: skip


def test_the_boxes_hold_all_rows():
    assert set().union(*(box[-1] for box in (*BOXES, *TEMPLATES))) == set(range(1, 52))


@pytest.mark.slow
@pytest.mark.parametrize(("da", "ca", "db", "cb", "constants", "numbers"), BOXES)
def test_a_search_finds_every_known_row_of_its_box(tmp_path, da, ca, db, cb, constants, numbers):
    check_recall(tmp_path, Settings(constants, da, ca, db, cb, height=12), numbers)


@pytest.mark.parametrize(("a", "b", "ranges", "constants", "numbers"), TEMPLATES)
def test_a_search_finds_every_known_row_of_its_family(tmp_path, a, b, ranges, constants, numbers):
    check_recall(tmp_path, Settings(constants, a=a, b=b, ranges=ranges, height=12), numbers)


def check_recall(directory, settings, numbers):
    """Every row is found; and of the digits beyond the eleven that were looked up, none was met by accident."""
    rows = known("pcf")
    outcome = search(settings, directory / "run", jobs=1, quiet=True)
    found = {str(canonical(*(polynomial(text).numer() for text in (one.a, one.b)))) for one in outcome.conjectures}
    missing = [rows[n - 1]["a"] for n in sorted(numbers) if form(rows[n - 1]) not in found]
    assert missing == []
    assert all(one.digits == 100 and one.accidents < 1e-80 for one in outcome.conjectures)


def form(row):
    return str(canonical(*(polynomial(row[side]).numer() for side in "ab")))


def test_every_known_row_is_found_when_its_place_in_a_box_is_searched():
    """A box of all cubics is too large for a test; what the search does at the place of a row is not."""
    missing = []
    for row in known("pcf"):
        constant, height = constant_of(row["value"])
        searcher = _Searcher.__new__(_Searcher)
        coefficients = [np.array([[int(c) for c in polynomial(row[side]).numer().coeffs()]]) for side in "ab"]
        searcher._box = type("Box", (), {"chunk": lambda _, number, pair=coefficients: pair})()
        searcher._digits = 60
        searcher._tables = [table(constant, height)]
        if not searcher.work(0)["hits"]:
            missing.append(row["a"])
    assert missing == []


_TABLES = {}


def table(constant, height):
    from reasoning.discovery.moebius import MoebiusTable

    if (constant, height) not in _TABLES:
        _TABLES[constant, height] = MoebiusTable(constant, height)
    return _TABLES[constant, height]


def constant_of(value):
    """A constant that the closed form is a Moebius image of, and a sufficient height."""
    plain = value.replace(" ", "")
    names = [
        "besseli(0,2)/besseli(1,2)", "besselj(0,2)/besselj(1,2)", "besseli(0,1)/besseli(1,1)",
        "besseli(1/3,2/3)/besseli(-2/3,2/3)", "sqrt(pi*e/2)*erfc(1/sqrt(2))", "e*e1(1)", "gamma(1/4)**4/pi**2",
        "sqrt(2)*log(1+sqrt(2))", "sqrt(2)*tan(sqrt(2))", "exp(1/3)", "exp(2)", "exp(3)", "sqrt(e)", "atan(1/2)", "tan(1/2)", "tan(1)",
        "pi**2", "zeta(3)", "catalan", "log(2)", "log(3/2)", "log(3)", "sqrt(5)", "sqrt(2)",
    ]  # fmt: skip
    if "pi*sqrt(3)" in plain or "pi*(sqrt(3))" in plain:
        return "pi*sqrt(3)", 12
    bare = re.sub(r"\((\w+\([^()]*\))\)", r"\1", plain)
    for name in names:
        if name in bare or name in plain:
            return ("pi**2/6" if name == "pi**2" else name), 16 if name.startswith("gamma") else 12
    if "log" in plain or "tan" in plain or "gamma" in plain or "bessel" in plain:
        raise AssertionError(value)
    return ("pi" if "pi" in plain else "e"), 12


@pytest.mark.slow
def test_every_known_signed_fraction_is_found(tmp_path):
    rows = known("signed_cf")
    settings = esma.Settings(("e", "exp(2)", "tan(1)", "sqrt(e)", "besseli(0,2)/besseli(1,2)", "phi"), 1, 2, 2)
    outcome = esma.search(settings, tmp_path / "run", jobs=2, quiet=True)
    found = {
        (value, one.sign_period, one.recurrence) for one in outcome.conjectures for value in (one.value, *one.siblings)
    }
    missing = [
        row["value"]
        for row in rows
        if (row["value"].replace(" ", ""), tuple(row["sign_period"]), tuple(row["lfsr"])) not in found
    ]
    assert missing == []
