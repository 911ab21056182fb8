"""LiveCodeBench's packed test cases: base64 of zlib of a pickle of one string of JSON, read without unpickling.

>>> import base64, pickle, zlib
>>> unpacked(base64.b64encode(zlib.compress(pickle.dumps('[{"input": "1"}]'))).decode())
'[{"input": "1"}]'

A pickle is a program, and a file from outside may hold any. The few instructions that a pickled string consists of are
read here one by one; anything else is refused. What the data unfolds to is bounded.
"""

from __future__ import annotations

import binascii
import zlib

__all__ = ["MAX_UNPACKED_BYTES", "PackedTestsError", "unpacked"]

MAX_UNPACKED_BYTES = 512 << 20
"""Most bytes that packed tests may unfold to."""

_LENGTHS = {0x8C: 1, ord("X"): 4, 0x8D: 8}
"""Instruction that pushes a string -> size of its length, bytes."""
_SKIPPED = {0x80: 1, 0x95: 8, 0x94: 0, ord("q"): 1, ord("r"): 4}
"""Instruction without effect on a single string (protocol, frame, memoize, put) -> size of its argument, bytes."""
_STOP = ord(".")


class PackedTestsError(ValueError):
    """The text is not packed as expected, or unfolds to too much."""


def unpacked(text: str, limit: int = MAX_UNPACKED_BYTES) -> str:
    """The string in a packed text.

    Raises:
        PackedTestsError: it is not packed as expected, or larger than `limit` bytes.
    """
    try:
        packed = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except ValueError as error:  # binascii.Error and UnicodeEncodeError are of this kind
        raise PackedTestsError(f"no base64: {error}") from None
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(packed, limit + 1)
    except zlib.error as error:
        raise PackedTestsError(f"not compressed by zlib: {error}") from None
    if len(data) > limit:
        raise PackedTestsError(f"unfolds to more than {limit} bytes")
    if not inflater.eof or inflater.unused_data:
        raise PackedTestsError("compressed data are cut off, or something follows them")
    return _pickled_string(data)


def _pickled_string(data: bytes) -> str:
    found: str | None = None
    position = 0
    while position < len(data):
        code = data[position]
        position += 1
        if code == _STOP and found is not None and position == len(data):
            return found
        if code in _LENGTHS and found is None:
            size = _LENGTHS[code]
            end = position + size + int.from_bytes(data[position : position + size], "little")
            if end > len(data):
                raise PackedTestsError("the pickled string is cut off")
            try:
                found = data[position + size : end].decode("utf-8", "surrogatepass")
            except UnicodeDecodeError as error:
                raise PackedTestsError(f"the pickled string is damaged: {error}") from None
            position = end
        elif code in _SKIPPED:
            position += _SKIPPED[code]
        else:
            raise PackedTestsError(f"pickle instruction 0x{code:02x}: the pickle holds more than one string")
    raise PackedTestsError("the pickle ends without its end mark")
