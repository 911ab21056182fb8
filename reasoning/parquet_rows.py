"""Rows of Parquet files, such as the datasets made here, read in constant memory.

for place, row in parquet_rows(Path("run/dataset/data/train-00000-of-00001.parquet"), ("prompt", "completion")):
    print(place, row["prompt"])         # "..., row 0 What is 2 + 2?"
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

__all__ = ["parquet_rows"]

_BATCH_ROWS = 1024


def parquet_rows(
    path: Path, columns: Sequence[str] | None = None, error: type[Exception] = ValueError
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place (`FILE, row N`, from 0) and values of every row.

    Args:
        path: of the file.
        columns: those that are wanted, as far as the file has them; None: all.
        error: raised with one sentence; the caller's own, so that its callers catch one kind.

    Raises:
        error: the file cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as file:
            known = [name for name in file.schema_arrow.names if columns is None or name in columns]
            for batch in file.iter_batches(_BATCH_ROWS, columns=known):
                for row in batch.to_pylist():
                    yield f"{path}, row {number}", row
                    number += 1
    except (OSError, pa.ArrowInvalid) as fault:
        raise error(f"{path}: cannot be read: {str(fault).partition(chr(10))[0]}") from None
