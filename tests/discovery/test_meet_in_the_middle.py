import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flint import fmpz_poly
from typer.testing import CliRunner

from reasoning.cli.commands import app
from reasoning.discovery import meet_in_the_middle as module
from reasoning.discovery.boxes import Box
from reasoning.discovery.canonical import canonical, polynomial_text
from reasoning.discovery.floats import evaluate_many
from reasoning.discovery.meet_in_the_middle import Settings, search
from reasoning.discovery.moebius import MoebiusTable
from reasoning.discovery.templates import TemplateBox
from reasoning.discovery.units import DiscoveryError
from verifiers.constants.polynomials import polynomial

SMALL = Settings(constants=("e",), a_degree=1, a_coefficients=4, b_degree=1, b_coefficients=2, height=3)


def test_a_box_lists_every_fraction_once_up_to_sign(monkeypatch):
    monkeypatch.setattr("reasoning.discovery.boxes.CHUNK", 7)
    box = Box(1, 2, 1, 1)
    parts = [box.chunk(number) for number in range(box.chunks)]
    a, b = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
    assert len(a) == box.fractions == 12 * 8
    rows = {(*left, *right) for left, right in zip(a.tolist(), b.tolist(), strict=True)}
    assert len(rows) == box.fractions
    assert all(next(c for c in reversed(row[:2]) if c) > 0 for row in rows)
    assert all(any(row[2:]) and max(map(abs, row)) <= 2 for row in rows)


def known_polynomial_rows():
    root = os.environ.get("REASONING_BENCHMARKS")
    if not root:
        pytest.skip("REASONING_BENCHMARKS is not set")
    lines = Path(root, "constants", "known_pcf.jsonl").read_text().splitlines()
    return [row for row in map(json.loads, lines) if row["kind"] == "pcf"]


def coefficients(text, degree):
    found = [int(c) for c in polynomial(text).coeffs()]
    return found + [0] * (degree + 1 - len(found))


def test_the_float_filter_gives_every_known_row_but_the_double_root():
    rows = known_polynomial_rows()
    values, trusted = evaluate_many(
        [coefficients(row["a"], 3) for row in rows], [coefficients(row["b"], 6) for row in rows]
    )
    off = [
        row["a"]
        for row, value, sure in zip(rows, values, trusted, strict=True)
        if not sure or abs(value / float(row["value_40"]) - 1) > 1e-12
    ]
    assert off == ["2*n+2"]  # with b = -n^2


def test_the_filter_leaves_out_what_has_no_limit_or_ends():
    a = [[1, 0], [0, 1], [2, 0], [0, 0], [3, 0], [-1, -2]]
    b = [[-1, 0, 0], [-3, 1, 0], [0, 0, -1], [1, 0, 0], [0, 0, 0], [0, 0, 1]]
    values, trusted = evaluate_many(a, b)
    assert np.isnan(values[:5]).all()
    assert trusted.tolist() == [False] * 5 + [True]
    assert abs(values[5] + 4 / np.pi) < 1e-14


def test_a_table_holds_each_image_once_and_finds_it():
    table = MoebiusTable("pi", 2)
    maps = {
        (p, q, r, s)
        for p in range(-2, 3) for q in range(-2, 3) for r in range(3) for s in range(-2, 3)
        if p * s != q * r and np.gcd.reduce([p, q, r, s]) == 1 and (r > 0 or s > 0)
    }  # fmt: skip
    assert len(table) == len(maps)
    value = (np.pi + 2) / (2 * np.pi - 1)
    assert table.matches(np.array([np.nan, value, value * (1 + 1e-9)])) == [(1, (1, 2, 2, -1))]


def test_canonical_forms_undo_inflation():
    a, b = fmpz_poly([1, 2]), fmpz_poly([0, 0, 1])
    c = fmpz_poly([3, 1])
    inflated = a * c, b * c * c(fmpz_poly([-1, 1]))
    for form in (inflated, (-inflated[0], inflated[1]), (6 * a, 36 * b), (a, b)):
        assert canonical(*form) == (a, b)
    assert polynomial_text(fmpz_poly([-1, 1, 0, -3])) == "-3*n**3+n-1"


def test_a_search_finds_the_known_formulas_of_its_box_and_nothing_false(tmp_path):
    outcome = search(SMALL, tmp_path / "run", jobs=1, quiet=True)
    found = {(c.a, c.b) for c in outcome.conjectures}
    found |= {tuple(pair.split(" ; ")) for c in outcome.conjectures for pair in c.siblings}
    # Rows 5 to 11 of the specification, as far as the box holds them.
    assert {("n+1", "n"), ("n", "n"), ("n+1", "n+1"), ("n+3", "-n"), ("n+4", "-n"), ("4*n+2", "1")} <= found
    assert outcome.counts["fractions"] == SMALL.box.fractions
    assert outcome.counts["met"] == outcome.counts["verified"]
    lines = [json.loads(line) for line in (tmp_path / "run" / "catalogue.jsonl").read_text().splitlines()]
    assert [(line["a"], line["b"]) for line in lines] == [(c.a, c.b) for c in outcome.conjectures]
    assert all(line["accidents"] < 1e-80 and line["digits"] == 100 for line in lines)


def test_an_interrupted_search_goes_on_and_ends_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("reasoning.discovery.boxes.CHUNK", 150)
    search(SMALL, tmp_path / "whole", jobs=1, quiet=True)
    original, done = module._Searcher.work, []

    def dying(self, number):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(number)
        return original(self, number)

    monkeypatch.setattr(module._Searcher, "work", dying)
    with pytest.raises(KeyboardInterrupt):
        search(SMALL, tmp_path / "broken", jobs=1, quiet=True)
    again = []
    monkeypatch.setattr(module._Searcher, "work", lambda self, n: again.append(n) or original(self, n))
    search(SMALL, tmp_path / "broken", resume=True, jobs=1, quiet=True)
    assert not set(done) & set(again)
    for name in ("catalogue.jsonl", "metrics.json"):
        assert (tmp_path / "broken" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_double_roots_are_searched_as_well(tmp_path):
    # a = n^2 + (n+1)^2, b = -n^4, as a box of its own.
    settings = Settings(("zeta(2)",), a="n**2+(n+1)**2", b="-k*n**4", ranges=("k=1:1",), height=2)
    outcome = search(settings, tmp_path / "run", jobs=1, quiet=True)
    assert [(one.a, one.b, one.value) for one in outcome.conjectures] == [("2*n**2+2*n+1", "-n**4", "1/zeta(2)")]
    assert outcome.conjectures[0].kind == "double root"
    assert not outcome.conjectures[0].proved_digits


def test_a_template_gives_the_polynomials_of_every_choice(monkeypatch):
    monkeypatch.setattr("reasoning.discovery.boxes.CHUNK", 7)
    box = TemplateBox("(2*n+1)*(x*n*(n+1)+y)", "-z*n**6+(y-x)**2", ("x=1:3", "y=-1:1", "z=2:3"))
    assert (box.fractions, box.chunks) == (18, 3)
    parts = [box.chunk(number) for number in range(box.chunks)]
    rows = [(a.tolist(), b.tolist()) for part in parts for a, b in zip(*part, strict=True)]
    wanted = {
        (str(polynomial(f"(2*n+1)*({x}*n*(n+1)+({y}))")), str(polynomial(f"-{z}*n**6+(({y})-{x})**2")))
        for x in (1, 2, 3) for y in (-1, 0, 1) for z in (2, 3)
    }  # fmt: skip
    assert {(str(fmpz_poly(a)), str(fmpz_poly(b))) for a, b in rows} == wanted
    assert len(rows) == 18


@pytest.mark.parametrize(
    ("a", "b", "ranges", "message"),
    [
        ("x*n", "n", (), "'x' has none"),
        ("n", "n", ("x=1:2",), "stands neither"),
        ("x*n", "n", ("x=2:1",), "smaller and a larger"),
        ("x*n", "n", ("x=1:2", "x=1:3"), "two of them"),
        ("n*n", "n", ("n=1:2",), "something like"),
        ("x*n", "n", ("x=1-2",), "something like"),
        ("x*n/2", "n", ("x=1:2",), "no division"),
        ("x*n+1.5", "n", ("x=1:2",), "whole coefficients"),
        ("sin(x)", "n", ("x=1:2",), "cannot hold sin"),
        ("x**n", "n", ("x=1:2",), "an exponent"),
        ("x*n**7", "n", ("x=1:2",), "degree"),
        ("x*n", "n**99999", ("x=1:2",), "an exponent"),
        ("(n**12)**12", "x", ("x=1:2",), "degree"),
        ("x**4", "n", ("x=1:9999",), "may be beyond"),
        ("((x**12)**12)**12", "n", ("x=1:9999",), "too large"),
        ("x*n+y", "z", ("x=1:9999", "y=1:9999", "z=1:9999"), "more than 10000000000 fractions"),
        ("x*(n", "n", ("x=1:2",), "a: "),
        ("", "n", (), "a: "),
    ],
)
def test_templates_that_cannot_be_searched_are_named(a, b, ranges, message):
    with pytest.raises(ValueError, match=message):
        TemplateBox(a, b, ranges)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"digits": 12}, "accidental agreements"),
        ({"height": 99}, "height: expected 1 to 30"),
        ({"a_degree": -1}, "degrees"),
        ({"b_coefficients": 0}, "coefficients"),
        ({"constants": ("foo",)}, "constants: no constant 'foo'"),
        ({"constants": ()}, "nothing to search"),
        ({"a": "x*n", "b": "n"}, "ranges: 'x' has none"),
    ],
)
def test_settings_out_of_range_are_named(tmp_path, changes, message):
    with pytest.raises(DiscoveryError, match=message):
        search(replace(SMALL, **changes), tmp_path / "run", quiet=True)


def test_the_command_prints_a_catalogue(tmp_path):
    box = [
        "--a-coefficients",
        "2",
        "--b-degree",
        "1",
        "--b-coefficients",
        "1",
        "--height",
        "2",
        "--jobs",
        "1",
        "--quiet",
    ]
    result = CliRunner().invoke(app, ["discover", "mitm", "--constants", "e", *box, "--out", str(tmp_path / "run")])
    assert result.exit_code == 0, result.output
    assert "n+1" in result.stdout
    assert result.stdout.splitlines()[-1] == f"catalogue: {tmp_path / 'run' / 'catalogue.jsonl'}"
    again = CliRunner().invoke(app, ["discover", "mitm", "--resume", str(tmp_path / "run"), "--quiet"])
    assert again.exit_code == 0, again.output
