"""Prime factors of an integer, each proved to be prime.

>>> factor_integer(-360).solution
Factorization(sign=-1, factors=[(2, 3), (3, 2), (5, 1)])
"""

from __future__ import annotations

from dataclasses import dataclass

from reasoning.solvers.arguments import ExactInteger
from reasoning.solvers.definition import solver
from reasoning.solvers.factoring import prime_factors
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = ["Factorization", "FactorizationCertificate", "factor_integer"]


@dataclass(frozen=True, slots=True)
class Factorization:
    """number = sign * product of prime^exponent.

    Attributes:
        sign: 1 or -1.
        factors: (prime, exponent), primes increasing.
    """

    sign: int
    factors: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class FactorizationCertificate:
    """What anybody can check.

    Attributes:
        product: the factors multiplied together; equals the number.
        proved_prime: whether every factor passed a primality proof (not only a probable-prime test).
    """

    product: int
    proved_prime: bool


@solver
def factor_integer(number: ExactInteger) -> Result[Factorization, FactorizationCertificate]:
    """Factor an integer into primes.

    Finds primes p_1 < ... < p_k and exponents e_i >= 1 with number = sign * p_1^e_1 * ... * p_k^e_k. Numbers of up to
    about 60 digits take seconds; harder ones run into the time limit.

    Args:
        number: an integer other than 0, of at most 10000 digits.

    Returns:
        The factorization; always `converged`.

    Raises:
        SolverInputError: the number is 0.

    Source:
        FLINT's fmpz_factor (trial division, elliptic curves, quadratic sieve) and fmpz_is_prime (APR-CL).

    Example:
        {"number": 8051}
    """
    from flint import fmpz

    if number == 0:
        raise SolverInputError("number: 0 has no prime factors")
    factors = prime_factors(abs(number))
    sign = 1 if number > 0 else -1
    product = fmpz(sign)
    for prime, exponent in factors:
        product *= fmpz(prime) ** exponent
    proved = all(fmpz(prime).is_prime() for prime, _ in factors)
    certificate = FactorizationCertificate(int(product), proved)
    return Result(Status.CONVERGED, Factorization(sign, factors), certificate)
