r"""A client of the Isabelle server ("The Isabelle System Manual", chapter "The Isabelle server").

    async with asyncio.timeout(600):
        client = await Client.connect("127.0.0.1", 4711, password)
        session = await client.task("session_start", {"session": "HOL"})
        done = await client.task("use_theories", {"session_id": session["session_id"], "theories": ["A"]})
        purged = await client.command("purge_theories", {"session_id": ..., "theories": ["A"]})

A message is one line, or a line with a number and that many bytes. A command is answered by `OK` or `ERROR`; a task
goes on after its `OK {"task": ID}` and ends with `FINISHED` or `FAILED` of that ID, with notes in between. Tasks
interleave.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["Client", "CommandFailed", "PasswordRefused", "ServerLost"]

_MAX_BYTES: Final = 64 << 20
"""Longest message that is read."""
_CANCEL_SECONDS: Final = 5.0
_NUMBER: Final = re.compile(rb"\d{1,18}\Z")


class ServerLost(RuntimeError):
    """The connection ended, or the server left the protocol."""


class PasswordRefused(ServerLost):
    """The server closed the connection at the password."""


class CommandFailed(RuntimeError):
    """The server answered `ERROR` or `FAILED`; the message is its own."""


class Client:
    """One connection; made by `connect`. Its tasks may run at the same time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._turn = asyncio.Lock()
        self._reply: asyncio.Future[tuple[str, Any]] | None = None
        self._ends: dict[str, asyncio.Future[tuple[str, Any]]] = {}
        self._lost: str = ""
        self._listener: asyncio.Task[None] | None = None

    @classmethod
    async def connect(cls, host: str, port: int, password: str) -> Client:
        """Open a connection.

        Raises:
            OSError: nothing listens there.
            PasswordRefused: the password is not the server's.
            ServerLost: what answers is no Isabelle server.
        """
        reader, writer = await asyncio.open_connection(host, port, limit=_MAX_BYTES)
        client = cls(reader, writer)
        try:
            await _send(writer, password)
            try:
                kind, _ = await _receive(reader)
            except (ServerLost, OSError) as error:
                raise PasswordRefused("the server closed the connection at the password") from error
            if kind != "OK":
                raise PasswordRefused(f"the server answers the password with {kind[:40]}")
        except BaseException:
            writer.close()
            raise
        client._listener = asyncio.create_task(client._listen())
        return client

    @property
    def alive(self) -> bool:
        """Whether the connection stands."""
        return not self._lost

    async def command(self, name: str, argument: Mapping[str, Any]) -> Any:
        """Give a command and wait for its `OK`.

        Raises:
            CommandFailed: it was answered by `ERROR`.
            ServerLost: no answer came.
        """
        async with self._turn:
            self._check()
            self._reply = asyncio.get_running_loop().create_future()
            try:
                await _send(self._writer, f"{name} {json.dumps(argument)}")
                kind, body = await self._reply
            except OSError as error:
                self._lose(f"the connection broke: {error}")
                raise ServerLost(self._lost) from error
            except asyncio.CancelledError:
                # The next reply would be taken for that of another command.
                self._lose("a command was given up before its reply")
                raise
            finally:
                self._reply = None
        if kind == "ERROR":
            raise CommandFailed(_message(body))
        return body

    async def task(self, name: str, argument: Mapping[str, Any]) -> dict[str, Any]:
        """Start a task and wait for its end; one that the caller gives up on is cancelled.

        Raises:
            CommandFailed: `ERROR` or `FAILED`.
            ServerLost: the connection ended before.
        """
        started = await self.command(name, argument)
        number = started.get("task") if isinstance(started, dict) else None
        if not isinstance(number, str):
            self._lose(f"{name} was answered without a task")
            raise ServerLost(self._lost)
        end = self._end_of(number)
        self._fail_if_lost(end)
        try:
            kind, body = await asyncio.shield(end)
        except asyncio.CancelledError:
            await self._cancel(number, end)
            raise
        finally:
            self._ends.pop(number, None)
        if kind == "FAILED":
            raise CommandFailed(_message(body))
        if not isinstance(body, dict):
            self._lose(f"{name} finished without a body")
            raise ServerLost(self._lost)
        return body

    async def close(self) -> None:
        """Close the connection; the server and its sessions go on."""
        self._lose("closed")
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _cancel(self, number: str, end: asyncio.Future[tuple[str, Any]]) -> None:
        """Have the server stop a task; if it does not, this connection is of no more use."""
        try:
            async with asyncio.timeout(_CANCEL_SECONDS):
                await self.command("cancel", {"task": number})
                await asyncio.shield(end)
        except (TimeoutError, CommandFailed, ServerLost):
            self._lose("a cancelled task did not end")

    async def _listen(self) -> None:
        try:
            while True:
                kind, body = await _receive(self._reader)
                self._take(kind, body)
        except (ServerLost, OSError) as error:
            self._lose(str(error))

    def _take(self, kind: str, body: Any) -> None:
        if kind in ("OK", "ERROR"):
            if self._reply is None or self._reply.done():
                raise ServerLost(f"{kind} that nothing asked for")
            self._reply.set_result((kind, body))
        elif kind in ("FINISHED", "FAILED"):
            number = body.get("task") if isinstance(body, dict) else None
            if not isinstance(number, str):
                raise ServerLost(f"{kind} without a task")
            end = self._end_of(number)
            if not end.done():
                end.set_result((kind, body))
        elif kind != "NOTE":
            raise ServerLost(f"unknown message {kind[:40]!r}")

    def _end_of(self, number: str) -> asyncio.Future[tuple[str, Any]]:
        """The end of a task, which may be read before anyone waits for it."""
        return self._ends.setdefault(number, asyncio.get_running_loop().create_future())

    def _lose(self, why: str) -> None:
        if not self._lost:
            self._lost = why
            self._writer.close()
        for waiting in (self._reply, *self._ends.values()):
            if waiting is not None:
                self._fail_if_lost(waiting)

    def _fail_if_lost(self, waiting: asyncio.Future[tuple[str, Any]]) -> None:
        if self._lost and not waiting.done():
            waiting.set_exception(ServerLost(self._lost))
            waiting.exception()  # whether or not anyone waits for it

    def _check(self) -> None:
        if self._lost:
            raise ServerLost(self._lost)


async def _send(writer: asyncio.StreamWriter, text: str) -> None:
    """Write one message: long form, unless it is a short line that is no number."""
    data = text.encode()
    if len(data) > 100 or b"\n" in data or data.isdigit():
        data = b"%d\n%s" % (len(data) + 1, data)
    writer.write(data + b"\n")
    await writer.drain()


async def _receive(reader: asyncio.StreamReader) -> tuple[str, Any]:
    """Read one message: its name and its argument.

    Raises:
        ServerLost: the stream ended, or this is no message.
    """
    try:
        data = (await reader.readuntil(b"\n")).rstrip(b"\r\n")
        if _NUMBER.match(data):
            size = int(data)
            if size > _MAX_BYTES:
                raise ServerLost(f"a message of {size} bytes")
            data = await reader.readexactly(size)
    except asyncio.IncompleteReadError:
        raise ServerLost("the server closed the connection") from None
    except (asyncio.LimitOverrunError, ValueError):
        raise ServerLost("a line without an end") from None
    try:
        name, _, argument = data.decode().strip().partition(" ")
        return name, json.loads(argument) if argument.strip() else None
    except (ValueError, RecursionError) as error:
        raise ServerLost(f"unreadable message: {str(error)[:100]}") from None


def _message(body: Any) -> str:
    text = body.get("message") if isinstance(body, dict) else body
    return str(text)[:1000]
