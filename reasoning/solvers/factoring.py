"""Prime factors by FLINT, also where nothing can be written to /tmp.

>>> prime_factors(360)
[(2, 3), (3, 2), (5, 1)]
"""

from __future__ import annotations

import tempfile

__all__ = ["prime_factors"]

_NO_SIEVE_BITS = 64
"""Up to this size FLINT factors without its quadratic sieve."""
_FIRST_BITS = 20
_MORE_BITS = 10


def prime_factors(number: int) -> list[tuple[int, int]]:
    """Factor a positive integer.

    FLINT's quadratic sieve keeps relations in a file in /tmp and kills the process where it can make none, as in a
    sandbox whose level has no /tmp of its own. There elliptic curves look for factors of ever more bits, which takes
    longer: tens of seconds for two factors of 25 digits.

    Args:
        number: at least 1.

    Returns:
        (prime, exponent), primes increasing.

    Source:
        FLINT's fmpz_factor (trial division, elliptic curves, quadratic sieve), fmpz_factor_smooth, and fmpz_is_prime.
    """
    from flint import fmpz

    whole = fmpz(number)
    if number.bit_length() <= _NO_SIEVE_BITS or _sieve_can_write():
        found = whole.factor()
    else:
        bits, found = _FIRST_BITS, [(whole, 1)]
        while not all(factor.is_prime() for factor, _ in found):
            found = whole.factor_smooth(bits=bits)
            bits += _MORE_BITS
    return sorted((int(prime), int(exponent)) for prime, exponent in found)


def _sieve_can_write() -> bool:
    try:
        tempfile.TemporaryFile(dir="/tmp").close()
    except OSError:
        return False
    return True
