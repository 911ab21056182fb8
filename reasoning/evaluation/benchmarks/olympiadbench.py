r"""OlympiadBench of He et al. 2024: its open-ended competition problems in English, without pictures.

{"id": 7, "subfield": "Algebra", "context": null, "question": "...", "solution": ["..."], "final_answer": ["$2$,$3$"],
 "is_multiple_answer": true, "unit": null, "answer_type": "Numerical", "error": null}

Where several values are right, the gold answer lists all of them and an answer has to give all, in any order. One row
(4.2, `error` 1e-1) allows a tolerance; it is judged without it, by the digits that it gives.
"""

from __future__ import annotations

from typing import Any

from reasoning.evaluation.benchmarks.answer_prompts import COMPETITION_STYLES
from reasoning.evaluation.benchmarks.answer_records import TIMEOUT_SECONDS, answer_entry, gold_field, reader, source
from reasoning.evaluation.benchmarks.base import Benchmark, BenchmarkError, Entry, text_field

__all__ = ["BENCHMARK"]

_TEST = source(
    "QwenLM/Qwen2.5-Math",
    "evaluation/data/olympiadbench/test.jsonl",
    "test.jsonl",
    "bb8c1e38a16ea9eacb77530315a674d883f267fbff79183effc53681b4fcc416",
)


def _entry(record: dict[str, Any], place: str, id: str) -> Entry:
    answers = record.get("final_answer")
    if not isinstance(answers, list) or not answers or not isinstance(answers[0], str):
        raise BenchmarkError(f"{place}: field 'final_answer': expected a list that begins with a string")
    gold = gold_field({"final_answer": answers[0]}, "final_answer", place)
    meta = {name: record.get(name) or "" for name in ("subfield", "answer_type")}
    return answer_entry(id, text_field(record, "question", place), gold, meta=meta)


BENCHMARK = Benchmark(
    name="olympiadbench",
    summary="OlympiadBench: 675 open-ended competition problems in English",
    files={"test": (_TEST,)},
    styles=COMPETITION_STYLES,
    timeout_seconds=TIMEOUT_SECONDS,
    read=reader("olympiadbench", _entry),
    groups=("subfield", "answer_type"),
)
