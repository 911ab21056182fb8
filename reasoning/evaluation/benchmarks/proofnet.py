r"""ProofNet of Azerbayev et al. 2023: 371 undergraduate exercises, in the Lean 4 port of kfdong/STP at 2b5fe8b.

{"name": "exercise_1_13a", "split": "valid", "informal_prefix": "/-- Suppose that ... -/\n",
 "header": "import Mathlib\n...", "formal_statement": "theorem exercise_1_13a {f : ℂ → ℂ} ... :="}

Names repeat (the same exercise number in several books), so ids are `SPLIT/ROW` with rows from 0. There are no
reference proofs. 14 exercises ask for a definition and not for a proof; they are left out, and keep their row numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from reasoning.evaluation.benchmarks.base import Benchmark, Entry, SourceFile, json_lines, proof_problem, text_field
from reasoning.evaluation.benchmarks.proof_prompts import STYLES

__all__ = ["BENCHMARK"]

_TIMEOUT_SECONDS = 60.0
_DEFINITION = re.compile(r"\s*(?:noncomputable\s+)?(?:def|abbrev)\s")
_FILE = SourceFile("lean4.jsonl", origin="made of the data in kfdong/STP at commit 2b5fe8b")


def _read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    row = 0
    for place, record in json_lines(paths[0]):
        if text_field(record, "split", place) != split:
            continue
        statement, header = text_field(record, "formal_statement", place), text_field(record, "header", place)
        informal = text_field(record, "informal_prefix", place).strip().removeprefix("/--").removesuffix("-/").strip()
        if not _DEFINITION.match(statement):
            yield Entry(proof_problem(f"{split}/{row}", "lean", statement, header, place, prompt=informal), ())
        row += 1


BENCHMARK = Benchmark(
    name="proofnet",
    summary="ProofNet: 357 undergraduate exercises to prove in Lean 4 (needs Mathlib)",
    files={"test": (_FILE,), "valid": (_FILE,)},
    styles=STYLES,
    timeout_seconds=_TIMEOUT_SECONDS,
    read=_read,
    default_engine="search",
)
