import json
import math
import os
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pyarrow.parquet as pq
import pytest
from flint import fmpz_poly
from typer.testing import CliRunner

from reasoning.cli.commands import app
from reasoning.discovery.box_values import classes_of
from reasoning.discovery.catalogue import write_catalogue
from reasoning.discovery.clusters import cluster
from reasoning.discovery.dynamics import DELTA, DENOMINATOR_LOG, NAIVE_DELTA, RATIO, measure
from reasoning.discovery.euler import euler_form, lean_statement
from reasoning.discovery.exact import Blocks, to_digits
from reasoning.discovery.mathml import form_to_mathml
from reasoning.discovery.page import page
from reasoning.discovery.pcf_dynamics import Settings, search
from reasoning.discovery.units import DiscoveryError

SMALL = Settings(a_degree=1, a_coefficients=3, b_degree=2, b_coefficients=1, basis=("pi", "e", "log(2)"), height=4)


def plain(a, b, depth):
    p, before_p, q, before_q = a[0], 1, 1, 0
    for n in range(1, depth + 1):
        term, numerator = (sum(c * n**k for k, c in enumerate(side)) for side in (a, b))
        p, before_p = term * p + numerator * before_p, p
        q, before_q = term * q + numerator * before_q, q
    return p, q, before_p, before_q


@pytest.mark.parametrize(("a", "b"), [([3, -2, 5], [1, 4, -5]), ([0, 10**9], [7, 0, 10**12]), ([2], [-1, 1])])
def test_blocks_give_the_convergents_of_the_recurrence(a, b):
    blocks = Blocks.of(np.array([[1] * len(a), a]), np.array([[1] * len(b), b]), (1, 6, 50))
    assert [tuple(map(int, found)) for found in blocks.convergents(1)] == [plain(a, b, n) for n in (1, 6, 50)]


def test_convergents_to_100_digits():
    (p, q, depth), none = to_digits(np.array([[1, 2], [2, 0]]), np.array([[0, 0, 1], [1, -4, 4]]), 100)
    mpmath.mp.dps = 120
    assert abs(mpmath.mpf(int(p)) / int(q) - 4 / mpmath.pi) < mpmath.mpf(10) ** -99
    assert depth <= 192
    assert none is None


def test_features_of_known_fractions():
    # 4/pi, 6/zeta(3) (Apery) and the regular fraction (e+1)/(e-1).
    rows = measure(
        np.array([[1, 2, 0, 0], [5, 27, 51, 34], [2, 4, 0, 0]]),
        np.array([[0, 0, 1] + [0] * 4, [0] * 6 + [-1], [1] + [0] * 6]),
    )
    assert math.isclose(rows[0, RATIO], 3 - 2 * 2**0.5, abs_tol=1e-9)
    # Apery: the gcd cancels the factorials, and the measure tends to 0.0805; the ratio is (1 + sqrt 2)^-8.
    assert rows[1, DENOMINATOR_LOG] < 0.2
    assert abs(rows[1, DELTA] - 0.08) < 0.1
    assert math.isclose(rows[1, RATIO], (1 + 2**0.5) ** -8, rel_tol=1e-6)
    assert rows[1, NAIVE_DELTA] < -0.4
    # No common divisors, and the best possible approximations.
    assert rows[2, DELTA] == rows[2, NAIVE_DELTA]
    assert abs(rows[2, DELTA] - 1) < 0.03


def test_clusters_are_what_no_feature_separates():
    points = np.array([[0, 0], [0.05, 0], [0.1, 0], [0.1, 5], [0.15, 5], [9, 9]], dtype=float)
    assert cluster(points, (0.06, 1.0)).tolist() == [0, 0, 0, 1, 1, -1]
    order = [5, 3, 0, 4, 2, 1]
    assert cluster(points[order], (0.06, 1.0)).tolist() == [-1, 1, 0, 1, 0, 0]
    assert cluster(np.zeros((0, 2)), (1, 1)).tolist() == []


def test_the_space_of_the_paper_is_counted():
    from reasoning.discovery.boxes import Box

    box = Box(2, 5, 2, 5)
    assert 2 * box.fractions == 1_768_900
    a, b = box.chunk(0)
    kinds, ends = classes_of(a, b)
    number = 1234
    upper, lower = box.fraction(number)
    assert (upper, lower) == (a[number].tolist(), b[number].tolist())
    for index in range(0, 2_000, 97):
        assert ends[index] == any(sum(c * m**k for k, c in enumerate(b[index].tolist())) == 0 for m in range(1, 200))
    assert set(kinds) <= {
        "faster than geometric",
        "geometric",
        "double root",
        "exp(-c sqrt n)",
        "a power of n",
        "no limit",
    }


@pytest.mark.slow
def test_the_classes_of_the_paper_s_space():
    from collections import Counter

    from reasoning.discovery.boxes import Box

    box, counts = Box(2, 5, 2, 5), Counter()
    for chunk in range(box.chunks):
        kinds, ends = classes_of(*box.chunk(chunk))
        counts.update(kinds[~ends].tolist())
    assert {kind: 2 * count for kind, count in counts.items()} == {
        "faster than geometric": 1_458_160, "geometric": 84_000, "double root": 4_734, "exp(-c sqrt n)": 450,
        "a power of n": 5_480, "no limit": 37_856,
    }  # fmt: skip


def test_a_search_without_a_constant_in_mind_names_clusters_and_resumes(tmp_path, monkeypatch):
    monkeypatch.setattr("reasoning.discovery.boxes.CHUNK", 200)
    outcome = search(SMALL, tmp_path / "whole", jobs=1, quiet=True)
    found = {(one.a, one.b): one for one in outcome.conjectures}
    assert outcome.counts["fractions"] == 2 * SMALL.box.fractions
    assert found["2*n+1", "n**2"].value == "4/pi"
    assert ("n+1", "n") in found
    assert {"pi", "e", "log(2)"} <= set(outcome.labels)
    assert all(one.digits == 100 and one.accidents < 1e-80 for one in outcome.conjectures)
    classes = {one.value_class for one in outcome.conjectures}
    assert sum(one.representative for one in outcome.conjectures) == len(classes)
    clusters = [json.loads(line) for line in (tmp_path / "whole" / "clusters.jsonl").read_text().splitlines()]
    assert sum("pi" in row["constants"] for row in clusters) == outcome.labels["pi"]
    from reasoning.discovery import pcf_dynamics as module

    original, calls = module._Matcher.work, []

    def dying(self, number):
        calls.append(number)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return original(self, number)

    monkeypatch.setattr(module._Matcher, "work", dying)
    with pytest.raises(KeyboardInterrupt):
        search(SMALL, tmp_path / "broken", jobs=1, quiet=True)
    search(SMALL, tmp_path / "broken", resume=True, jobs=1, quiet=True)
    for name in ("catalogue.jsonl", "clusters.jsonl", "metrics.json"):
        assert (tmp_path / "broken" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_constant_that_names_no_cluster_is_found_all_the_same(tmp_path, monkeypatch):
    from reasoning.discovery import pcf_dynamics as module

    nothing = {"constants": [], "a": "", "b": "", "value": ""}
    monkeypatch.setattr(module._Labeller, "work", lambda self, number: nothing)
    settings = Settings(a_degree=1, a_coefficients=2, b_degree=2, b_coefficients=1, basis=("pi",), height=4)
    outcome = search(settings, tmp_path / "run", jobs=1, quiet=True)
    assert outcome.labels == {}
    assert ("2*n+1", "n**2", "4/pi") in {(one.a, one.b, one.value) for one in outcome.conjectures}


@pytest.mark.slow
def test_a_killed_search_goes_on_and_ends_with_the_same_bytes(tmp_path):
    command = [sys.executable, "-m", "reasoning.cli.main", "discover", "pcf-dynamics", "--a-degree", "1", "--b-degree", "1", "--basis", "e;exp(2)", "--jobs", "2", "--quiet"]  # fmt: skip
    subprocess.run([*command, "--out", str(tmp_path / "whole")], check=True, capture_output=True)
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path / "killed")], stdout=subprocess.DEVNULL, start_new_session=True
    )
    while not (tmp_path / "killed" / "run.sqlite").exists() and process.poll() is None:
        time.sleep(0.02)
    os.killpg(process.pid, 9)
    process.wait()
    subprocess.run([*command, "--resume", str(tmp_path / "killed")], check=True, capture_output=True)
    for name in ("catalogue.jsonl", "catalogue.html", "catalogue.parquet", "clusters.jsonl", "metrics.json"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Settings(basis=()), "nothing"),
        (Settings(basis=("foo",)), "basis: no constant"),
        (Settings(height=0), "height"),
        (Settings(digits=20), "accidental"),
        (Settings(digits=10**6), "digits"),
        (Settings(a_degree=99), "degrees"),
    ],
)
def test_settings_out_of_range_are_named(tmp_path, settings, message):
    with pytest.raises(DiscoveryError, match=message):
        search(settings, tmp_path / "run", quiet=True)


@pytest.mark.parametrize("s", [2, 3, 5])
def test_eulers_form_of_the_zeta_fractions_is_their_sums(s):
    a, b = fmpz_poly([0, 1]) ** s + fmpz_poly([1, 1]) ** s, -(fmpz_poly([0, 1]) ** (2 * s))
    form = euler_form(a, b)
    p, q, _, _ = plain([int(c) for c in a.coeffs()], [int(c) for c in b.coeffs()], 12)
    # f(0) + g(1) / S_n with S_n the sum of the products of f(k)/g(k+1).
    total, product = Fraction(0), Fraction(1)
    for j in range(13):
        total += product
        product *= Fraction(int(form.f(j + 1)), int(form.g(j + 2)))
    assert Fraction(int(p), int(q)) == int(form.f(0)) + int(form.g(1)) / total
    assert lean_statement(a, b, form).endswith(":= by")


def test_the_statement_is_one_that_lean_accepts_a_proof_of():
    """The slow tests of proofs have Lean itself judge this case."""
    table = Path(__file__).resolve().parents[1] / "tables" / "lean_honest.jsonl"
    cases = {case["id"]: case for case in map(json.loads, table.read_text(encoding="utf-8").splitlines())}
    a, b = fmpz_poly([1, 2]), -(fmpz_poly([0, 1]) ** 2)
    assert cases["honest_euler_sums"]["statement"] == lean_statement(a, b, euler_form(a, b))


def test_most_fractions_have_no_such_form():
    assert euler_form(fmpz_poly([1, 2]), fmpz_poly([0, 0, 1])) is None
    assert euler_form(fmpz_poly([5, 27, 51, 34]), -(fmpz_poly([0, 1]) ** 6)) is None
    assert euler_form(fmpz_poly([0, 1]), fmpz_poly([0, 1])) is not None


ROWS = [
    {"a": "2*n+1", "b": "n**2", "value": "4/pi", "digits": 100, "accidents": 1e-90, "siblings": ["<script>"]},
    {"a": "n", "b": "n**10**9", "value": "<b>pi</b>", "digits": 1, "accidents": 0.5, "siblings": []},
]


def test_the_page_is_whole_and_nothing_in_it_is_markup():
    text = page("<i>title", ROWS)
    assert "<script" not in text
    assert "<b>" not in text
    assert "<i>" not in text
    assert "http://" not in text
    assert "https://" not in text
    assert "&lt;script&gt;" in text
    assert "<mfrac><mrow><mn>4</mn></mrow><mrow><mi>π</mi></mrow></mfrac>" in text
    assert text.count("<polyline") == 1
    assert form_to_mathml("(" * 500).startswith("<mtext>")
    assert form_to_mathml("besseli(0,2)**2-sqrt(2)").count("<msub>") == 1


def test_the_catalogue_stands_in_three_files(tmp_path):
    write_catalogue(tmp_path, "title", ROWS)
    table = pq.read_table(tmp_path / "catalogue.parquet").to_pylist()
    assert [row["value"] for row in table] == ["4/pi", "<b>pi</b>"]
    assert [json.loads(line) for line in (tmp_path / "catalogue.jsonl").read_text().splitlines()] == ROWS
    assert (tmp_path / "catalogue.html").read_text() == page("title", ROWS)


def test_the_command_prints_its_table(tmp_path):
    box = ["--a-degree", "1", "--a-coefficients", "2", "--b-degree", "1", "--b-coefficients", "1", "--basis", "e"]
    result = CliRunner().invoke(
        app, ["discover", "pcf-dynamics", *box, "--jobs", "1", "--quiet", "--out", str(tmp_path / "run")]
    )
    assert result.exit_code == 0, result.output
    assert "clusters.jsonl" in result.stdout
