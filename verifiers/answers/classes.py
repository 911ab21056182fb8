r"""Which answers are the same: texts sorted into classes of equal answers, for votes.

>>> answer_classes(Problem("p", "answer"), [r"\boxed{1/2}", r"It is \boxed{0.5}.", r"\boxed{3}", "I give up."])
[0, 0, 1, None]

The gold answer is not looked at, so a class says nothing about who is right. Equal spellings and equal exact numbers
are found by hashing; only what is left is compared, each answer with one representative of each class that it could
belong to.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

from verifiers.answers.agreement import CONVENTIONS, Concession, Convention
from verifiers.answers.compare import Comparer, compare_readings
from verifiers.answers.extract import WHOLE_TEXT, Extraction, places
from verifiers.answers.proof import Prover
from verifiers.answers.reading import Reading, read
from verifiers.answers.tree import (
    Based,
    Collection,
    Node,
    Number,
    Power,
    Product,
    Quantity,
    Relation,
    Sum,
    Symbol,
    Words,
    is_expression,
    symbols_of,
    walk,
)
from verifiers.answers.vocabulary import SYNONYMS
from verifiers.choices import Choices, chosen_labels
from verifiers.records import Problem

__all__ = ["MAX_CLASS_COMPARISONS", "AnswerClasses", "answer_classes", "answer_in", "can_vote"]

MAX_CLASS_COMPARISONS = 5_000
"""Comparisons of one answer with a representative, in all, for one problem; what comes later is equal only to the
same spelling or the same exact number."""
_ONE_SIDED = frozenset({Concession.ROUNDING, Concession.ROUGH_DECIMAL})
"""What is forgiven to an answer beside a gold one; between two answers it would join 0.33 to 1/3 and to 0.333."""
_FLOAT_PLACES = 10
"""Decimals of so many places can stand for an exact number (`Concession.FLOAT`)."""
_STEPS = 1 << 20
"""Values whose leading 20 bits are not neighbours are different numbers."""


def can_vote(problem: Problem) -> bool:
    """Whether answers to this problem can be told to be the same without running them."""
    return problem.kind in ("answer", "choice")


def answer_classes(problem: Problem, texts: Sequence[str | None], *, strings: bool = False) -> list[int | None]:
    """The class of each text's answer, numbered from 0 in the order in which they are first seen.

    Args:
        problem: of kind `answer` (its convention is kept to, as far as it treats both sides alike) or `choice`.
        texts: whole replies; None where there is none.
        strings: answers are the same only when they stand in the texts with the same characters.

    Returns:
        One number a text; None where a text holds no answer.

    Raises:
        RecordError: a `choice` problem is malformed.
        ValueError: the problem is of another kind.
    """
    if not can_vote(problem):
        raise ValueError(f"answers of kind '{problem.kind}' cannot be compared with each other")
    if problem.kind == "choice":
        options = Choices.of(problem).options
        return _numbered([None if text is None else chosen_labels(text, options)[0] or None for text in texts])
    read_once = {text: answer_in(text) for text in dict.fromkeys(texts) if text is not None}
    found = [None if text is None else read_once[text] for text in texts]
    if strings:
        return _numbered([None if one is None else one[0].text for one in found])
    classes = AnswerClasses(CONVENTIONS.get(str(problem.fields.get("convention")), CONVENTIONS["default"]))
    return [None if one is None else classes.add(one[1]) for one in found]


def answer_in(text: str) -> tuple[Extraction, Reading] | None:
    """Where a text's answer stands and how it reads, found without a gold answer; None when there is none."""
    first: tuple[Extraction, Reading] | None = None
    for place in places(text):
        reading = read(place.text)
        if not reading.nodes or isinstance(reading.nodes[0], Words):
            # Words are an answer where the text marks them as one; a text of words alone is "yes" or no answer at all.
            named = place.certain and bool(reading.words) and place.rule != WHOLE_TEXT
            if reading.too_large or reading.words in SYNONYMS:
                return place, reading
            first = first or ((place, reading) if named else None)
        elif any(isinstance(part, Number) for part in walk(reading.nodes[0])):
            return place, reading
        elif place.certain and not (place.rule == WHOLE_TEXT and isinstance(reading.nodes[0], Quantity)):
            # "n is unknown" can be read as so many n.
            return place, reading
    return first


class AnswerClasses:
    """Classes of equal answers, grown one answer at a time.

    Args:
        convention: which differences are forgiven; tolerances that only a gold answer has are not, and a calculation
            that is not carried out always counts as its value.
    """

    def __init__(self, convention: Convention) -> None:
        self.comparisons = 0
        self._convention = Convention(convention.name, (convention.allowed | {Concession.UNEVALUATED}) - _ONE_SIDED)
        self._representatives: list[Reading] = []
        self._by_text: dict[str, int] = {}
        self._by_number: dict[Fraction, int] = {}
        self._near: dict[tuple[int, int], list[int]] = {}
        self._rest: list[int] = []
        self._plain: set[int] = set()

    def add(self, reading: Reading) -> int:
        """The class of an answer; a new one when it equals none that is there."""
        known = self._by_text.get(reading.cleaned)
        if known is not None:
            return known
        number = _plain_number(reading)
        if number is not None and number in self._by_number:
            found: int | None = self._by_number[number]
        else:
            values = _values(reading)
            found = self._search(reading, values, plain=number is not None)
            if found is None:
                found = self._open(reading, values, plain=number is not None)
            if number is not None:
                self._by_number[number] = found
        assert found is not None
        self._by_text[reading.cleaned] = found
        return found

    def _search(self, reading: Reading, values: frozenset[float], *, plain: bool) -> int | None:
        """The first class that the answer could belong to and does."""
        if reading.too_large:
            return None
        if not values:
            candidates: list[int] = list(range(len(self._representatives)))
        else:
            keys = (key for value in values for key in _neighbours(value))
            near = {number for key in keys for number in self._near.get(key, ())}
            candidates = sorted(near.union(self._rest))
        for number in candidates:
            if plain and number in self._plain:
                continue
            if self.comparisons >= MAX_CLASS_COMPARISONS:
                return None
            self.comparisons += 1
            if compare_readings(self._representatives[number], reading, Comparer()).under(self._convention):
                return number
        return None

    def _open(self, reading: Reading, values: frozenset[float], *, plain: bool) -> int:
        fresh = len(self._representatives)
        self._representatives.append(reading)
        if plain:
            self._plain.add(fresh)
        if not values:
            self._rest.append(fresh)
        for place in {_place(value) for value in values}:
            self._near.setdefault(place, []).append(fresh)
        return fresh


def _numbered(answers: Sequence[object]) -> list[int | None]:
    numbers: dict[object, int] = {}
    return [None if answer is None else numbers.setdefault(answer, len(numbers)) for answer in answers]


def _plain_number(reading: Reading) -> Fraction | None:
    """The exact value of an answer that can only be read as a rational number without unit, sign or tolerance."""
    if len(reading.nodes) != 1 or reading.choice is not None:
        return None
    node = reading.nodes[0]
    if isinstance(node, Number):
        return node.value if (node.places or 0) < _FLOAT_PLACES else None
    if not all(
        isinstance(part, Number | Sum | Product | Power)
        and not (isinstance(part, Number) and (part.places or 0) >= _FLOAT_PLACES)
        for part in walk(node)
    ):
        return None
    return Prover().number(node)


def _values(reading: Reading) -> frozenset[float]:
    """Numbers of which two equal answers share one up to rounding; none where the answer may equal anything."""
    found: set[float] = set()
    for node in reading.nodes:
        values = () if reading.choice is not None else _values_of(node)
        if not values:
            return frozenset()
        found.update(values)
    return frozenset(found)


def _values_of(node: Node) -> tuple[float, ...]:
    """Values of one reading: of a quantity with and without its unit, of a list one for all its members."""
    if isinstance(node, Quantity):
        bare = _values_of(node.value)
        return (*bare, *(value * float(node.unit.factor) for value in bare)) if node.unit.dimension else bare
    if isinstance(node, Relation):
        return _values_of(node.operands[1]) if _gives_value(node) else ()
    if isinstance(node, Collection):
        return _value_of_all(node.items)
    if not is_expression(node) or any(_shifts(part) for part in walk(node)):
        return ()
    value = Prover().approximation(node)
    return () if value is None else (value,)


def _gives_value(node: Relation) -> bool:
    """Whether it is of the form `x = 5`."""
    named = node.operators == ("=",) and isinstance(node.operands[0], Symbol)
    return named and not symbols_of(node.operands[1])


def _value_of_all(items: Sequence[Node]) -> tuple[float, ...]:
    """One number for the members in any order, counted once each; that of the member where there is only one."""
    values = [_values_of(item) for item in items]
    if not values or any(len(one) != 1 for one in values):
        return ()
    distinct = sorted({float(f"{one[0]:.9g}") for one in values})
    if len(distinct) == 1:
        return (distinct[0],)
    # All terms are of one sign, so that no rounding is magnified.
    return (math.fsum(abs(value) + value / 4 for value in distinct),)


def _shifts(node: Node) -> bool:
    """Whether something that may be forgiven changes the value: a percent or degree sign, the base of a logarithm."""
    return isinstance(node, Based) or getattr(node, "name", "") in ("percent", "deg", "log")


def _place(value: float) -> tuple[int, int]:
    mantissa, exponent = math.frexp(value)
    return exponent, round(mantissa * _STEPS)


def _neighbours(value: float) -> Iterator[tuple[int, int]]:
    """Places of all values that could be the same number up to rounding."""
    exponent, step = _place(value)
    yield from ((exponent, step + offset) for offset in (-1, 0, 1))
    if abs(step) >= _STEPS - 1:
        yield from ((exponent + 1, side * (_STEPS // 2)) for side in (-1, 1))
    if abs(step) <= _STEPS // 2 + 1:
        yield from ((exponent - 1, side * (_STEPS - offset)) for side in (-1, 1) for offset in (0, 1))
