"""The child's end of the one line between a task and the trusted side: frames of bytes, each after its length.

    channel = Channel(3)
    payload = channel.receive()        # b"..." or None when the trusted side has closed its half
    channel.send(b"42")

Whatever a task sends is its own word and nothing more: it holds no verdict, and the trusted side binds each answer
to a question by itself.
"""

from __future__ import annotations

import os
import struct
from typing import Final

__all__ = ["HEADER", "Channel"]

HEADER: Final = struct.Struct("!I")
_READ_SIZE: Final = 1 << 20


class Channel:
    """Blocking frames over a descriptor.

    The functions that it needs are bound when it is made, before any untrusted code has run.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._read = os.read
        self._write = os.write
        self._pack = HEADER.pack
        self._unpack = HEADER.unpack

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def receive(self) -> bytes | None:
        """The next frame, or None at the end."""
        header = self._read_exactly(HEADER.size)
        if header is None:
            return None
        return self._read_exactly(self._unpack(header)[0])

    def send(self, frame: bytes) -> None:
        """Send one frame.

        Raises:
            OSError: the trusted side is gone.
        """
        data = memoryview(self._pack(len(frame)) + frame)
        while data:
            data = data[self._write(self._descriptor, data) :]

    def _read_exactly(self, size: int) -> bytes | None:
        if size == 0:
            return b""
        first = self._read(self._descriptor, min(size, _READ_SIZE))
        if len(first) == size:
            return first
        if not first:
            return None
        parts, received = [first], len(first)
        while received < size:
            part = self._read(self._descriptor, min(size - received, _READ_SIZE))
            if not part:
                return None
            parts.append(part)
            received += len(part)
        return b"".join(parts)
