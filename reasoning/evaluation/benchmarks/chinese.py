r"""Problems in Chinese: CMATH, middle school, and the university entrance examinations (Gaokao).

{"grade": 1, "question": "...", "answer": "9", "reasoning_step": 1, "num_digits": 2}                cmath
{"idx": 0, "question": "...\nA.-2  B.0  C.3  D.5", "answer": "-2", "choice_answer": "A"}      cn_middle_school
{"question": "...\nA. 0\nB. 1\nC. 2\nD. 3", "answer": "C", "type": "single"}                 gaokao2024 I, II
{"question": "...", "answer": "$5$;$10$", "options": null, "label": null, ...}               gaokao_math_cloze
{"question": "...", "options": {"A": "...", ...}, "label": "D", "answer": null, ...}            gaokao_math_qa

Rows with options are of kind `choice`; those whose options cannot be told apart in the question are judged by letter
alone. The others are of kind `answer`. Where the question has several blanks, the convention is `ordered`: the first
value belongs in the first blank, so the default, which forgives the order of a list, would be too kind. Blanks with
no word between them ask for the members of one list, in any order.

In gaokao2024, one gold answer (split mix) gives its second value in two forms; one of them is dropped. Those of split
II, rows 12 and 13, belong to other questions; they are kept as published.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from reasoning.evaluation.benchmarks.answer_prompts import CHINESE_STYLES
from reasoning.evaluation.benchmarks.answer_records import (
    answer_benchmark,
    answer_entry,
    choice_entry,
    gold_field,
    options_in,
    source,
)
from reasoning.evaluation.benchmarks.base import BenchmarkError, Entry, SourceFile, text_field

__all__ = ["CMATH", "CN_MIDDLE_SCHOOL", "GAOKAO2024", "GAOKAO_MATH_CLOZE", "GAOKAO_MATH_QA"]

_BLANK = re.compile(r"\\q?quad|_{2,}")
_SAME_TWICE = {"23 ,57.5, \\frac{115}{2}": "23, 57.5"}
_LETTERS_ALONE = {letter: letter for letter in "ABCD"}


def _graded(record: dict[str, Any], place: str, id: str) -> Entry:
    meta = {"grade": record.get("grade", "")}
    return answer_entry(id, text_field(record, "question", place), gold_field(record, "answer", place), meta=meta)


def _either(record: dict[str, Any], place: str, id: str) -> Entry:
    letters = record.get("choice_answer") or (text_field(record, "answer", place) if _has_options(record) else "")
    if letters:
        question = text_field(record, "question", place)
        return choice_entry(id, question, options_in(question) or _LETTERS_ALONE, letters, place, shown=True)
    return _blanks(record, place, id)


def _has_options(record: dict[str, Any]) -> bool:
    return record.get("type") in ("single", "multi")


def _blanks(record: dict[str, Any], place: str, id: str) -> Entry:
    question, gold = text_field(record, "question", place), gold_field(record, "answer", place)
    between = _BLANK.split(question)[1:-1]
    convention = "ordered" if any(re.search(r"\w", text) for text in between) else ""
    return answer_entry(id, question, _SAME_TWICE.get(gold, gold), convention=convention)


def _choice(record: dict[str, Any], place: str, id: str) -> Entry:
    options = record.get("options")
    if not isinstance(options, dict) or not all(isinstance(text, str) for text in options.values()):
        raise BenchmarkError(f"{place}: field 'options': expected an object of strings")
    question, gold = text_field(record, "question", place), text_field(record, "label", place)
    return choice_entry(id, question, options, gold, place)


def _file(folder: str, sha256: str) -> tuple[SourceFile]:
    path = f"evaluation/data/{folder}/test.jsonl"
    return (source("QwenLM/Qwen2.5-Math", path, f"{folder}_test.jsonl", sha256),)


_benchmark = partial(answer_benchmark, styles=CHINESE_STYLES, folder="chinese")


CMATH = _benchmark(
    "cmath",
    "CMATH: 600 word problems of primary school in Chinese",
    {"test": _file("cmath", "e2ceabf05d10b37f207eaebbe8db24dbfc961e1a4f07337d2fc4db42a7f44fdb")},
    _graded,
    ("grade",),
)
CN_MIDDLE_SCHOOL = _benchmark(
    "cn_middle_school",
    "101 problems of middle school in Chinese, 41 of them with options",
    {"test": _file("cn_middle_school", "d768b866b72ecd1ddcaa84acb56d7bd70d759fbb2cdb0c2bc63f1e5befdb58d6")},
    _either,
)
GAOKAO2024 = _benchmark(
    "gaokao2024",
    "Gaokao 2024 in Chinese: 91 mixed problems, and the papers I and II with 14 each",
    {
        "mix": _file("gaokao2024_mix", "d00cf32da2252408cb7abd49e8e13adcb801dc08e74a9bd57d1df92c0416935c"),
        "I": _file("gaokao2024_I", "9a5bb19a1b767d5cd48be164efc048351784580142b0dd84a6ad7e8ec3ece18e"),
        "II": _file("gaokao2024_II", "55cc8057d85c5bdf0a993cda2d37b3aee6f733761c70b101a6d086d213732acc"),
    },
    _either,
)
GAOKAO_MATH_CLOZE = _benchmark(
    "gaokao_math_cloze",
    "Gaokao in Chinese: 118 problems with blanks to fill in",
    {"test": _file("gaokao_math_cloze", "088675c147794970a3ed25c7147a3bbc59715d6813837d5f483f46dcb1b5008d")},
    _blanks,
)
GAOKAO_MATH_QA = _benchmark(
    "gaokao_math_qa",
    "Gaokao in Chinese: 351 problems with four options",
    {"test": _file("gaokao_math_qa", "4717f8ab70130e277da9056261e3d63f1f6b062049b97b2d204299917da656fb")},
    _choice,
)
