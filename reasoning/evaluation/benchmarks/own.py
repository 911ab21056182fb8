"""Problems of your own: a file in the public form (see docs/formats.md), or a dataset that was made here.

$ reasoning evaluate own --data problems.jsonl --out runs/own
$ reasoning evaluate own --data runs/mixture/dataset --split test --out runs/held-out

{"id": "sum", "kind": "answer", "prompt": "What is 2 + 2?", "gold": "4", "meta": {"reference": "2 + 2 = 4"}}

Each problem is put as its kind usually is, or with `--prompt plain` as it stands. One that comes again, as in datasets
with several solutions of a problem, is asked once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from reasoning.evaluation.benchmarks.base import Benchmark, BenchmarkError, Entry, SourceFile
from reasoning.evaluation.seeds import PLAIN, problems_in, styles_of
from reasoning.methods.base import Prompt, PromptStyle
from reasoning.runs.judging import problem_digest
from verifiers.records import Problem

__all__ = ["BENCHMARK"]

_TIMEOUT_SECONDS = 10.0
_ORIGIN = "a file of yours, or the folder of a dataset made by `reasoning generate`"


def _file(split: str) -> SourceFile:
    return SourceFile(f"data/{split}-00000-of-00001.parquet", origin=_ORIGIN)


def _read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    seen: dict[str, bytes] = {}
    for entry in problems_in(paths):
        problem = entry.problem
        digest = problem_digest(0, problem)
        known = seen.setdefault(problem.id, digest)
        if known is digest:
            yield entry
        elif known != digest:
            raise BenchmarkError(f"{paths[0]}: field 'id': '{problem.id}' is that of two problems")


def _write(problem: Problem) -> Prompt:
    return styles_of(problem.kind)[0].write(problem)


def _candidate(problem: Problem, reply: str) -> str | None:
    return styles_of(problem.kind)[0].read(problem, reply)


BENCHMARK = Benchmark(
    name="own",
    summary="Problems of your own: --data FILE, or the folder of a dataset",
    files={split: (_file(split),) for split in ("test", "validation", "train")},
    styles=(PromptStyle("kind", "as problems of its kind are usually put", _write, _candidate), PLAIN),
    timeout_seconds=_TIMEOUT_SECONDS,
    read=_read,
    groups=("level", "topic"),
)
