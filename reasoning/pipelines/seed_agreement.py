"""Seed problems of the same words, compared: a program that is right at its own seed's numbers only is found out.

    disagreeing(entries)         # {"garden/7"}
    # gardens 22 m long and 9 m wide: 2 * (22 + 9); 30 and 4: 2 * (30 + 4); garden/7, 15 and 2: 2 * (15 + 2)

In the last one 2 may be the width. A number of a solution that the text states too is taken for the text's, also where
the solution means a constant. One seed alone cannot show that; of several whose texts differ in their numbers only, the
reading of most stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

from reasoning.evaluation.benchmarks.base import Entry
from reasoning.families.induction import InductionError, read
from reasoning.pipelines.backend.forms import key_of
from reasoning.pipelines.backend.index import KeyIndex
from reasoning.pipelines.masking import Masked, mask_numbers

__all__ = ["disagreeing"]

_PLACES = "places"


def disagreeing(entries: Callable[[], Iterator[Entry]]) -> frozenset[str]:
    """Ids of the seeds whose solutions, read as formulas of the numbers, differ from most of those of the same words.

    Where no formula is that of more than half of them, all are named; never those without a formula or without company.

    Args:
        entries: reads the seeds, with their worked solutions; called twice.
    """
    shared = _shared_words(entries())
    formulas: dict[int, dict[str, Fraction]] = {}
    for entry in entries() if shared else ():
        masked = mask_numbers(entry.problem.prompt)
        key = key_of(masked.template)
        if key in shared and (formula := _value_elsewhere(entry, masked)) is not None:
            formulas.setdefault(key, {})[entry.problem.id] = formula
    found: set[str] = set()
    for of_seed in formulas.values():
        (most, count), *_ = Counter(of_seed.values()).most_common(1)
        agreed = most if 2 * count > len(of_seed) else None
        found.update(id for id, formula in of_seed.items() if formula != agreed)
    return frozenset(found)


def _shared_words(entries: Iterator[Entry]) -> set[int]:
    """Keys of the texts, numbers masked, that several seeds have."""
    shared: set[int] = set()
    with TemporaryDirectory(prefix="reasoning-seeds-") as folder:
        index = KeyIndex(Path(folder) / "index.sqlite", [_PLACES])
        for place, entry in enumerate(entries):
            key = key_of(mask_numbers(entry.problem.prompt).template)
            if index.first(_PLACES, key, place) is not None:
                shared.add(key)
        index.close()
    return shared


def _value_elsewhere(entry: Entry, masked: Masked) -> Fraction | None:
    """What a seed's formula gives for other numbers, the same ones for all of its words; None: there is none."""
    if not entry.references:
        return None
    gold = entry.problem.fields.get("gold")
    try:
        reading = read(entry.problem.prompt, entry.references[0], str(gold[0] if isinstance(gold, list) else gold))
    except (InductionError, IndexError):
        return None
    others = {constant.value: Fraction(1009 + 2 * place * place, 7) for place, constant in enumerate(masked.constants)}
    return reading.derivation.at(others)
