"""The rules by which the paper's space is counted, against exact arithmetic."""

import importlib.util
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from reasoning.discovery.boxes import Box

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "count_convergent_fractions.py"
BOX = Box(2, 1, 2, 1)


@pytest.fixture(scope="module")
def counting():
    spec = importlib.util.spec_from_file_location("count_convergent_fractions", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def at(polynomial, n):
    return sum(int(c) * n**power for power, c in enumerate(polynomial))


def exact(a, b, depth):
    """p, q of all convergents up to a depth."""
    p, before_p, q, before_q = at(a, 0), 1, 1, 0
    yield p, q
    for n in range(1, depth + 1):
        term, numerator = at(a, n), at(b, n)
        p, before_p = term * p + numerator * before_p, p
        q, before_q = term * q + numerator * before_q, q
        yield p, q


def test_the_published_rules_leave_what_exact_arithmetic_leaves(counting):
    left = 0
    for a, b in zip(*BOX.chunk(0), strict=True):
        if any(at(b, m) == 0 for m in range(1, 2000)) or at(a, 10**9) ** 2 + 4 * at(b, 10**9) < 0:
            continue
        p, q = [pair for pair in exact(a, b, 60) if pair[1]][-1]
        left += 2 * (abs(p) < 1000 * abs(q))
    # In so small a box sixty terms tell whether a value is below 1000.
    assert counting.count(BOX)[0] == left


def test_the_sign_far_out_is_that_of_the_exact_value(counting):
    a, b = BOX.chunk(0)
    a, b = np.concatenate([a, [[1, 2, 0], [0, 2, 0]]]), np.concatenate([b, [[-1, -1, -1], [0, 0, -1]]])
    far = [at(x, 10**9) ** 2 + 4 * at(y, 10**9) >= 0 for x, y in zip(a, b, strict=True)]
    assert counting.has_real_roots(a, b).tolist() == far
    assert {True, False} <= set(far)


def test_distances_of_convergents_are_those_of_the_exact_ones(counting):
    a = np.array([[1, 0, 0], [5, 0, 0], [2, 2, 0], [1, 2, 0]])
    b = np.array([[0, 0, 1], [0, 0, 1], [0, 0, -1], [0, 0, 1]])
    found = counting.convergents(a, b, np.array([True, True, True, False]))
    for index in range(3):
        pairs = list(exact(a[index], b[index], 1000))
        apart = abs(Fraction(*pairs[999]) - Fraction(*pairs[1000]))
        assert found.apart(999, 1000)[index] == pytest.approx(float(apart), rel=1e-3, abs=1e-14)
    assert found.apart(999, 1000)[3] == 0
    assert found.last[3] == pytest.approx(4 / np.pi, rel=1e-13)


def test_rational_values_are_told_from_others(counting):
    # The tails 1 (b = a + 1) and n + 1 (b = n (n + 2)) give the value 2; then 4/pi, 1/(e - 2) and 1/log(2).
    a = np.array([[1, 1, 1], [1, 0, 0], [1, 2, 0], [1, 1, 0], [1, 0, 0]])
    b = np.array([[2, 1, 1], [0, 2, 1], [0, 0, 1], [0, 1, 0], [0, 0, 1]])
    slow = np.array([False, True, False, False, True])
    values = counting.convergents(a, b, slow).last
    assert counting.rational(a, b, values, slow).tolist() == [True, True, False, False, False]


def test_denominators_that_vanish(counting):
    # q_1 = a(1) = 0; q_2 = a(1) a(2) + b(2) = 0; none.
    a, b = np.array([[-1, 1, 0], [1, 0, 0], [1, 1, 0]]), np.array([[0, 1, 0], [-3, 1, 0], [0, 1, 0]])
    assert counting.zero_denominators(a, b, 1).tolist() == [True, True, False]
    assert counting.zero_denominators(a, b, 2).tolist() == [False, True, False]


def test_common_divisors_that_cancel_the_growth(counting):
    # Of 1/log(2) (a = 1, b = n^2) they do, of a = 1, b = n^2 + 1 they do not.
    assert (np.abs(counting.growth(np.array([[1, 0, 0]] * 2), np.array([[0, 0, 1], [1, 0, 1]]))) < 0.05).tolist() == [
        True,
        False,
    ]
