r"""GSM8K of Cobbe et al. 2021: word problems of primary school.

{"question": "Ada has 3 pens and buys 2. How many has she?", "answer": "She has 3 + 2 = <<3+2=5>>5 pens.\n#### 5"}

The gold answer stands after the last `####`. Recorded samples whose ids are row numbers of the test split can be
replayed as they are.
"""

from __future__ import annotations

from typing import Any

from reasoning.evaluation.benchmarks.answer_prompts import WORD_STYLES
from reasoning.evaluation.benchmarks.answer_records import TIMEOUT_SECONDS, answer_entry, reader, source
from reasoning.evaluation.benchmarks.base import Benchmark, BenchmarkError, Entry, text_field

__all__ = ["BENCHMARK"]

_REPOSITORY = "openai/grade-school-math"
_TEST = source(
    _REPOSITORY,
    "grade_school_math/data/test.jsonl",
    "test.jsonl",
    "3730d312f6e3440559ace48831e51066acaca737f6eabec99bccb9e4b3c39d14",
)
_TRAIN = source(
    _REPOSITORY,
    "grade_school_math/data/train.jsonl",
    "train.jsonl",
    "17f347dc51477c50d4efb83959dbb7c56297aba886e5544ee2aaed3024813465",
)


def _entry(record: dict[str, Any], place: str, id: str) -> Entry:
    solution = text_field(record, "answer", place)
    _, mark, gold = solution.rpartition("####")
    if not mark:
        raise BenchmarkError(f"{place}: field 'answer': has no '####'")
    return answer_entry(id, text_field(record, "question", place), gold.strip(), solution=solution)


BENCHMARK = Benchmark(
    name="gsm8k",
    summary="GSM8K: 1,319 word problems of primary school (and 7,473 for training)",
    files={"test": (_TEST,), "train": (_TRAIN,)},
    styles=WORD_STYLES,
    timeout_seconds=TIMEOUT_SECONDS,
    read=reader("gsm8k", _entry),
)
