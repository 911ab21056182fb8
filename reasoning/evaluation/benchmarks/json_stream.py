"""A JSON array read item by item, so that a file of any size needs the memory of one item.

>>> import io
>>> list(array_items(io.StringIO('[{"a": 1}, {"a": 2}]')))
[{'a': 1}, {'a': 2}]
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, TextIO

__all__ = ["array_items"]

_CHUNK_CHARACTERS: Final = 1 << 18
_BLANKS: Final = " \t\r\n"


def array_items(file: TextIO) -> Iterator[Any]:
    """The items of the array that `file` holds.

    Raises:
        ValueError: it holds something else.
    """
    reader = _Reader(file)
    reader.expect("[")
    if reader.peek() == "]":
        reader.expect("]")
    else:
        while True:
            yield reader.value()
            if reader.peek() == "]":
                reader.expect("]")
                break
            reader.expect(",")
    if reader.peek():
        raise ValueError("something follows the array")


class _Reader:
    """The text of a file, and how much of what has been read is taken."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._text = ""
        self._position = 0
        self._decode = json.JSONDecoder().raw_decode

    def peek(self) -> str:
        """The next character that is no blank; empty at the end."""
        while True:
            while self._position < len(self._text) and self._text[self._position] in _BLANKS:
                self._position += 1
            if self._position < len(self._text):
                return self._text[self._position]
            if not self._more(_CHUNK_CHARACTERS):
                return ""

    def expect(self, character: str) -> None:
        """Take `character`."""
        found = self.peek()
        if found != character:
            raise ValueError(f"expected '{character}', found {found!r}" if found else f"expected '{character}'")
        self._position += 1

    def value(self) -> Any:
        """Take a value. One that ends where the text read so far ends may go on, as a number can."""
        self.peek()
        size = _CHUNK_CHARACTERS
        while True:
            try:
                value, end = self._decode(self._text, self._position)
            except json.JSONDecodeError:
                if not self._more(size):
                    raise
            else:
                if end < len(self._text) or not self._more(size):
                    self._position = end
                    return value
            size *= 2

    def _more(self, size: int) -> bool:
        part = self._file.read(size)
        self._text = self._text[self._position :] + part
        self._position = 0
        return bool(part)
