r"""From a derivation to the source of a family's class, with the seed's properties as constraints.

    induce("Ada has 3 boxes of 8 pens. How many pens has she?", "3 * 8 = 24.", "24").source

The parameters are drawn around their seed values. A draw counts only when every step has the properties that it has at
the seed: whole where whole, positive where positive, below one where below one. A number that the answer does not use
stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from reasoning.families.induction.derivation import Constant, Derivation, Parameter, Step, Term
from reasoning.families.induction.numbers import TextNumber
from reasoning.families.induction.reading import InductionError, Reading, read

__all__ = ["CLASS_NAME", "Induced", "induce"]

_Naming = Callable[[Term], str]
CLASS_NAME = "InducedFamily"
SMALLEST = 2
"""Smallest value of a parameter, so that plurals stay right; a seed value below it is kept."""

_TEMPLATE = '''\
from fractions import Fraction


class {name}:
    """Induced from a seed problem."""

    original = {original}

    def sample(rng):
        {draws}
        {checked_steps}
        return {{{parameters}}}

    def render({arguments}):
        return {text}

    def solve({arguments}):
        {steps}
        return {answer}
'''


@dataclass(frozen=True, slots=True)
class Induced:
    """A family's source, and the steps of its answer at the seed."""

    source: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Used:
    """A parameter of the class: its name and the number that it stands for, in units of its last decimal place."""

    name: str
    number: TextNumber
    scale: int

    @property
    def seed(self) -> int:
        return int(self.number.value * self.scale)


def induce(problem: str, solution: str, answer: str) -> Induced:
    """A family from a seed problem, its worked solution (or nothing) and its answer.

    Raises:
        InductionError: none can be induced; the message says why.
    """
    reading = read(problem, solution, answer)
    used = _used(reading.different, reading.derivation)
    if not used:
        raise InductionError("the answer uses no number that can vary")
    return Induced(_source(problem, reading, used), tuple(step.show() for step in reading.derivation.steps))


def _used(different: Sequence[TextNumber], derivation: Derivation) -> dict[int, _Used]:
    indices = sorted(
        {one.index for step in derivation.steps for one in (step.left, step.right) if isinstance(one, Parameter)}
    )
    used: dict[int, _Used] = {}
    for index in indices:
        number = different[index]
        if number.kind != "fraction" and number.value >= SMALLEST / 10**number.decimals:
            used[index] = _Used(f"n{len(used) + 1}", number, 10**number.decimals)
    return used


def _source(problem: str, reading: Reading, used: dict[int, _Used]) -> str:
    derivation = reading.derivation
    names = {step: f"s{place}" for place, step in enumerate(derivation.steps, 1)}
    by_value = {reading.different[index].value: one for index, one in used.items()}

    def term(one: Term) -> str:
        if isinstance(one, Step):
            return names[one]
        if isinstance(one, Constant) or one.index not in used:
            return _literal(one.value)
        parameter = used[one.index]
        return parameter.name if parameter.scale == 1 else f"Fraction({parameter.name}, {parameter.scale})"

    steps = [f"{names[step]} = {_operation(step, term)}" for step in derivation.steps]
    checked = [
        f"{line}\n        if not ({' and '.join(_rules(step, names[step]))}):\n            return None"
        for line, step in zip(steps, derivation.steps, strict=True)
    ]
    values = list(used.values())
    return _TEMPLATE.format(
        name=CLASS_NAME,
        original=repr({one.name: one.seed for one in values}),
        draws="\n        ".join(f"{one.name} = {_range(one)}" for one in values),
        steps="\n        ".join(steps),
        checked_steps="\n        ".join(checked),
        parameters=", ".join(f'"{one.name}": {one.name}' for one in values),
        arguments=", ".join(one.name for one in values),
        text=_text(problem, reading.numbers, by_value),
        answer=names[derivation.answer],
    )


def _operation(step: Step, term: _Naming) -> str:
    left, right = term(step.left), term(step.right)
    # A quotient of integers is a fraction, not a float.
    return f"Fraction({left}) / {right}" if step.sign == "/" else f"{left} {step.sign} {right}"


def _rules(step: Step, name: str) -> list[str]:
    """The properties of a step's value at the seed, as conditions; a divisor is never zero when it was positive."""
    value = step.value
    rules = [f"{name} > 0" if value > 0 else f"{name} == 0" if value == 0 else f"{name} < 0"]
    if 0 < value < 1:
        rules.append(f"{name} < 1")
    rules.append(f"Fraction({name}).denominator {'==' if value.denominator == 1 else '!='} 1")
    if value.denominator != 1 and 100 % value.denominator == 0:
        rules[-1] = f"100 % Fraction({name}).denominator == 0"
    return rules


def _range(one: _Used) -> str:
    """Where a parameter is drawn from: around its seed value; percentages in steps of five where the seed is one."""
    seed = one.seed
    if one.number.kind == "percent" and one.scale == 1 and seed < 100:
        return f"rng.randrange({5 if seed % 5 == 0 else 2}, 100, {5 if seed % 5 == 0 else 1})"
    step = 10 if seed % 10 == 0 and seed >= 100 else 1
    low = max(SMALLEST, seed // 2) // step * step or step
    high = max(2 * seed, low + 8 * step)
    return f"rng.randrange({low}, {high + step}, {step})"


def _text(problem: str, numbers: Sequence[TextNumber], by_value: dict[Fraction, _Used]) -> str:
    """The problem as an expression that puts the parameters in."""
    parts: list[str] = []
    end = 0
    for number in numbers:
        one = by_value.get(number.value)
        if one is None or number.kind == "fraction":
            continue
        parts.append(repr(problem[end : number.start]))
        decimals = number.decimals
        comma = "," if "," in number.text else ""
        shown = f"{one.name} / {one.scale}" if one.scale > 1 else one.name
        style = f"{comma}.{decimals}f" if decimals else comma
        parts.append(f"format({shown}, {style!r})" if style else f"str({shown})")
        end = number.end
    parts.append(repr(problem[end:]))
    return " + ".join(parts)


def _literal(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"Fraction({value.numerator}, {value.denominator})"
