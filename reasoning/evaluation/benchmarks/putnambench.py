r"""PutnamBench of Tsoukalas et al. 2024: Putnam problems from 1962 on, in Lean 4, Isabelle and Coq, at commit 3c9b926.

{"name": "putnam_1962_a1", "informal_docstring": "Given five points ...", "needs_answer": false, "answer": null,
 "source_text": "import Mathlib\n\nopen MeasureTheory\n\n/-- ... -/\ntheorem putnam_1962_a1 ... :=\nsorry\n"}

The whole set is for testing, and its authors ask that no proofs be published, so there are no references. Where a
problem asks for an answer, the Lean text gets the known one (`abbrev putnam_..._solution : ℕ := 42`).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reasoning.evaluation.benchmarks.base import (
    Benchmark,
    BenchmarkError,
    Entry,
    SourceFile,
    json_lines,
    proof_problem,
    text_field,
)
from reasoning.evaluation.benchmarks.proof_prompts import STYLES
from verifiers.proofs.isabelle.text import UnreadableText, without_comments

__all__ = ["BENCHMARK"]

_TIMEOUT_SECONDS = 60.0
_ORIGIN = "made of trishullab/PutnamBench at commit 3c9b926"
_STATEMENT = {
    "lean": re.compile(r"^(?:theorem|lemma)\s", re.MULTILINE),
    "isabelle": re.compile(r"^\s*(?:theorem|lemma)\s", re.MULTILINE),
    "coq": re.compile(r"^\s*(?:Theorem|Lemma)\s", re.MULTILINE),
}
"""Where the last statement of a text begins."""
_PROOF = {
    "lean": re.compile(r"\s*:=\s*(?:by\s+)?sorry\s*\Z"),
    "isabelle": re.compile(r"^\s*(?:sorry|oops|proof)\b", re.MULTILINE),
    "coq": re.compile(r"\bProof\b\.?"),
}
"""Where its proof, which is missing, begins."""
_SOLUTION = re.compile(r"(abbrev\s+\w+_solution\b[^\n]*(?:\n[^\n]*)*?:=\s*)sorry\b[^\n]*(?:\n--[^\n]*)*")
_STRAY_QUOTE = "a stray quote at the end of the published header is left out"
_DOCSTRING = re.compile(r"/--.*?-/\s*\Z", re.DOTALL)


def _read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    system = "lean" if split == "lean4" else split
    for place, record in json_lines(paths[0]):
        name, text = text_field(record, "name", place), text_field(record, "source_text", place)
        header, statement = _parts(system, text, place)
        if system == "lean":
            header = _DOCSTRING.sub("", _with_answer(header, record, place))
        informal = record.get("informal_docstring")
        prompt = informal if isinstance(informal, str) else ""
        header = header.strip()
        mended = _without_stray_quote(header) if system == "isabelle" else header
        problem = proof_problem(name, system, statement, mended, place, prompt=prompt)
        if mended != header:
            problem = dataclasses.replace(problem, meta={"note": _STRAY_QUOTE})
        yield Entry(problem, ())


def _parts(system: str, text: str, place: str) -> tuple[str, str]:
    """The text before the last statement, and the statement."""
    starts = [match.start() for match in _STATEMENT[system].finditer(text)]
    end = None if not starts else _PROOF[system].search(text, starts[-1])
    if end is None:
        raise BenchmarkError(f"{place}: field 'source_text': holds no {system} statement without a proof")
    opening = " :=" if system == "lean" else ""
    return text[: starts[-1]], text[starts[-1] : end.start()].strip() + opening


def _without_stray_quote(header: str) -> str:
    """The header; where it ends in a quote that opens a string with no end (putnam_1965_a1), without that quote."""
    try:
        without_comments(header)
    except UnreadableText:
        return header.removesuffix('"').rstrip()
    return header


def _with_answer(header: str, record: Mapping[str, Any], place: str) -> str:
    """The header with the known answer in the place of the one that is asked for."""
    if not record.get("needs_answer"):
        return header
    answer = text_field(record, "answer", place)
    filled, count = _SOLUTION.subn(lambda found: found.group(1) + answer, header)
    if count != 1:
        raise BenchmarkError(f"{place}: field 'source_text': expected one answer to fill in, found {count}")
    return filled


BENCHMARK = Benchmark(
    name="putnambench",
    summary="PutnamBench: Putnam problems in Lean 4 (needs Mathlib), Isabelle and Coq; answers given",
    files={
        "lean4": (SourceFile("lean4.jsonl", origin=_ORIGIN),),
        "isabelle": (SourceFile("isabelle.jsonl", origin=_ORIGIN),),
        "coq": (SourceFile("coq.jsonl", origin=_ORIGIN),),
    },
    styles=STYLES,
    timeout_seconds=_TIMEOUT_SECONDS,
    read=_read,
    default_engine="search",
)
