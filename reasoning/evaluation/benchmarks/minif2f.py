r"""miniF2F of Zheng et al. 2022: 488 olympiad and high-school statements, in Lean 4 and in Isabelle.

{"name": "aimeII_2001_p3", "split": "valid", "header": "import Mathlib\n...",
 "statement": "theorem aimeII_2001_p3 ... := by"}

The Lean files are those of yangky11/miniF2F-lean4 at 5746b7d, the Isabelle ones of facebookresearch/miniF2F at e4f1130.
No reference proofs are published for the Lean files; those of the Isabelle files are not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from reasoning.evaluation.benchmarks.base import (
    Benchmark,
    Entry,
    SourceFile,
    json_lines,
    proof_problem,
    text_field,
)
from reasoning.evaluation.benchmarks.proof_prompts import STYLES

__all__ = ["BENCHMARK"]

_TIMEOUT_SECONDS = 60.0
_LEAN = SourceFile("lean4.jsonl", origin="made of yangky11/miniF2F-lean4 at commit 5746b7d")
_ISABELLE = SourceFile("isabelle.jsonl", origin="made of facebookresearch/miniF2F at commit e4f1130")


def _read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    system, _, wanted = split.rpartition("-")
    for place, record in json_lines(paths[0]):
        if text_field(record, "split", place) != wanted:
            continue
        name, statement = text_field(record, "name", place), text_field(record, "statement", place)
        if system == "isabelle":
            header = f"theory {name} imports\n  {text_field(record, 'imports', place)}\nbegin"
            yield Entry(proof_problem(name, "isabelle", statement, header, place), ())
        else:
            yield Entry(proof_problem(name, "lean", statement, text_field(record, "header", place), place), ())


BENCHMARK = Benchmark(
    name="minif2f",
    summary="miniF2F: 488 olympiad and high-school statements, Lean 4 (needs Mathlib) and Isabelle",
    files={"test": (_LEAN,), "valid": (_LEAN,), "isabelle-test": (_ISABELLE,), "isabelle-valid": (_ISABELLE,)},
    styles=STYLES,
    timeout_seconds=_TIMEOUT_SECONDS,
    read=_read,
    default_engine="search",
)
