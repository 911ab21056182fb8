r"""One session of an Isabelle server, started once: theories are written to its folder, checked and purged.

session = Session(Address("127.0.0.1", 4711, password))
await session.ready()
async with session.theory("A", "theory A imports Main begin end"):
    body = await session.use("A")
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from verifiers.proofs.isabelle.client import Client, CommandFailed, ServerLost

__all__ = ["SERVER_VARIABLE", "SESSION_VARIABLE", "Address", "Session"]

SERVER_VARIABLE: Final = "REASONING_ISABELLE"
SESSION_VARIABLE: Final = "REASONING_ISABELLE_SESSION"
_CONNECT_SECONDS: Final = 20.0
_START_SECONDS: Final = 1_800.0
"""A first start may build the session's image."""
_TIDY_SECONDS: Final = 10.0
_OPTIONS: Final = ["quick_and_dirty=false", "skip_proofs=false"]


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is, as it prints at its start.

    Attributes:
        host: name or number.
        port: of TCP.
        password: never shown.
        session: the image that theories import from.
    """

    host: str
    port: int
    password: str = field(repr=False)
    session: str = "HOL"

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Address | None:
        """Read `REASONING_ISABELLE=HOST:PORT:PASSWORD` and `REASONING_ISABELLE_SESSION`; None if the first is not set.

        Raises:
            ValueError: it is malformed.
        """
        text = environment.get(SERVER_VARIABLE, "").strip()
        if not text:
            return None
        parts = text.rsplit(":", 2)
        if len(parts) != 3 or not all(parts) or not parts[1].isdecimal() or not 0 < int(parts[1]) < 65536:
            raise ValueError(f"{SERVER_VARIABLE}: expected HOST:PORT:PASSWORD")
        return cls(parts[0], int(parts[1]), parts[2], environment.get(SESSION_VARIABLE, "") or "HOL")


class Session:
    """A session. Its number outlives a connection that breaks: the server keeps it.

    Args:
        address: of the server.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self._client: Client | None = None
        self._number = ""
        self._folder = Path()
        self._starting = asyncio.Lock()

    async def ready(self) -> None:
        """Connect and start the session, unless both are done.

        Raises:
            OSError: nothing listens there, or the session's folder is not on this machine.
            PasswordRefused: wrong password.
            CommandFailed: the session cannot be started.
            ServerLost: the server went away.
        """
        async with self._starting:
            if self._client is None or not self._client.alive:
                if self._client is not None:
                    await self._client.close()
                async with asyncio.timeout(_CONNECT_SECONDS):
                    self._client = await Client.connect(self.address.host, self.address.port, self.address.password)
            if not self._number:
                await self._start(self._client)

    async def _start(self, client: Client) -> None:
        async with asyncio.timeout(_START_SECONDS):
            body = await client.task("session_start", {"session": self.address.session, "options": _OPTIONS})
        number, folder = body.get("session_id"), body.get("tmp_dir")
        if not isinstance(number, str) or not isinstance(folder, str):
            raise ServerLost("a session without an id or a folder")
        if not os.path.isdir(folder):
            raise FileNotFoundError(f"its folder {folder} is not on this machine")
        self._number, self._folder = number, Path(folder)

    @contextlib.asynccontextmanager
    async def theory(self, name: str, text: str) -> AsyncIterator[None]:
        """Have a theory in the session's folder; afterwards it is purged and its file removed.

        Raises:
            ServerLost: the server is gone, or its folder is.
        """
        path = self._folder / f"{name}.thy"
        try:
            with open(path, "x", encoding="utf-8", newline="") as file:
                file.write(text)
        except FileNotFoundError:
            self._number = ""
            raise ServerLost("the session's folder is gone") from None
        try:
            yield
        finally:
            try:
                await self._purge(name)
            finally:
                path.unlink(missing_ok=True)

    async def use(self, name: str) -> dict[str, Any]:
        """Check a theory: the body of the finished task.

        Raises:
            CommandFailed: the task failed.
            ServerLost: the server, or its session, is no more.
        """
        client = self._connected()
        number = self._number
        request = {"session_id": number, "theories": [name], "master_dir": str(self._folder)}
        try:
            return await client.task("use_theories", request)
        except CommandFailed as error:
            if "No session" not in str(error):
                raise
            if self._number == number:
                self._number = ""
            raise ServerLost(str(error)) from error

    async def close(self) -> None:
        """Stop the session and close the connection, as far as the server still answers."""
        client, self._client = self._client, None
        if client is None:
            return
        if self._number and client.alive:
            with contextlib.suppress(CommandFailed, ServerLost, TimeoutError):
                async with asyncio.timeout(_TIDY_SECONDS):
                    await client.task("session_stop", {"session_id": self._number})
        self._number = ""
        await client.close()

    async def _purge(self, name: str) -> None:
        if self._client is None or not self._client.alive or not self._number:
            return
        request = {"session_id": self._number, "theories": [name], "master_dir": str(self._folder)}
        with contextlib.suppress(CommandFailed, ServerLost, TimeoutError):
            async with asyncio.timeout(_TIDY_SECONDS):
                await self._client.command("purge_theories", request)

    def _connected(self) -> Client:
        if self._client is None:
            raise ServerLost("not connected")
        return self._client
