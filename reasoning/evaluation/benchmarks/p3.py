"""Python Programming Puzzles (P3) of Schuster et al. 2021.

{"name": "Study_1:0", "sat": "def sat(s: str): ...", "ans_type": "str", "sol_header": "def sol():", "sol_docstring":
 "    ...", "sol_bodies": ["    return ..."], "module": "study.py", "notes": "", "weight": 1.0}

Splits: `397` is one instance of each problem, as used for the published model runs; `all` are the 1,715 instances of
the release; `train` and `test` are those of the problems that the release's split file names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from reasoning.evaluation.benchmarks.base import Benchmark, BenchmarkError, Entry, SourceFile, json_array, text_field
from reasoning.evaluation.benchmarks.puzzle_prompts import CHAT, LONG, MEDIUM, SHORT
from verifiers.records import Problem

__all__ = ["BENCHMARK"]

_TIMEOUT_SECONDS = 10.0
_COMMIT = "017f488b8f6320b8220cda38e78f2f72a36eab20"
_BASE = f"https://raw.githubusercontent.com/microsoft/PythonProgrammingPuzzles/{_COMMIT}"
_ONE_EACH = SourceFile(
    "397puzzles.json",
    f"{_BASE}/solvers/codex/397puzzles.json",
    "9acc4dbfe549afcbeb484e9570428efb9ee29a2c173bb37c7e088ad787d32d9d",
)
_ALL = SourceFile(
    "puzzles.json",
    f"{_BASE}/puzzles/puzzles.json",
    "d3b61141ea0d935c389d602867ba2c154db1854df9ff4402daaa947ad880d8bb",
)
_SPLIT = SourceFile(
    "split.json",
    f"{_BASE}/puzzles/split.json",
    "1f3d55c30dcb23036a0008763a21fe3da1765879523a33585593f9daa5f2e824",
)


def _read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    wanted = _names(paths[1], split) if len(paths) > 1 else None
    for place, record in json_array(paths[0]):
        name = text_field(record, "name", place)
        if wanted is None or name.partition(":")[0] in wanted:
            yield _entry(record, name, place)


def _entry(record: dict[str, Any], name: str, place: str) -> Entry:
    header = text_field(record, "sol_header", place)
    docstring = text_field(record, "sol_docstring", place)
    module = record.get("module")
    meta = {
        "category": module.removesuffix(".py") if isinstance(module, str) else "",
        "sol_header": header,
        "sol_docstring": docstring,
    }
    fields = {"sat": text_field(record, "sat", place), "ans_type": text_field(record, "ans_type", place)}
    statement = docstring.strip().strip('"').strip()
    bodies = record.get("sol_bodies", [])
    if not isinstance(bodies, list) or not all(isinstance(body, str) for body in bodies):
        raise BenchmarkError(f"{place}: field 'sol_bodies': expected a list of strings")
    return Entry(Problem(name, "puzzle", statement, fields, meta), tuple(f"{header}\n{body}" for body in bodies))


def _names(path: Path, split: str) -> frozenset[str]:
    try:
        names = json.loads(path.read_text(encoding="utf-8"))[split]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BenchmarkError(f"{path}: field '{split}': cannot be read: {error}") from None
    return frozenset(names)


BENCHMARK = Benchmark(
    name="p3",
    summary="Python Programming Puzzles: 397 problems, 1,715 instances",
    files={"397": (_ONE_EACH,), "all": (_ALL,), "train": (_ALL, _SPLIT), "test": (_ALL, _SPLIT)},
    styles=(CHAT, SHORT, MEDIUM, LONG),
    timeout_seconds=_TIMEOUT_SECONDS,
    read=_read,
    groups=("category",),
    default_engine="search",
)
