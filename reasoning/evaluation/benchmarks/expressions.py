r"""Sets of questions with one gold answer a row, mostly expressions: CollegeMath, Gaokao 2023, CARP, Odyssey-Math.

{"question": "Expand $(x+1)^2$.", "answer": "$x^2+2x+1$", "data_topic": "college_math.algebra", ...}    college_math
{"question": "Find $M \\cap N$.", "answer": "$\\{1\\}$", "source": "...", "lang": "en"}                  gaokao2023en
{"content": "What is $( 2 ) ^ { 2 }$?", "answer": "4", "steps": "...", ...}                               carp_en
{"Problem_1": {"question": "...", "answer": "16", "label": "Algebra", "level": "college math", ...}}      odyssey_math

Two rows of gaokao2023en have an empty gold answer upstream. They stay in, so that shares are of the published 385;
they have no reference, and no answer to them is right.
"""

from __future__ import annotations

from typing import Any

from reasoning.evaluation.benchmarks.answer_prompts import COMPETITION_STYLES
from reasoning.evaluation.benchmarks.answer_records import RowReader, answer_benchmark, answer_entry, gold_field, source
from reasoning.evaluation.benchmarks.base import Benchmark, BenchmarkError, Entry, SourceFile, text_field

__all__ = ["CARP_EN", "COLLEGE_MATH", "GAOKAO2023EN", "ODYSSEY_MATH"]

_QWEN = "QwenLM/Qwen2.5-Math"
_LATEX_END = "\\end{problem}"


def _college(record: dict[str, Any], place: str, id: str) -> Entry:
    meta = {"topic": text_field(record, "data_topic", place).removeprefix("college_math.")}
    return answer_entry(id, text_field(record, "question", place), gold_field(record, "answer", place), meta=meta)


def _gaokao(record: dict[str, Any], place: str, id: str) -> Entry:
    return answer_entry(id, text_field(record, "question", place), gold_field(record, "answer", place))


def _carp(record: dict[str, Any], place: str, id: str) -> Entry:
    return answer_entry(id, text_field(record, "content", place), gold_field(record, "answer", place))


def _odyssey(record: dict[str, Any], place: str, id: str) -> Entry:
    row = next(iter(record.values()), None)
    if len(record) != 1 or not isinstance(row, dict):
        raise BenchmarkError(f"{place}: expected an object with one member that is an object")
    question = text_field(row, "question", place).replace(_LATEX_END, "")
    meta = {name: text_field(row, name, place) for name in ("label", "level")}
    gold = gold_field(row, "answer", place).removesuffix("\\\\").strip()
    return answer_entry(id, question, gold, meta=meta)


def _benchmark(name: str, summary: str, file: SourceFile, entry: RowReader, groups: tuple[str, ...] = ()) -> Benchmark:
    return answer_benchmark(name, summary, {"test": (file,)}, entry, groups, styles=COMPETITION_STYLES)


COLLEGE_MATH = _benchmark(
    "college_math",
    "CollegeMath: 2,818 exercises from university textbooks",
    source(
        _QWEN,
        "evaluation/data/college_math/test.jsonl",
        "test.jsonl",
        "91131bc4a355b884fc63ef7c4f048c35adb030004a4cb07b1475698f120aa4a6",
    ),
    _college,
    ("topic",),
)

GAOKAO2023EN = _benchmark(
    "gaokao2023en",
    "Gaokao 2023 in English: 385 problems of China's university entrance examination",
    source(
        _QWEN,
        "evaluation/data/gaokao2023en/test.jsonl",
        "test.jsonl",
        "654d8f49bdb86f578c171dbc0dd8f4d9f1bf3d7a7438f60359fda7d643df4951",
    ),
    _gaokao,
)

CARP_EN = _benchmark(
    "carp_en",
    "CARP in English: 976 algebra problems of middle school",
    source(
        _QWEN,
        "evaluation/data/carp_en/test.jsonl",
        "test.jsonl",
        "f93f00bed6273d7f6795f674d8458662be596950f81ef433d8b80592ba3aae64",
    ),
    _carp,
)

ODYSSEY_MATH = _benchmark(
    "odyssey_math",
    "Odyssey-Math: 387 problems from high school to university",
    source(
        "hkust-nlp/dart-math",
        "data/dsets/odyssey-math.jsonl",
        "odyssey-math.jsonl",
        "ff5d1b59e9a40c41eef9ab4214e24b41e9391d58eee3bd65cb18abd60a6fcf44",
    ),
    _odyssey,
    ("level", "label"),
)
