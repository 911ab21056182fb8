"""The enumeration of whole expressions, and of the comprehensions that feed it, as strategies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reasoning.engines.search.answer_types import type_of
from reasoning.engines.search.comprehensions import comprehensions
from reasoning.engines.search.enumeration import Enumeration
from reasoning.engines.search.goal import Goal
from reasoning.engines.search.grammar import rules_for
from reasoning.engines.search.lift import Lifter
from reasoning.engines.search.material import Material
from reasoning.engines.search.prior import Prior

__all__ = ["expressions"]

MAX_LEVEL: Final = 90
"""Cost level at which the enumeration ends."""

DEFAULT_INTS: Final = (0, 1, 2, 3, -1, 10)
DEFAULT_STRINGS: Final = ("", " ", "a", "b", "0", "1")


def expressions(goal: Goal, material: Material, lifter: Lifter, prior: Prior) -> tuple[Iterator[None], Iterator[None]]:
    """Two strategies that share one bank: plain expressions, and comprehensions."""
    kinds = [goal.type, *(kind for value in goal.puzzle.inputs.values() if (kind := type_of(value)))]
    kinds += [kind for _, _, kind in lifter.closed if kind.depth <= 2]
    rules = rules_for(kinds)
    bank = Enumeration(rules, prior, 1, goal.charge)
    _add_atoms(bank, goal, lifter)
    plain = _plain(goal, bank)
    return plain, comprehensions(goal, material, lifter, rules, prior, bank)


def _add_atoms(bank: Enumeration, goal: Goal, lifter: Lifter) -> None:
    for name, value in goal.puzzle.inputs.items():
        if isinstance(value, dict):
            for text, items in ((f"list({name})", list(value)), (f"list({name}.values())", list(value.values()))):
                kind = type_of(items)
                if kind is not None:
                    bank.add_atom(kind, (items,), text, "lifted")
            continue
        kind = type_of(value)
        if kind is not None:
            bank.add_atom(kind, (value,), name, "input")
    for text, value, kind in lifter.closed:
        bank.add_atom(kind, (value,), f"({text})", "lifted")
    for constant in goal.puzzle.constants:
        kind = type_of(constant)
        if kind is not None and len(repr(constant)) <= 400:
            bank.add_atom(kind, (constant,), f"({constant!r})", "constant")
    for default in (*DEFAULT_INTS, *DEFAULT_STRINGS, True, False, 0.5):
        kind = type_of(default)
        if kind is not None:
            bank.add_atom(kind, (default,), f"({default!r})", "default")


def _plain(goal: Goal, bank: Enumeration) -> Iterator[None]:
    for entry in bank.run(MAX_LEVEL):
        if entry is not None and entry.kind == goal.type:
            goal.offer(entry.values[0], entry)
        yield
