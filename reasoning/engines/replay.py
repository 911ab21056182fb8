"""Recorded completions in the place of a model, from a JSONL file (from an earlier run: `reasoning.runs.replaying`).

    engine = create_engine("replay:samples.jsonl.gz,experiment=long")
    request = Request(prompt="...", problem=problem, seeds=(0, 0, 0), sample_indices=(0, 1, 2))
    await engine.complete(request)          # the first three recorded samples of problem.id

A row is an object with a problem's id, a text, and optionally `sample` (its index, from 0) and `count` (it stands for
so many identical samples):

    {"task_id": "HumanEval/0", "completion": "    return 1"}
    {"puzzle": "Study_1:0", "completion": "'oX' * 1000", "count": 3, "experiment": "short"}

A text that is a list holds several samples of its problem, and each other list of that length one value a sample:

    {"idx": 7, "response": ["... 4", "... 5"], "pred_score": [[3.5], [1.2]]}

`id_field=NAME` and `text_field=NAME` name the fields that hold a problem's id and the text. Each further option keeps
only the rows in which that field has that value. Where the file has no such sample, the completion is empty and its
finish reason is `unrecorded`. Files may be larger than memory: they are read once, when the engine is made, to an index
on disk, and each row again when it is asked for.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from reasoning.engines.base import Completion, EngineError, Request
from reasoning.engines.options import EngineSpecError
from reasoning.engines.prompts import check_request
from reasoning.json_lines import parse_object, positioned_lines
from verifiers.records import is_unicode

__all__ = ["ReplayEngine"]

PROBLEM_FIELDS = ("problem_id", "id", "task_id", "puzzle")
"""Fields that may hold a problem's id, the first that a row has counts."""

TEXT_FIELDS = ("completion", "text", "candidate", "solution", "response", "output")
"""Fields that may hold the text, the first that a row has counts. Null means that the sample had none."""

MAX_VALUES_SHOWN = 8
"""How many values of a field an error message lists."""

_META_SKIPPED = frozenset({*PROBLEM_FIELDS, *TEXT_FIELDS, "sample", "count", "finish_reason"})


@dataclass(frozen=True, slots=True)
class _Fields:
    """Names of the fields that may hold a problem's id, and of those that may hold the text."""

    problem: tuple[str, ...] = PROBLEM_FIELDS
    text: tuple[str, ...] = TEXT_FIELDS


class ReplayEngine:
    """Reads completions back by problem and sample index."""

    name = "replay"

    def __init__(self, path: Path, options: Mapping[str, str] | None = None) -> None:
        """Replay the rows of `path` whose fields have the values of `options` (see above).

        Raises:
            EngineSpecError: the file cannot be read as described above.
        """
        self._path = path
        self._options = dict(options or {})
        self._where = {name: value for name, value in self._options.items() if name not in ("id_field", "text_field")}
        self._fields = _Fields(
            (self._options["id_field"],) if "id_field" in self._options else PROBLEM_FIELDS,
            (self._options["text_field"],) if "text_field" in self._options else TEXT_FIELDS,
        )
        self._size = path.stat().st_size
        self._rows = _RowIndex.build(self._path, self._where, self._fields)

    async def complete(self, request: Request) -> list[Completion]:
        """See `Engine.complete`. Sample i of `request.problem` is its i-th recorded one; seeds do not matter.

        Raises:
            EngineError: the request names no problem or offers tools, or the file has changed since it was read.
        """
        check_request(request)
        if request.problem is None:
            raise EngineError("replay needs to know the problem that a prompt asks")
        if len(request.sample_indices) != len(request.seeds):
            raise EngineError(f"{len(request.seeds)} seeds, but {len(request.sample_indices)} sample indices")
        found = [self._rows.find(request.problem.id, index) for index in request.sample_indices]
        return [Completion("", "unrecorded") if place is None else self._completion(*place) for place in found]

    async def close(self) -> None:
        """Close the file and drop its index."""
        self._rows.close()

    def describe(self) -> dict[str, Any]:
        """See `Engine.describe`."""
        return {"engine": self.name, "path": str(self._path), "bytes": self._size, "where": self._options}

    def _completion(self, row: Mapping[str, Any], sample: int) -> Completion:
        """The completion in a row; `sample` counts within the row."""
        text = next(row[name] for name in self._fields.text if name in row)
        skipped = _META_SKIPPED.union(self._fields.problem, self._fields.text)
        meta = {key: value for key, value in row.items() if key not in skipped}
        if isinstance(text, list):
            length = len(text)
            text = text[sample]
            meta = {
                key: value[sample] if isinstance(value, list) and len(value) == length else value
                for key, value in meta.items()
            }
        finish = row.get("finish_reason")
        return Completion(text or "", finish if isinstance(finish, str) else "stop", meta=meta)


class _RowIndex:
    """Where in a file each problem's samples stand: an SQLite table on disk, deleted when it is closed."""

    def __init__(self, path: Path, file: IO[bytes], table: sqlite3.Connection, fields: _Fields) -> None:
        self._path = path
        self._file = file
        self._table = table
        self._fields = fields
        self._last: tuple[int, dict[str, Any]] | None = None

    @classmethod
    def build(cls, path: Path, where: Mapping[str, str], fields: _Fields) -> _RowIndex:
        """Read the file once.

        Raises:
            EngineSpecError: it cannot be read, a row is malformed, or there is no row with the values of `where`.
        """
        # An empty name: a database in a temporary file, of which SQLite keeps only a few pages in memory.
        table = sqlite3.connect("", check_same_thread=False)
        table.execute("CREATE TABLE rows(problem TEXT, first INTEGER, count INTEGER, at INTEGER)")
        try:
            file = _seekable(path)
            index = cls(path, file, table, fields)
            table.executemany("INSERT INTO rows VALUES (?, ?, ?, ?)", _placed(_selected(path, file, where, fields)))
            table.execute("CREATE INDEX by_problem ON rows(problem, first)")
        except (OSError, EOFError, zlib.error, sqlite3.Error) as error:
            raise EngineSpecError(f"replay: {path}: cannot be read: {error}") from None
        table.commit()
        index._refuse_overlaps()
        return index

    def find(self, problem: str, sample: int) -> tuple[dict[str, Any], int] | None:
        """The row that holds a sample, with its number among those of the row; or None.

        Benchmarks with numbered tasks may call them `NAME/NUMBER`.
        """
        for id in filter(is_unicode, dict.fromkeys((problem, problem.rpartition("/")[2]))):
            query = "SELECT first, count, at FROM rows WHERE problem = ? AND first <= ? ORDER BY first DESC LIMIT 1"
            place = self._table.execute(query, (id, sample)).fetchone()
            if place is not None and sample < place[0] + place[1]:
                return self._row(place[2]), sample - place[0]
        return None

    def close(self) -> None:
        """Close the file and the table, which deletes the latter."""
        self._table.close()
        self._file.close()

    def _row(self, at: int) -> dict[str, Any]:
        if self._last is None or self._last[0] != at:
            self._file.seek(at)
            try:
                row = parse_object(self._file.readline())
                _read_row("", row, at, self._fields)
            except ValueError:
                raise EngineError(f"replay: {self._path}: has changed since it was read") from None
            self._last = (at, row)
        return self._last[1]

    def _refuse_overlaps(self) -> None:
        clash = self._table.execute(
            "SELECT problem, first FROM (SELECT problem, first, lag(first + count) OVER same AS free FROM rows "
            "WINDOW same AS (PARTITION BY problem ORDER BY first)) WHERE first < free LIMIT 1"
        ).fetchone()
        if clash is not None:
            raise EngineSpecError(
                f"replay: {self._path}: sample {clash[1]} of problem {clash[0]!r} is recorded twice; "
                "pick one set of rows with FIELD=VALUE"
            )


def _seekable(path: Path) -> IO[bytes]:
    """The file's text open for reading at any place; a compressed one is unpacked to a temporary file."""
    with closing(open(path, "rb")) as raw:
        if raw.read(2) != b"\x1f\x8b":
            return open(path, "rb")
    unpacked = tempfile.TemporaryFile()  # noqa: SIM115 - closed by _RowIndex.close
    with gzip.open(path, "rb") as packed:
        while block := packed.read(2**20):
            unpacked.write(block)
    return unpacked


def _lines(path: Path, file: IO[bytes]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Offset, line number and object of every line that is not blank."""
    file.seek(0)
    for number, at, line in positioned_lines(file):
        try:
            yield at, number, parse_object(line)
        except ValueError as error:
            raise EngineSpecError(f"replay: {path}, line {number}: {error}") from None


def _selected(
    path: Path, file: IO[bytes], where: Mapping[str, str], fields: _Fields
) -> Iterator[tuple[str, int | None, int, int]]:
    """Problem, given sample index (or None), count and offset of every row that has the values of `where`."""
    seen: dict[str, set[str]] = {name: set() for name in where}
    matched = False
    for at, number, row in _lines(path, file):
        values = {name: _plain(row[name]) for name in where if name in row}
        for name, value in values.items():
            if len(seen[name]) < MAX_VALUES_SHOWN:
                seen[name].add(value)
        if values == where:
            matched = True
            yield _read_row(f"replay: {path}, line {number}", row, at, fields)
    if not where and not matched:
        raise EngineSpecError(f"replay: {path}: holds no rows")
    if not matched:
        shown = "; ".join(f"{name} is {', '.join(sorted(values)) or 'missing'}" for name, values in seen.items())
        wanted = ", ".join(f"{name}={value}" for name, value in where.items())
        raise EngineSpecError(f"replay: {path}: no row has {wanted} (in the file, {shown})")


def _read_row(place: str, row: Mapping[str, Any], at: int, fields: _Fields) -> tuple[str, int | None, int, int]:
    name, problem = _first(place, row, fields.problem)
    if not isinstance(problem, str | int):
        raise EngineSpecError(f"{place}: field '{name}': expected a string or a number, got {type(problem).__name__}")
    if not is_unicode(str(problem)):
        raise EngineSpecError(f"{place}: field '{name}': holds a lone surrogate")
    name, text = _first(place, row, fields.text)
    several = isinstance(text, list) and all(isinstance(one, str | None) for one in text)
    if not several and not isinstance(text, str | None):
        raise EngineSpecError(f"{place}: field '{name}': expected a text or a list of them, got {type(text).__name__}")
    sample, count = row.get("sample"), row.get("count", 1)
    if sample is not None and not _is_count(sample):
        raise EngineSpecError(f"{place}: field 'sample': expected a whole number from 0, got {sample!r}")
    if not _is_count(count):
        raise EngineSpecError(f"{place}: field 'count': expected a whole number from 0, got {count!r}")
    if several:
        if count != 1:
            raise EngineSpecError(f"{place}: field 'count': a row with a list of texts cannot stand for {count} rows")
        count = len(text)
    return str(problem), sample, count, at


def _first(place: str, row: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, Any]:
    """Name and value of the first of these fields that a row has."""
    for name in names:
        if name in row:
            return name, row[name]
    raise EngineSpecError(f"{place}: none of the fields {', '.join(names)} is there")


def _placed(rows: Iterator[tuple[str, int | None, int, int]]) -> Iterator[tuple[str, int, int, int]]:
    """Rows with the index of their first sample: the given one, else the next of the problem in file order."""
    following: dict[str, int] = {}
    for problem, sample, count, at in rows:
        first = following.get(problem, 0) if sample is None else sample
        following[problem] = max(following.get(problem, 0), first + count)
        if count:
            yield problem, first, count, at


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _plain(value: object) -> str:
    """A field's value as it is written in a spec: strings bare, the rest as JSON."""
    return value if isinstance(value, str) else json.dumps(value)
