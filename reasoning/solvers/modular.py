"""Arithmetic modulo m: powers, inverses and discrete logarithms.

>>> modular_power(3, -1, 7).solution.value
5
>>> discrete_logarithm(3, 13, 17).solution
Logarithm(exponent=4, period=16)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from reasoning.solvers.arguments import ExactInteger
from reasoning.solvers.definition import solver
from reasoning.solvers.factoring import prime_factors
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = ["Logarithm", "LogarithmCertificate", "Power", "PowerCertificate", "discrete_logarithm", "modular_power"]

MAX_MODULUS_BITS = 199
"""Moduli of logarithms have to be factored."""
MAX_STEPS = 1 << 21
"""Baby steps: prime factors of the order up to the square of this are searched."""


@dataclass(frozen=True, slots=True)
class Power:
    """A power modulo m.

    Attributes:
        value: from 0 to m - 1.
    """

    value: int


@dataclass(frozen=True, slots=True)
class PowerCertificate:
    """What anybody can check.

    Attributes:
        product: value times the power with the opposite exponent, modulo m: 1 modulo m; null when the base has no
            inverse.
    """

    product: int | None


@dataclass(frozen=True, slots=True)
class Logarithm:
    """All x with base^x = value: exponent + k period, k = 0, 1, ...

    Attributes:
        exponent: the least one, from 0 to period - 1.
        period: the order of the base.
    """

    exponent: int
    period: int


@dataclass(frozen=True, slots=True)
class LogarithmCertificate:
    """What anybody can check.

    Attributes:
        residual: (base^exponent - value) modulo m; 0.
        order_primes: the primes p of the period: base^period = 1, and base^(period / p) is not.
    """

    residual: int
    order_primes: list[int]


@solver
def modular_power(base: ExactInteger, exponent: ExactInteger, modulus: ExactInteger) -> Result[Power, PowerCertificate]:
    """Compute base^exponent modulo m; a negative exponent is a power of the inverse, -1 the inverse itself.

    Args:
        base: an integer.
        exponent: an integer; below 0 only for a base that is coprime to m.
        modulus: m, at least 1.

    Returns:
        `converged`, or `infeasible` when the inverse is asked for and does not exist.

    Raises:
        SolverInputError: the modulus is below 1.

    Source:
        Square and multiply; the inverse by the extended Euclidean algorithm.

    Example:
        {"base": 7, "exponent": -1, "modulus": 31}
    """
    _check(modulus)
    common = math.gcd(base, modulus)
    if exponent < 0 and common != 1:
        return Result(Status.INFEASIBLE, message=f"{common} divides both base and modulus: there is no inverse")
    value = pow(base, exponent, modulus)
    product = value * pow(base, -exponent, modulus) % modulus if common == 1 else None
    return Result(Status.CONVERGED, Power(value), PowerCertificate(product))


@solver
def discrete_logarithm(
    base: ExactInteger, value: ExactInteger, modulus: ExactInteger
) -> Result[Logarithm, LogarithmCertificate]:
    """Find all x >= 0 with base^x = value modulo m.

    Args:
        base: coprime to m.
        value: an integer.
        modulus: m, at least 1, of at most 199 bits; it need not be prime.

    Returns:
        `converged`; `infeasible` when the value is no power of the base; `limit` when the order of the base has a prime
        factor above 2^42.

    Raises:
        SolverInputError: the modulus is below 1 or too long, or base and modulus have a common factor.

    Source:
        Pohlig and Hellman 1978, with the baby and giant steps of Shanks 1971 for each prime.

    Example:
        {"base": 11, "value": 33, "modulus": 1009}
    """
    _check(modulus, MAX_MODULUS_BITS)
    base, value = base % modulus, value % modulus
    if math.gcd(base, modulus) != 1:
        raise SolverInputError("base: expected to have no common factor with the modulus")
    factors = _order(base, modulus)
    period = math.prod(prime**power for prime, power in factors.items())
    if pow(value, period, modulus) != 1 % modulus:
        return Result(Status.INFEASIBLE, message=f"its power {period} is not 1, as that of every power of the base")
    if max(factors, default=1) > MAX_STEPS**2:
        return Result(Status.LIMIT, message=f"the order {period} of the base has too large a prime factor")
    exponent, known = 0, 1
    for prime, power in factors.items():
        size = prime**power
        part = _prime_power_part(pow(base, period // size, modulus), pow(value, period // size, modulus), prime, power,
                                 modulus)  # fmt: skip
        if part is None:
            return Result(Status.INFEASIBLE, message=f"no power of the base: not in the part of order {prime}^{power}")
        exponent += known * ((part - exponent) * pow(known, -1, size) % size)
        known *= size
    residual = (pow(base, exponent, modulus) - value) % modulus
    return Result(
        Status.CONVERGED, Logarithm(exponent, period), LogarithmCertificate(residual, sorted(factors)), len(factors)
    )


def _check(modulus: int, bits: int | None = None) -> None:
    if modulus < 1:
        raise SolverInputError("modulus: expected at least 1")
    if bits is not None and modulus.bit_length() > bits:
        raise SolverInputError(f"modulus: at most {bits} bits are taken")


def _order(base: int, modulus: int) -> dict[int, int]:
    """The order of the base, by its prime factors: what is left of Carmichael's function."""
    factors: dict[int, int] = {}
    for prime, power in prime_factors(modulus):
        group = (prime - 1) * prime ** (power - 1)
        for divisor, exponent in prime_factors(group):
            factors[divisor] = max(factors.get(divisor, 0), exponent)
    order = math.prod(prime**power for prime, power in factors.items())
    for prime in list(factors):
        while factors[prime] and pow(base, order // prime, modulus) == 1 % modulus:
            order //= prime
            factors[prime] -= 1
    return {prime: power for prime, power in factors.items() if power}


def _prime_power_part(base: int, value: int, prime: int, power: int, modulus: int) -> int | None:
    """The exponent modulo prime^power with base^x = value, digit by digit; the base has this order."""
    found = 0
    root = pow(base, prime ** (power - 1), modulus)
    for digit in range(power):
        left = value * pow(base, -found, modulus) % modulus
        step = _baby_giant(root, pow(left, prime ** (power - 1 - digit), modulus), prime, modulus)
        if step is None:
            return None
        found += step * prime**digit
    return found


def _baby_giant(root: int, value: int, prime: int, modulus: int) -> int | None:
    """The exponent, from 0 to prime - 1, of the root's power that is the value."""
    width = math.isqrt(prime - 1) + 1
    baby: dict[int, int] = {}
    current = 1 % modulus
    for index in range(width):
        baby.setdefault(current, index)
        current = current * root % modulus
    back = pow(current, -1, modulus)
    for giant in range(width):
        if value in baby:
            return giant * width + baby[value]
        value = value * back % modulus
    return None
