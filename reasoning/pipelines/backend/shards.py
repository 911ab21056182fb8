"""Parquet files written as they fill: `data/train-00000-of-00002.parquet` and its like.

    with ShardWriter(folder, rows_per_shard=50_000) as shards:
        shards.add("default", "train", record)
        files = shards.finish()         # only now the names say how many files there are

A file that is being written ends in `.partial`; one that is full has its number, but not yet the number of all. Rows
wait in memory only until a row group is full.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from reasoning.pipelines.backend.columns import schema_of
from reasoning.runs.files import PARTIAL_SUFFIX

__all__ = ["ROW_GROUP_ROWS", "ShardFile", "ShardWriter", "table_folder"]

ROW_GROUP_ROWS = 1_000
"""Rows that are held in memory for each table and split, and written together."""


@dataclass(frozen=True, slots=True)
class ShardFile:
    """A finished file: its path relative to the dataset's folder, and what is in it."""

    path: str
    table: str
    split: str
    rows: int


def table_folder(table: str) -> str:
    """The folder of a table within a dataset."""
    return "data" if table == "default" else table


class ShardWriter:
    """Writes rows of several tables and splits into numbered files below one folder."""

    def __init__(self, folder: Path, rows_per_shard: int, jsonl: bool = False) -> None:
        """Write below `folder`; with `jsonl` each Parquet file has a `.jsonl` beside it."""
        self._folder = folder
        self._rows_per_shard = rows_per_shard
        self._jsonl = jsonl
        self._open: dict[tuple[str, str], _Shard] = {}
        self._full: dict[tuple[str, str], list[tuple[Path, int]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for shard in self._open.values():
            shard.abandon()
        self._open.clear()

    def add(self, table: str, split: str, record: dict[str, Any]) -> None:
        """Add a row to the table's split."""
        key = (table, split)
        if key not in self._open:
            number = len(self._full.get(key, []))
            path = self._folder / table_folder(table) / f"{split}-{number:05d}.parquet"
            self._open[key] = _Shard(path, table, self._jsonl)
        shard = self._open[key]
        shard.add(record)
        if shard.rows >= self._rows_per_shard:
            self._seal(key)

    def finish(self) -> list[ShardFile]:
        """Close all files and give them their final names; returns them by table, split and number."""
        for key in list(self._open):
            self._seal(key)
        files = []
        for (table, split), shards in sorted(self._full.items()):
            for number, (path, rows) in enumerate(shards):
                name = f"{split}-{number:05d}-of-{len(shards):05d}"
                for written in (path, path.with_suffix(".jsonl")):
                    if written.exists():
                        written.replace(written.with_name(name + written.suffix))
                files.append(ShardFile(f"{table_folder(table)}/{name}.parquet", table, split, rows))
        return files

    def _seal(self, key: tuple[str, str]) -> None:
        shard = self._open.pop(key)
        shard.close()
        self._full.setdefault(key, []).append((shard.path, shard.rows))


class _Shard:
    """One file that is being written."""

    def __init__(self, path: Path, table: str, jsonl: bool) -> None:
        import pyarrow.parquet as pq

        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.rows = 0
        self._schema = schema_of(table)
        self._waiting: list[dict[str, Any]] = []
        self._partial = path.with_name(path.name + PARTIAL_SUFFIX)
        self._file = open(self._partial, "wb")  # noqa: SIM115 - open as long as the shard
        self._writer = pq.ParquetWriter(self._file, self._schema, compression="zstd")
        self._lines: TextIO | None = None
        if jsonl:
            self._lines = open(path.with_suffix(".jsonl"), "w", encoding="utf-8", newline="\n")  # noqa: SIM115

    def add(self, record: dict[str, Any]) -> None:
        self.rows += 1
        self._waiting.append(record)
        if self._lines is not None:
            self._lines.write(json.dumps(record) + "\n")
        if len(self._waiting) >= ROW_GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        if self._lines is not None:
            self._lines.close()
        self._partial.replace(self.path)

    def abandon(self) -> None:
        self._file.close()
        if self._lines is not None:
            self._lines.close()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._waiting:
            self._writer.write_table(pa.Table.from_pylist(self._waiting, self._schema))
            self._waiting.clear()
