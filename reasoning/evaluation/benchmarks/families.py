r"""Problems of the built-in families, five levels each, from their test split; or any file of problems like these.

{"id": "algebra/linear-equation/1", "kind": "answer", "prompt": "Solve ...", "gold": "7",
 "meta": {"family": "algebra/linear-equation", "topic": "algebra", "grade": "middle", "level": 1, "reference": "..."}}

The reference is the family's worked solution. `scripts/generate_families_data.py` writes the file; problems for
training come from another split, with which this one shares no problem (see `reasoning.families.streams`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from reasoning.evaluation.benchmarks.answer_prompts import COMPETITION_STYLES
from reasoning.evaluation.benchmarks.answer_records import TIMEOUT_SECONDS
from reasoning.evaluation.benchmarks.base import Benchmark, BenchmarkError, Entry, SourceFile, problem_lines

__all__ = ["BENCHMARK"]


def _read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    for place, entry in problem_lines(paths[0], "answer"):
        if not isinstance(entry.problem.fields.get("gold"), str):
            raise BenchmarkError(f"{place}: field 'gold': missing")
        yield entry


BENCHMARK = Benchmark(
    name="families",
    summary="Built-in problem families, elementary to olympiad, one problem for each of five levels",
    files={"test": (SourceFile("families/benchmark.jsonl"),)},
    styles=COMPETITION_STYLES,
    timeout_seconds=TIMEOUT_SECONDS,
    read=_read,
    groups=("level", "grade", "topic"),
)
