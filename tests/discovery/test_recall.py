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
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("da", "ca", "db", "cb", "constants", "numbers"), BOXES)
def test_a_search_finds_every_known_row_of_its_box(tmp_path, da, ca, db, cb, constants, numbers):
    outcome = search(Settings(constants, da, ca, db, cb, height=9), tmp_path / "run", jobs=2, quiet=True)
    found = {str(canonical(*(polynomial(text).numer() for text in (one.a, one.b)))) for one in outcome.conjectures}
    rows = known("pcf")
    missing = [rows[n - 1]["a"] for n in sorted(numbers) if form(rows[n - 1]) not in found]
    assert missing == []
    assert outcome.counts["met"] == outcome.counts["verified"]


def form(row):
    return str(canonical(*(polynomial(row[side]).numer() for side in "ab")))


def test_every_known_row_is_found_when_its_place_in_a_box_is_searched():
    """The boxes that hold the cubic rows are too large for a test; what the search does at their place is not."""
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
