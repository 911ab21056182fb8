r"""American contests: AIME 2024 and AMC 2023 (the latter without its options), answers are whole numbers.

{"id": 60, "problem": "...", "solution": "...", "answer": "033", "url": "...", "question": "..."}     AIME
{"id": 0, "problem": "...", "answer": 27.0, "url": "...", "question": "..."}                           AMC
"""

from __future__ import annotations

from typing import Any

from reasoning.evaluation.benchmarks.answer_prompts import COMPETITION_STYLES
from reasoning.evaluation.benchmarks.answer_records import TIMEOUT_SECONDS, answer_entry, number_field, reader, source
from reasoning.evaluation.benchmarks.base import Benchmark, Entry, text_field

__all__ = ["AIME24", "AMC23"]

_REPOSITORY = "QwenLM/Qwen2.5-Math"


def _aime(record: dict[str, Any], place: str, id: str) -> Entry:
    return answer_entry(id, text_field(record, "problem", place), text_field(record, "answer", place))


def _amc(record: dict[str, Any], place: str, id: str) -> Entry:
    return answer_entry(id, text_field(record, "problem", place), number_field(record, "answer", place))


AIME24 = Benchmark(
    name="aime24",
    summary="AIME 2024: 30 problems, answers from 0 to 999",
    files={
        "test": (
            source(
                _REPOSITORY,
                "evaluation/data/aime24/test.jsonl",
                "aime24_test.jsonl",
                "af2b8bd2aa911b6333ad0df32f3ca05c7ae8ed10f1731f4372c8ae26990bf7ac",
            ),
        )
    },
    styles=COMPETITION_STYLES,
    timeout_seconds=TIMEOUT_SECONDS,
    read=reader("aime24", _aime),
    folder="aime",
)

AMC23 = Benchmark(
    name="amc23",
    summary="AMC 2023: 40 problems, without their options",
    files={
        "test": (
            source(
                _REPOSITORY,
                "evaluation/data/amc23/test.jsonl",
                "amc23_test.jsonl",
                "43707e1ca784602d8479de24ee8ce36609dbebc46dd152b0b12a46611aa898a4",
            ),
        )
    },
    styles=COMPETITION_STYLES,
    timeout_seconds=TIMEOUT_SECONDS,
    read=reader("amc23", _amc),
    folder="amc",
)
