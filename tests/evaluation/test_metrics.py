import math
from itertools import combinations

import numpy as np
import pytest

from reasoning.evaluation.metrics import (
    Tally,
    bootstrap_interval,
    estimate_pass_at_k,
    pass_at_k,
    reported_ks,
    wilson_interval,
)


@pytest.mark.parametrize("n", range(1, 8))
def test_pass_at_k_equals_the_share_of_all_subsets(n):
    for c in range(n + 1):
        for k in range(1, n + 1):
            subsets = list(combinations([True] * c + [False] * (n - c), k))
            assert pass_at_k(n, c, k) == pytest.approx(sum(map(any, subsets)) / len(subsets), abs=1e-12)


def test_pass_at_k_by_hand():
    assert pass_at_k(10, 3, 1) == 0.3
    assert pass_at_k(4, 2, 2) == pytest.approx(5 / 6)
    assert pass_at_k(1000, 1, 1000) == 1.0
    assert pass_at_k(1000, 0, 1000) == 0.0


def test_pass_at_k_does_not_overflow_where_binomials_do():
    exact = 1 - math.comb(99_990, 1000) / math.comb(100_000, 1000)
    assert pass_at_k(100_000, 10, 1000) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize(("n", "c", "k"), [(3, 4, 1), (3, -1, 1), (3, 1, 4), (3, 1, 0)])
def test_pass_at_k_refuses_what_makes_no_sense(n, c, k):
    with pytest.raises(ValueError, match=r"expected|needs"):
        pass_at_k(n, c, k)


# Published values: Newcombe 1998 (Statistics in Medicine 17:857-872), table I, method 3, and the rule of n / (n + z^2).
@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_equals_published_values(right, total, low, high):
    assert wilson_interval(right, total) == pytest.approx((low, high), abs=5e-5)


def test_wilson_ends_are_exact_and_mirrored():
    assert wilson_interval(0, 7)[0] == 0.0
    assert wilson_interval(7, 7)[1] == 1.0
    low, high = wilson_interval(2, 7)
    assert wilson_interval(5, 7) == pytest.approx((1 - high, 1 - low))


def test_bootstrap_equals_resampling_the_problems_one_by_one():
    counts = {0.0: 40, 0.25: 30, 1.0: 30}
    values = np.repeat(list(counts), list(counts.values()))
    means = np.random.default_rng(1).choice(values, size=(20_000, len(values))).mean(axis=1)
    assert bootstrap_interval(counts) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])), abs=0.005)


def test_one_sample_each_gives_wilson_and_more_samples_the_bootstrap():
    single = estimate_pass_at_k([Tally(1, 1), Tally(1, 0), Tally(1, 0), Tally(1, 1)], 1)
    assert (single.value, single.interval, single.samples) == (0.5, "wilson", 4)
    assert (single.low, single.high) == wilson_interval(2, 4)
    several = estimate_pass_at_k([Tally(4, 4), Tally(4, 0)], 1)
    assert (several.value, several.interval, several.samples) == (0.5, "bootstrap", 8)
    assert (several.low, several.high) == (0.0, 1.0)


def test_problems_with_too_few_judged_samples_are_left_out_and_counted():
    metric = estimate_pass_at_k([Tally(5, 5), Tally(1, 0), Tally(0, 0)], 2)
    assert (metric.value, metric.problems, metric.left_out) == (1.0, 1, 2)
    nothing = estimate_pass_at_k([Tally(0, 0)], 1)
    assert nothing.to_json()["value"] is None
    assert nothing.left_out == 1


def test_reported_ks():
    assert [reported_ks(samples) for samples in (1, 7, 10, 1000)] == [[1], [1, 7], [1, 10], [1, 10, 100, 1000]]
