"""One server that speaks the OpenAI protocol, and how often it is asked again: for completions and embeddings alike.

    server = OpenAIServer("my-model", base_url="http://127.0.0.1:8000/v1")
    await server.answer(lambda: server.client.embeddings.create(model="my-model", input=["2+2?"]))

A server that has never taken a connection is looked for during a few seconds; one that has answered before is waited
for, as often as `retries` says.
"""

from __future__ import annotations

import asyncio
import errno
import math
import os
import random
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from reasoning.engines.base import EngineError, PromptTooLongError
from reasoning.engines.openai_protocol import MalformedReplyError
from reasoning.engines.options import EngineSpecError
from reasoning.engines.prompts import says_too_long
from reasoning.engines.retry import Presence, backoff_seconds, retry_after_seconds, worth_retrying
from verifiers.answer_frames import readable

__all__ = ["KEY_VARIABLE", "OpenAIServer"]

KEY_VARIABLE = "OPENAI_API_KEY"
"""Environment variable that holds the key where no other is named."""

KEYLESS = "none"
"""Sent as the key to servers that want none; the client library insists on one."""

CONNECT_SECONDS = 20.0
"""Longest wait for a connection, where `timeout` is longer."""

_NO_CONNECTION_IN_TIME = "ConnectTimeout"
"""The client's transport is one of several libraries, which all call it this."""
_OUT_OF_MONEY = "insufficient_quota"
_TOO_LONG = "context_length_exceeded"

Reply = TypeVar("Reply")


class OpenAIServer:
    """A server and a model on it. Used from one event loop.

    Args:
        model: its name, for messages.
        base_url: address up to and with `/v1`; else the environment variable OPENAI_BASE_URL, else OpenAI's own.
        api_key_env: environment variable that holds the key; with a `base_url` the usual one may be unset.
        timeout: longest wait for one answer, in seconds.
        retries: how often a failed attempt is made again.

    Attributes:
        client: the client library, which makes each attempt once.
        address: of the server, without a password.
        where: model and address, as messages begin.

    Raises:
        EngineSpecError: the key is missing.
    """

    def __init__(
        self,
        model: str,
        base_url: str | None = None,
        api_key_env: str = KEY_VARIABLE,
        timeout: float = 600.0,
        retries: int = 6,
    ) -> None:
        from openai import AsyncOpenAI, Timeout

        base_url = base_url or os.environ.get("OPENAI_BASE_URL") or None
        self._key = _api_key(api_key_env, needed=base_url is None)
        self._timeout = timeout
        self._connect = min(timeout, CONNECT_SECONDS)
        self._retries = retries
        self._presence = Presence()
        self._random = random.Random()
        self.client = AsyncOpenAI(
            api_key=self._key, base_url=base_url, timeout=Timeout(timeout, connect=self._connect), max_retries=0
        )
        self.address = _without_password(str(self.client.base_url))
        self.where = f"openai: {model} at {self.address}"

    async def answer(self, attempt: Callable[[], Awaitable[Reply]]) -> Reply:
        """What `attempt` returns, made again where another one may succeed.

        Args:
            attempt: one call of the client, and the reading of its reply (`MalformedReplyError`).

        Raises:
            EngineError: no usable answer could be had.
            PromptTooLongError: the prompt does not fit into the model's context.
        """
        import openai

        tried = 0
        while True:
            try:
                reply = await attempt()
            except (openai.OpenAIError, MalformedReplyError, ValueError, RecursionError) as error:
                failure = self._failure(error)
                if not failure.unreached:
                    self._presence.answered()
                await self._wait(tried, failure, error)
                tried += 1
            else:
                self._presence.answered()
                return reply

    async def _wait(self, tried: int, failure: _Failure, error: Exception) -> None:
        """Pass the time until another attempt makes sense.

        Raises:
            EngineError: it makes none.
        """
        patience = self._presence.patience(time.monotonic()) if failure.unreached else math.inf
        if tried >= self._retries or not failure.again or patience <= 0:
            tries = f" (tried {tried + 1} times)" if tried else ""
            kind = PromptTooLongError if failure.too_long else EngineError
            raise kind(f"{self.where}: {failure.message}{tries}") from error
        wait = backoff_seconds(tried, failure.retry_after, self._random.random())
        await asyncio.sleep(min(wait, patience))

    def _failure(self, error: Exception) -> _Failure:
        import openai

        if isinstance(error, openai.APIStatusError):
            status = error.status_code
            return _Failure(
                f"HTTP {status}: {self._shown(error.message)}",
                again=worth_retrying(status) and error.code != _OUT_OF_MONEY,
                retry_after=retry_after_seconds(error.response.headers, time.time()),
                too_long=status in (400, 413, 422) and (error.code == _TOO_LONG or says_too_long(error.message)),
            )
        if isinstance(error, openai.APITimeoutError):
            if type(error.__cause__).__name__ == _NO_CONNECTION_IN_TIME:
                return _Failure(f"no connection within {self._connect:g} s", unreached=True)
            return _Failure(f"no answer within {self._timeout:g} s")
        if isinstance(error, openai.APIConnectionError):
            refused = _unreached(error)
            cause = self._shown(str(refused or error.__cause__ or error)) or type(error.__cause__).__name__
            return _Failure(f"no connection: {cause}", unreached=refused is not None)
        return _Failure(f"unreadable reply: {self._shown(str(error))}")

    def _shown(self, text: str) -> str:
        """What a server or the client says, as a line that a terminal can show; servers may echo the key."""
        if self._key != KEYLESS:
            text = text.replace(self._key, "[key]")
        return readable(" ".join(text.split()), 300)


@dataclass(frozen=True, slots=True)
class _Failure:
    """One attempt that failed.

    Attributes:
        message: why.
        again: whether another may succeed.
        retry_after: when, in seconds, where the server says so.
        too_long: the prompt is.
        unreached: there was not even a connection.
    """

    message: str
    again: bool = True
    retry_after: float | None = None
    too_long: bool = False
    unreached: bool = False


def _unreached(error: BaseException) -> OSError | None:
    """What kept a connection from being made; None where there was one."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ConnectionRefusedError | socket.gaierror | ssl.SSLError):
            return seen
        if isinstance(seen, OSError) and seen.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None


def _api_key(variable: str, *, needed: bool) -> str:
    key = os.environ.get(variable)
    if key:
        return key
    if needed or variable != KEY_VARIABLE:
        raise EngineSpecError(
            f"openai: the environment variable {variable} is not set (it holds the key; "
            "a server without keys needs only base_url=...)"
        )
    return KEYLESS


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
