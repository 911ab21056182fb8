"""What is kept of the growing of a tree, bounded in size: candidates, inputs, values, scores, reasons, costs.

{"method": "funcoder", "outcome": "...", "calls": 24, "tokens": 9120, "tree": {"name": "f", "depth": 0,
 "candidates": [{"origin": "draft", "source": "...", "score": 12, "values": ["3", null]}, ...], "inputs": [...],
 "chosen": 2, "tied": [2, 5], "reason": "...", "children": [...]}}
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["MAX_TRACE_TEXT", "CandidateTrace", "NodeTrace", "TextAllowance"]

MAX_TEXT = 4_000
"""Longest single text in a trace, characters."""
MAX_TRACE_TEXT = 300_000
"""All texts of one trace together."""
_CUT = " ...(cut)"


class TextAllowance:
    """Cuts texts so that all together stay below `MAX_TRACE_TEXT`."""

    def __init__(self) -> None:
        self._left = MAX_TRACE_TEXT

    def take(self, text: str, most: int = MAX_TEXT) -> str:
        """`text`, or as much of it as there is room for."""
        room = min(most, self._left)
        kept = text if len(text) <= room else text[:room] + _CUT
        self._left -= min(len(text), room)
        return kept


@dataclass(slots=True)
class CandidateTrace:
    """One candidate: where it comes from, its source, and how it did.

    Attributes:
        origin: `draft`, or `sample N` of the conquer stage.
        source: the function with the helpers that came with it.
        score: of the consensus; None where nothing was compared.
        values: text of the value for each input, None where it failed.
        failures: why, for each input on which it failed.
        passed_tests: unit tests or self-tests that it passed.
    """

    origin: str
    source: str
    score: int | None = None
    values: list[str | None] = field(default_factory=list)
    failures: dict[int, str] = field(default_factory=dict)
    passed_tests: int | None = None


@dataclass(slots=True)
class NodeTrace:
    """What happened to one function.

    Attributes:
        outcome: how it was written, or why it was not.
        consensus: how the candidates were compared.
        candidates: what was sampled.
        inputs: on which candidates were compared, as source.
        tests: that candidates were run against, as source.
        seed: of the programs' random numbers.
        chosen: index of the candidate that was taken; None: none.
        tied: indices of the candidates with the best score.
        reason: why the chosen one was taken.
        notes: what else is worth saying.
        calls: of the engine for this function.
        tokens: of prompts and completions for it.
    """

    outcome: str = "not begun"
    consensus: str = ""
    candidates: list[CandidateTrace] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    seed: int = 0
    chosen: int | None = None
    tied: list[int] = field(default_factory=list)
    reason: str = ""
    notes: list[str] = field(default_factory=list)
    calls: int = 0
    tokens: int = 0

    def to_json(self, allowance: TextAllowance) -> dict[str, Any]:
        """Plain JSON; empty fields are left out."""
        form: dict[str, Any] = {
            "outcome": self.outcome,
            "consensus": self.consensus,
            "chosen": self.chosen,
            "tied": self.tied,
            "reason": self.reason,
            "notes": [allowance.take(note, 300) for note in self.notes[:40]],
            "calls": self.calls,
            "tokens": self.tokens,
            "seed": self.seed,
            "inputs": [allowance.take(source, 1_000) for source in self.inputs],
            "tests": [allowance.take(source, 300) for source in self.tests],
            "candidates": self._candidates(allowance),
        }
        return {name: value for name, value in form.items() if value not in (None, "", 0, []) or name == "chosen"}

    def _candidates(self, allowance: TextAllowance) -> list[dict[str, Any]]:
        """Sources that occur before are given by the number of their first candidate."""
        first: dict[str, int] = {}
        forms: list[dict[str, Any]] = []
        for number, candidate in enumerate(self.candidates):
            form: dict[str, Any] = {"origin": candidate.origin}
            if candidate.source in first:
                form["same_as"] = first[candidate.source]
            else:
                first[candidate.source] = number
                form["source"] = allowance.take(candidate.source)
            if candidate.score is not None:
                form["score"] = candidate.score
            if candidate.values and "same_as" not in form:
                form["values"] = [None if text is None else allowance.take(text, 200) for text in candidate.values]
            if candidate.failures and "same_as" not in form:
                form["failures"] = {
                    str(place): allowance.take(reason, 200) for place, reason in candidate.failures.items()
                }
            if candidate.passed_tests is not None:
                form["passed_tests"] = candidate.passed_tests
            forms.append(form)
        return forms
