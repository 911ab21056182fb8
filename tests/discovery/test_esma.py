import json
from fractions import Fraction
from itertools import islice

import pytest
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from reasoning.cli.commands import app
from reasoning.discovery.berlekamp_massey import holds, shortest_recurrence
from reasoning.discovery.esma import Settings, search
from reasoning.discovery.interlaced import pattern_of
from reasoning.discovery.left_sides import left_sides
from reasoning.discovery.signed_terms import bounds, certain_terms, primitive_periods
from reasoning.discovery.units import DiscoveryError


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=5), st.lists(st.integers(-99, 99), min_size=5, max_size=5))
def test_the_recurrence_of_a_sequence_is_found_and_no_longer_than_its_own(rest, start):
    terms = list(start)
    while len(terms) < 40:
        terms.append(-sum(c * terms[-1 - i] for i, c in enumerate(rest)))
    found = shortest_recurrence(iter(terms), 40, 12)
    if any(terms[5:]):
        assert found is not None
        assert len(found.coefficients) <= len(rest) + 6
        assert holds(found.coefficients, terms, found.start)


def test_a_random_sequence_has_no_short_recurrence_and_is_not_read_to_its_end():
    terms = iter([pow(7, n, 1009) * pow(3, n * n, 997) % 1000 for n in range(100)])
    assert shortest_recurrence(terms, 100, 25) is None
    assert len(list(terms)) > 40


@pytest.mark.parametrize("signs", [(1,), (-1,), (1, -1), (-1, 1, 1)])
def test_the_terms_give_the_number_back(signs):
    ctx.prec = 400
    low, high = bounds(arb.pi(), 300)
    terms = list(islice(certain_terms(low, high, 300, signs), 30))
    value = Fraction(terms[-1])
    for n in range(len(terms) - 2, -1, -1):
        value = terms[n] + signs[n % len(signs)] / value
    assert len(terms) == 30
    assert abs(arb(value.numerator) / value.denominator - arb.pi()) < arb("1e-1" if signs == (-1,) else "1e-12")


def test_terms_end_where_the_interval_says_no_more():
    assert list(certain_terms(3 << 10, (3 << 10) + 1, 10, (1,))) == [3]
    assert len(list(certain_terms(3217, 3218, 10, (1,)))) < 8


def test_periods_are_primitive():
    assert primitive_periods(2) == [(1,), (-1,), (1, -1), (-1, 1)]
    assert [sum(len(p) == n for p in primitive_periods(6)) for n in range(1, 7)] == [2, 2, 6, 12, 30, 54]


def test_left_sides_are_in_lowest_terms_up_to_sign():
    sides = left_sides(1, 2)
    assert len(sides) == 224
    assert (
        len(
            {
                Fraction(
                    sum(a * 1000**k for k, a in enumerate(side.numerator)),
                    sum(a * 1000**k for k, a in enumerate(side.denominator)),
                )
                for side in sides
            }
        )
        == 224
    )
    assert {"e", "e/(e-1)", "(e+1)/(2*e-1)"} <= {side.text("e") for side in sides}


def test_patterns_are_interlaced_polynomials():
    assert pattern_of((1, 2, 3, 2, 5, 2, 7, 2, 9, 2)) == "2*m+1, 2"
    assert pattern_of((2, 1, 2, 1, 1, 4, 1, 1, 6, 1, 1, 8, 1, 1, 10, 1)) == "2; 1, 2*m+2, 1"
    assert pattern_of((3, 7, 15, 1, 292, 1, 1, 1, 2, 1, 3, 1, 14)) == ""


def test_the_published_search_for_e_gives_its_13_results(tmp_path):
    outcome = search(Settings(constants=("e",), depth=105), tmp_path / "run", jobs=1, quiet=True)
    counts = outcome.counts
    # The published program keeps what follows its recurrence from the start: 13 values.
    assert (counts["left sides"], counts["pairs"], counts["pure values"]) == (112, 448, 13)
    assert counts["recurrences"] == counts["verified"]
    pure = {(one.value, one.sign_period, one.recurrence) for one in outcome.conjectures if one.pure}
    pure |= {(value, one.sign_period, one.recurrence) for one in outcome.conjectures for value in one.siblings}
    assert {("e/(e-1)", (1, -1), (1, 0, -2, 0, 1)), ("e-1", (-1, 1), (1, 0, -2, 0, 1))} <= pure
    assert ("e/(e-2)", (1,), (1, 0, 0, -1, 0, 0, -1, 0, 0, 1)) in pure
    assert all(one.digits == 100 and one.accidents < 1e-90 for one in outcome.conjectures)
    lines = (tmp_path / "run" / "catalogue.jsonl").read_text().splitlines()
    assert len(lines) == counts["conjectures"] == len(outcome.conjectures)


def test_runs_of_twos_in_pi_are_no_pattern(tmp_path):
    outcome = search(Settings(constants=("pi",)), tmp_path / "run", jobs=1, quiet=True)
    # 47 pairs pass the recurrence and the check over the integers on all 100 terms.
    assert outcome.counts["recurrences"] == 47
    assert outcome.counts["broken"] + outcome.counts["refused"] == 47
    assert outcome.counts["refused"] > 0
    assert outcome.conjectures == []


def test_an_interrupted_search_ends_with_the_same_bytes(tmp_path, monkeypatch):
    settings = Settings(constants=("besseli(0,2)/besseli(1,2)",), coefficients=1, period=1, depth=60, digits=60)
    monkeypatch.setattr("reasoning.discovery.esma._BLOCK", 8)
    search(settings, tmp_path / "whole", jobs=1, quiet=True)
    original = search.__globals__["_Searcher"].work
    calls = []

    def dying(self, number):
        calls.append(number)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return original(self, number)

    monkeypatch.setattr("reasoning.discovery.esma._Searcher.work", dying)
    with pytest.raises(KeyboardInterrupt):
        search(settings, tmp_path / "broken", jobs=1, quiet=True)
    search(settings, tmp_path / "broken", resume=True, jobs=1, quiet=True)
    assert len(calls) == len(set(calls)) + 1
    for name in ("catalogue.jsonl", "catalogue.html", "catalogue.parquet", "metrics.json"):
        assert (tmp_path / "broken" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Settings(constants=()), "constants: none"),
        (Settings(constants=("foo",)), "no constant 'foo'"),
        (Settings(constants=("e", "-2/3**2")), "constants: '-2/3..2' is rational"),
        (Settings(constants=("n" * 10_000,)), "longer than"),
        (Settings(degree=9), "quotients"),
        (Settings(coefficients=0), "at least 1"),
        (Settings(period=9), "period"),
        (Settings(depth=10), "depth"),
        (Settings(digits=12), "digits: expected 60"),
    ],
)
def test_settings_out_of_range_are_named(tmp_path, settings, message):
    with pytest.raises(DiscoveryError, match=message):
        search(settings, tmp_path / "run", quiet=True)


def test_the_command_prints_its_table(tmp_path):
    arguments = ["--constants", "phi;tan(1)", "--coefficients", "1", "--period", "1", "--depth", "60", "--jobs", "1"]
    result = CliRunner().invoke(app, ["discover", "esma", *arguments, "--quiet", "--out", str(tmp_path / "run")])
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in (tmp_path / "run" / "catalogue.jsonl").read_text().splitlines()]
    assert {"tan(1)"} <= {value for row in rows for value in (row["value"], *row["siblings"])}
    assert "1, 2*m+1" in result.stdout
    again = CliRunner().invoke(app, ["discover", "esma", "--resume", str(tmp_path / "run"), "--quiet"])
    assert again.exit_code == 0, again.output
