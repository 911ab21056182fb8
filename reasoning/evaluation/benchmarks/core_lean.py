"""The built-in Lean theorems, or any file of problems of kind `proof` with `--data`.

{"id": "nat_add_zero_right", "kind": "proof", "prompt": "", "system": "lean",
 "statement": "theorem nat_add_zero_right (n : Nat) : n + 0 = n := by",
 "meta": {"level": "easy", "area": "Nat", "reference": "  rfl"}}
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from reasoning.evaluation.benchmarks.base import Benchmark, BenchmarkError, Entry, SourceFile, problem_lines
from reasoning.evaluation.benchmarks.proof_prompts import STYLES
from reasoning.proving.held_out import THEOREMS_NAME, is_held_out
from verifiers.proofs.records import ProofTask
from verifiers.records import RecordError

__all__ = ["BENCHMARK"]

_TIMEOUT_SECONDS = 60.0
_HELD_OUT = "held-out"


def _read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    """All theorems, or those of the quarter that no prover of this project learns from."""
    for place, entry in problem_lines(paths[0], "proof"):
        try:
            ProofTask.of(entry.problem)
        except RecordError as error:
            raise BenchmarkError(f"{place}: {error}") from None
        if split != _HELD_OUT or is_held_out(entry.problem.text("statement")):
            yield entry


BENCHMARK = Benchmark(
    name="core-lean",
    summary="Built-in Lean 4 theorems in three levels, no Mathlib; also reads any file of proofs with --data",
    files={"all": (SourceFile(THEOREMS_NAME),), _HELD_OUT: (SourceFile(THEOREMS_NAME),)},
    styles=STYLES,
    timeout_seconds=_TIMEOUT_SECONDS,
    read=_read,
    groups=("level", "area"),
    default_engine="search",
)
