"""Any server that speaks the OpenAI protocol: vLLM, llama.cpp, SGLang, Ollama, a provider.

    engine = create_engine("openai:my-model,base_url=http://127.0.0.1:8000/v1")
    [completion] = await engine.complete(Request(messages=(Message("user", "2+2?"),), max_tokens=32, seeds=(7,)))
    completion.text, completion.completion_tokens         # ("4", 2)

Messages go to the chat endpoint, a plain prompt to the completions endpoint, one HTTP request a sample, each with
its seed. Servers differ in the fields they take; `Dialect` remembers what this one refused.
"""

from __future__ import annotations

import asyncio
import errno
import json
import math
import os
import random
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reasoning.engines.base import Completion, EngineError, PromptTooLongError, Request, TokenLogprob
from reasoning.engines.images import ImageError
from reasoning.engines.openai_protocol import Dialect, MalformedReplyError, read_reply
from reasoning.engines.options import EngineSpecError, read_options, versions
from reasoning.engines.prompts import check_request, says_too_long
from reasoning.engines.retry import Pace, Presence, backoff_seconds, retry_after_seconds, worth_retrying
from reasoning.slots import Slots
from verifiers.answer_frames import readable
from verifiers.together import all_or_first_error

if TYPE_CHECKING:
    from openai import AsyncOpenAI

__all__ = ["OpenAIEngine", "OpenAIOptions", "client_of", "create"]

CHARACTERS_PER_TOKEN = 4
"""Rough size of a token, for booking `tokens_per_minute` before the server has counted."""

KEYLESS = "none"
"""Sent as the key to servers that want none; the client library insists on one."""

CONNECT_SECONDS = 20.0
"""Longest wait for a connection, where `timeout` is longer."""

_NO_CONNECTION_IN_TIME = "ConnectTimeout"
"""The client's transport is one of several libraries, which all call it this."""
_OUT_OF_MONEY = "insufficient_quota"
_TOO_LONG = "context_length_exceeded"


@dataclass(frozen=True, slots=True)
class OpenAIOptions:
    """Options of the `openai` engine.

    Attributes:
        base_url: address up to and with `/v1`; else the environment variable OPENAI_BASE_URL, else OpenAI's own.
        api_key_env: environment variable that holds the key; with a `base_url` it may be unset.
        concurrency: most HTTP requests under way at once.
        requests_per_minute: pace of requests; 0 for no limit.
        tokens_per_minute: pace of prompt and completion tokens together; 0 for no limit.
        timeout: longest wait for one answer, in seconds.
        retries: how often a failed request is tried again.
        extra_body: JSON object of further fields for every request, such as `{"top_k": 20}`.
    """

    base_url: str | None = None
    api_key_env: str = "OPENAI_API_KEY"
    concurrency: int = 64
    requests_per_minute: float = 0.0
    tokens_per_minute: float = 0.0
    timeout: float = 600.0
    retries: int = 6
    extra_body: str = "{}"

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise ValueError(f"option concurrency={self.concurrency}: expected at least 1")
        if self.retries < 0:
            raise ValueError(f"option retries={self.retries}: expected 0 or more")
        if not (0 < self.timeout < math.inf):
            raise ValueError(f"option timeout={self.timeout}: expected seconds above 0")
        for name in ("requests_per_minute", "tokens_per_minute"):
            if not (0 <= getattr(self, name) < math.inf):
                raise ValueError(f"option {name}={getattr(self, name)}: expected 0 (no limit) or more")
        if self.base_url is not None and urlsplit(self.base_url).scheme not in ("http", "https"):
            raise ValueError(f"option base_url={self.base_url!r}: expected http://... or https://...")


def create(target: str, options: Mapping[str, str]) -> OpenAIEngine:
    """Make the engine of `openai:MODEL,key=value...`.

    Raises:
        EngineSpecError: there is no model name, an option is wrong, or the key is missing.
    """
    if not target:
        raise EngineSpecError("engine 'openai' needs a model name: openai:MODEL[,base_url=URL]")
    return OpenAIEngine(target, read_options("openai", OpenAIOptions, options))


class OpenAIEngine:
    """One model on one server. Used from one event loop.

    Raises:
        EngineSpecError: `extra_body` is no JSON object, or the key is missing.
    """

    name = "openai"

    def __init__(self, model: str, options: OpenAIOptions | None = None) -> None:
        self._options = options or OpenAIOptions()
        self._model = model
        self._client, self._address = client_of(self._options)
        self._key = self._client.api_key
        self._dialect = Dialect(model, _extra_body(self._options.extra_body))
        self.concurrency = self._options.concurrency
        self._slots = Slots(self.concurrency)
        self._requests = Pace(self._options.requests_per_minute)
        self._tokens = Pace(self._options.tokens_per_minute)
        self._presence = Presence()
        self._random = random.Random()

    async def complete(self, request: Request) -> list[Completion]:
        """See `Engine.complete`. `meta` names the sampling fields that the server refused (`not_applied`)."""
        check_request(request, takes_tools=True)
        return await all_or_first_error(self._sample(request, seed) for seed in request.seeds)

    async def score(self, request: Request, text: str) -> tuple[TokenLogprob, ...]:
        """See `ScoringEngine.score`; for servers whose completions endpoint echoes a prompt with its log-probabilities.

        Two requests, for the prompt alone and with the text behind it, tell where the text's tokens begin.
        """
        check_request(request)
        if request.prompt is None:
            raise EngineError("an openai: server scores behind a plain prompt only, not behind messages")
        alone = replace(request, stop=(), max_tokens=1, temperature=0.0, logprobs=False)
        echoed = replace(alone, prompt=request.prompt + text, logprobs=True)
        shorter, longer = await all_or_first_error(
            [self._sample(alone, request.seeds[0]), self._sample(echoed, request.seeds[0], echo=True)]
        )
        begin, end = shorter.prompt_tokens, longer.prompt_tokens
        if not 0 < begin < end <= len(longer.logprobs):
            raise EngineError(f"{self._where()}: gives no log-probabilities of a prompt (echo); it cannot score")
        return longer.logprobs[begin:end]

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def describe(self) -> dict[str, Any]:
        """See `Engine.describe`; the key is not in it."""
        options = asdict(self._options) | {"base_url": self._address}
        return {"engine": self.name, "model": self._model, "options": options, "versions": versions("openai")}

    async def _sample(self, request: Request, seed: int, *, echo: bool = False) -> Completion:
        async with self._slots:
            booked = _size(request) // CHARACTERS_PER_TOKEN + request.max_tokens
            attempt = 0
            while True:
                await self._keep_pace(booked)
                try:
                    completion = await self._ask(request, seed, echo)
                except _RefusedFieldError:
                    self._tokens.give_back(booked)
                    continue
                except _FailedAttemptError as failure:
                    patience = self._presence.patience(time.monotonic()) if failure.unreached else math.inf
                    if attempt >= self._options.retries or not failure.again or patience <= 0:
                        tries = f" (tried {attempt + 1} times)" if attempt else ""
                        kind = PromptTooLongError if failure.too_long else EngineError
                        raise kind(f"{self._where()}: {failure}{tries}") from failure
                    wait = backoff_seconds(attempt, failure.retry_after, self._random.random())
                    await asyncio.sleep(min(wait, patience))
                    attempt += 1
                    continue
                self._tokens.give_back(booked - completion.prompt_tokens - completion.completion_tokens)
                return completion

    async def _keep_pace(self, tokens: int) -> None:
        now = time.monotonic()
        wait = max(self._requests.reserve(1, now), self._tokens.reserve(tokens, now))
        if wait > 0:
            await asyncio.sleep(wait)

    async def _ask(self, request: Request, seed: int, echo: bool) -> Completion:
        """One HTTP request.

        Raises:
            _RefusedFieldError: the server refused a field that the dialect now leaves out; ask again.
            _FailedAttemptError: no usable answer.
        """
        import openai

        chat = bool(request.messages)
        try:
            fields = self._dialect.fields(request, seed, echo=echo)
        except ImageError as error:
            raise _FailedAttemptError(str(error), again=False) from error
        endpoint = self._client.chat.completions if chat else self._client.completions
        try:
            reply = await endpoint.create(**fields)
            self._presence.answered()
            return read_reply(reply, request, self._dialect)
        except openai.APIStatusError as error:
            self._presence.answered()
            status, message = error.status_code, self._shown(error.message)
            if status in (400, 422) and self._dialect.leave_out(fields, error.message, error.param):
                raise _RefusedFieldError from error
            again = worth_retrying(status) and error.code != _OUT_OF_MONEY
            wait = retry_after_seconds(error.response.headers, time.time())
            too_long = status in (400, 413, 422) and (error.code == _TOO_LONG or says_too_long(error.message))
            failure = _FailedAttemptError(f"HTTP {status}: {message}", again=again, retry_after=wait, too_long=too_long)
            raise failure from error
        except openai.APITimeoutError as error:
            if type(error.__cause__).__name__ == _NO_CONNECTION_IN_TIME:
                seconds = min(self._options.timeout, CONNECT_SECONDS)
                raise _FailedAttemptError(f"no connection within {seconds:g} s", again=True, unreached=True) from error
            raise _FailedAttemptError(f"no answer within {self._options.timeout:g} s", again=True) from error
        except openai.APIConnectionError as error:
            refused = _unreached(error)
            cause = self._shown(str(refused or error.__cause__ or error)) or type(error.__cause__).__name__
            raise _FailedAttemptError(f"no connection: {cause}", again=True, unreached=refused is not None) from error
        except (openai.OpenAIError, MalformedReplyError, ValueError, RecursionError) as error:
            raise _FailedAttemptError(f"unreadable reply: {self._shown(str(error))}", again=True) from error

    def _shown(self, text: str) -> str:
        """What a server or the client says, as a line that a terminal can show; servers may echo the key."""
        if self._key != KEYLESS:
            text = text.replace(self._key, "[key]")
        return readable(" ".join(text.split()), 300)

    def _where(self) -> str:
        return f"openai: {self._model} at {self._address}"


def client_of(options: OpenAIOptions, *, retries: int = 0) -> tuple[AsyncOpenAI, str]:
    """The client library for a server, which tries again by itself so many times, and the address without a password.

    Raises:
        EngineSpecError: the key is missing.
    """
    from openai import AsyncOpenAI, Timeout

    base_url = options.base_url or os.environ.get("OPENAI_BASE_URL") or None
    client = AsyncOpenAI(
        api_key=_api_key(options, needed=base_url is None),
        base_url=base_url,
        timeout=Timeout(options.timeout, connect=min(options.timeout, CONNECT_SECONDS)),
        max_retries=retries,
    )
    return client, _without_password(str(client.base_url))


class _RefusedFieldError(Exception):
    """A field was refused and is left out from now on."""


class _FailedAttemptError(Exception):
    """One attempt failed; `again` says whether another may succeed, `retry_after` when (seconds).

    `unreached`: there was not even a connection.
    """

    def __init__(
        self,
        message: str,
        *,
        again: bool,
        retry_after: float | None = None,
        too_long: bool = False,
        unreached: bool = False,
    ) -> None:
        self.again = again
        self.unreached = unreached
        self.too_long = too_long
        self.retry_after = retry_after
        super().__init__(message)


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


def _api_key(options: OpenAIOptions, *, needed: bool) -> str:
    key = os.environ.get(options.api_key_env)
    if key:
        return key
    named = options.api_key_env != OpenAIOptions().api_key_env
    if needed or named:
        raise EngineSpecError(
            f"engine 'openai': the environment variable {options.api_key_env} is not set (it holds the key; "
            "a server without keys needs only base_url=...)"
        )
    return KEYLESS


def _extra_body(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError as error:
        raise EngineSpecError(f"engine 'openai': option extra_body={text!r}: {error}") from None
    if not isinstance(body, dict):
        raise EngineSpecError(f"engine 'openai': option extra_body={text!r}: expected a JSON object")
    return body


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()


def _size(request: Request) -> int:
    return len(request.prompt or "") + sum(len(message.content) for message in request.messages)
