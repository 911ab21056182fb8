"""One fork server as the pool sees it: started, given one task at a time, and ended with all that is below it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from verifiers.sandbox import wire
from verifiers.sandbox.conversation import Conversation
from verifiers.sandbox.server import Configuration
from verifiers.sandbox.task import Limits, Task

__all__ = ["Worker", "WorkerStartError"]

_START_SECONDS: Final = 120.0
"""A server that imports large packages on a busy machine may take long."""
_BOOT: Final = "import sys; sys.path.insert(0, {parent!r}); from verifiers.sandbox.server import main; main({number})"


class WorkerStartError(RuntimeError):
    """A fork server could not take on its layers or import its modules; the message is its own."""


class Worker:
    """A running fork server. Make one with `Worker.start`."""

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket, isolation: tuple[str, ...]) -> None:
        self._process = process
        self._control = control
        self._isolation = isolation
        self._running: Conversation | None = None
        self._buffer = b""
        self.alive = True
        self.tasks_done = 0

    @classmethod
    async def start(cls, configuration: Configuration, isolation: tuple[str, ...]) -> Worker:
        """Start a server and wait until it is ready.

        Raises:
            WorkerStartError: it says why it cannot.
        """
        control, theirs = socket.socketpair()
        parent = str(Path(__file__).resolve().parents[2])
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
        }
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                [os.path.realpath(sys.executable), "-S", "-s", "-P", "-c",
                 _BOOT.format(parent=parent, number=theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,  # only until it is ready
                env=environment,
                cwd="/",
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )  # fmt: skip
            theirs.close()
            control.setblocking(False)
            worker = cls(process, control, isolation)
            try:
                reply = await asyncio.wait_for(worker._handshake(configuration), _START_SECONDS)
            except (TimeoutError, OSError, asyncio.CancelledError) as error:
                worker.kill()
                if isinstance(error, asyncio.CancelledError):
                    raise
                reply = {"error": f"{type(error).__name__} while starting"}
            if "error" in reply:
                worker.kill()
                errors.seek(0)
                tail = errors.read()[-400:].decode("utf-8", "replace").strip().splitlines()
                raise WorkerStartError(str(reply["error"]) + (f" ({tail[-1]})" if tail else ""))
        asyncio.get_running_loop().add_reader(control.fileno(), worker._on_control)
        return worker

    async def _handshake(self, configuration: Configuration) -> dict[str, object]:
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self._control, json.dumps(configuration.to_json()).encode() + b"\n")
        data = b""
        while not data.endswith(b"\n"):
            part = await loop.sock_recv(self._control, 65536)
            if not part:
                return {"error": "the fork server ended while starting"}
            data += part
        reply: dict[str, object] = json.loads(data)
        return reply

    def begin(self, task: Task, limits: Limits, null: int, *, interactive: bool = False) -> Conversation:
        """Start a task; the worker takes no other until its conversation has ended.

        Args:
            task: what to run.
            limits: its limits.
            null: descriptor of an empty file, for standard input.
            interactive: whether somebody waits for single answers; otherwise they are fetched now and then, which
                spares a wake-up for each.
        """
        conversation = Conversation(self, task, limits, null, interactive=interactive)
        self._running = conversation
        return conversation

    def send_order(self, order: wire.Order, descriptors: list[int]) -> None:
        """Hand an order to the server; a dead one is noticed by its reader."""
        with contextlib.suppress(OSError):
            wire.send_order(self._control, order, descriptors)

    def stop_task(self) -> None:
        """Ask the server to kill the running task now."""
        with contextlib.suppress(OSError):
            self._control.send(wire.KILL)

    def _on_control(self) -> None:
        try:
            data = self._control.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.kill()
            self._finish(wire.Ending(wire.CAUSE_FAILED, 0, 0.0, 0.0, 0, "the fork server died"))
            return
        self._buffer += data
        ending = wire.parse_ending(self._buffer)
        if ending is not None:
            self._buffer = b""
            if ending.cause == wire.CAUSE_FAILED:
                self.kill()
            self._finish(ending)

    def _finish(self, ending: wire.Ending) -> None:
        conversation, self._running = self._running, None
        self.tasks_done += 1
        if conversation is not None:
            conversation.ended(ending)

    def kill(self) -> None:
        """End the server and everything below it; nothing happens when it is dead."""
        if self.alive:
            self.alive = False
            with contextlib.suppress(RuntimeError, ValueError):
                asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            if self._running is not None:
                self._finish(wire.Ending(wire.CAUSE_FAILED, 0, 0.0, 0.0, 0, "the fork server was ended"))

    @property
    def busy(self) -> bool:
        """Whether a task is running."""
        return self._running is not None

    @property
    def pid(self) -> int:
        """Pid of the server's first process; all that it started is below."""
        return self._process.pid

    @property
    def isolation(self) -> tuple[str, ...]:
        """Names of the layers that its tasks run under."""
        return self._isolation
