import asyncio
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox_runner import LEVELS

from reasoning.solvers import SolverInputError, Status, Toolbox
from reasoning.solvers.factor_integer import factor_integer
from verifiers.sandbox import SandboxPool


def is_prime(number):
    return number > 1 and all(number % divisor for divisor in range(2, math.isqrt(number) + 1))


@given(st.integers(-(10**8), 10**8).filter(bool))
@settings(max_examples=60, deadline=None)
def test_factors_are_primes_and_multiply_to_the_number(number):
    result = factor_integer(number)
    solution = result.solution
    assert result.status is Status.CONVERGED
    assert solution.sign * math.prod(prime**exponent for prime, exponent in solution.factors) == number
    assert all(is_prime(prime) and exponent >= 1 for prime, exponent in solution.factors)
    assert [prime for prime, _ in solution.factors] == sorted({prime for prime, _ in solution.factors})
    assert result.certificate.product == number
    assert result.certificate.proved_prime


def test_known_factorizations():
    fermat = factor_integer(2**128 + 1).solution.factors
    assert fermat == [(59649589127497217, 1), (5704689200685129054721, 1)]
    assert factor_integer("1").solution.factors == []
    with pytest.raises(SolverInputError, match="0 has no prime factors"):
        factor_integer(0)


@pytest.mark.parametrize("level", LEVELS)
def test_large_numbers_are_factored_at_every_level(level):
    """FLINT's sieve writes to /tmp, which tasks have only in a mount namespace of their own."""

    async def go():
        async with SandboxPool(workers=1, levels=[level]) as pool:
            return await Toolbox(pool).call("factor_integer", {"number": str(2**128 + 1)})

    reply = asyncio.run(go())
    assert reply.status == "converged", reply
    assert reply.record["solution"]["factors"] == [["59649589127497217", 1], ["5704689200685129054721", 1]]
    assert reply.record["certificate"]["proved_prime"]
