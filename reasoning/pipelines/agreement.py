r"""The answer on which several solutions agree, by mathematical equality rather than by spelling.

>>> agreed_answer([r"So it is \boxed{0.5}.", r"\boxed{\frac12}", r"\boxed{3}"])
Agreed(answer='0.5', samples=(0, 1))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verifiers.answers import extract, judge_bare

__all__ = ["Agreed", "agreed_answer"]

MAX_ANSWER_CHARACTERS = 500
"""A longer answer is none."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """The answer of the largest group of solutions, as its first one writes it, and the indices of that group."""

    answer: str
    samples: tuple[int, ...]


def agreed_answer(solutions: Sequence[str]) -> Agreed | None:
    """The largest group of equal answers, of equally large ones the first; None when no solution has an answer."""
    groups: list[tuple[str, list[int]]] = []
    for sample, text in enumerate(solutions):
        found = extract(text)
        answer = found[0].text.strip() if found else ""
        if not answer or len(answer) > MAX_ANSWER_CHARACTERS:
            continue
        for representative, members in groups:
            if answer == representative or judge_bare(representative, answer).passed:
                members.append(sample)
                break
        else:
            groups.append((answer, [sample]))
    if not groups:
        return None
    answer, members = max(groups, key=lambda group: len(group[1]))
    return Agreed(answer, tuple(members))
