r"""What a seed problem's solution says about any numbers: its numbers, and how the answer comes from them.

    reading = read("Ada has 3 boxes of 8 pens. How many pens has she?", "3 * 8 = 24.", "24")
    [step.show() for step in reading.derivation.steps]      # ["3 * 8 = 24"]

GSM8K marks the steps of its solutions (`48/2 = <<48/2=24>>24`). The equations of the running text are read first,
without the marks; where these do not lead to the answer, the marks alone are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from reasoning.families.induction.derivation import Derivation, InductionError, derive
from reasoning.families.induction.numbers import TextNumber, numbers_in, value_of

__all__ = ["InductionError", "Reading", "read"]

MAX_CHARACTERS = 6_000
"""Longest problem or solution that is read."""

_MARK = re.compile(r"<<([^<>]*)>>")

_FORMULA = re.compile(r"[\\^=]|\$[A-Za-z]\W")
"""TeX, powers, equations, variables between dollar signs: their numbers are no quantities that vary freely."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The numbers of a problem as they stand, the different ones (parameters count these), and the derivation."""

    numbers: tuple[TextNumber, ...]
    different: tuple[TextNumber, ...]
    derivation: Derivation


def read(problem: str, solution: str, answer: str) -> Reading:
    """Numbers and derivation of a seed problem, its worked solution (or nothing) and its answer.

    Raises:
        InductionError: there is no derivation, or it would not be sure; the message says why.
    """
    if len(problem) > MAX_CHARACTERS or len(solution) > MAX_CHARACTERS:
        raise InductionError(f"longer than {MAX_CHARACTERS} characters")
    if _FORMULA.search(problem):
        raise InductionError("the problem holds formulas, not numbers alone")
    gold = value_of(answer)
    if gold is None:
        raise InductionError("the answer is no rational number")
    numbers = numbers_in(problem)
    different = list({(number.value, number.kind == "percent"): number for number in reversed(numbers)}.values())[::-1]
    if not different:
        raise InductionError("the problem has no numbers")
    if len({number.value for number in different}) < len(different):
        raise InductionError("a number stands in the problem with and without a percent sign")
    return Reading(tuple(numbers), tuple(different), _derivation(different, problem, solution, gold))


def _derivation(different: list[TextNumber], problem: str, solution: str, gold: Fraction) -> Derivation:
    marks = "\n".join(_MARK.findall(solution))
    text = _MARK.sub("", solution)
    if not marks:
        return derive(different, problem, text, gold)
    if text.strip():
        try:
            return derive(different, problem, text, gold)
        except InductionError:
            pass  # the marks may say it more plainly
    return derive(different, problem, marks, gold)
