"""Statements to prove: the built-in core-Lean theorems, or a file of problems of kind `proof`.

read_statements("core-lean:held-out", "data.targets")  # what the built-in prover has not learned from
read_statements("problems.jsonl", "data.targets")
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from reasoning.data_files import data_file
from reasoning.proving.held_out import THEOREMS_NAME, is_held_out
from reasoning.selfplay.records import Example, Statement
from reasoning.training.config import ConfigError
from reasoning.training.data import read_rows, text_of
from verifiers.proofs.lean.text import split_statement
from verifiers.proofs.records import ProofTask
from verifiers.records import Problem, RecordError

__all__ = ["read_library", "read_statements"]

CORE_LEAN: Final = "core-lean"
HELD_OUT: Final = "held-out"
_ALL: Final = 1 << 60


def read_statements(source: str, field: str, limit: int = 0, *, validation: bool = False) -> list[Statement]:
    """The statements of a source, in its order.

    Args:
        source: `core-lean`, `core-lean:LEVEL`, `core-lean:held-out`, or a `.jsonl` file.
        field: of the configuration that names it, for errors.
        limit: the first so many; 0: all.
        validation: what the statements are marked as.

    Raises:
        ConfigError: the file cannot be read, a line is no Lean problem, or an id occurs twice.
    """
    name, colon, part = source.partition(":")
    built_in = name == CORE_LEAN
    path = data_file(THEOREMS_NAME) if built_in else Path(source)
    found: dict[str, Statement] = {}
    for place, record in read_rows(path, _ALL):
        statement = _statement(place, record, validation)
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


def _is_in(part: str, record: dict[str, Any], statement: Statement) -> bool:
    return is_held_out(statement.text) if part == HELD_OUT else bool(record["meta"]["level"] == part)


def _statement(place: str, record: dict[str, Any], validation: bool) -> Statement:
    try:
        task = ProofTask.of(problem := Problem.from_json(record))
        if task.system != "lean":
            raise RecordError("system", f"expected lean, got '{task.system}'")
        text = f"{split_statement(task.statement).text} := by"
    except RecordError as error:
        raise ConfigError(f"{place}: {error}") from None
    return Statement(problem.id, text, task.header, validation=validation)


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
