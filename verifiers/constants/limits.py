"""Every bound on what a claim about a constant may hold; checked before anything is evaluated."""

from __future__ import annotations

from typing import Final

__all__ = [
    "MAX_ARGUMENT_BITS",
    "MAX_CLAIM",
    "MAX_COEFFICIENT_BITS",
    "MAX_DEGREE",
    "MAX_DEPTH",
    "MAX_DIGITS",
    "MAX_EXACT_DEPTH",
    "MAX_EXPONENT",
    "MAX_NODES",
    "MAX_NUMBER_DIGITS",
    "MAX_RECURRENCE",
    "MAX_TERM_BITS",
    "MAX_TEXT",
]

MAX_TEXT: Final = 4_000
"""Characters of one expression."""
MAX_CLAIM: Final = 100_000
"""Characters of a whole claim."""
MAX_DEPTH: Final = 60
"""Nesting of brackets, signs and powers."""
MAX_NODES: Final = 500
"""Numbers, names and operators of one expression."""
MAX_NUMBER_DIGITS: Final = 1_000
"""Digits of one number."""
MAX_DEGREE: Final = 60
"""Degree of a polynomial, also of one that appears while it is multiplied out."""
MAX_COEFFICIENT_BITS: Final = 8_000
"""Bits of a coefficient, numerator or denominator."""
MAX_EXPONENT: Final = 10_000
"""Size of a whole exponent in a closed form; other exponents go through exp and log."""
MAX_ARGUMENT_BITS: Final = 64
"""A function's argument lies below two to this power."""
MAX_DIGITS: Final = 10_000
"""Digits that a problem may ask for."""
MAX_EXACT_DEPTH: Final = 16_384
"""Most terms of a fraction that are worked out in whole numbers."""
MAX_TERM_BITS: Final = 20_000
"""Bits of a term of a signed fraction."""
MAX_RECURRENCE: Final = 200
"""Order of a signed fraction's recurrence, and length of its sign period."""
