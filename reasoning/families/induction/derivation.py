r"""How the answer comes from the numbers of the problem: an expression, read off the solution or found by search.

    derivation = derive(numbers, problem, solution, answer)
    derivation.at({Fraction(3): Fraction(4)})       # the answer where the problem says 4 in the place of 3

Each equation of the solution whose operands are all known (numbers of the problem, earlier results, constants such as
the 7 days of a week) is a step, and the answer must be one. Without a solution the answer is looked for, one or two
operations away with all numbers of the problem used. A reading that is not the only one ends the induction: a program
that is right by accident at the seed is wrong elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from reasoning.families.induction.equations import Operand, Operation, Tree, apply, equations_in
from reasoning.families.induction.numbers import WORDS, TextNumber

__all__ = ["Constant", "Derivation", "InductionError", "Parameter", "Step", "Term", "derive"]

MAX_TERMS = 40
"""Known values at once; a solution with more is given up."""
CONSTANTS = frozenset(map(Fraction, (1, 2, 7, 10, 12, 24, 30, 52, 60, 100, 365, 1000)))
"""Numbers that a solution may use although the problem does not state them."""
_HUNDRED = Fraction(100)
_HALF = Fraction(1, 2)
_SMALL = frozenset(map(Fraction, (1, 2)))
_SIGNS = ("+", "-", "*", "/")


class InductionError(ValueError):
    """No family or program can be induced from the seed; the message says why."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number of the problem, by its index among the different ones."""

    index: int
    value: Fraction


@dataclass(frozen=True, slots=True)
class Constant:
    """A number that stays."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on earlier terms."""

    sign: str
    left: Term
    right: Term
    value: Fraction

    def show(self) -> str:
        """Such as `3 * 8 = 24`."""
        return f"{self.left.value} {self.sign} {self.right.value} = {self.value}"


Term = Parameter | Constant | Step


@dataclass(frozen=True, slots=True)
class Derivation:
    """The answer as a term, and the steps below it in order."""

    answer: Step
    steps: tuple[Step, ...]

    def at(self, others: Mapping[Fraction, Fraction]) -> Fraction | None:
        """The answer for other numbers; None where it has none.

        Args:
            others: number of the problem -> what stands in its place; those that are not named stay.
        """
        results: dict[Term, Fraction] = {}
        for step in self.steps:
            sides = [
                others.get(term.value, term.value) if isinstance(term, Parameter) else results.get(term, term.value)
                for term in (step.left, step.right)
            ]
            result = apply(step.sign, *sides)
            if result is None:
                return None
            results[step] = result
        return results[self.answer]


def derive(numbers: list[TextNumber], problem: str, solution: str, answer: Fraction) -> Derivation:
    """The answer's expression.

    Args:
        numbers: of the problem, equal ones once.
        problem: its text, for words that are numbers.
        solution: worked solution; empty for none.
        answer: the seed's answer.

    Raises:
        InductionError: there is no expression, or more than one.
    """
    known = _Known(numbers, problem, answer)
    for tree, result in equations_in(solution):
        if len(known.steps) > MAX_TERMS:
            raise InductionError(f"more than {MAX_TERMS} steps")
        known.equation(tree, result)
    found = next((step for step in reversed(known.steps) if step.value == answer), None)
    if found is None and solution.strip():
        raise InductionError("no equation of the solution gives the answer")
    if found is None:
        found = known.search(answer)
    return Derivation(found, tuple(_below(found)))


class _Known:
    """The terms that are known so far."""

    def __init__(self, numbers: list[TextNumber], problem: str, answer: Fraction) -> None:
        self._answer = answer
        self.parameters = [Parameter(index, number.value) for index, number in enumerate(numbers)]
        self.percents = [one for one, number in zip(self.parameters, numbers, strict=True) if number.kind == "percent"]
        words = {Fraction(WORDS[word]) for word in re.findall(r"[a-z]+", problem.lower()) if word in WORDS}
        self.constants = CONSTANTS | words | {1 / word for word in words} | {_HALF}
        self.steps: list[Step] = []

    def equation(self, tree: Operation, result: Fraction) -> None:
        """Take an equation of the solution as steps, when it is true and all of its numbers are known."""
        step = self._term(tree)
        if isinstance(step, Step) and step.value == result:
            for one in _below(step):
                if one not in self.steps:
                    self.steps.append(one)

    def search(self, answer: Fraction) -> Step:
        """The answer by one or two operations on known terms that use every parameter.

        Raises:
            InductionError: none, or several, lead to it.
        """
        terms = self._values()
        found = self._operations(answer, terms)
        if not found and len(terms) <= MAX_TERMS // 2:
            found = self._two_operations(answer, terms)
        found = [step for step in found if self._unused(step) == 0]
        if not found:
            raise InductionError("no expression over all numbers of the problem gives the answer")
        if len(found) > 1:
            raise InductionError(
                f"{len(found)} expressions give the answer, such as {found[0].show()} and {found[1].show()}"
            )
        return found[0]

    def _term(self, tree: Tree) -> Term | None:
        if isinstance(tree, Operand):
            return self._operand(tree)
        left, right = self._term(tree.left), self._term(tree.right)
        if left is None or right is None:
            return None
        result = apply(tree.sign, left.value, right.value)
        return None if result is None else Step(tree.sign, left, right, result)

    def _operand(self, operand: Operand) -> Term | None:
        """What a number of an equation means.

        Raises:
            InductionError: it may mean two different things.
        """
        if operand.percent:
            return self._hundredth(operand.number)
        named = self._named(operand.number)
        if len(named) > 1:
            raise InductionError(f"{operand.number} can be {len(named)} things in the solution")
        if named:
            return named[0]
        if (hundredth := self._hundredth(operand.number * 100)) is not None:
            return hundredth
        if operand.number not in self.constants:
            return None
        certain = operand.number in _SMALL or (operand.number == _HUNDRED and self.percents)
        if not certain and self._operations(operand.number, self._values()):
            raise InductionError(f"{operand.number} can be a constant or a result")
        return Constant(operand.number)

    def _named(self, number: Fraction) -> list[Term]:
        terms: list[Term] = [one for one in self.parameters if one.value == number]
        terms += [step for step in self.steps if step.value == number]
        return terms

    def _hundredth(self, percent: Fraction) -> Term | None:
        found = [one for one in self.percents if one.value == percent]
        return Step("/", found[0], Constant(_HUNDRED), percent / 100) if found else None

    def _values(self) -> list[Term]:
        shares = [Step("/", one, Constant(_HUNDRED), one.value / 100) for one in self.percents]
        return [*self.parameters, *self.steps, *shares]

    def _operations(self, target: Fraction, terms: list[Term]) -> list[Step]:
        return [step for step, _ in _pairs(terms) if step.value == target]

    def _two_operations(self, target: Fraction, terms: list[Term]) -> list[Step]:
        return [step for inner, rest in _pairs(terms) for step in self._with(inner, rest, target)]

    def _with(self, inner: Step, others: list[Term], target: Fraction) -> Iterator[Step]:
        for other in others:
            for sign in _SIGNS:
                if apply(sign, inner.value, other.value) == target:
                    yield Step(sign, inner, other, target)
                if sign in "-/" and apply(sign, other.value, inner.value) == target:
                    yield Step(sign, other, inner, target)

    def _unused(self, step: Step) -> int:
        used = {one.index for one in _leaves(step)}
        return sum(one.index not in used for one in self.parameters)


def _pairs(terms: list[Term]) -> Iterator[tuple[Step, list[Term]]]:
    """Every operation on two of the terms, in both orders where that matters, with the terms that are left."""
    for i, left in enumerate(terms):
        for j, right in enumerate(terms):
            for sign in _SIGNS:
                if i == j or (i > j and sign in "+*"):
                    continue
                value = apply(sign, left.value, right.value)
                if value is not None:
                    yield (
                        Step(sign, left, right, value),
                        [one for place, one in enumerate(terms) if place not in (i, j)],
                    )


def _below(term: Term) -> list[Step]:
    """The steps of a term, each once, before those that use them."""
    order: dict[Step, None] = {}

    def visit(one: Term) -> None:
        if isinstance(one, Step) and one not in order:
            visit(one.left)
            visit(one.right)
            order[one] = None

    visit(term)
    return list(order)


def _leaves(term: Term) -> list[Parameter]:
    if isinstance(term, Step):
        return _leaves(term.left) + _leaves(term.right)
    return [term] if isinstance(term, Parameter) else []
