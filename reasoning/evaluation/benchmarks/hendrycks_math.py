r"""MATH of Hendrycks et al. 2021, its test set, and MATH-500, the part of it that Lightman et al. 2023 test on.

{"problem": "What is $2 + 3$?", "level": "Level 1", "type": "Algebra", "solution": "It is $\\boxed{5}$.", "idx": 0}
{"problem": "...", "solution": "...", "answer": "5", "subject": "Algebra", "level": 1, "unique_id": "test/..."}
{"idx": 0, "question": "...", "answer": "5", "solution": "...", "level": "Level 1", "response": ["..."], ...}

The last form is that of recorded outputs of Qwen2.5-Math's script, which hold their problems: with `--data FILE` they
can be judged again by `--engine replay:FILE,id_field=idx,text_field=response`. The gold answer of a test row is the
last box of its solution, but for the row whose box is a sign of the question.
"""

from __future__ import annotations

from typing import Any

from reasoning.evaluation.benchmarks.answer_prompts import COMPETITION_STYLES
from reasoning.evaluation.benchmarks.answer_records import TIMEOUT_SECONDS, answer_entry, boxed_answer, reader, source
from reasoning.evaluation.benchmarks.base import Benchmark, Entry, text_field

__all__ = ["BENCHMARK"]

_TEST = source(
    "microsoft/ToRA",
    "src/data/math/test.jsonl",
    "test.jsonl",
    "3371949f33dd702d04b43fddd7d53a028de0aaca0e76abb1b875a050297b3aa4",
)
_MATH500 = source(
    "ZubinGou/math-evaluation-harness",
    "data/math_oai/test.jsonl",
    "math500_test.jsonl",
    "35dc41080a3680858b27fa7e0533d2d547825316fc5dafe5d316f4ccc5a06132",
)

_NOT_THE_BOX = {"math/test/4060": "6"}
"""The problem writes boxed numbers for a function; its solution says in words that the answer is 6."""


def _entry(record: dict[str, Any], place: str, id: str) -> Entry:
    solution = text_field(record, "solution", place)
    level = str(record.get("level", "")).removeprefix("Level ")
    if "question" in record:
        question, gold = text_field(record, "question", place), text_field(record, "answer", place)
        return answer_entry(id, question, gold, solution=solution, meta={"level": level})
    if "answer" in record:
        gold, subject = text_field(record, "answer", place), "subject"
    else:
        gold, subject = _NOT_THE_BOX.get(id) or boxed_answer(record, "solution", place), "type"
    meta = {"subject": text_field(record, subject, place), "level": level}
    return answer_entry(id, text_field(record, "problem", place), gold, solution=solution, meta=meta)


BENCHMARK = Benchmark(
    name="math",
    summary="MATH: 5,000 competition problems in five levels; split math500: 500 of them",
    files={"test": (_TEST,), "math500": (_MATH500,)},
    styles=COMPETITION_STYLES,
    timeout_seconds=TIMEOUT_SECONDS,
    read=reader("math", _entry),
    groups=("level", "subject"),
)
