"""One task as it runs: its channel and streams as the pool sees them, and what came of it.

    conversation = worker.begin(task, limits, null)     # verifiers.sandbox.worker.Worker
    conversation.send(frame, last=True)
    outcome = await conversation.outcome()

Everything that comes out of a task is hostile: each kind of output has a bound, and one that is passed ends the task.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections import deque
from typing import TYPE_CHECKING, Final

from verifiers.sandbox import wire
from verifiers.sandbox.channel import HEADER
from verifiers.sandbox.task import End, Limits, Outcome, Task

if TYPE_CHECKING:
    from verifiers.sandbox.worker import Worker

__all__ = ["Conversation"]

_FRAME_BYTES: Final = 512
"""Each frame counts for so many bytes more: millions of empty ones would cost the reader minutes."""
_GRACE_SECONDS: Final = 20.0
"""How long after a task's deadline its server may take to report before it is ended itself."""
_READ_BYTES: Final = 1 << 18
_FETCH_SECONDS: Final = 0.02
"""How often answers that nobody waits for are fetched."""
_MUCH_BYTES: Final = 1 << 16
"""A child that sends so much between two looks would soon wait for us."""
_STREAM_MODE: Final = 0o666
"""The task, which may be another user, may open its own streams by name (`/dev/stdin`)."""
OUTPUT_FLOOD_FACTOR: Final = 64
"""A task that writes this many times more than is kept is killed."""
_ENDS: Final = {
    wire.CAUSE_EXITED: End.EXITED,
    wire.CAUSE_SIGNALED: End.SIGNALED,
    wire.CAUSE_WALL: End.TIMEOUT,
    wire.CAUSE_CPU: End.TIMEOUT,
    wire.CAUSE_MEMORY: End.MEMORY,
    wire.CAUSE_KILLED: End.LIMIT,
    wire.CAUSE_FAILED: End.INTERNAL,
}


class _Collector:
    """Reads one output stream of a task and keeps its head."""

    def __init__(self, conversation: Conversation, descriptor: int, keep: int) -> None:
        self._conversation = conversation
        self._descriptor = descriptor
        self._keep = keep
        self.total = 0
        self.kept = bytearray()
        os.set_blocking(descriptor, False)
        asyncio.get_running_loop().add_reader(descriptor, self.read)

    def read(self, *, all_of_it: bool = False) -> None:
        while True:
            try:
                data = os.read(self._descriptor, _READ_BYTES)
            except BlockingIOError:
                return
            if not data:
                self.close()
                return
            self.total += len(data)
            if len(self.kept) < self._keep:
                self.kept += data[: self._keep - len(self.kept)]
            if self.total > self._keep * OUTPUT_FLOOD_FACTOR:
                self._conversation.flooded("output")
            if not all_of_it:
                return

    def close(self) -> None:
        if self._descriptor >= 0:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1

    def finish(self) -> bytes:
        if self._descriptor >= 0:
            self.read(all_of_it=True)
        self.close()
        return bytes(self.kept)


class Conversation:
    """One running task: frames out, frames in, output, and its end."""

    def __init__(self, worker: Worker, task: Task, limits: Limits, null: int, *, interactive: bool) -> None:
        self._worker = worker
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._channel, child_channel = socket.socketpair()
        self._channel.setblocking(False)
        self._outgoing = bytearray()
        self._incoming = bytearray()
        self._frames: deque[bytes] = deque()
        self._answer_bytes = 0
        self._flood = ""
        self._half_closed = False
        self._stopped = False
        self._open = True
        self._arrival: asyncio.Future[None] | None = None
        self._ending: asyncio.Future[wire.Ending] = self._loop.create_future()
        self._output: list[_Collector] = []
        self._stdin: tuple[int, memoryview] | None = None
        to_close = [child_channel.fileno()]
        descriptors = [child_channel.fileno()]
        if task.capture or task.stdin is not None:
            descriptors += self._open_streams(task, null, to_close)
        wall = limits.wall_seconds
        self._worker.send_order(
            wire.Order(
                entry=task.entry,
                wall_seconds=wall,
                cpu_seconds=limits.cpu_seconds if limits.cpu_seconds is not None else float(int(wall) + 2),
                memory_mib=limits.memory_mib,
                address_space_mib=limits.memory_mib if limits.address_space_mib is None else limits.address_space_mib,
                processes=limits.processes,
                disk_mib=limits.disk_mib,
                files=limits.files,
                open_files=limits.open_files,
            ),
            descriptors,
        )
        child_channel.close()
        wire.close_all(to_close[1:])
        self._deadline = self._loop.call_later(wall + _GRACE_SECONDS, self._worker.kill)
        self._fetch: asyncio.TimerHandle | None = None
        if interactive:
            self._loop.add_reader(self._channel.fileno(), self._on_readable)
        else:
            self._fetch = self._loop.call_later(_FETCH_SECONDS, self._fetch_answers)

    def _fetch_answers(self) -> None:
        """Take what has come; from a child that sends much, take everything at once from now on."""
        before = self._answer_bytes
        self._on_readable()
        if not self._open:
            return
        if self._answer_bytes - before >= _MUCH_BYTES:
            self._loop.add_reader(self._channel.fileno(), self._on_readable)
        else:
            self._fetch = self._loop.call_later(_FETCH_SECONDS, self._fetch_answers)

    def _open_streams(self, task: Task, null: int, to_close: list[int]) -> list[int]:
        stdin = null
        if task.stdin:
            stdin, ours = os.pipe()
            os.fchmod(stdin, _STREAM_MODE)
            os.set_blocking(ours, False)
            to_close.append(stdin)
            self._stdin = (ours, memoryview(task.stdin))
            self._loop.add_writer(ours, self._on_stdin_writable)
        streams = [stdin]
        for _ in ("stdout", "stderr"):
            if not task.capture:
                streams.append(null)
                continue
            ours, theirs = os.pipe()
            os.fchmod(theirs, _STREAM_MODE)
            to_close.append(theirs)
            streams.append(theirs)
            self._output.append(_Collector(self, ours, self._limits.output_bytes))
        return streams

    def _on_stdin_writable(self) -> None:
        if self._stdin is None:
            return
        descriptor, data = self._stdin
        try:
            written = os.write(descriptor, data[:65536])
        except BlockingIOError:
            return
        except OSError:
            self._close_stdin()
            return
        self._stdin = (descriptor, data[written:])
        if not self._stdin[1]:
            self._close_stdin()

    def _close_stdin(self) -> None:
        if self._stdin is not None:
            descriptor = self._stdin[0]
            self._stdin = None
            self._loop.remove_writer(descriptor)
            os.close(descriptor)

    def send(self, frame: bytes, *, last: bool = False) -> None:
        """Queue a frame for the child; with `last`, nothing will follow."""
        if not self._open or self._half_closed:
            return
        waiting = bool(self._outgoing)
        self._outgoing += HEADER.pack(len(frame)) + frame
        self._half_closed = last
        if not waiting:
            self._on_writable()
            if self._outgoing:
                self._loop.add_writer(self._channel.fileno(), self._on_writable)

    def _on_writable(self) -> None:
        try:
            while self._outgoing:
                written = self._channel.send(self._outgoing)
                del self._outgoing[:written]
        except BlockingIOError:
            return
        except OSError:
            self._outgoing.clear()
        self._loop.remove_writer(self._channel.fileno())
        if self._half_closed:
            with contextlib.suppress(OSError):
                self._channel.shutdown(socket.SHUT_WR)

    def close_outgoing(self) -> None:
        """Say that nothing more will be sent."""
        if self._open and not self._half_closed:
            self._half_closed = True
            if not self._outgoing:
                with contextlib.suppress(OSError):
                    self._channel.shutdown(socket.SHUT_WR)

    async def drain(self) -> None:
        """Wait until what was queued has gone (or can go no more)."""
        while self._outgoing and not self._ending.done():
            await asyncio.sleep(0.001)

    def _on_readable(self) -> None:
        try:
            data = self._channel.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._stop_reading()
        else:
            self._take(data)
        self._wake()

    def _take(self, data: bytes) -> None:
        self._answer_bytes += len(data)
        if self._answer_bytes > self._limits.answer_bytes:
            self.flooded("answer")
            return
        self._incoming += data
        start = 0
        while len(self._incoming) - start >= HEADER.size:
            (length,) = HEADER.unpack_from(self._incoming, start)
            end = start + HEADER.size + length
            if length > self._limits.answer_bytes:
                self.flooded("answer")
                return
            if len(self._incoming) < end:
                break
            self._frames.append(bytes(self._incoming[start + HEADER.size : end]))
            self._answer_bytes += _FRAME_BYTES
            start = end
        if start:
            del self._incoming[:start]

    def _stop_reading(self) -> None:
        if self._fetch is not None:
            self._fetch.cancel()
        if self._open:
            self._open = False
            self._loop.remove_reader(self._channel.fileno())

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    def flooded(self, what: str) -> None:
        """The task writes more than it may: kill it."""
        if not self._flood:
            self._flood = what
            self._worker.stop_task()

    @property
    def unread(self) -> int:
        """Frames that have arrived and nobody has taken."""
        return len(self._frames)

    async def receive(self) -> bytes | None:
        """The next frame from the child; None when there will be none."""
        while not self._frames:
            if not self._open or self._flood:
                return None
            self._arrival = self._loop.create_future()
            await self._arrival
        return self._frames.popleft()

    def kill(self) -> None:
        """End the task now."""
        self._stopped = True
        self._worker.stop_task()

    def ended(self, ending: wire.Ending) -> None:
        """Called by the worker when the server has reported."""
        self._deadline.cancel()
        while self._open:
            before = self._answer_bytes
            self._on_readable()
            if self._answer_bytes == before:
                break
        self._stop_reading()
        if not self._ending.done():
            self._ending.set_result(ending)
        self._wake()

    async def outcome(self) -> Outcome:
        """Wait for the end and put together all that is known."""
        try:
            ending = await self._ending
        except asyncio.CancelledError:
            self._worker.kill()
            raise
        finally:
            self._release()
        stdout, stderr = self._output if self._output else (None, None)
        end = _ENDS[ending.cause]
        detail = ending.text
        if self._flood and end is not End.INTERNAL:
            end, detail = End.LIMIT, f"more than {self._limits.answer_bytes} bytes of answers"
            if self._flood == "output":
                detail = f"more than {self._limits.output_bytes * OUTPUT_FLOOD_FACTOR} bytes of output"
        elif ending.cause == wire.CAUSE_KILLED:
            detail = "ended by its caller" if self._stopped else f"more than {self._limits.processes} processes"
        elif ending.cause == wire.CAUSE_WALL:
            detail = f"no end after {self._limits.wall_seconds:g} s"
        elif ending.cause == wire.CAUSE_CPU:
            detail = "used up its processor time"
        elif ending.cause == wire.CAUSE_MEMORY:
            detail = f"more than {self._limits.memory_mib} MiB"
        return Outcome(
            end=end,
            exit_code=ending.code if end is End.EXITED else None,
            signal=ending.code if end is End.SIGNALED else None,
            detail=detail,
            answers=tuple(self._frames),
            stdout=stdout.finish() if stdout else b"",
            stderr=stderr.finish() if stderr else b"",
            stdout_total=stdout.total if stdout else 0,
            stderr_total=stderr.total if stderr else 0,
            seconds=ending.seconds,
            cpu_seconds=ending.cpu_seconds,
            peak_memory_mib=ending.peak_kib / 1024,
            isolation=self._worker.isolation,
        )

    def _release(self) -> None:
        self._deadline.cancel()
        self._stop_reading()
        self._close_stdin()
        with contextlib.suppress(ValueError):
            self._loop.remove_writer(self._channel.fileno())
        self._channel.close()
        if self._ending.cancelled() or not self._ending.done():
            for collector in self._output:
                collector.close()
