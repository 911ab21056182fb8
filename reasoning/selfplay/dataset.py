"""Statements to prove: the built-in core-Lean theorems, a benchmark, or a file of problems of kind `proof`.

read_statements("core-lean:held-out", "data.targets")  # what the built-in prover has not learned from
read_statements("problems.jsonl", "data.targets")
read_statements("minif2f:isabelle-valid", "data.targets", system="isabelle")
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from reasoning.data_files import data_file
from reasoning.proving.held_out import THEOREMS_NAME, is_held_out
from reasoning.selfplay.records import Example, Statement
from reasoning.selfplay.systems import SYSTEMS
from reasoning.training.data import read_rows, text_of
from reasoning.training.forms import ConfigError
from verifiers.proofs.records import ProofTask
from verifiers.records import Problem, RecordError

__all__ = ["read_library", "read_statements"]

CORE_LEAN: Final = "core-lean"
HELD_OUT: Final = "held-out"
_ALL: Final = 1 << 60


def read_statements(
    source: str, field: str, limit: int = 0, *, validation: bool = False, system: str = "lean"
) -> list[Statement]:
    """The statements of a source, in its order.

    Args:
        source: `core-lean`, `core-lean:LEVEL`, `core-lean:held-out`, a benchmark as `NAME:SPLIT`, or a `.jsonl` file.
        field: of the configuration that names it, for errors.
        limit: the first so many; 0: all.
        validation: what the statements are marked as.
        system: in whose language they have to be.

    Raises:
        ConfigError: the file cannot be read, a line is no problem of the system, or an id occurs twice.
        BenchmarkError: the benchmark's files are not here, or it has no such split.
    """
    name, colon, part = source.partition(":")
    built_in = name == CORE_LEAN
    found: dict[str, Statement] = {}
    for place, record in _records(source):
        statement = _statement(place, record, validation, system)
        if built_in and colon and not _is_in(part, record, statement):
            continue
        if statement.id in found:
            raise ConfigError(f"{place}: field 'id': '{statement.id}' occurs twice")
        found[statement.id] = statement
        if limit and len(found) == limit:
            break
    if not found:
        raise ConfigError(f"field '{field}': '{source}' has no statements; parts are easy, medium, hard and held-out")
    return list(found.values())


def _records(source: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place and public form of each problem of a source."""
    from reasoning.evaluation.benchmarks.base import benchmark_names, find_benchmark
    from reasoning.evaluation.benchmarks.locate import locate

    name, colon, part = source.partition(":")
    if name == CORE_LEAN:
        yield from read_rows(data_file(THEOREMS_NAME), _ALL)
    elif colon and name in benchmark_names():
        benchmark = find_benchmark(name)
        split = benchmark.split(part)
        for entry in benchmark.read(locate(benchmark, split, None), split):
            yield f"{source}, '{entry.problem.id}'", dict(entry.problem.to_json())
    else:
        yield from read_rows(Path(source), _ALL)


def _is_in(part: str, record: dict[str, Any], statement: Statement) -> bool:
    return is_held_out(statement.text) if part == HELD_OUT else bool(record["meta"]["level"] == part)


def _statement(place: str, record: dict[str, Any], validation: bool, system: str) -> Statement:
    try:
        task = ProofTask.of(problem := Problem.from_json(record))
        if task.system != system:
            raise RecordError("system", f"expected {system}, got '{task.system}'")
        text, header = SYSTEMS[system].read_task(task)
    except RecordError as error:
        raise ConfigError(f"{place}: {error}") from None
    return Statement(problem.id, text, header, validation=validation)


def read_library(path: str) -> list[Example]:
    """Rows of `prompt` and `completion` for supervised stages; none without a path.

    Raises:
        ConfigError: the file cannot be read, or a line lacks a field.
    """
    if not path:
        return []
    rows = read_rows(Path(path), _ALL)
    return [
        Example(text_of(row, "prompt", place), text_of(row, "completion", place), role="library") for place, row in rows
    ]
