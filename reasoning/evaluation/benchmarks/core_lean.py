"""The built-in Lean theorems, or any file of problems of kind `proof` with `--data`.

{"id": "nat_add_zero_right", "kind": "proof", "prompt": "", "system": "lean",
 "statement": "theorem nat_add_zero_right (n : Nat) : n + 0 = n := by",
 "meta": {"level": "easy", "area": "Nat", "reference": "  rfl"}}
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from reasoning.evaluation.benchmarks.base import Benchmark, BenchmarkError, Entry, SourceFile, json_lines, problem_from
from reasoning.evaluation.benchmarks.proof_prompts import STYLES
from reasoning.proving.held_out import THEOREMS_NAME, is_held_out
from verifiers.proofs.records import ProofTask
from verifiers.records import RecordError

__all__ = ["BENCHMARK"]

_TIMEOUT_SECONDS = 60.0
_HELD_OUT = "held-out"


def _read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    """All theorems, or those of the quarter that no prover of this project learns from."""
    seen: set[str] = set()
    for place, record in json_lines(paths[0]):
        problem = problem_from(record, place)
        if problem.kind != "proof":
            raise BenchmarkError(f"{place}: field 'kind': is '{problem.kind}', expected 'proof'")
        try:
            ProofTask.of(problem)
        except RecordError as error:
            raise BenchmarkError(f"{place}: {error}") from None
        if problem.id in seen:
            raise BenchmarkError(f"{place}: field 'id': '{problem.id}' occurs twice")
        seen.add(problem.id)
        if split == _HELD_OUT and not is_held_out(problem.text("statement")):
            continue
        meta = dict(problem.meta)
        reference = meta.pop("reference", None)
        yield Entry(replace(problem, meta=meta), (reference,) if isinstance(reference, str) else ())


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
