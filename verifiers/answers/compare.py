r"""Two readings of answers compared, by what they are.

gold x > 3         answer (3, \infty)      ->  the same set of numbers
gold y = 2x + 1    answer 2x - y + 1 = 0   ->  the same equation up to a factor
gold 5 m           answer 500 cm           ->  equal after conversion
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from verifiers.answers.agreement import Agreement, Concession, agree, differ
from verifiers.answers.calculations import is_calculation, is_division
from verifiers.answers.chains import is_false
from verifiers.answers.expressions import compare_expressions
from verifiers.answers.families import compare_families, with_letter_of
from verifiers.answers.limits import MAX_ITEMS, AnswerTooLargeError
from verifiers.answers.lists import (
    compare_collections,
    in_order,
    letters,
    matrix_of,
    matrix_value,
    transposed,
    unit_vector_sum,
    unordered,
)
from verifiers.answers.parser_tools import divide, multiply, negate
from verifiers.answers.piecewise import compare_cases
from verifiers.answers.proof import Answer, Prover
from verifiers.answers.reading import Reading
from verifiers.answers.relations import Named, assignment, compare_relations, unnamed
from verifiers.answers.rewrite import has_plus_minus, upper_and_lower
from verifiers.answers.sets import infinite_sign, is_set, same_set
from verifiers.answers.tree import (
    Call,
    Cases,
    Clock,
    Collection,
    Constant,
    Day,
    Matrix,
    Modular,
    Node,
    Number,
    Power,
    Product,
    Quantity,
    Ratio,
    Relation,
    Sum,
    Symbol,
    Union,
    Words,
    is_expression,
    show,
    walk,
)
from verifiers.answers.units import are_opposite
from verifiers.answers.words import clock_of

__all__ = ["Comparer", "compare_readings"]

_EMPTY_SET_LETTERS = frozenset((r"\phi", r"\Phi"))
"""Letters that stand for the empty set where its sign is not at hand."""

MAX_COMPARISONS = 5_000
"""Pairs of nodes that one judgement compares."""


def compare_readings(gold: Reading, answer: Reading, comparer: Comparer | None = None) -> Agreement:
    """Compare two answers over all their readings; the agreement that forgives least wins."""
    if gold.cleaned == answer.cleaned and gold.cleaned:
        return agree("the same text")
    comparer = comparer or Comparer()
    chosen = _options(gold, answer)
    if chosen is not None:
        return chosen
    worded = not gold.nodes or not answer.nodes or isinstance(gold.nodes[0], Words)
    if gold.reason is not None and answer.reason is not None:
        same = comparer.compare(gold.reason, answer.reason)
        if not same.equal:
            return differ(f"the same verdict with another value: {same.rule}")
    if answer.cleaned in _EMPTY_SET_LETTERS and Constant("empty") in gold.nodes:
        return agree("the empty set")
    if (family := compare_families(gold, answer, comparer.prover)) is not None:
        return family
    answer = with_letter_of(gold, answer)
    if gold.words and answer.words and worded and _without_gaps(gold.words) == _without_gaps(answer.words):
        return agree("the same words")
    best = differ("nothing to compare" if gold.nodes else "other words")
    for first in gold.nodes:
        for second in answer.nodes:
            agreement = comparer.compare(first, second)
            if agreement.equal and is_division(first, gold.cleaned, second, answer.cleaned):
                agreement = agreement.conceding(Concession.UNEVALUATED)
            guessed = first is not gold.nodes[0] or second is not answer.nodes[0]
            if guessed and Concession.BRACKETS in agreement.concessions:
                continue
            if agreement.under_strict:
                return agreement
            if (agreement.equal and (not best.equal or len(agreement.concessions) < len(best.concessions))) or (
                not best.equal and (first is gold.nodes[0] and second is answer.nodes[0])
            ):
                best = agreement
    return best


def _of_other_unknowns(names: tuple[Named | None, Named | None]) -> bool:
    """Whether both sides give values of one unknown each, of another letter."""
    if names[0] is None or names[1] is None or not (names[0].single and names[1].single):
        return False
    letters_of = [{show(name).partition("_")[0].lower() for name in found.names} for found in names if found]
    plain = all(isinstance(name, Symbol) for found in names if found for name in found.names)
    return plain and letters_of[0] != letters_of[1]


def _letters_of(names: Named | None) -> set[str]:
    return {show(name).partition("_")[0].lower() for name in names.names} if names else set()


def _assigned(node: Node) -> set[str]:
    """The letters to which members of a list give values."""
    items = node.items if isinstance(node, Collection) else ()
    sides = [item.operands[0] for item in items if isinstance(item, Relation) and item.operators[0] == "="]
    return {side.name.partition("_")[0].lower() for side in sides if isinstance(side, Symbol)}


def _without_gaps(words: str) -> str:
    r"""Words with their mathematics in one spelling: `x = - 1` is `x=-1`, `caco 3` (a subscript) is `caco3`."""
    words = re.sub(r"\s*([-+*/=<>^|()\[\]])\s*", r"\1", words)
    return re.sub(r"(?<=[a-z]) (?=\d)", "", re.sub(r"\\[dt]frac", r"\\frac", words))


def _options(gold: Reading, answer: Reading) -> Agreement | None:
    """Letters of multiple-choice options; None when the gold answer is no such letter."""
    if gold.nodes and answer.nodes:
        wanted, given = letters(gold.nodes[0]), letters(answer.nodes[0])
        if wanted and given and (len(wanted) > 1 or len(given) > 1 or gold.choice):
            if wanted == given:
                return agree("the same options")
            return differ("other options") if gold.choice or not (_is_product(gold) or _is_product(answer)) else None
    bare = answer.cleaned.strip("(){}. ").upper()
    if gold.choice is not None and not gold.choice[1] and len(bare) == 1 and len(gold.cleaned) > 1:
        return agree("the same option") if bare == gold.choice[0] else differ("another option")
    if gold.choice is not None and answer.choice is not None:
        if not gold.choice[1]:
            return agree("the same option") if gold.choice[0] == answer.choice[0] else differ("another option")
        if not answer.choice[1]:
            return agree("the same option") if gold.choice[0] == answer.choice[0] else differ("another option")
    return None


def _is_product(reading: Reading) -> bool:
    return len(reading.cleaned.replace(" ", "")) > 1 and "," not in reading.cleaned


class Comparer:
    """Compares trees within one budget."""

    def __init__(self) -> None:
        self.prover = Prover()
        self._left = MAX_COMPARISONS

    def compare(self, gold: Node, answer: Node) -> Agreement:
        """Whether `answer` says the same as `gold`; never raises for anything a text can be read as."""
        self._left -= 1
        if self._left < 0:
            return differ("too many members to compare")
        if gold == answer:
            return agree("the same expression")
        try:
            return self._by_kind(_values(gold), _values(answer))
        except AnswerTooLargeError as error:
            return differ(f"not decided: {error}")

    def _by_kind(self, gold: Node, answer: Node) -> Agreement:
        kinds = (gold, answer)
        if any(isinstance(side, Clock | Day) for side in kinds):
            return _times(gold, answer)
        if any(isinstance(side, Words) for side in kinds):
            return self._words(gold, answer)
        if {type(gold), type(answer)} == {Constant, Symbol} and show(gold) == show(answer):
            return agree("the same letter")
        if any(isinstance(side, Modular) for side in kinds):
            return self._residues(gold, answer)
        if any(isinstance(side, Relation) for side in kinds):
            return compare_relations(gold, answer, self.compare, self.prover)
        named = self._named(gold, answer)
        if named is not None:
            return named
        if self._speaks_of_sets(gold, answer):
            return self._sets(gold, answer)
        gold, answer = _with_unit_vectors(gold, answer), _with_unit_vectors(answer, gold)
        if isinstance(gold, Matrix) or isinstance(answer, Matrix):
            return self._matrices(gold, answer)
        if any(isinstance(side, Collection) for side in kinds):
            return self._collections(gold, answer)
        if any(isinstance(side, Quantity) for side in kinds):
            return self._quantities(gold, answer)
        if any(isinstance(side, Ratio) for side in kinds):
            return self._ratios(gold, answer)
        if any(isinstance(side, Cases) for side in kinds):
            return compare_cases(gold, answer, self.compare, self.prover)
        if infinite_sign(gold) or infinite_sign(answer):
            same = infinite_sign(gold) == infinite_sign(answer)
            return agree("the same infinity") if same else differ("an infinity and something else")
        if is_expression(gold) and is_expression(answer):
            return self._expressions(gold, answer)
        return differ("answers of different kinds")

    def _expressions(self, gold: Node, answer: Node) -> Agreement:
        agreement = compare_expressions(gold, answer, self.prover)
        undone = agreement.equal and is_calculation(gold, answer)
        return agreement.conceding(Concession.UNEVALUATED) if undone else agreement

    def _named(self, gold: Node, answer: Node) -> Agreement | None:
        """`x = 1, y = 2` against `(1, 2)`, and `x = 1 or x = 2` against `1, 2`."""
        names = unnamed(gold), unnamed(answer)
        if names == (None, None):
            return None
        if self._has_false(answer) and not self._has_false(gold):
            return differ("an equality that does not hold")
        if (
            names[0] is not None
            and names[1] is not None
            and isinstance(gold, Collection)
            and isinstance(answer, Collection)
        ):
            agreement = unordered(gold.items, answer.items, self.compare)
            if agreement.same_value or not (names[0].single and names[1].single):
                return agreement
        sides: list[Node] = [
            side if found is None else Collection("", "", found.values)
            for side, found in zip((gold, answer), names, strict=True)
        ]
        if names[0] is not None and names[1] is not None and names[0].single != names[1].single:
            return differ("values of other unknowns")
        found = names[0] or names[1]
        assert found is not None
        if None in names and not _assigned(gold if names[0] is None else answer) <= _letters_of(found):
            return differ("values of other unknowns")
        if found.single:
            agreement = self.compare(sides[0], sides[1])
            return agreement.conceding(Concession.VARIABLES) if _of_other_unknowns(names) else agreement
        other = sides[1] if names[0] is not None else sides[0]
        if not isinstance(other, Collection) or (other.opening, other.closing) == ("{", "}"):
            return differ("named values and something else")
        by_name: list[Sequence[Node]] = [
            _items(side) if named is None else named.by_name for side, named in zip((gold, answer), names, strict=True)
        ]
        agreement = in_order(by_name[0], by_name[1], self.compare)
        if not agreement.equal and not other.opening:
            agreement = in_order(_items(sides[0]), _items(sides[1]), self.compare)
        if None not in names and _letters_of(names[0]) != _letters_of(names[1]):
            agreement = agreement.conceding(Concession.VARIABLES)
        return agreement.conceding(Concession.NAMES) if agreement.equal else agreement

    def _has_false(self, node: Node) -> bool:
        items = node.items if isinstance(node, Collection) else ()
        return any(isinstance(item, Relation) and is_false(item, self.compare, self.prover) for item in items)

    def _speaks_of_sets(self, gold: Node, answer: Node) -> bool:
        """One side is certainly a set of numbers, not a tuple."""
        for side, other in ((gold, answer), (answer, gold)):
            if isinstance(side, Union) or (is_set(side) and not isinstance(side, Collection)):
                return True
            if isinstance(side, Collection) and side.opening == "" and any(_is_condition(item) for item in side.items):
                return all(isinstance(item, Relation) for item in side.items)
            if isinstance(side, Collection) and {side.opening + side.closing} & {"(]", "[)"}:
                return not isinstance(other, Matrix)
        return False

    def _sets(self, gold: Node, answer: Node) -> Agreement:
        for first in _as_sets(gold):
            for second in _as_sets(answer):
                same = same_set(first, second, self.prover)
                if same:
                    return agree("the same set of numbers")
        if isinstance(gold, Union) and isinstance(answer, Union) and gold.operator == answer.operator:
            return unordered(gold.parts, answer.parts, self.compare)
        if isinstance(gold, Collection) and isinstance(answer, Collection):
            return compare_collections(gold, answer, self.compare)
        return differ("other sets of numbers")

    def _matrices(self, gold: Node, answer: Node) -> Agreement:
        first, second = matrix_of(gold), matrix_of(answer)
        if first is not None and second is not None:
            if len(first.rows) != len(second.rows):
                return differ("matrices of other shapes")
            return in_order([_row(row) for row in first.rows], [_row(row) for row in second.rows], self.compare)
        for side, other in ((gold, answer), (answer, gold)):
            if isinstance(side, Matrix) and isinstance(other, Collection) and not _is_set_like(other):
                entries = _vector(side)
                if entries is not None:
                    pair = (entries, other.items) if side is gold else (other.items, entries)
                    agreement = in_order(*pair, self.compare)
                    return agreement.conceding(Concession.BRACKETS) if agreement.equal else agreement
        return differ("a matrix and something else")

    def _collections(self, gold: Node, answer: Node) -> Agreement:
        gold, answer = _spread(gold), _spread(answer)
        if isinstance(gold, Collection) and isinstance(answer, Collection):
            rows = matrix_of(gold), matrix_of(answer)
            if (
                rows[0] is not None
                and rows[1] is not None
                and len(rows[0].rows) > 1
                and gold.opening == answer.opening != "{"
            ):
                return self._matrices(rows[0], rows[1])
            return compare_collections(gold, answer, self.compare)
        for side, other in ((gold, answer), (answer, gold)):
            if isinstance(side, Collection) and side.items == (Constant("empty"),) and side.opening:
                return differ("the set that holds the empty set")
            if isinstance(side, Collection) and len(side.items) == 1 and not isinstance(other, Collection):
                agreement = self.compare(side.items[0], other) if side is gold else self.compare(other, side.items[0])
                return agreement.conceding(Concession.SINGLETON) if agreement.equal and side.opening else agreement
            if isinstance(side, Collection) and not side.opening and not isinstance(other, Collection):
                first = side.items[0]
                if all(self.compare(first, item).same_value for item in side.items[1:]):
                    return self.compare(first, other) if side is gold else self.compare(other, first)
            if isinstance(side, Collection) and not side.items and other == Constant("empty"):
                return agree("the empty set")
        return differ("several values and a single one")

    def _quantities(self, gold: Node, answer: Node) -> Agreement:
        if not isinstance(gold, Quantity) or not isinstance(answer, Quantity):
            first = gold.value if isinstance(gold, Quantity) else gold
            second = answer.value if isinstance(answer, Quantity) else answer
            if any(map(_is_percent, (gold, answer))) and not (_is_percent(first) and _is_percent(second)):
                return differ("a percentage and a quantity")
            dimensions = {side.unit.dimension for side in (gold, answer) if isinstance(side, Quantity)}
            if dimensions != {"radian"} and any(_is_angle(side) for side in (gold, answer)):
                return differ("an angle and a quantity")
            agreement = self.compare(first, second)
            if dimensions == {"radian"} and Concession.DEGREE in agreement.concessions:
                return differ("degrees and radians")
            return agreement.conceding(Concession.UNIT) if agreement.equal else agreement
        units = gold.unit, answer.unit
        if not units[0].dimension or not units[1].dimension:
            agreement = self.compare(gold.value, answer.value)
            if are_opposite(units[0].name, units[1].name):
                return differ(f"{units[1].name} instead of {units[0].name}")
            same_name = units[0].name.lower().rstrip("s") == units[1].name.lower().rstrip("s")
            return agreement if same_name or not agreement.equal else agreement.conceding(Concession.UNIT_NAME)
        if units[0].dimension != units[1].dimension:
            return differ(f"{units[1].name} instead of {units[0].name}")
        if units[0].factor == units[1].factor:
            return self.compare(gold.value, answer.value)
        scaled = multiply([Number(units[1].factor / units[0].factor), answer.value])
        return self.compare(gold.value, scaled)

    def _ratios(self, gold: Node, answer: Node) -> Agreement:
        if isinstance(gold, Ratio) and isinstance(answer, Ratio):
            if len(gold.parts) != len(answer.parts):
                return differ("ratios of other lengths")
            if any(self.prover.number(part) == 0 for part in (*gold.parts, *answer.parts)):
                return in_order(gold.parts, answer.parts, self.compare)
            crossed = [
                (multiply([first, answer.parts[0]]), multiply([second, gold.parts[0]]))
                for first, second in zip(gold.parts[1:], answer.parts[1:], strict=True)
            ]
            return in_order([left for left, _ in crossed], [right for _, right in crossed], self.compare)
        ratio, other = (gold, answer) if isinstance(gold, Ratio) else (answer, gold)
        assert isinstance(ratio, Ratio)
        if len(ratio.parts) != 2:
            return differ("a ratio and a single value")
        quotient = divide(*ratio.parts)
        return self.compare(quotient, other) if ratio is gold else self.compare(other, quotient)

    def _residues(self, gold: Node, answer: Node) -> Agreement:
        gold, answer = (assignment(side) or side for side in (gold, answer))
        if isinstance(gold, Modular) and isinstance(answer, Modular):
            if self.prover.equal(gold.modulus, answer.modulus).answer is not Answer.EQUAL:
                return differ("other moduli")
            difference = self.prover.number(Sum((gold.value, negate(answer.value))))
            modulus = self.prover.number(gold.modulus)
            if difference is None or not modulus:
                return self.compare(gold.value, answer.value)
            return agree("the same residue") if (difference / modulus).denominator == 1 else differ("other residues")
        first = gold.value if isinstance(gold, Modular) else gold
        second = answer.value if isinstance(answer, Modular) else answer
        agreement = self.compare(first, second)
        side, other = (gold, second) if isinstance(gold, Modular) else (answer, first)
        assert isinstance(side, Modular)
        values = [self.prover.number(part) for part in (side.value, side.modulus, other)]
        if values[0] is not None and values[1] and values[2] == values[0] % values[1]:
            return agree("the least residue", Concession.RESIDUE)
        if side is answer and values[0] is not None and values[1] and abs(values[0]) >= abs(values[1]):
            return differ("another residue")
        return agreement.conceding(Concession.RESIDUE) if agreement.equal else agreement

    def _words(self, gold: Node, answer: Node) -> Agreement:
        texts = [side.text if isinstance(side, Words) else None for side in (gold, answer)]
        if texts[0] is not None and texts[0] == texts[1]:
            return agree("the same words")
        for text, other in ((texts[0], answer), (texts[1], gold)):
            if text in ("yes", "no") and isinstance(other, Collection) and other.joiner == "," and other.items:
                return self._words(Words(text), other.items[0])
            if text == "no solution" and (other == Constant("empty") or other == Collection("{", "}", ())):
                return agree("the empty set")
            if text == "all real numbers" and is_set(other) and same_set(Constant("R"), other, self.prover):
                return agree("the same set of numbers")
            if text is not None and isinstance(other, Quantity) and isinstance(other.value, Symbol):
                continue
        return differ("other words")


def _values(node: Node) -> Node:
    """Plus-minus signs spread into a list."""
    if is_expression(node) and has_plus_minus(node):
        return Collection("", "", tuple(upper_and_lower(node)))
    if isinstance(node, Quantity) and has_plus_minus(node):
        return Collection("", "", tuple(upper_and_lower(node)))
    if isinstance(node, Power):
        return transposed(node)
    if isinstance(node, Product | Sum) and any(isinstance(part, Matrix) for part in walk(node)):
        return matrix_value(node) or node
    return node


def _with_unit_vectors(node: Node, other: Node) -> Node:
    """`2i - 3j + k` as a column when `other` is a vector with entries."""
    match other:
        case Matrix(rows) if len(rows[0]) == 1:
            length = len(rows)
        case Collection("(" | "<", ")" | ">", items):
            length = len(items)
        case _:
            return node
    return (unit_vector_sum(node, length) if is_expression(node) else None) or node


def _spread(node: Node) -> Node:
    """A list with the plus-minus signs of its members spread, without members that are there twice."""
    if not isinstance(node, Collection) or not any(has_plus_minus(item) for item in node.items):
        return node
    items = [value for item in node.items for value in upper_and_lower(item)][:MAX_ITEMS]
    return Collection(node.opening, node.closing, tuple(items))


def _is_condition(node: Node) -> bool:
    return isinstance(node, Relation) and is_set(node)


def _as_sets(node: Node) -> Sequence[Node]:
    """A bare list of conditions is an intersection or a union; a bare list of intervals is a union."""
    if isinstance(node, Collection) and not node.opening and all(isinstance(item, Relation) for item in node.items):
        union, intersection = Union("cup", node.items), Union("cap", node.items)
        return {"or": [union], "and": [intersection]}.get(node.joiner, [intersection, union])
    if isinstance(node, Collection) and not node.opening and all(is_set(item) for item in node.items):
        return [Union("cup", node.items)]
    return [node]


def _items(node: Node) -> Sequence[Node]:
    return node.items if isinstance(node, Collection) else (node,)


def _is_percent(node: Node) -> bool:
    return isinstance(node, Call) and node.name == "percent"


def _is_angle(node: Node) -> bool:
    return isinstance(node, Product) and node.factors[-1] == Constant("deg")


def _is_set_like(node: Collection) -> bool:
    """Brackets that no vector has: a set's, or a half-open interval's."""
    return node.opening + node.closing in ("{}", "(]", "[)")


def _row(row: tuple[Node, ...]) -> Node:
    return Collection("[", "]", row)


def _vector(matrix: Matrix) -> tuple[Node, ...] | None:
    if len(matrix.rows) == 1:
        return matrix.rows[0]
    return tuple(row[0] for row in matrix.rows) if len(matrix.rows[0]) == 1 else None


def _times(gold: Node, answer: Node) -> Agreement:
    if isinstance(gold, Day) and isinstance(answer, Day):
        years = {gold.year, answer.year}
        same = (gold.month, gold.day) == (answer.month, answer.day) and (len(years) == 1 or 0 in years)
        return agree("the same day") if same else differ("another day")
    first, second = _clock(gold), _clock(answer)
    if first is None or second is None or first.seconds != second.seconds:
        return differ("another time")
    if first.half == second.half:
        return agree("the same time")
    return (
        agree("the same time", Concession.HALF_DAY)
        if "" in (first.half, second.half)
        else differ("another half of the day")
    )


def _clock(node: Node) -> Clock | None:
    if isinstance(node, Clock):
        return node
    if isinstance(node, Ratio) and 2 <= len(node.parts) <= 3:
        numbers = [part.value for part in node.parts if isinstance(part, Number) and part.value.denominator == 1]
        if len(numbers) == len(node.parts) and 0 <= numbers[0] <= 24:
            seconds = int(numbers[2]) if len(numbers) == 3 else 0
            return clock_of(int(numbers[0]), int(numbers[1]), seconds, "")
    if isinstance(node, Number) and node.value in {Fraction(hour) for hour in range(1, 13)}:
        return clock_of(int(node.value), 0, 0, "")
    return None
