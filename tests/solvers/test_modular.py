import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reasoning.solvers import SolverInputError, Status
from reasoning.solvers.modular import discrete_logarithm, modular_power


@given(st.integers(-50, 50), st.integers(-40, 40), st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_powers_are_products(base, exponent, modulus):
    result = modular_power(base, exponent, modulus)
    if exponent < 0 and math.gcd(base, modulus) != 1:
        assert result.status is Status.INFEASIBLE
        return
    product = 1 % modulus
    for _ in range(abs(exponent)):
        product = product * base % modulus
    value = result.solution.value
    assert (value if exponent >= 0 else value * product % modulus) == (product if exponent >= 0 else 1 % modulus)
    assert result.certificate.product == (1 % modulus if math.gcd(base, modulus) == 1 else None)


@given(st.integers(0, 400), st.integers(0, 400), st.integers(1, 400))
@settings(max_examples=100, deadline=None)
def test_logarithms_agree_with_a_search(base, value, modulus):
    assume(math.gcd(base, modulus) == 1)
    powers = [1 % modulus]
    while (after := powers[-1] * base % modulus) != powers[0]:
        powers.append(after)
    result = discrete_logarithm(base, value, modulus)
    if value % modulus not in powers:
        assert result.status is Status.INFEASIBLE
        return
    assert result.solution.exponent == powers.index(value % modulus)
    assert result.solution.period == len(powers)
    assert result.certificate.residual == 0
    period = result.solution.period
    assert all(period % p == 0 and powers[period // p] != powers[0] for p in result.certificate.order_primes)


def test_a_large_prime_with_a_smooth_order():
    prime = 2**61 - 1
    exponent = 123_456_789_012_345_678
    result = discrete_logarithm(37, pow(37, exponent, prime), prime)
    assert (exponent - result.solution.exponent) % result.solution.period == 0


def test_an_order_with_a_large_prime_is_out_of_reach():
    safe = 2 * 1_000_000_000_000_000_000_000_001_759 + 1  # twice a prime and one, itself a prime
    result = discrete_logarithm(4, 16, safe)
    assert (result.status, "too large a prime factor" in result.message) == (Status.LIMIT, True)
    with pytest.raises(SolverInputError, match="modulus: at most 199 bits"):
        discrete_logarithm(4, 16, 2**200)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((2, 3, 0), "modulus: expected at least 1"),
        ((2, 3, 6), "base: expected to have no common factor"),
    ],
)
def test_bad_logarithms_are_one_line(arguments, line):
    with pytest.raises(SolverInputError, match=line):
        discrete_logarithm(*arguments)


def test_bad_powers_are_one_line():
    with pytest.raises(SolverInputError, match="exponent: expected at most 10000 digits"):
        modular_power(2, 1 << 50_000, 7)
