r"""Files that are there whole or not at all.

with replaced_file(Path("runs/first/records.jsonl")) as file:
    file.write("{}\n")
# only now does records.jsonl exist, or hold something new
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

__all__ = ["PARTIAL_SUFFIX", "replaced_file", "write_json"]

PARTIAL_SUFFIX = ".partial"
"""Ends the name of a file that is still being written."""


@contextmanager
def replaced_file(path: Path) -> Iterator[TextIO]:
    """A text file to write that takes the place of `path` when the block ends without an exception."""
    partial = path.with_name(path.name + PARTIAL_SUFFIX)
    with open(partial, "w", encoding="utf-8", newline="\n") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write `value` as readable JSON, atomically."""
    with replaced_file(path) as file:
        json.dump(value, file, indent=2)
        file.write("\n")
