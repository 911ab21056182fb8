"""The catalogue of a search: the same conjectures as lines of JSON, as Parquet and as one page to look at.

write_catalogue(Path("runs/pi"), "Polynomial continued fractions", [{"a": "2*n+1", "b": "n**2", "value": "4/pi", ...}])
# runs/pi/catalogue.jsonl, runs/pi/catalogue.parquet, runs/pi/catalogue.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from reasoning.runs.files import PARTIAL_SUFFIX, replaced_file

__all__ = ["CATALOGUE_NAME", "PAGE_NAME", "PARQUET_NAME", "write_catalogue"]

CATALOGUE_NAME: Final = "catalogue.jsonl"
PARQUET_NAME: Final = "catalogue.parquet"
PAGE_NAME: Final = "catalogue.html"


def write_catalogue(directory: Path, title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write all three files; each is there whole or not at all.

    Args:
        directory: of the run.
        title: of the page.
        rows: plain JSON, all with the same fields.
    """
    from reasoning.discovery.page import page

    with replaced_file(directory / CATALOGUE_NAME) as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")
    _write_parquet(directory / PARQUET_NAME, rows)
    with replaced_file(directory / PAGE_NAME) as file:
        file.write(page(title, rows))


def _write_parquet(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    partial = path.with_name(path.name + PARTIAL_SUFFIX)
    # Whole numbers may be larger than a column of numbers takes, so lists of them are texts.
    plain = [{name: _cell(value) for name, value in row.items()} for row in rows]
    pq.write_table(pa.Table.from_pylist(plain), partial)
    partial.replace(path)


def _cell(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [str(item) for item in value]
    return value
