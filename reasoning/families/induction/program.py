r"""From a derivation to a function of a problem's numbers that returns the results of all steps.

>>> text = "Ann sold 48 clips in April and half as many in May. How many in all?"
>>> from reasoning.families.induction.numbers import numbers_in
>>> from reasoning.families.induction.reading import read
>>> reading = read(text, "In May 48/2 = 24, in all 48+24 = 72.", "72")
>>> print(steps_program(reading, numbers_in(text)).source.strip())
from fractions import Fraction
<BLANKLINE>
<BLANKLINE>
def steps(n0):
    s1 = Fraction(n0) / Fraction(2)
    s2 = Fraction(n0) + s1
    return [str(value) for value in (s1, s2)]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from reasoning.families.induction.derivation import Parameter, Step, Term
from reasoning.families.induction.reading import InductionError, Reading

__all__ = ["ENTRY", "StepsProgram", "steps_program"]

ENTRY = "steps"


class _Valued(Protocol):
    @property
    def value(self) -> Fraction:
        """The number itself."""
        ...


@dataclass(frozen=True, slots=True)
class StepsProgram:
    """A program for any numbers.

    Attributes:
        source: defines `steps(n0, ...)`, which takes the numbers as text and returns the results of all steps as text,
            the answer last.
        used: indices of the numbers that it uses.
        lines: the steps as templates: `{n0}` stands for a number, `{s1}` for the result of a step.
    """

    source: str
    used: tuple[int, ...]
    lines: tuple[str, ...]


def steps_program(reading: Reading, numbers: Sequence[_Valued]) -> StepsProgram:
    """The program of a reading as a function of these numbers of the problem; other ones stay as they are.

    Raises:
        InductionError: it uses none of them, or one that stands there in two ways of writing.
    """
    places: dict[Fraction, list[int]] = {}
    for place, number in enumerate(numbers):
        places.setdefault(number.value, []).append(place)
    steps = {step: number for number, step in enumerate(reading.derivation.steps, 1)}
    used: set[int] = set()

    def place_of(term: Term) -> int | None:
        if not isinstance(term, Parameter) or term.value not in places:
            return None
        if len(places[term.value]) > 1:
            raise InductionError(f"{term.value} stands in the problem in two ways of writing")
        used.add(places[term.value][0])
        return places[term.value][0]

    def code(term: Term) -> str:
        if isinstance(term, Step):
            return f"s{steps[term]}"
        if (place := place_of(term)) is not None:
            return f"Fraction(n{place})"
        ratio = (term.value.numerator, term.value.denominator)
        return f"Fraction({ratio[0]}, {ratio[1]})" if ratio[1] > 1 else f"Fraction({ratio[0]})"

    def text(term: Term) -> str:
        if isinstance(term, Step):
            return f"{{s{steps[term]}}}"
        return str(term.value) if (place := place_of(term)) is None else f"{{n{place}}}"

    body = [f"    s{number} = {code(step.left)} {step.sign} {code(step.right)}\n" for step, number in steps.items()]
    lines = [f"{text(step.left)} {step.sign} {text(step.right)} = {{s{number}}}" for step, number in steps.items()]
    if not used:
        raise InductionError("the answer uses no number that can vary")
    names = ", ".join(f"n{place}" for place in range(len(numbers)))
    shown = ", ".join(f"s{number}" for number in steps.values()) + ("," if len(steps) == 1 else "")
    source = (
        f"from fractions import Fraction\n\n\ndef {ENTRY}({names}):\n{''.join(body)}"
        f"    return [str(value) for value in ({shown})]\n"
    )
    return StepsProgram(source, tuple(sorted(used)), tuple(lines))
