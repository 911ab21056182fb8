"""The outcome of comparing two answers, and the conventions that decide what counts.

>>> Agreement(True, "same number", frozenset({Concession.UNIT})).under(DEFAULT)
True
>>> Agreement(True, "same number", frozenset({Concession.UNIT})).under(STRICT)
False
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from verifiers.answers.tree import Node

__all__ = ["CONVENTIONS", "DEFAULT", "LENIENT", "STRICT", "Agreement", "Concession", "Convention", "agree", "differ"]


class Concession(Enum):
    """Something that two answers are allowed to differ in, if the convention says so."""

    UNIT = "one side lacks the unit"
    UNIT_NAME = "the counted things have different names"
    PERCENT = "one side lacks the percent sign"
    DEGREE = "one side lacks the degree sign"
    ORDER = "the members of a list stand in another order"
    BRACKETS = "the same members in other brackets"
    TUPLE = "a tuple without its brackets"
    SINGLETON = "a value and the set that holds only it"
    ROUNDING = "equal to as many digits as the gold answer gives"
    FLOAT = "a decimal of at least ten digits for an exact number"
    ROUGH_DECIMAL = "a shorter decimal for an exact number"
    BASE = "one side lacks the base"
    LETTER_CASE = "letters of another case"
    VARIABLES = "other names of the variables"
    CONSTANT = "one side lacks the constant of integration"
    DOMAIN = "equal where both are defined"
    NAMES = "values for named unknowns, without the names"
    HALF_DAY = "one side lacks a.m. or p.m."
    RESIDUE = "one side lacks the modulus"
    OPTION = "the letter of an option for its text"
    UNEVALUATED = "a calculation that is not carried out"


@dataclass(frozen=True, slots=True)
class Convention:
    """What a benchmark accepts.

    Attributes:
        name: as in a problem's `convention` field.
        allowed: the differences that it forgives.
    """

    name: str
    allowed: frozenset[Concession]


_DEFAULT = frozenset(Concession) - {
    Concession.ROUGH_DECIMAL,
    Concession.BASE,
    Concession.TUPLE,
    Concession.LETTER_CASE,
    Concession.VARIABLES,
    Concession.CONSTANT,
}
STRICT = Convention("strict", frozenset())
DEFAULT = Convention("default", _DEFAULT)
LENIENT = Convention("lenient", frozenset(Concession))
CONVENTIONS: Mapping[str, Convention] = {
    convention.name: convention
    for convention in (
        STRICT,
        DEFAULT,
        LENIENT,
        Convention("ordered", _DEFAULT - {Concession.ORDER}),
        Convention("decimal", _DEFAULT | {Concession.ROUGH_DECIMAL}),
        Convention("any-base", _DEFAULT | {Concession.BASE}),
        Convention("computed", _DEFAULT - {Concession.UNEVALUATED}),
        Convention("exact", _DEFAULT - {Concession.ROUNDING, Concession.FLOAT}),
        Convention(
            "units-required", _DEFAULT - {Concession.UNIT, Concession.UNIT_NAME, Concession.PERCENT, Concession.DEGREE}
        ),
    )
}
"""The conventions that a benchmark can name."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Whether two answers agree.

    Attributes:
        equal: they do, up to `concessions`.
        rule: what decided, in words.
        concessions: what has to be forgiven.
        undecided: two expressions that could be neither proved equal nor refuted.
    """

    equal: bool
    rule: str
    concessions: frozenset[Concession] = frozenset()
    undecided: tuple[Node, Node] | None = None

    def under(self, convention: Convention) -> bool:
        """The verdict under `convention`."""
        return self.equal and self.concessions <= convention.allowed

    @property
    def under_strict(self) -> bool:
        """Equal with nothing to forgive."""
        return self.equal and not self.concessions

    @property
    def same_value(self) -> bool:
        """Equal with nothing to forgive, but that one side may not be worked out."""
        return self.equal and self.concessions <= {Concession.UNEVALUATED}

    def conceding(self, *concessions: Concession) -> Agreement:
        """The same with more to forgive."""
        return Agreement(self.equal, self.rule, self.concessions | set(concessions), self.undecided)


def agree(rule: str, *concessions: Concession) -> Agreement:
    """The two are equal."""
    return Agreement(True, rule, frozenset(concessions))


def differ(rule: str, undecided: tuple[Node, Node] | None = None) -> Agreement:
    """The two are not equal, or not known to be."""
    return Agreement(False, rule, frozenset(), undecided)
