r"""TheoremQA of Chen et al. 2023: questions that need a theorem; answers are numbers, truth values, lists, options.

{"Question": "Is 2 prime?", "Answer": true, "Answer_type": "bool", "Picture": null, "id": "own/prime.json", ...}

Splits: `test` are all 800 questions, `text` the 747 without a picture. The convention is `ordered`: its lists are
vectors, paths and answers to several questions, whose order counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from reasoning.evaluation.benchmarks.answer_prompts import COMPETITION_STYLES
from reasoning.evaluation.benchmarks.answer_records import TIMEOUT_SECONDS, answer_entry, source
from reasoning.evaluation.benchmarks.base import Benchmark, BenchmarkError, Entry, json_array, text_field

__all__ = ["BENCHMARK"]

_FILE = source(
    "hkust-nlp/dart-math",
    "data/dsets/theoremqa.json",
    "theoremqa.json",
    "84b85febccbcbc03668b710cc5c9fb3ffb972e19db88f5a3423bd943e025087c",
)


def _read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    for place, record in json_array(paths[0]):
        if split == "test" or record.get("Picture") is None:
            meta = {name: record.get(name) or "" for name in ("Answer_type", "field", "Picture")}
            question, id = text_field(record, "Question", place), text_field(record, "id", place)
            yield answer_entry(id, question, _gold(record, place), convention="ordered", meta=meta)


def _gold(record: dict[str, Any], place: str) -> str:
    answer = record.get("Answer")
    if isinstance(answer, str | bool | int | float) or (
        isinstance(answer, list) and answer and all(isinstance(one, int | float) for one in answer)
    ):
        return str(answer)
    raise BenchmarkError(f"{place}: field 'Answer': expected a text, number, truth value or list of numbers")


BENCHMARK = Benchmark(
    name="theoremqa",
    summary="TheoremQA: 800 questions on theorems of mathematics, physics, engineering and finance",
    files={"test": (_FILE,), "text": (_FILE,)},
    styles=COMPETITION_STYLES,
    timeout_seconds=TIMEOUT_SECONDS,
    read=_read,
    groups=("Answer_type", "field"),
)
