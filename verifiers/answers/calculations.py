r"""Whether an answer is worked out, or a calculation that is still to be done.

gold 95      answer 37 + 58, 190/2, 5 \cdot 19       ->  to be done
gold 95      answer 95, 95.0, 37 + 58 = 95           ->  worked out
gold 2^{10}  answer 2^{10}                           ->  worked out, as far as the gold answer is

A numeral is an integer, a decimal, a fraction, a percentage, or a power of ten with or without a factor. An answer that
echoes `37 + 58` has the value, but has computed nothing; where computing is all that is asked, it is not enough.
"""

from __future__ import annotations

import re
from fractions import Fraction

from verifiers.answers.tree import Based, Call, Node, Number, Power, Product, Quantity

__all__ = ["is_calculation", "is_division"]

_DIVISION = re.compile(r"\\[dtc]?frac|[\d)}]\s*(?:/|\\div|÷)\s*[\d({\\]")


def is_calculation(gold: Node, answer: Node) -> bool:
    """Whether `gold` is a numeral and `answer`, of the same value, is none."""
    return _is_numeral(gold) and not _is_numeral(answer)


def is_division(gold: Node, gold_text: str, answer: Node, answer_text: str) -> bool:
    """Whether `gold` is an integer and `answer` a quotient, which is read as one number: `190/2` for 95."""
    numbers = [side.value if isinstance(side, Quantity) else side for side in (gold, answer)]
    if not all(isinstance(one, Number) and one.value.denominator == 1 for one in numbers):
        return False
    return _DIVISION.search(answer_text) is not None and _DIVISION.search(gold_text) is None


def _is_numeral(node: Node) -> bool:
    match node:
        case Number() | Based() | Call("percent", (Number(),)):
            return True
        case Power(Number(base, _), Number()):
            return base == Fraction(10)
        case Product((Number(), Power() as power)):
            return _is_numeral(power)
        case Product((Number(value, _), Call("percent", (Number(),)))):
            return abs(value) == 1
    return False
