"""What an elaborating process recorded of each tactic: text, place, goals before and after.

steps_of(answer, source.code, source.lines_before)      # one ProofStep for each tactic of the candidate
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from verifiers.proofs.records import ProofStep

__all__ = ["Recorded", "heartbeats_of", "recorded", "steps_of"]

_BLOCKS: Final = frozenset(
    ("null", "by", ";", "Lean.Parser.Term.byTactic", "Lean.Parser.Tactic.tacticSeq",
     "Lean.Parser.Tactic.tacticSeq1Indented",
     "Lean.Parser.Tactic.tacticSeqBracketed", "Lean.Parser.Tactic.paren", "Lean.cdotTk", "Lean.Parser.Term.sorry")
)  # fmt: skip
"""Pieces of syntax that hold tactics, or are no tactic."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One record of the process.

    Attributes:
        kind: of syntax.
        begin: first byte in the text.
        end: byte behind it.
        before: goals.
        after: goals.
    """

    kind: str
    begin: int
    end: int
    before: tuple[str, ...]
    after: tuple[str, ...]


def recorded(answer: dict[str, Any]) -> list[Recorded]:
    """The records of an answer; nothing of another form than the script's own is taken."""
    found = []
    steps = answer.get("steps")
    for step in steps if isinstance(steps, list) else ():
        match step:
            case [str(kind), int(begin), int(end), list(before), list(after)] if 0 <= begin <= end:
                found.append(Recorded(kind, begin, end, _goals(before), _goals(after)))
    return found


def steps_of(answer: dict[str, Any], code: str, lines_before: int) -> tuple[ProofStep, ...]:
    """The tactics of the candidate's own lines, in the order in which they ran."""
    data = code.encode()
    found: list[ProofStep] = []
    for one in recorded(answer):
        if one.kind in _BLOCKS or one.end > len(data):
            continue
        head = data[: one.begin]
        line = head.count(b"\n") + 1 - lines_before
        column = len(head[head.rfind(b"\n") + 1 :].decode("utf-8", "replace"))
        text = data[one.begin : one.end].decode("utf-8", "replace").strip()
        step = ProofStep(text, line, column, one.before, one.after)
        if line >= 1 and step not in found[-1:]:
            found.append(step)
    return tuple(found)


def heartbeats_of(answer: dict[str, Any]) -> float:
    """Work in the unit of `maxHeartbeats`: thousands of small allocations."""
    beats = answer.get("beats")
    return beats / 1000 if isinstance(beats, int) and not isinstance(beats, bool) else 0.0


def _goals(goals: list[Any]) -> tuple[str, ...]:
    return tuple(goal.strip() for goal in goals if isinstance(goal, str))
