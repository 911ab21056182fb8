"""Messages between the pool and a fork server: fixed binary structures over a stream socket.

The pool sends one `Order` with the task's descriptors; the server answers with one `Ending`. A single byte `KILL`
in between ends the running task at once. A server never sees a payload: the child reads it from its channel.
"""

from __future__ import annotations

import array
import os
import socket
import struct
from typing import Final, NamedTuple

__all__ = ["Ending", "Order", "close_all", "parse_ending", "receive_order", "send_ending", "send_order"]

_ORDER: Final = struct.Struct("!BddIIIIIIH")
_ENDING: Final = struct.Struct("!BiddQH")
_MAX_TEXT: Final = 4096
KILL: Final = b"\x02"
_ORDER_MARK: Final = 1
_MAX_DESCRIPTORS: Final = 4

CAUSE_EXITED, CAUSE_SIGNALED, CAUSE_WALL, CAUSE_CPU, CAUSE_MEMORY, CAUSE_KILLED, CAUSE_FAILED = range(7)
"""How a task ended, as its server saw it; `CAUSE_FAILED` is the server's own failure."""


class Order(NamedTuple):
    """Run one task.

    Attributes:
        entry: `module:function`.
        wall_seconds: deadline for the child.
        cpu_seconds: limit of processor time, in seconds.
        memory_mib: limit of the whole tree.
        address_space_mib: limit of each process's address space.
        processes: processes and threads at once.
        disk_mib: size of the working directory.
        files: number of files in it.
        open_files: descriptors.
    """

    entry: str
    wall_seconds: float
    cpu_seconds: float
    memory_mib: int
    address_space_mib: int
    processes: int
    disk_mib: int
    files: int
    open_files: int


class Ending(NamedTuple):
    """How a task ended.

    Attributes:
        cause: one of the `CAUSE_` constants.
        code: exit status or signal number.
        seconds: wall time of the child.
        cpu_seconds: user and system time of the tree.
        peak_kib: largest resident size of one process.
        text: what went wrong, for `CAUSE_FAILED`.
    """

    cause: int
    code: int
    seconds: float
    cpu_seconds: float
    peak_kib: int
    text: str = ""


def send_order(connection: socket.socket, order: Order, descriptors: list[int]) -> None:
    """Send an order with the child's descriptors: channel, standard input, output and error (the last may lack)."""
    entry = order.entry.encode()
    data = (
        _ORDER.pack(
            _ORDER_MARK,
            order.wall_seconds,
            order.cpu_seconds,
            order.memory_mib,
            order.address_space_mib,
            order.processes,
            order.disk_mib,
            order.files,
            order.open_files,
            len(entry),
        )
        + entry
    )
    rights = array.array("i", descriptors)
    connection.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])


def receive_order(connection: socket.socket) -> tuple[Order, list[int]] | None:
    """The next order and its descriptors; None when the pool is gone. Stray `KILL` bytes are skipped."""
    while True:
        data, ancillary, _, _ = connection.recvmsg(
            _ORDER.size + _MAX_TEXT, socket.CMSG_SPACE(_MAX_DESCRIPTORS * 4), socket.MSG_CMSG_CLOEXEC
        )
        if not data:
            return None
        if ancillary:
            break
    data = data.lstrip(KILL)
    descriptors = array.array("i")
    for _, _, rights in ancillary:
        descriptors.frombytes(rights[: len(rights) - len(rights) % descriptors.itemsize])
    _, wall, cpu, memory, space, processes, disk, files, open_files, length = _ORDER.unpack_from(data)
    entry = data[_ORDER.size : _ORDER.size + length].decode()
    return Order(entry, wall, cpu, memory, space, processes, disk, files, open_files), list(descriptors)


def send_ending(connection: socket.socket, ending: Ending) -> None:
    """Report a task's end."""
    text = ending.text.encode()[:_MAX_TEXT]
    connection.sendall(
        _ENDING.pack(ending.cause, ending.code, ending.seconds, ending.cpu_seconds, ending.peak_kib, len(text)) + text
    )


def parse_ending(data: bytes) -> Ending | None:
    """The ending in `data`, or None while it is incomplete."""
    if len(data) < _ENDING.size:
        return None
    cause, code, seconds, cpu_seconds, peak_kib, length = _ENDING.unpack_from(data)
    if len(data) < _ENDING.size + length:
        return None
    text = data[_ENDING.size : _ENDING.size + length].decode("utf-8", "replace")
    return Ending(cause, code, seconds, cpu_seconds, peak_kib, text)


def close_all(descriptors: list[int]) -> None:
    """Close descriptors that are known to be open."""
    for descriptor in descriptors:
        os.close(descriptor)
