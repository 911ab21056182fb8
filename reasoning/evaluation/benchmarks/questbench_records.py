r"""What the QuestBench sets share: their files, their options, how they are asked and how a reply is read.

    question_entry("q/0", "x + y = 7. Find x.", {"0": "What is y?", "1": NO_QUESTION}, {"0"}).references     # ("0",)

A problem is of kind `choice` with `accept: any`: its options are the questions that may be asked, and a reply is right
when it asks any of the right ones.
"""

from __future__ import annotations

import ast
import csv
import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reasoning.engines.base import Message
from reasoning.evaluation.benchmarks.base import BenchmarkError, Entry, SourceFile, text_field
from reasoning.evaluation.questbench.generation import Generation, GenerationError, read_generation
from reasoning.methods.base import Prompt, PromptStyle
from verifiers.records import Problem

__all__ = [
    "GENERATED",
    "NO_QUESTION",
    "NUMBERED",
    "archive",
    "csv_rows",
    "generation",
    "listed",
    "numbered_entry",
    "question_entry",
    "texts_in",
]

GENERATED = "generated"
"""The split of problems that are made when they are read."""

NO_QUESTION = "No questions needed."
MAX_CELL_CHARACTERS = 1 << 20
_CHOICE = re.compile(r"choice:\D*(\d{1,6})", re.IGNORECASE)
_INSTRUCTION = (
    "One piece of information may be missing. Which of these questions would you ask, so that its answer is all you "
    "need?\n\n{options}\n\nReason step by step, then end with a line 'Choice: N', where N is the question's number."
)


def archive(name: str) -> SourceFile:
    """A file of the published archive, which is one large download of its own."""
    return SourceFile(name, origin="questbench_data.tar.gz of github.com/google-deepmind/questbench, unpacked")


def generation(path: Path, generator: str, version: int) -> Generation:
    """What a file asks to generate.

    Raises:
        BenchmarkError: it is for another generator, or malformed.
    """
    try:
        return read_generation(path, generator, version)
    except GenerationError as error:
        raise BenchmarkError(str(error)) from None


def csv_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place (`FILE, row N`) and fields of every row of a CSV file with a header.

    Raises:
        BenchmarkError: the file cannot be read.
    """
    number = 0
    limit = csv.field_size_limit(MAX_CELL_CHARACTERS)
    try:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), 1):
                yield f"{path}, row {number}", dict(row)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        raise BenchmarkError(f"{path}, row {number + 1}: cannot be read: {error}") from None
    finally:
        csv.field_size_limit(limit)


def listed(record: Mapping[str, Any], name: str, place: str) -> list[Any]:
    """The members of a field that holds a list: as JSON, or as Python writes a list, tuple or set.

    Raises:
        BenchmarkError: it is missing or holds something else.
    """
    value = record.get(name)
    if isinstance(value, list):
        return value
    text = text_field(record, name, place).strip()
    found: Any = None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        try:
            # Literals only: names, calls and operators are refused.
            found = set() if text == "set()" else ast.literal_eval(text)
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            found = None
    if isinstance(found, set | frozenset):
        return sorted(found, key=str)
    if isinstance(found, list | tuple):
        return list(found)
    raise BenchmarkError(f"{place}: field '{name}': expected a list, got {text[:60]!r}")


def texts_in(record: Mapping[str, Any], name: str, place: str) -> list[str]:
    """The same, of texts; lists inside (a fact's words) are joined by spaces."""
    return [
        " ".join(map(str, one)) if isinstance(one, list | tuple) else str(one) for one in listed(record, name, place)
    ]


def question_entry(
    id: str,
    prompt: str,
    options: Mapping[str, str],
    right: Iterable[str],
    *,
    place: str = "",
    meta: Mapping[str, Any] | None = None,
) -> Entry:
    """A problem whose right answers are some labels of options; any of them will do.

    Args:
        id: of the problem.
        prompt: its text.
        options: label -> text.
        right: labels of the right options.
        place: file and line, for messages.
        meta: of the problem.

    Raises:
        BenchmarkError: there is no right label, or it names no option.
    """
    gold = sorted(right)
    if not gold or not set(gold) <= options.keys():
        raise BenchmarkError(
            f"{place or id}: the right questions are {gold}, expected some of {', '.join(options)}"[:400]
        )
    fields = {"options": dict(options), "gold": gold, "accept": "any"}
    return Entry(Problem(id, "choice", prompt, fields, meta or {}), tuple(gold))


def numbered_entry(
    id: str, statement: str, questions: Sequence[str], right: Iterable[str], *, place: str = "", meta: Mapping[str, Any]
) -> Entry:
    """A problem with its questions numbered from 0, and "no questions needed" last, as QuestBench does.

    Args:
        id: of the problem.
        statement: what is known, and what is asked for.
        questions: that may be asked.
        right: those of them that settle the problem; any of them will do.
        place: file and line, for messages.
        meta: of the problem.

    Raises:
        BenchmarkError: there is no right question, or it is not among `questions`.
    """
    options = {str(number): text for number, text in enumerate([*questions, NO_QUESTION])}
    wanted = set(right)
    if missing := wanted - set(questions):
        raise BenchmarkError(f"{place or id}: the right question {min(missing)!r} is not among those that may be asked")
    labels = [label for label, text in options.items() if text in wanted]
    return question_entry(id, statement.strip(), options, labels, place=place, meta=meta)


def _numbered(problem: Problem) -> Prompt:
    options = problem.fields["options"]
    assert isinstance(options, Mapping)
    shown = "\n".join(f"{label}. {text}" for label, text in options.items())
    return Prompt(messages=(Message("user", f"{problem.prompt}\n\n{_INSTRUCTION.format(options=shown)}"),))


def _number(problem: Problem, reply: str) -> str | None:
    """The first integer after the last "choice:"."""
    found = _CHOICE.findall(reply)
    options = problem.fields["options"]
    assert isinstance(options, Mapping)
    return str(int(found[-1])) if found and str(int(found[-1])) in options else None


NUMBERED = (PromptStyle("choose", "numbered questions; asks for reasoning, then 'Choice: N'", _numbered, _number),)
