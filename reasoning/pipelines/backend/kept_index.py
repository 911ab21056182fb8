"""The index of protected problems, kept in the user's cache: reading all benchmarks again takes seconds.

    index = kept_index(["gsm8k:test 5b2a...", ...], lambda: ContaminationIndex(problems))

A file belongs to all that its index depends on: what the caller names (the files of benchmarks, by their content), the
code that reads them, and the version of Python, whose Unicode tables and random streams it uses. Where one of these is
another, there is another file. It holds numbers and names in a format of its own, with a checksum; one that is damaged
or written by somebody else is as good as none.

<cache>/protected/<key>.index    a line that names the format, a line of JSON (lengths, SHA-256), the arrays
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from reasoning.evaluation import benchmarks, questbench
from reasoning.evaluation.benchmarks.locate import cache_folder
from reasoning.pipelines.backend.contamination import ARRAYS, ContaminationIndex
from reasoning.runs.files import PARTIAL_SUFFIX

__all__ = ["kept_index"]

_MAGIC = b"reasoning-toolkit protected problems 1\n"
_SUFFIX = ".index"
_MAX_HEADER_BYTES = 1 << 12
_MAX_BODY_BYTES = 1 << 30
_KEPT_BYTES = 128 << 20
"""What all files may take; the one that was used longest ago goes first."""


def kept_index(parts: Iterable[str], make: Callable[[], ContaminationIndex]) -> ContaminationIndex:
    """The index from the cache, or a new one, which is kept there where it can be written.

    Args:
        parts: names all that the index depends on, beside code.
        make: builds the index.
    """
    key = _key(parts)
    path = cache_folder() / "protected" / f"{key[:32]}{_SUFFIX}"
    # What cannot be read, or is no such file, is built again.
    with suppress(OSError, ValueError, RecursionError):
        index = _read(path, key)
        os.utime(path)
        return index
    index = make()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, key, index)
        _remove_old(path)
    return index


def _key(parts: Iterable[str]) -> str:
    whole = hashlib.sha256(_MAGIC)
    for part in (f"python {sys.version_info.major}.{sys.version_info.minor}", *parts):
        whole.update(part.encode() + b"\0")
    for module in (benchmarks.__file__, questbench.__file__, __file__):
        for code in sorted(Path(module).parent.glob("*.py")):
            whole.update(code.name.encode() + b"\0" + hashlib.sha256(code.read_bytes()).digest())
    return whole.hexdigest()


def _read(path: Path, key: str) -> ContaminationIndex:
    """The index in a file.

    Raises:
        OSError: it cannot be read.
        ValueError: it holds something else.
    """
    import numpy as np

    with open(path, "rb") as file:
        if file.readline(len(_MAGIC)) != _MAGIC:
            raise ValueError("another format")
        header: Any = json.loads(file.readline(_MAX_HEADER_BYTES))
        body = file.read(_MAX_BODY_BYTES)
    if not isinstance(header, dict) or header.get("key") != key:
        raise ValueError("the index of something else")
    if hashlib.sha256(body).hexdigest() != header.get("sha256"):
        raise ValueError("damaged")
    lengths = header.get("lengths")
    if not isinstance(lengths, list) or len(lengths) != len(ARRAYS):
        raise ValueError("other arrays")
    arrays, begin = {}, 0
    for (name, kind), length in zip(ARRAYS.items(), lengths, strict=True):
        if type(length) is not int or not 0 <= length <= len(body):
            raise ValueError(f"{name}: no length")
        # A view beyond the end is a ValueError.
        arrays[name] = np.frombuffer(body, kind, length, begin) if length else np.zeros(0, kind)
        begin += arrays[name].nbytes
    if begin != len(body):
        raise ValueError("something follows the arrays")
    return ContaminationIndex.of_arrays(arrays)


def _write(path: Path, key: str, index: ContaminationIndex) -> None:
    arrays = index.arrays()
    body = b"".join(arrays[name].tobytes() for name in ARRAYS)
    lengths = [len(arrays[name]) for name in ARRAYS]
    header = {"key": key, "sha256": hashlib.sha256(body).hexdigest(), "lengths": lengths}
    partial = path.with_name(f"{path.name}.{os.getpid()}{PARTIAL_SUFFIX}")
    try:
        partial.write_bytes(_MAGIC + json.dumps(header).encode() + b"\n" + body)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _remove_old(newest: Path) -> None:
    """Remove the files that were used longest ago, beyond what all may take, but never the newest."""
    others = [(one.stat().st_mtime, one) for one in newest.parent.glob(f"*{_SUFFIX}") if one != newest]
    taken = newest.stat().st_size
    for _, one in sorted(others, reverse=True):
        taken += one.stat().st_size
        if taken > _KEPT_BYTES:
            one.unlink()
