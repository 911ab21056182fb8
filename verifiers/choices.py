r"""Judges multiple-choice answers: which option, or options, a text names.

    problem = Problem("p", "choice", fields={"options": ["3", "4", "5"], "gold": "B"})
    async with SandboxPool() as sandbox:
        (await ChoiceVerifier(sandbox).verify(problem, "2 + 2 = 4, so the answer is (B).", Limits())).status
    # <Status.PASSED: 'passed'>

A label is taken first; a text that names none may give the content of exactly one option instead. Labels are letters,
or with an object of options any words. The problem's field `accept` says whether all right labels have to be named
(`all`, the default) or one of them (`any`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TYPE_CHECKING

from verifiers.answers.extract import extract
from verifiers.answers.judge import judge_bare
from verifiers.answers.lists import letters
from verifiers.answers.reading import read
from verifiers.records import Problem, RecordError, Status, Verdict
from verifiers.sandbox.task import Limits

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["ChoiceVerifier", "Choices", "chosen_labels"]

_LABELLED = re.compile(r"\s*\(?([A-Z])\s*[).:]\s*(.*)", re.DOTALL)
_LONE_LETTER = re.compile(r"(?<![A-Za-z\\])\(?([A-Z])\)?(?![A-Za-z'])")
_PREFERRED = re.compile(r"\s*\(?([A-Z])\)?\s+(?:over|rather than|instead of|and not)\b")
_STATUS = "(?:is|are|was)"
_REFUSED = re.compile(rf"\b(?:not|isn't|eliminate|rule out|{_STATUS} (?:wrong|incorrect|false))\b", re.IGNORECASE)
MAX_TAIL = 4_000
"""Characters at the end of a text in which a lone label is looked for."""


@dataclass(frozen=True, slots=True)
class Choices:
    """The options of a problem.

    Attributes:
        options: label -> text, labels in upper case.
        gold: the right label, or all right labels.
        any_right: naming one of the right labels is enough; otherwise all of them have to be named.
    """

    options: Mapping[str, str]
    gold: frozenset[str]
    any_right: bool = False

    def right(self, labels: frozenset[str]) -> bool:
        """Whether naming `labels` is right."""
        return labels == self.gold or (self.any_right and len(labels) == 1 and labels <= self.gold)

    @classmethod
    def of(cls, problem: Problem) -> Choices:
        """Read a problem's fields.

        Raises:
            RecordError: `options`, `gold` or `accept` is missing or malformed, or `gold` names no option.
        """
        accept = problem.fields.get("accept", "all")
        if accept not in ("all", "any"):
            raise RecordError("accept", f"expected 'all' or 'any', got {accept!r}"[:200])
        options = _options(problem.fields.get("options"))
        gold = problem.fields.get("gold")
        if isinstance(gold, str):
            labels = [gold] if gold.strip().upper() in options else list(gold.replace(",", "").replace(" ", ""))
        elif isinstance(gold, list) and gold and all(isinstance(label, str) for label in gold):
            labels = gold
        else:
            raise RecordError("gold", f"expected a label or a list of labels, got {gold!r}")
        wanted = frozenset(label.strip().strip("().").upper() for label in labels)
        if not wanted or not wanted <= options.keys():
            raise RecordError("gold", f"expected labels among {', '.join(options)}, got {gold!r}")
        return cls(options, wanted, accept == "any")


def _options(value: object) -> dict[str, str]:
    if isinstance(value, Mapping) and value:
        return {str(label).strip().upper(): str(text) for label, text in value.items()}
    if not isinstance(value, list) or not value or len(value) > len(ascii_uppercase):
        raise RecordError(
            "options", f"expected a list of 1 to {len(ascii_uppercase)} options or an object, got {value!r}"[:200]
        )
    matches = [_LABELLED.fullmatch(str(text)) for text in value]
    if all(match is not None and match[1] == label for match, label in zip(matches, ascii_uppercase, strict=False)):
        return {match[1]: match[2] for match in matches if match is not None}
    return dict(zip(ascii_uppercase, map(str, value), strict=False))


def chosen_labels(text: str, options: Mapping[str, str]) -> tuple[frozenset[str], str]:
    """The labels that a text chooses, and how they were found; an empty set when it chooses none."""
    whole = text.strip().upper()
    if whole in options:
        return frozenset({whole}), "the whole text"
    places = extract(text)
    for place in places:
        reading = read(place.text)
        if reading.choice is not None and reading.choice[0] in options:
            return frozenset({reading.choice[0]}), place.rule
        if reading.nodes:
            named = letters(reading.nodes[0])
            if named and named <= options.keys():
                return named, place.rule
        preferred = _PREFERRED.match(place.text)
        if preferred is not None and preferred[1] in options:
            return frozenset({preferred[1]}), place.rule
        bare = place.text.strip().strip("().* ")
        if bare.upper() in options and place.certain:
            return frozenset({bare.upper()}), place.rule
    for place in places:
        equal = [label for label, content in options.items() if judge_bare(content, place.text).passed]
        if len(equal) == 1:
            return frozenset(equal), f"the text of an option, {place.rule}"
    lines = [line for line in text[-MAX_TAIL:].splitlines() if not _REFUSED.search(line)]
    lone = [
        letter for line in lines for letter in _LONE_LETTER.findall(line) if letter in options and letter not in "AI"
    ]
    lone = lone or [letter for line in lines for letter in re.findall(r"\(([A-Z])\)", line) if letter in options]
    return (frozenset(lone[-1:]), "the last lone label") if lone else (frozenset(), "no label")


class ChoiceVerifier:
    """Judges free text that names one label, or several where several are right.

    Args:
        sandbox: not used; choices need no child process.
    """

    def __init__(self, sandbox: SandboxPool) -> None:
        del sandbox

    async def verify(self, problem: Problem, candidate: str, limits: Limits) -> Verdict:
        """Judge one candidate.

        Raises:
            RecordError: `options` or `gold` is missing or malformed.
        """
        del limits
        choices = Choices.of(problem)
        labels, rule = chosen_labels(candidate, choices.options)
        if not labels:
            return Verdict.of(problem.id, Status.UNPARSABLE, "the text names no option")
        status = Status.PASSED if choices.right(labels) else Status.WRONG
        named = ", ".join(sorted(labels))
        return Verdict.of(problem.id, status, f"chose {named} ({rule}), gold {', '.join(sorted(choices.gold))}")
