r"""Gaps in a proof: where a step's own proof is still missing, and how one is put there.

>>> draft = "  have h : a = b := by sorry\n  exact h.trans (by sorry)"
>>> gaps = lean_gaps(draft)
>>> [gap.step for gap in gaps]
['have h : a = b', 'exact h.trans']
>>> print(filled(draft, gaps, {0: "subst e\nrfl"}))
  have h : a = b := by subst e
                       rfl
  exact h.trans (by sorry)

A proof with gaps is a *subgoal proof*: its steps are claims (`have`, `show`), each a smaller goal. In Lean a gap is the
word `sorry` or `admit`, in Isabelle `sorry` or `sledgehammer`. Text alone: nothing here decides what is proved.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from verifiers.proofs.isabelle.text import UnreadableText, visible
from verifiers.proofs.lean.text import blank_comments_and_strings

__all__ = ["Gap", "filled", "isabelle_gaps", "lean_gaps"]

_LEAN_GAP: Final = re.compile(r"(?<![\w.'«!?])(?:sorry|admit)(?![\w.'»!?])")
_LEAN_BLOCK: Final = re.compile(r"(?:\A|\n|=>|·)[ \t]*\Z|\bby\s*\Z")
"""What stands before a place where a block of tactics may begin, of several lines too."""
_LEAN_TACTIC: Final = re.compile(r"(?:<;>|;|\||\b(?:try|repeat|all_goals|any_goals|then|else))\s*\Z")
"""What stands before a place where one tactic is wanted; everywhere else it is a term."""
_LEAN_BEGUN: Final = re.compile(r"(?::=|⟨|,|\(|\b(?:exact|from|refine|calc|show))\s*\Z")
"""What stands at the end of a line before a term that goes on in the next."""
_ISABELLE_GAP: Final = re.compile(r"(?:\b(?:by|apply)\s+)?(?<![\w.'])(?:sorry|sledgehammer)(?![\w.'])")
_STEP_END: Final = re.compile(r"\s*(?::=\s*(?:by)?|\(\s*by|=>|\bby)?\s*\Z")
_ISABELLE_STEP: Final = re.compile(r"\b(?:have|show|thus|hence|obtain|ultimately|moreover|finally|also|next|assume)\b")
_MOST_STEP: Final = 200
_GOAL: Final = "the goal"
"""What a gap proves that stands on a line of its own."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A place in a proof where a proof is missing.

    Attributes:
        start: of the words that mark it, an index into the text.
        end: behind them.
        opening: what has to stand before a proof that is put there.
        closing: what has to stand behind it.
        step: the claim that it would prove, for people.
    """

    start: int
    end: int
    opening: str
    closing: str
    step: str

    def line(self, text: str) -> int:
        """The line of `text` on which it begins, from 1."""
        return text.count("\n", 0, self.start) + 1


def lean_gaps(text: str) -> list[Gap]:
    """The gaps of a Lean proof in tactic mode, in their order; comments and strings are left out."""
    seen = blank_comments_and_strings(text)
    gaps = []
    for found in _LEAN_GAP.finditer(seen):
        before = seen[: found.start()]
        if _LEAN_BLOCK.search(before) and not _LEAN_BEGUN.search(before):
            opening, closing = "", ""
        elif _LEAN_TACTIC.search(before):
            opening, closing = "(", ")"
        else:
            opening, closing = "(by ", ")"
        line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
        gaps.append(
            Gap(found.start(), found.end(), opening, closing, _STEP_END.sub("", line).strip()[:_MOST_STEP] or _GOAL)
        )
    return gaps


def isabelle_gaps(text: str) -> list[Gap]:
    """The gaps of an Isar proof, in their order; none where the text cannot be read."""
    try:
        seen = visible(text)
    except UnreadableText:
        return []
    gaps = []
    for found in _ISABELLE_GAP.finditer(seen):
        steps = list(_ISABELLE_STEP.finditer(seen, 0, found.start()))
        begin = steps[-1].start() if steps else text.rfind("\n", 0, found.start()) + 1
        step = " ".join(text[begin : found.start()].split())
        gaps.append(Gap(found.start(), found.end(), "", "", step[:_MOST_STEP]))
    return gaps


def filled(text: str, gaps: Sequence[Gap], proofs: Mapping[int, str]) -> str:
    """The text with proofs in its gaps.

    Args:
        text: with the gaps.
        gaps: of the text, in their order.
        proofs: number of the gap -> what stands there; further lines are indented to the column of the first. Gaps
            without an entry stay.
    """
    done, position = "", 0
    for number, gap in enumerate(gaps):
        if number not in proofs:
            continue
        done += text[position : gap.start] + gap.opening
        column = len(done) - (done.rfind("\n") + 1)
        lines = textwrap.dedent(proofs[number].strip("\n")).rstrip().split("\n")
        done += ("\n" + " " * column).join(lines) + gap.closing
        position = gap.end
    return done + text[position:]
