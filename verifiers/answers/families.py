r"""Families of numbers, one for each integer: the letter of the integer and where it starts do not matter.

gold x = \frac{\pi}{4} + n\pi, n \in \mathbb{Z}    answer \frac{5\pi}{4} + k\pi, k \in \mathbb{Z}   ->  the same family
gold x = n\pi, n \in \mathbb{Z}                    answer x = 2n\pi, n \in \mathbb{Z}               ->  another family
gold \{6k \pm 1 \mid k \in \mathbb{Z}\}            answer 6k+1, 6k+5 for any integer k              ->  the same family

A family is a list of members a + d k. All of them are brought to one period D, the least common multiple of their
steps; two families are the same when each member of one is a member of the other, up to whole multiples of D.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from verifiers.answers.agreement import Agreement, agree, differ
from verifiers.answers.chains import values_of
from verifiers.answers.parser_tools import multiply, negate
from verifiers.answers.proof import Answer, Prover
from verifiers.answers.reading import Reading
from verifiers.answers.rewrite import rename, substitute, upper_and_lower
from verifiers.answers.tree import (
    Builder,
    Collection,
    Node,
    Number,
    Relation,
    Sum,
    Symbol,
    Union,
    is_expression,
    symbols_of,
)

__all__ = ["compare_families", "with_letter_of"]

_INTEGER = re.compile(
    r"(?<![A-Za-z\\])([a-z])\s*(?:\\text\s*\{\s*)?"
    r"(?:\\in\s*(?:\\(?:mathbb|mathbf|Bbb|mathrm)\s*)?\{?\s*(?:Z|\\Z)\b|(?:is |be )?an? (?:\\text\s*\{\s*)?integer)"
    r"|\b(?:any|every|all|each|some|an|for) integers? (?:\}\s*)?([a-z])\b"
)
_PARAMETERS = ("k", "n", "m", "l", "t")
"""Letters of an integer where the text does not say which it is."""

_MOST_MEMBERS = 48
"""Members of a family in one period that are compared."""

_MOST_PERIODS = 200
"""Largest numerator and denominator of the ratio of two steps."""

_MOST_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class _Member:
    """The numbers `start + step * k` for all integers k."""

    start: Node
    step: Node


def compare_families(gold: Reading, answer: Reading, prover: Prover) -> Agreement | None:
    """Whether two families of numbers are the same; None when one of the two is none."""
    if max(len(gold.cleaned), len(answer.cleaned)) > _MOST_CHARACTERS:
        return None
    letters = _letter_of(gold.cleaned), _letter_of(answer.cleaned)
    if letters == (None, None):
        return None
    families = []
    for reading, letter in zip((gold, answer), letters, strict=True):
        family = _family(reading, letter, prover)
        if family is None:
            return None
        families.append(family)
    if families[0][0] and families[1][0] and families[0][0] != families[1][0]:
        return None
    same = _same(families[0][1], families[1][1], prover)
    if same is None:
        return None
    return agree("the same family of numbers") if same else differ("another family of numbers")


def _letter_of(text: str) -> str | None:
    """The letter that `text` says is an integer."""
    if "Z" not in text and "integer" not in text:
        return None
    match = _INTEGER.search(text)
    return match[1] or match[2] if match is not None else None


def with_letter_of(gold: Reading, answer: Reading) -> Reading:
    """`answer` with its integer called as in `gold`, where each names one: `(n, n + 1) for any integer n`."""
    first, second = _letter_of(gold.cleaned), _letter_of(answer.cleaned)
    if first is None or second is None or first == second:
        return answer
    if any(first in symbols_of(node) for node in answer.nodes) or any(
        second in symbols_of(node) for node in gold.nodes
    ):
        return answer
    return replace(
        answer, nodes=tuple(rename(node, lambda name: first if name == second else name) for node in answer.nodes)
    )


def _family(reading: Reading, letter: str | None, prover: Prover) -> tuple[str, list[_Member]] | None:
    """The unknown's name, empty where none is given, and the members."""
    for node in reading.nodes:
        names: set[str] = set()
        expressions = list(_expressions(node, letter, names))
        letters = set().union(*map(symbols_of, expressions)) if expressions else set()
        if len(letters) != 1 or len(names) > 1 or not all(map(is_expression, expressions)):
            continue
        own = next(iter(letters))
        if own in names or own not in ((letter,) if letter else _PARAMETERS):
            continue
        members = [_member(expression, own, prover) for expression in expressions]
        found = [member for member in members if member is not None]
        if len(found) == len(members):
            return next(iter(names), ""), found
    return None


def _expressions(node: Node, letter: str | None, names: set[str]) -> Iterable[Node]:
    """The expressions in the integer that `node` lists, without the conditions; names of unknowns go to `names`."""
    match node:
        case Relation(("in",), (Symbol(name), _)) if name == letter:
            return
        case Relation(("in",), (Symbol(name), inner)):
            names.add(name)
            yield from _expressions(inner, letter, names)
        case Relation():
            values = values_of(node)
            if isinstance(node.operands[0], Symbol) and values:
                names.add(node.operands[0].name)
                yield from _expressions(values[0], letter, names)
            else:
                yield node
        case Collection("" | "{", _, items):
            for item in items:
                yield from _expressions(item, letter, names)
        case Builder(variable, condition):
            if not isinstance(variable, Symbol) or variable.name == letter:
                yield variable
            else:
                yield from _expressions(condition, letter, names)
                names.discard(variable.name)
        case Union(_, parts):
            for part in parts:
                yield from _expressions(part, letter, names)
        case _:
            yield from upper_and_lower(node)


def _member(expression: Node, letter: str, prover: Prover) -> _Member | None:
    """`expression` as start + step * letter; None when it is not linear in it, or does not depend on it."""
    at = [substitute(expression, {letter: Number(Fraction(value))}) for value in range(3)]
    steps = [Sum((at[index + 1], negate(at[index]))) for index in range(2)]
    if not _equal(steps[0], steps[1], prover) or _equal(steps[0], Number(Fraction(0)), prover):
        return None
    return _Member(at[0], steps[0])


def _equal(left: Node, right: Node, prover: Prover) -> bool:
    return prover.equal(left, right).answer is Answer.EQUAL


def _quotient(top: Node, bottom: Node, prover: Prover) -> Fraction | None:
    """The rational number that `top` is of `bottom`; None when it is not a simple one."""
    values = prover.approximation(top), prover.approximation(bottom)
    if values[0] is None or not values[1]:
        return None
    ratio = Fraction(values[0] / values[1]).limit_denominator(_MOST_PERIODS)
    return ratio if _equal(top, multiply([Number(ratio), bottom]), prover) else None


def _same(gold: list[_Member], answer: list[_Member], prover: Prover) -> bool | None:
    """Whether the two families have the same members; None when their steps cannot be compared."""
    first = gold[0].step
    ratios = [_quotient(member.step, first, prover) for member in (*gold, *answer)]
    if any(ratio is None for ratio in ratios):
        return False
    steps = [abs(ratio) for ratio in ratios if ratio is not None]
    denominator = math.lcm(*(step.denominator for step in steps))
    whole = [int(step * denominator) for step in steps]
    common = math.lcm(*whole)
    if sum(common // step for step in whole) > _MOST_MEMBERS:
        return None
    period = multiply([Number(Fraction(common, denominator)), first])
    starts = [
        [
            Sum((member.start, multiply([Number(Fraction(index)), member.step])))
            for member, step in zip(members, of, strict=True)
            for index in range(common // step)
        ]
        for members, of in ((gold, whole[: len(gold)]), (answer, whole[len(gold) :]))
    ]
    return _all_in(starts[0], starts[1], period, prover) and _all_in(starts[1], starts[0], period, prover)


def _all_in(starts: Sequence[Node], others: Sequence[Node], period: Node, prover: Prover) -> bool:
    return all(any(_is_multiple(Sum((one, negate(other))), period, prover) for other in others) for one in starts)


def _is_multiple(difference: Node, period: Node, prover: Prover) -> bool:
    """Whether `difference` is a whole multiple of `period`, zero included."""
    values = prover.approximation(difference), prover.approximation(period)
    if values[1] is None or values[1] == 0:
        return False
    count = round((values[0] or 0.0) / values[1])
    return _equal(difference, multiply([Number(Fraction(count)), period]), prover)
