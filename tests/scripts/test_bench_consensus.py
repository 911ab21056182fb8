"""The predicted accuracy of consensus against counting all cases, and the measured one against the predicted."""

import importlib.util
from fractions import Fraction
from itertools import product
from math import sqrt
from pathlib import Path

import pytest

from reasoning.methods.funcoder.consensus import functional_scores, leaders

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "bench_consensus.py"


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench_consensus", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def counted(n, k, inputs, d):
    """The exact accuracy for spread mistakes, by going through all patterns of right and wrong values."""
    total = Fraction(0)
    for pattern in product((True, False), repeat=(n - k) * inputs):
        rows = [["right"] * inputs for _ in range(k)]
        for number in range(n - k):
            mistakes = pattern[number * inputs : (number + 1) * inputs]
            rows.append([f"wrong {number}" if wrong else "right" for wrong in mistakes])
        best = leaders(functional_scores(rows))
        chance = Fraction(1)
        for wrong in pattern:
            chance *= d if wrong else 1 - d
        total += chance * Fraction(sum(number < k for number in best), len(best))
    return total


@pytest.mark.parametrize(
    ("n", "k", "inputs"), [(2, 1, 3), (3, 1, 2), (4, 1, 3), (4, 2, 3), (5, 1, 2), (5, 3, 4), (3, 3, 2)]
)
def test_the_prediction_is_exact(bench, n, k, inputs):
    for d in (Fraction(1, 5), Fraction(1, 2), Fraction(9, 10)):
        assert bench.predicted_spread(n, k, inputs, float(d)) == pytest.approx(float(counted(n, k, inputs, d)))


@pytest.mark.parametrize("kind", ["spread", "clustered"])
@pytest.mark.parametrize("k", [1, 3, 5, 6, 9])
def test_measured_accuracy_matches_the_prediction(bench, kind, k):
    trials, n, inputs, d = 1500, 10, 5, 0.35
    expected = bench.PREDICTED[kind](n, k, inputs, d)
    shares = bench.measured(kind, n, k, inputs, d, 0.8, trials, seed=1)
    # Five standard deviations of a fixed seed: a wrong formula or score is off by much more.
    assert abs(shares["consensus"] - expected) < 5 * sqrt(expected * (1 - expected) / trials) + 1e-9
    assert "<svg" in bench.plot([(kind, k, expected, shares)], n)


def test_agreement_needs_two_and_tests_need_none(bench):
    lone = bench.measured("clustered", 11, 1, 6, 0.3, 0.8, 500, seed=2)
    assert lone["consensus"] < 0.1 < 0.5 < lone["self-test"]
    majority = bench.measured("clustered", 11, 6, 6, 0.3, 0.3, 500, seed=2)
    assert majority["self-test"] < majority["consensus"]
