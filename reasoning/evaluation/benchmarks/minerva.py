r"""The university courses on which Minerva (Lewkowycz et al. 2022) was tested: physics, chemistry, mathematics.

{"problem": "... Give your answer in cm.", "solution": "... $=\\boxed{1.6} \\mathrm{~cm}$", "type": "...", "idx": 0}

The gold answer is the last box of the solution; units mostly stand outside it.
"""

from __future__ import annotations

from typing import Any

from reasoning.evaluation.benchmarks.answer_prompts import COMPETITION_STYLES
from reasoning.evaluation.benchmarks.answer_records import TIMEOUT_SECONDS, answer_entry, boxed_answer, reader, source
from reasoning.evaluation.benchmarks.base import Benchmark, Entry, text_field

__all__ = ["BENCHMARK"]

_TEST = source(
    "QwenLM/Qwen2.5-Math",
    "evaluation/data/minerva_math/test.jsonl",
    "test.jsonl",
    "0e656b430d3a0a1dab6aa853f453ba3805e28e2cabe4fc72486a897cc09d8ba2",
)


def _entry(record: dict[str, Any], place: str, id: str) -> Entry:
    gold = boxed_answer(record, "solution", place)
    solution = text_field(record, "solution", place)
    meta = {"course": text_field(record, "type", place)}
    return answer_entry(id, text_field(record, "problem", place), gold, solution=solution, meta=meta)


BENCHMARK = Benchmark(
    name="minerva",
    summary="Minerva's university courses: 272 problems of physics, chemistry and mathematics",
    files={"test": (_TEST,)},
    styles=COMPETITION_STYLES,
    timeout_seconds=TIMEOUT_SECONDS,
    read=reader("minerva", _entry),
    groups=("course",),
)
