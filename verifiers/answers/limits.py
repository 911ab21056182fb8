"""Every bound of the answer judge, each applied before anything is evaluated.

>>> MAX_NESTING
60
"""

from __future__ import annotations

__all__ = [
    "MAX_ANSWER_CHARACTERS",
    "MAX_DIGITS",
    "MAX_EVALUATION_COST",
    "MAX_EXACT_BITS",
    "MAX_FACTORIAL",
    "MAX_ITEMS",
    "MAX_LITERAL_CHARACTERS",
    "MAX_MAGNITUDE_LOG2",
    "MAX_NESTING",
    "MAX_NODES",
    "MAX_READINGS",
    "MAX_SUM_TERMS",
    "MAX_TEXT_TAIL",
    "MAX_TOKENS",
    "PRECISIONS",
    "SYMBOLIC_SECONDS",
    "UNORDERED_LIMIT",
    "AnswerTooLargeError",
]

MAX_TEXT_TAIL = 40_000
"""Characters at the end of a model's text in which an answer is looked for (cue phrases, mathematics, numbers)."""

MAX_LITERAL_CHARACTERS = 4_000_000
"""Longest answer that is still compared letter by letter (a number of a million digits, say)."""

MAX_ANSWER_CHARACTERS = 6_000
"""Longest answer that is parsed; longer ones are only compared letter by letter."""

MAX_TOKENS = 2_500
"""Most tokens in one parsed answer."""

MAX_NODES = 3_000
"""Most nodes in the expression tree of one answer."""

MAX_NESTING = 60
"""Deepest nesting of brackets, fractions, exponents and the like."""

MAX_DIGITS = 4_000
"""Most digits in one number that is evaluated."""

MAX_EXACT_BITS = 40_000
"""Largest numerator or denominator, in bits, of an exact intermediate result; beyond it balls are used."""

MAX_MAGNITUDE_LOG2 = 1e12
"""Largest absolute base-2 logarithm of a real intermediate result; a larger one is not evaluated at all."""

MAX_FACTORIAL = 3_000
"""Largest n whose factorial is multiplied out; beyond it the gamma function's ball is used."""

MAX_SUM_TERMS = 200
"""Most terms of a finite sum or product sign that are added up."""

MAX_ITEMS = 300
"""Most members of one list, set, tuple or matrix."""

UNORDERED_LIMIT = 60
"""Most members of two collections that are matched without regard to order (it takes quadratic time)."""

MAX_READINGS = 4
"""Most ways in which one ambiguous answer is read (`1,234` as a number or as a list)."""

PRECISIONS = (96, 320, 1_400, 6_000)
"""Bits of the ball arithmetic, tried in turn until two numbers are told apart."""

SYMBOLIC_SECONDS = 1.5
"""Wall time of the last resort, symbolic simplification in the sandbox."""


class AnswerTooLargeError(ValueError):
    """An answer goes over one of the limits; it is not evaluated."""


MAX_EVALUATION_COST = 120_000
"""Elementary operations (weighted by precision) that one judgement may spend on evaluating expressions."""
