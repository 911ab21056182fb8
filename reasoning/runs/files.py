r"""Files that are there whole or not at all, and disks that are full.

with replaced_file(Path("runs/first/records.jsonl")) as file:
    file.write("{}\n")
# only now does records.jsonl exist, or hold something new
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

__all__ = ["PARTIAL_SUFFIX", "disk_is_full", "replaced_file", "write_json"]

PARTIAL_SUFFIX = ".partial"
"""Ends the name of a file that is still being written."""
_NO_SPACE_BYTES = 1 << 16
"""A disk with less is full."""


def disk_is_full(error: Exception, directory: Path) -> bool:
    """Whether an error came of the lack of space on the disk of `directory`.

    What writes a file decides which exception it is (Python's, PyTorch's or that of safetensors) and what it says: of a
    full disk PyTorch's archives may say "unexpected pos 576 vs 534" alone.
    """
    if os.strerror(errno.ENOSPC) in str(error):
        return True
    return isinstance(error, OSError | RuntimeError) and shutil.disk_usage(directory).free < _NO_SPACE_BYTES


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
