"""Bottom-up enumeration of typed expressions by increasing cost, one per distinct value.

With the inputs given, the value of an expression is known; two expressions of one type with equal values are
interchangeable in every larger one, so only the cheaper is kept (observational equivalence: Udupa et al. 2013,
Albarghouthi et al. 2013). Inside a comprehension an expression has one value for each turn, and two expressions
are the same when they agree on all turns: the very same code runs with several *contexts*.

>>> from reasoning.engines.search.grammar import INT, rules_for
>>> from reasoning.engines.search.prior import Prior
>>> bank = Enumeration(rules_for([]), Prior.uniform(), contexts=1)
>>> bank.add_atom(INT, (3,), "a", "input")
True
>>> found = {entry.values[0]: entry.text for entry in bank.run(max_level=16) if entry and entry.kind == INT}
>>> found[6]
'(a + a)'
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, Final

from reasoning.engines.search.answer_types import AnswerType, key_of
from reasoning.engines.search.grammar import Rule
from reasoning.engines.search.prior import Prior

__all__ = ["Entry", "Enumeration"]

EVALUATIONS_PER_TURN: Final = 32
"""Rule applications between two yields of the enumeration."""

LARGE_ITEMS: Final = 1_000
"""List elements or characters from which on a value is large."""

MAX_STORED_ITEMS: Final = 4_000_000
"""List elements and characters that all large values of one enumeration together may hold."""

ITEMS_PER_UNIT: Final = 50
"""List elements or characters of a new value that count as one unit of work."""


class Entry:
    """One expression with its values, one for each context.

    Args:
        kind: type of the expression.
        values: its value in each context.
        rule_name: of the rule that made it, for the prior.
        cost: level at which the enumeration comes to it, see `Prior.cost`.
        rule: that made it of `parts`; None: an atom.
        parts: sub-expressions in the rule's holes.
        text: source; None: written by the rule when it is wanted.
    """

    __slots__ = ("_text", "cost", "kind", "parts", "rule", "rule_name", "values")

    def __init__(
        self,
        kind: AnswerType,
        values: tuple[Any, ...],
        rule_name: str,
        cost: int,
        rule: Rule | None = None,
        parts: tuple[Entry, ...] = (),
        text: str | None = None,
    ) -> None:
        self.kind = kind
        self.values = values
        self.rule_name = rule_name
        self.cost = cost
        self.rule = rule
        self.parts = parts
        self._text = text

    @property
    def text(self) -> str:
        """The Python source of the expression, with more parentheses than it needs."""
        if self._text is None:
            if self.rule is None:
                raise ValueError("an atom without text")
            self._text = self.rule.render(part.text for part in self.parts)
        return self._text


class Enumeration:
    """A bank of entries that grows level by level."""

    def __init__(
        self,
        rules: list[Rule],
        prior: Prior,
        contexts: int,
        charge: Callable[[int], None] = lambda units: None,
        max_entries: int = 200_000,
    ) -> None:
        self.entries: list[Entry] = []
        self.level = 0
        self._rules = rules
        self._prior = prior
        self._contexts = contexts
        self._charge = charge
        self._max_entries = max_entries
        self._seen: dict[AnswerType, set[Any]] = {}
        self._stored = 0
        # For each hole of each rule: the entries that fit, by the level they reach there (cost plus edge).
        self._fitting: list[list[dict[int, list[Entry]]]] = [[{} for _ in rule.holes] for rule in rules]
        self._accepting: dict[AnswerType, list[tuple[int, int]]] = {}
        for index, rule in enumerate(rules):
            for hole, kind in enumerate(rule.holes):
                self._accepting.setdefault(kind, []).append((index, hole))

    def add_atom(self, kind: AnswerType, values: tuple[Any, ...], text: str, rule_name: str, cost: int = 0) -> bool:
        """Add an expression without holes (or one built elsewhere); whether its values are new."""
        return self._add(Entry(kind, values, rule_name, cost, text=text))

    def _key(self, kind: AnswerType, values: tuple[Any, ...]) -> Any:
        key: Any = values if kind.depth == 0 else tuple(key_of(value, kind) for value in values)
        size = sum(len(value) for value in values) if kind.depth or kind.base == "str" else 0
        if size > ITEMS_PER_UNIT:
            self._charge(size // ITEMS_PER_UNIT)
            if size > 1_000:
                return hash(key)
        return key

    def _add(self, entry: Entry) -> bool:
        if len(self.entries) >= self._max_entries:
            return False
        seen = self._seen.setdefault(entry.kind, set())
        key = self._key(entry.kind, entry.values)
        if key in seen:
            return False
        seen.add(key)
        if entry.kind.depth or entry.kind.base == "str":
            size = sum(map(len, entry.values))
            if size > LARGE_ITEMS:
                if self._stored + size > MAX_STORED_ITEMS:
                    # New, but too large to be a part of something larger still.
                    return True
                self._stored += size
        self.entries.append(entry)
        cost = self._prior.cost
        for index, hole in self._accepting.get(entry.kind, ()):
            level = max(entry.cost, self.level) + cost(self._rules[index].name, hole, entry.rule_name)
            self._fitting[index][hole].setdefault(level, []).append(entry)
        return True

    @property
    def full(self) -> bool:
        """Whether no more entries are kept."""
        return len(self.entries) >= self._max_entries

    def run(self, max_level: int) -> Iterator[Entry | None]:
        """Yield each new entry, atoms first, and None now and then between them."""
        yield from list(self.entries)
        spent = 0
        while self.level < max_level and not self.full:
            self.level += 1
            for index, rule in enumerate(self._rules):
                for parts in self._choices(index, self.level):
                    spent += 1
                    if spent % EVALUATIONS_PER_TURN == 0:
                        self._charge(EVALUATIONS_PER_TURN)
                        yield None
                    entry = self._build(rule, parts)
                    if entry is not None:
                        yield entry
        self._charge(spent % EVALUATIONS_PER_TURN)

    def _choices(self, index: int, level: int) -> Iterator[tuple[Entry, ...]]:
        holes = self._fitting[index]
        if len(holes) == 1:
            for entry in holes[0].get(level, ()):
                yield (entry,)
        elif len(holes) == 2:
            for first in sorted(holes[0]):
                partners = holes[1].get(level - first)
                if partners:
                    yield from itertools.product(holes[0][first], partners)
        else:
            for first in sorted(holes[0]):
                for second in sorted(holes[1]):
                    partners = holes[2].get(level - first - second)
                    if partners:
                        yield from itertools.product(holes[0][first], holes[1][second], partners)

    def _build(self, rule: Rule, parts: tuple[Entry, ...]) -> Entry | None:
        try:
            if self._contexts == 1:
                values: tuple[Any, ...] = (rule.apply(*[part.values[0] for part in parts]),)
            else:
                values = tuple(map(rule.apply, *[part.values for part in parts]))
        except Exception:  # noqa: BLE001 - an expression that raises has no value
            return None
        entry = Entry(rule.result, values, rule.name, self.level, rule, parts)
        return entry if self._add(entry) else None
