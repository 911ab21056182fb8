"""Child side of behaviour: one program, many inputs, each input in a process of its own.

    observe: payload [program, inputs, seed, seconds]  ->  one answer frame an input, in order

An input is [source, name, arguments, keywords]: `source` is run after the program, then `name` is called. The process
that reads the payload and sends the frames compiles that code, but never runs any: it forks once for each input, waits
for the answer for at most `seconds`, and ends what is left. So no input sees what the program did on another one.
"""

from __future__ import annotations

import cmath  # noqa: F401 - what programs import by default is there before they start
import contextlib
import itertools  # noqa: F401
import math  # noqa: F401
import os
import queue  # noqa: F401
import random
import select
import signal
import struct
import time
from typing import TYPE_CHECKING, Any

from verifiers.answer_frames import failed_frame, raised_frame, value_frame
from verifiers.plain_data import decode, encode
from verifiers.untrusted_code import MODULE_NAME, new_module

if TYPE_CHECKING:
    from types import CodeType

    from verifiers.sandbox.channel import Channel

__all__ = ["MAX_ANSWER_BYTES", "MAX_TIMEOUTS", "OUT_OF_TIME", "observe"]

MAX_ANSWER_BYTES = 1 << 20
"""Longest answer to one input."""
OUT_OF_TIME = "TimeoutError"
"""Class named by the frame of an input that took too long."""
MAX_TIMEOUTS = 2
"""After so many inputs on which it ran out of time a program is not run on the others."""

_LEAVE_SECONDS = 0.5
_LENGTH = struct.Struct("!I")
_LATE = b"E" + encode([OUT_OF_TIME, "out of time"])
_DIED = b"E" + encode(["", "the process ended without an answer"])
_LARGE = b"L" + encode(["", f"longer than {MAX_ANSWER_BYTES} bytes"])


def observe(channel: Channel) -> None:
    """Answer each input in a fork of this process."""
    program, inputs, seed, seconds = decode(channel.receive() or b"")
    timeouts = 0
    compiled = {source: _compiled(source) for source in {program, *(given[0] for given in inputs)}}
    for source, *call in inputs:
        if timeouts == MAX_TIMEOUTS:
            channel.send(_LATE)
            continue
        frame, ended = _in_a_fork(channel, [compiled[program], compiled[source]], call, seed, seconds)
        timeouts += frame == _LATE
        channel.send(frame)
        if not ended:
            return
        _empty(".")


def _compiled(source: str) -> CodeType | bytes:
    """The code, or the frame that says why there is none."""
    try:
        return compile(source, MODULE_NAME, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return failed_frame(error)


def _in_a_fork(
    channel: Channel, parts: list[CodeType | bytes], call: list[Any], seed: int, seconds: float
) -> tuple[bytes, bool]:
    """The frame for one input, and whether its process could be ended."""
    for part in parts:
        if isinstance(part, bytes):
            return part, True
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        os.close(reading)
        os.close(channel.fileno())
        _answer(writing, parts, call, seed)
    os.close(writing)
    try:
        frame = _read(reading, time.monotonic() + seconds)
        return frame, _end(child)
    finally:
        os.close(reading)


def _answer(writing: int, parts: list[Any], call: list[Any], seed: int) -> None:
    """Run the program on one input, write the frame and leave; nothing after it is run."""
    write, leave, pack = os.write, os._exit, _LENGTH.pack
    frame_of, raised, failed = value_frame, raised_frame, failed_frame
    try:
        name, arguments, keywords = call
        namespace = new_module()
        random.seed(seed)
        try:
            for part in parts:
                exec(part, namespace)  # noqa: S102 - in the sandbox
            target = namespace[name]
        except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are the candidate's as well
            frame = failed(error)
        else:
            try:
                frame = frame_of(target(*arguments, **keywords))
            except BaseException as error:  # noqa: BLE001 - likewise
                frame = raised(error)
        data = memoryview(pack(len(frame)) + frame)
        while data:
            data = data[write(writing, data) :]
    finally:
        leave(0)


def _read(reading: int, deadline: float) -> bytes:
    data = b""
    poller = select.poll()
    poller.register(reading, select.POLLIN)
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not poller.poll(left * 1000):
            return _LATE
        part = os.read(reading, 1 << 16)
        if not part:
            return _DIED
        data += part
        if len(data) >= _LENGTH.size:
            size = _LENGTH.unpack_from(data)[0]
            if size > MAX_ANSWER_BYTES:
                return _LARGE
            if len(data) >= _LENGTH.size + size:
                return data[_LENGTH.size : _LENGTH.size + size]


def _end(child: int) -> bool:
    """End the child and its group; False where this level of isolation does not let us."""
    try:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
    except PermissionError:
        return _ends_by_itself(child)
    os.waitpid(child, 0)
    return True


def _ends_by_itself(child: int) -> bool:
    """Whether a child that cannot be killed leaves within `_LEAVE_SECONDS`, as it does after its answer."""
    deadline = time.monotonic() + _LEAVE_SECONDS
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True


def _empty(folder: str) -> None:
    """Remove what an input has left in the working directory."""
    for name in os.listdir(folder):
        path = f"{folder}/{name}"
        with contextlib.suppress(OSError):
            if os.path.isdir(path) and not os.path.islink(path):
                _empty(path)
                os.rmdir(path)
            else:
                os.unlink(path)
