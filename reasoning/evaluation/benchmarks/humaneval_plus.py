"""HumanEval+ of Liu et al. 2023: HumanEval with many more inputs, from EvalPlus's release file.

    reasoning evaluate humaneval-plus --data HumanEvalPlus.jsonl.gz --engine ... --out runs/plus

Split `base` has HumanEval's own inputs only. See `evalplus_files` for the format and the rules.
"""

from __future__ import annotations

from typing import Any

from reasoning.evaluation.benchmarks.base import SourceFile
from reasoning.evaluation.benchmarks.evalplus_files import evalplus_benchmark
from reasoning.evaluation.benchmarks.humaneval import BENCHMARK as HUMANEVAL

__all__ = ["BENCHMARK"]

_FILE = SourceFile(
    "HumanEvalPlus.jsonl",
    origin="https://github.com/evalplus/humanevalplus_release/releases/download/v0.1.10/HumanEvalPlus.jsonl.gz",
)


def _as_they_are(id: str, values: list[Any]) -> list[Any]:
    return values


BENCHMARK = evalplus_benchmark(
    "humaneval-plus",
    "HumanEval+: HumanEval's functions with EvalPlus's inputs; needs its release file",
    _FILE,
    HUMANEVAL.styles,
    {"find_zero": "root"},
    _as_they_are,
)
