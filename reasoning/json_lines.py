r"""Files of JSON objects, one a line: `.jsonl` and `.jsonl.gz`, read line by line in constant memory.

    for place, record in json_lines(Path("problems.jsonl")):
        print(place, record["id"])      # "problems.jsonl, line 1 first", then "problems.jsonl, line 3 second"

>>> parse_object(b'{"id": "first"}')
{'id': 'first'}

Whoever reads such a file reads it here: blank lines are passed over, a line has a longest length, and what is wrong
is one sentence that names file and line. Where one bad line must not end the reading, `numbered_lines` with
`parse_object` leaves the choice to the caller.
"""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

__all__ = ["MAX_LINE_BYTES", "json_lines", "numbered_lines", "parse_object", "positioned_lines"]

MAX_LINE_BYTES = 64 << 20
"""Longest line that is read."""


def json_lines(path: Path, error: type[Exception] = ValueError) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place (`FILE, line N`) and object of every line that is not blank.

    Args:
        path: of the file; unpacked where its name ends in `.gz`.
        error: raised with one sentence; the caller's own, so that its callers catch one kind.

    Raises:
        error: the file cannot be read, or a line is no JSON object.
    """
    for number, line in numbered_lines(str(path), error):
        place = f"{path}, line {number}"
        try:
            record = parse_object(line)
        except ValueError as fault:
            raise error(f"{place}: {fault}") from None
        yield place, record


def numbered_lines(source: str, error: type[Exception] = ValueError) -> Iterator[tuple[int, bytes | None]]:
    """Number (from 1) and bytes of every line that is not blank; None for one above `MAX_LINE_BYTES`.

    Args:
        source: path of a file, unpacked where it ends in `.gz`; `-` for standard input.
        error: raised with one sentence.

    Raises:
        error: the file cannot be read; at once when it cannot be opened.
    """
    try:
        file: Any = sys.stdin.buffer if source == "-" else open(source, "rb")  # noqa: SIM115 - closed by the generator
    except OSError as fault:
        raise error(f"{source}: cannot be read: {fault.strerror}") from None
    if source.endswith(".gz"):
        file = gzip.GzipFile(fileobj=file)
    return _numbered(source, file, error)


def positioned_lines(file: IO[bytes]) -> Iterator[tuple[int, int, bytes | None]]:
    """Number (from 1), offset in bytes and content of every line that is not blank, from where the file stands.

    The content of a line above `MAX_LINE_BYTES` is None.
    """
    number = offset = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        begin, offset = offset, offset + len(line)
        if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            while (rest := file.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                offset += len(rest)
            offset += len(rest)
            yield number, begin, None
        elif not line.isspace():
            yield number, begin, line


def parse_object(line: bytes | None) -> dict[str, Any]:
    """The object that a line of `numbered_lines` or `positioned_lines` holds.

    Raises:
        ValueError: the line is too long, is not JSON, or holds something else.
    """
    if line is None:
        raise ValueError(f"longer than {MAX_LINE_BYTES >> 20} MiB")
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(record, dict):
        raise ValueError(f"expected an object, got {type(record).__name__}")
    return record


def _numbered(source: str, file: IO[bytes], error: type[Exception]) -> Iterator[tuple[int, bytes | None]]:
    number = 0
    try:
        with file:
            for number, _, line in positioned_lines(file):
                yield number, line
    except (OSError, EOFError, zlib.error) as fault:
        raise error(f"{source}: cannot be read after line {number}: {fault}") from None
