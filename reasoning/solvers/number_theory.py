"""Exact number theory: primes in a range, congruences, linear Diophantine equations.

>>> solve_congruences([2, 3, 2], [3, 5, 7]).solution
Congruence(remainder=23, modulus=105)
>>> linear_diophantine([6, 10, 15], 1).solution.particular
[-14, 7, 1]
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from reasoning.solvers.arguments import ExactInteger
from reasoning.solvers.definition import solver
from reasoning.solvers.results import Result, SolverInputError, Status

__all__ = [
    "Congruence",
    "Lattice",
    "Primes",
    "PrimesCertificate",
    "ZeroResiduals",
    "linear_diophantine",
    "primes_between",
    "solve_congruences",
]

MAX_PRIMES = 10_000
MAX_PRIME_DIGITS = 100


@dataclass(frozen=True, slots=True)
class Primes:
    """Prime numbers.

    Attributes:
        primes: increasing.
        more: whether the range holds more than were asked for.
    """

    primes: list[int]
    more: bool


@dataclass(frozen=True, slots=True)
class PrimesCertificate:
    """What anybody can check.

    Attributes:
        proved: whether each number passed a primality proof.
    """

    proved: bool


@dataclass(frozen=True, slots=True)
class Congruence:
    """All x with x = remainder modulo modulus.

    Attributes:
        remainder: from 0 to modulus - 1.
        modulus: least common multiple of the given ones, each divided by what it shares with its coefficient.
    """

    remainder: int
    modulus: int


@dataclass(frozen=True, slots=True)
class Lattice:
    """All integer solutions: particular + integer combinations of the homogeneous ones.

    Attributes:
        particular: n integers.
        homogeneous: n - 1 vectors of n integers, a basis of the solutions with total 0.
    """

    particular: list[int]
    homogeneous: list[list[int]]


@dataclass(frozen=True, slots=True)
class ZeroResiduals:
    """What anybody can check.

    Attributes:
        residuals: what is left of each given equation at the solution; all 0.
    """

    residuals: list[int]


@solver
def primes_between(
    low: ExactInteger, high: ExactInteger, count: Annotated[int, Field(ge=1, le=MAX_PRIMES)] = 1000
) -> Result[Primes, PrimesCertificate]:
    """List the primes p with low <= p <= high, in order.

    Args:
        low: an integer of at most 100 digits.
        high: an integer of at most 100 digits.
        count: most primes to list, 1 to 10000.

    Returns:
        `converged`; the list may be empty.

    Raises:
        SolverInputError: a bound is too long.

    Source:
        FLINT's fmpz_is_prime (Baillie-PSW below 2^64, where it is proved; APR-CL above).

    Example:
        {"low": 100, "high": 130}
    """
    from flint import fmpz

    for name, value in (("low", low), ("high", high)):
        if abs(value) >= 10**MAX_PRIME_DIGITS:
            raise SolverInputError(f"{name}: expected at most {MAX_PRIME_DIGITS} digits")
    found: list[int] = []
    number = max(low, 2)
    while number <= high and len(found) <= count:
        if fmpz(number).is_prime():
            found.append(number)
        number += 1 if number == 2 or number % 2 == 0 else 2
    return Result(Status.CONVERGED, Primes(found[:count], len(found) > count), PrimesCertificate(True))


@solver
def solve_congruences(
    remainders: Annotated[list[ExactInteger], Field(min_length=1, max_length=1000)],
    moduli: Annotated[list[ExactInteger], Field(min_length=1, max_length=1000)],
    coefficients: Annotated[list[ExactInteger], Field(max_length=1000)] | None = None,
) -> Result[Congruence, ZeroResiduals]:
    """Solve simultaneous congruences coefficient_i x = remainder_i modulo modulus_i; the moduli need not be coprime.

    Args:
        remainders: n integers.
        moduli: n integers above 0.
        coefficients: n integers; default: all 1.

    Returns:
        `converged` with all solutions as one congruence, or `infeasible`.

    Raises:
        SolverInputError: the lists differ in length, or a modulus is below 1.

    Source:
        Chinese remainder theorem, pairwise by the extended Euclidean algorithm.

    Example:
        {"remainders": [2, 3, 2], "moduli": [3, 5, 7]}
    """
    if len(remainders) != len(moduli):
        raise SolverInputError(f"moduli: expected {len(remainders)}, one for each remainder, got {len(moduli)}")
    factors = [1] * len(moduli) if coefficients is None else coefficients
    if len(factors) != len(moduli):
        raise SolverInputError(f"coefficients: expected {len(moduli)}, one for each modulus, got {len(factors)}")
    value, modulus = 0, 1
    for index, (factor, remainder, other) in enumerate(zip(factors, remainders, moduli, strict=True)):
        if other < 1:
            raise SolverInputError(f"moduli[{index}]: expected at least 1")
        shared = math.gcd(factor, other)
        if remainder % shared:
            return Result(
                Status.INFEASIBLE, message=f"congruence {index + 1} has no solution: {shared} divides its left"
            )
        other //= shared
        remainder = remainder // shared * pow(factor // shared, -1, other) % other
        common = math.gcd(modulus, other)
        if (remainder - value) % common:
            return Result(Status.INFEASIBLE, message=f"congruence {index + 1} contradicts the ones before it")
        step = (remainder - value) // common * pow(modulus // common, -1, other // common) % (other // common)
        value, modulus = value + modulus * step, modulus // common * other
        value %= modulus
    triples = zip(factors, remainders, moduli, strict=True)
    residuals = [(factor * value - remainder) % other for factor, remainder, other in triples]
    return Result(Status.CONVERGED, Congruence(value, modulus), ZeroResiduals(residuals), len(moduli))


@solver
def linear_diophantine(
    coefficients: Annotated[list[ExactInteger], Field(min_length=1, max_length=50)], total: ExactInteger
) -> Result[Lattice, ZeroResiduals]:
    """Find all integers x with coefficients . x = total.

    Args:
        coefficients: 1 to 50 integers, not all 0.
        total: an integer.

    Returns:
        `converged` with a particular solution and a basis of the homogeneous ones, or `infeasible` (the greatest common
        divisor of the coefficients does not divide the total).

    Raises:
        SolverInputError: all coefficients are 0.

    Source:
        Unimodular column operations by the extended Euclidean algorithm (Hermite normal form of one row).

    Example:
        {"coefficients": [6, 10, 15], "total": 7}
    """
    if not any(coefficients):
        raise SolverInputError("coefficients: all are 0")
    size = len(coefficients)
    columns = [[int(row == column) for row in range(size)] for column in range(size)]
    values = list(coefficients)
    pivot = next(index for index, value in enumerate(values) if value)
    for index in range(size):
        while index != pivot and values[index]:
            quotient = values[pivot] // values[index]
            values[pivot] -= quotient * values[index]
            columns[pivot] = [a - quotient * b for a, b in zip(columns[pivot], columns[index], strict=True)]
            values[pivot], values[index] = values[index], values[pivot]
            columns[pivot], columns[index] = columns[index], columns[pivot]
    if total % values[pivot]:
        return Result(Status.INFEASIBLE, message=f"{abs(values[pivot])} divides every coefficient, but not the total")
    factor = total // values[pivot]
    particular = [factor * one for one in columns[pivot]]
    homogeneous = [column for index, column in enumerate(columns) if index != pivot]

    def at(x: list[int]) -> int:
        return sum(a * b for a, b in zip(coefficients, x, strict=True))

    residuals = [at(particular) - total, *map(at, homogeneous)]
    return Result(Status.CONVERGED, Lattice(particular, homogeneous), ZeroResiduals(residuals))
