"""Builds comprehensions: enumerates bodies and filters for many loops at once and puts them together.

For `xs=[3, -1, 4]` and an answer of type List[int] it offers `[v + 1 for v in xs]`,
`[i for i, v in enumerate(xs) if v < 0]`, `sorted(xs, key=lambda v: abs(v))` and so on.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from typing import Any, Final

from reasoning.engines.search.answer_types import AnswerType, fresh_copy, type_of
from reasoning.engines.search.binders import (
    MAX_TURNS,
    Binder,
    over_grid,
    over_list,
    over_pairs,
    over_range,
    over_rows,
    over_string,
)
from reasoning.engines.search.enumeration import Entry, Enumeration
from reasoning.engines.search.goal import Goal
from reasoning.engines.search.grammar import BOOL, INT, STR, Rule
from reasoning.engines.search.lift import Lifter, evaluate
from reasoning.engines.search.material import Material
from reasoning.engines.search.prior import Prior

__all__ = ["comprehensions"]

MAX_BINDERS: Final = 24
"""Loops that are considered."""

MAX_CONTEXT_ITEMS: Final = 200
"""Turns of a loop on which bodies are compared; the whole loop is used for the value."""

MAX_ENTRIES: Final = 40_000
"""Bodies and filters kept for one loop."""

MAX_COMBINED: Final = 60
"""Bodies and filters of one loop that are combined with each other."""

MAX_INJECTED: Final = 400
"""Lists of one loop that are handed to the outer enumeration."""

LEVELS: Final = (16, 20, 24, 28, 34, 40)
"""Cost levels to which the bodies are enumerated, round by round."""


def comprehensions(
    goal: Goal, material: Material, lifter: Lifter, rules: list[Rule], prior: Prior, outer: Enumeration
) -> Iterator[None]:
    """A strategy: the loops take turns, the earlier ones more often.

    Args:
        goal: the puzzle and what was found.
        material: what the puzzle gives.
        lifter: finds expressions of the puzzle that a loop may bind.
        rules: for the loops' bodies.
        prior: orders the bodies.
        outer: the enumeration outside of loops, whose values the bodies use.

    Returns:
        An iterator that gives way after each piece of work.
    """
    binders = _binders(goal, material, lifter)
    workers = [_Worker(goal, binder, lifter, rules, prior, material, outer).run() for binder in binders]
    live = list(enumerate(workers))
    for turn in itertools.count():
        if not live:
            return
        for place, worker in list(live):
            if turn % (1 + place // 4):
                continue
            try:
                next(worker)
            except StopIteration:
                live.remove((place, worker))
            yield


def _binders(goal: Goal, material: Material, lifter: Lifter) -> list[Binder]:
    inputs = goal.puzzle.inputs
    taken = set(inputs)
    known = [(name, value, type_of(value)) for name, value in inputs.items()]
    for name, value in inputs.items():
        if isinstance(value, dict):
            known.append((f"list({name})", list(value), type_of(list(value))))
    binders: list[Binder] = []
    lists: list[tuple[str, list[Any], AnswerType]] = []
    counts: list[tuple[str, int]] = []
    for text, value, kind in [*known, *lifter.closed]:
        if isinstance(value, list) and value and kind is not None:
            lists.append((text, value, kind))
            binders.append(over_list(text, value, kind, taken))
            if kind.depth == 2:
                binders.append(over_rows(text, value, kind, taken))
        elif isinstance(value, str) and len(value) > 1:
            binders.append(over_string(text, value, taken))
        elif type(value) is int and 2 <= value <= MAX_TURNS:
            counts.append((text, value))
            binders.append(over_range(text, value, taken))
    for constant in material.ints:
        if 2 <= constant <= MAX_TURNS and all(constant != count for _, count in counts):
            counts.append((str(constant), constant))
            binders.append(over_range(str(constant), constant, taken))
    for first, second in itertools.combinations(lists[:4], 2):
        binders.insert(min(len(binders), 4), over_pairs(first, second, taken))
    if goal.type.depth >= 1:
        for first_count, second_count in itertools.product(counts[:3], repeat=2):
            if first_count[1] * second_count[1] <= MAX_TURNS:
                binders.append(over_grid(first_count, second_count, taken))
    return [binder for binder in binders if 0 < binder.turns <= MAX_TURNS][:MAX_BINDERS]


class _Worker:
    def __init__(
        self,
        goal: Goal,
        binder: Binder,
        lifter: Lifter,
        rules: list[Rule],
        prior: Prior,
        material: Material,
        outer: Enumeration,
    ) -> None:
        self.goal = goal
        self.binder = binder
        self.contexts = min(binder.turns, MAX_CONTEXT_ITEMS)
        self.rules = rules
        self.prior = prior
        self.outer = outer
        self.filters: list[Entry] = []
        self.bodies: list[Entry] = []
        self.injected = 0
        self.sub = Enumeration(rules, prior, self.contexts, goal.charge, MAX_ENTRIES)
        self.lifter = lifter
        self.material = material

    def _atoms(self) -> None:
        size = self.contexts
        for name, kind, values in self.binder.variables:
            self.sub.add_atom(kind, values[:size], name, "variable")
        self._open_atoms()
        for name, value in self.goal.puzzle.inputs.items():
            kind_or_none = type_of(value)
            if kind_or_none is not None:
                self.sub.add_atom(kind_or_none, (value,) * size, name, "input")
        for value in [0, 1, 2, *self.goal.puzzle.constants, ""][:30]:
            kind_or_none = type_of(value)
            if kind_or_none is not None:
                self.sub.add_atom(kind_or_none, (value,) * size, repr(value), "constant")
        for text, value, kind in self.lifter.closed[:12]:
            self.sub.add_atom(kind, (value,) * size, f"({text})", "lifted")

    def _open_atoms(self) -> None:
        """The puzzle's own expressions over loop variables, tried on the variables of this loop."""
        names = [name for name, _, _ in self.binder.variables]
        for expression in self.lifter.open:
            for chosen in itertools.permutations(names, len(expression.variables)):
                renamed = dict(zip(expression.variables, chosen, strict=True))
                values = self._evaluate_open(expression.code, renamed)
                if values is None:
                    continue
                kind = type_of(values[0])
                if kind is None or not all(kind.accepts(value) for value in values):
                    continue
                text = _rename(expression.text, renamed)
                self.sub.add_atom(kind, tuple(values), f"({text})", "lifted")

    def _evaluate_open(self, code: Any, renamed: dict[str, str]) -> list[Any] | None:
        columns = {name: values for name, _, values in self.binder.variables}
        found = []
        self.goal.charge(self.contexts)
        try:
            for turn in range(self.contexts):
                names = fresh_copy(self.goal.puzzle.inputs)
                for original, chosen in renamed.items():
                    names[original] = columns[chosen][turn]
                found.append(evaluate(code, names))
        except Exception:  # noqa: BLE001 - an expression that raises on a turn is no building block
            return None
        return found

    def run(self) -> Iterator[None]:
        self._atoms()
        yield
        for level in LEVELS:
            for entry in self.sub.run(level):
                if entry is not None:
                    self._use(entry)
                yield

    def _use(self, entry: Entry) -> None:
        text = entry.text
        self._mapped(entry, text)
        if entry.kind == BOOL:
            if len(self.filters) < MAX_COMBINED and not all(entry.values) and any(entry.values):
                self.filters.append(entry)
                for body in self.bodies:
                    self._filtered(body, entry)
            self._quantified(text)
        elif self._is_body(entry) and len(self.bodies) < MAX_COMBINED:
            self.bodies.append(entry)
            for condition in self.filters:
                self._filtered(entry, condition)
        if self.binder.source and self.binder.plain and entry.kind.depth == 0 and len(self.binder.variables) == 2:
            self._keyed(text)

    def _is_body(self, entry: Entry) -> bool:
        kind = self.goal.type
        return entry.kind == kind.element if kind.depth else entry.kind == kind == STR

    def _offer(self, text: str, values: Any = None) -> None:
        """Offer an expression of the answer's type; its value is computed here when the loop was cut."""
        if values is None or self.contexts < self.binder.turns:
            values = self._value(text)
        if values is not None and self.goal.type.accepts(values):
            self.goal.offer(values, text)

    def _value(self, text: str) -> Any:
        self.goal.charge(self.binder.turns // 4 + 4)
        try:
            return evaluate(compile(text, "<comprehension>", "eval"), fresh_copy(self.goal.puzzle.inputs))
        except Exception:  # noqa: BLE001 - an expression that raises has no value
            return None

    def _mapped(self, entry: Entry, text: str) -> None:
        kind = self.goal.type
        listed = f"[{text} {self.binder.clause(text)}]"
        if entry.kind.listed == kind:
            self._offer(listed, list(entry.values))
        elif entry.kind == kind == STR:
            self._offer(f"''.join({listed})", "".join(entry.values))
        elif entry.kind in (INT, BOOL) and kind == INT:
            self._offer(f"sum({listed})", sum(entry.values))
        if self.injected < MAX_INJECTED and self.contexts == self.binder.turns and entry.rule_name != "constant":
            values = list(entry.values)
            if self.outer.add_atom(entry.kind.listed, (values,), listed, "comprehension", entry.cost + 6):
                self.injected += 1

    def _filtered(self, body: Entry, condition: Entry) -> None:
        clause = self.binder.clause(body.text, condition.text)
        text = f"[{body.text} {clause} if {condition.text}]"
        values: Any = [item for item, keep in zip(body.values, condition.values, strict=True) if keep]
        if self.goal.type == STR:
            text, values = f"''.join({text})", "".join(values)
        self._offer(text, values)

    def _quantified(self, text: str) -> None:
        if self.goal.type == BOOL:
            clause = self.binder.clause(text)
            self._offer(f"all({text} {clause})")
            self._offer(f"any({text} {clause})")

    def _keyed(self, text: str) -> None:
        name, kind, _ = self.binder.variables[0]
        if any(other in text.split() for other, _, _ in self.binder.variables[1:]):
            return
        goal_kind = self.goal.type
        source = self.binder.source
        if kind.listed == goal_kind:
            self._offer(f"sorted({source}, key=lambda {name}: {text})")
        elif kind == goal_kind:
            self._offer(f"max({source}, key=lambda {name}: {text})")
            self._offer(f"min({source}, key=lambda {name}: {text})")


def _rename(text: str, renamed: dict[str, str]) -> str:
    tree = ast.parse(text, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = renamed.get(node.id, node.id)
    return ast.unparse(tree)
