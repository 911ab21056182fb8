r"""From the rows of mathematics benchmarks to problems of the kinds `answer` and `choice`.

    answer_entry("toy/test/0", "What is 2 + 3?", "5").references            # ("\\boxed{5}",)
    choice_entry("toy/test/1", "2 + 3 =", {"A": "4", "B": "5"}, "B", place).problem.prompt     # "2 + 3 =\n(A) 4\n(B) 5"

A reference is the authors' solution where it ends in the answer, and otherwise the gold answer in a box.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reasoning.evaluation.benchmarks.base import Benchmark, BenchmarkError, Entry, SourceFile, json_lines, text_field
from reasoning.methods.base import PromptStyle
from verifiers.answers.boxes import last_boxes
from verifiers.records import Problem

__all__ = [
    "TIMEOUT_SECONDS",
    "RowReader",
    "answer_benchmark",
    "answer_entry",
    "boxed_answer",
    "choice_entry",
    "gold_field",
    "number_field",
    "options_in",
    "reader",
    "source",
]

TIMEOUT_SECONDS = 5.0
"""For one answer; the answer verifier needs milliseconds, and stops itself earlier than this."""

_REVISIONS = {
    "openai/grade-school-math": "3101c7d5072418e28b9008a6636bde82a006892c",
    "microsoft/ToRA": "213c1c995038c73fab10343814df7a42f990f026",
    "QwenLM/Qwen2.5-Math": "a45202bd16f1ec06f433442dc1152d0074773465",
    "ZubinGou/math-evaluation-harness": "db77bc6bb2a17c90ed2d63e88ebd8c40a82858c5",
    "hkust-nlp/dart-math": "219b32467b55f7c610195e148b56df3431e1a963",
}
_SIGNIFICANT_DIGITS = 15
"""As many as a 64-bit float holds for certain; what follows them is noise of its arithmetic."""

_MARKED_OPTION = r"(?<![A-Za-z\\]){letter}[.)．、)）]\s*"
_LETTERS = "ABCDE"

RowReader = Callable[[dict[str, Any], str, str], Entry]
"""`(row, place, id) -> entry`."""


def source(repository: str, path: str, name: str, sha256: str) -> SourceFile:
    """A file at a pinned revision of a GitHub repository; `name` is its name in a local collection."""
    url = f"https://raw.githubusercontent.com/{repository}/{_REVISIONS[repository]}/{path}"
    return SourceFile(name, url, sha256)


def reader(name: str, entry: RowReader) -> Callable[[Sequence[Path], str], Iterator[Entry]]:
    """A benchmark's `read`: one entry a line, with the id `NAME/SPLIT/ROW`, rows counted from 0."""

    def read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
        for number, (place, record) in enumerate(json_lines(paths[0])):
            yield entry(record, place, f"{name}/{split}/{number}")

    return read


def answer_benchmark(
    name: str,
    summary: str,
    files: Mapping[str, tuple[SourceFile, ...]],
    entry: RowReader,
    groups: tuple[str, ...] = (),
    *,
    styles: tuple[PromptStyle, ...],
    folder: str = "",
) -> Benchmark:
    """A benchmark of answers or choices whose files hold one problem a line.

    Args:
        name: as given to `reasoning evaluate`.
        summary: one line for people.
        files: split -> its file.
        entry: reads a line.
        groups: fields of `meta` by which results are shown.
        styles: of prompts, the default one first.
        folder: in a local collection; empty: one of the benchmark's own.
    """
    return Benchmark(
        name=name,
        summary=summary,
        files=dict(files),
        styles=styles,
        timeout_seconds=TIMEOUT_SECONDS,
        read=reader(name, entry),
        groups=groups,
        folder=folder,
    )


def answer_entry(
    id: str,
    question: str,
    gold: str | list[str],
    *,
    solution: str = "",
    convention: str = "",
    meta: Mapping[str, Any] | None = None,
) -> Entry:
    """A problem of kind `answer`.

    Args:
        id: of the problem.
        question: its text.
        gold: the right answer, or several that are each right; empty: there is no reference, and no answer is right.
        solution: a worked one, where there is one.
        convention: how answers are compared, see `verifiers.answers.CONVENTIONS`; empty: the default.
        meta: of the problem.
    """
    fields = {"gold": gold, "convention": convention} if convention else {"gold": gold}
    golds = gold if isinstance(gold, list) else [gold]
    references = (solution,) if solution else tuple(f"\\boxed{{{one}}}" for one in golds if one)
    return Entry(Problem(id, "answer", question.strip(), fields, meta or {}), references)


def choice_entry(
    id: str,
    question: str,
    options: Mapping[str, str],
    gold: str,
    place: str,
    *,
    shown: bool = False,
    meta: Mapping[str, Any] | None = None,
) -> Entry:
    """A problem of kind `choice`.

    Args:
        id: of the problem.
        question: its text.
        options: label -> text.
        gold: the right label, or several.
        place: file and line, for messages.
        shown: whether the question already lists the options.
        meta: of the problem.

    Raises:
        BenchmarkError: `gold` names something that is no option.
    """
    letters = re.sub(r"[\s,]", "", gold)
    if not letters or not set(letters) <= options.keys():
        raise BenchmarkError(f"{place}: the right option is {gold!r}, expected letters among {', '.join(options)}")
    listed = "" if shown else "".join(f"\n({label}) {text}" for label, text in options.items())
    fields = {"options": dict(options), "gold": letters}
    return Entry(Problem(id, "choice", question.strip() + listed, fields, meta or {}), (f"\\boxed{{{letters}}}",))


def options_in(text: str) -> dict[str, str]:
    """The options A to D that a text lists one after the other (`A. ...` or `A) ...`); empty if it does not."""
    letters = _LETTERS[:4]
    marked = "(.*?)".join(_MARKED_OPTION.format(letter=letter) for letter in letters)
    found = re.search(f"^.*{marked}(.*)$", text, re.DOTALL)
    return dict(zip(letters, map(str.strip, found.groups()), strict=True)) if found else {}


def gold_field(record: Mapping[str, Any], name: str, place: str) -> str:
    """A gold answer without the dollar signs around it.

    Raises:
        BenchmarkError: the field is missing or no string.
    """
    text = text_field(record, name, place).strip()
    return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] == "$" and text.count("$") == 2 else text


def boxed_answer(record: Mapping[str, Any], name: str, place: str) -> str:
    """The content of the last box of a solution.

    Raises:
        BenchmarkError: the field is missing or no string, or has no box.
    """
    boxes = last_boxes(text_field(record, name, place))
    if boxes is None:
        raise BenchmarkError(f"{place}: field '{name}': has no \\boxed{{}}")
    return boxes.content


def number_field(record: Mapping[str, Any], name: str, place: str) -> str:
    r"""A number as a gold answer: whole floats without a point, others without the noise of their last digits.

    Raises:
        BenchmarkError: the field is missing or no finite number.
    """
    value = record.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BenchmarkError(f"{place}: field '{name}': expected a finite number, got {value!r}")
    return str(int(value)) if value == int(value) else f"{value:.{_SIGNIFICANT_DIGITS}g}"
