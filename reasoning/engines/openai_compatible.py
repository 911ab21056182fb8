"""Any server that speaks the OpenAI protocol: vLLM, llama.cpp, SGLang, Ollama, a provider.

    engine = create_engine("openai:my-model,base_url=http://127.0.0.1:8000/v1")
    [completion] = await engine.complete(Request(messages=(Message("user", "2+2?"),), max_tokens=32, seeds=(7,)))
    completion.text, completion.completion_tokens         # ("4", 2)

Messages go to the chat endpoint, a plain prompt to the completions endpoint, one HTTP request a sample, each with
its seed. Servers differ in the fields they take; `Dialect` remembers what this one refused.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from reasoning.engines.base import Completion, EngineError, Request, TokenLogprob
from reasoning.engines.images import ImageError
from reasoning.engines.openai_protocol import Dialect, read_reply
from reasoning.engines.openai_server import KEY_VARIABLE, OpenAIServer
from reasoning.engines.options import EngineSpecError, read_options, versions
from reasoning.engines.prompts import check_request
from reasoning.engines.retry import Pace
from reasoning.slots import Slots
from verifiers.together import all_or_first_error

__all__ = ["OpenAIEngine", "OpenAIOptions", "create", "server_of"]

CHARACTERS_PER_TOKEN = 4
"""Rough size of a token, for booking `tokens_per_minute` before the server has counted."""


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
    api_key_env: str = KEY_VARIABLE
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
        self._server = server_of(model, self._options)
        self._dialect = Dialect(model, _extra_body(self._options.extra_body))
        self.concurrency = self._options.concurrency
        self._slots = Slots(self.concurrency)
        self._requests = Pace(self._options.requests_per_minute)
        self._tokens = Pace(self._options.tokens_per_minute)

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
            raise EngineError(f"{self._server.where}: gives no log-probabilities of a prompt (echo); it cannot score")
        return longer.logprobs[begin:end]

    async def close(self) -> None:
        """Close the connections."""
        await self._server.client.close()

    def describe(self) -> dict[str, Any]:
        """See `Engine.describe`; the key is not in it."""
        options = asdict(self._options) | {"base_url": self._server.address}
        return {"engine": self.name, "model": self._model, "options": options, "versions": versions("openai")}

    async def _sample(self, request: Request, seed: int, *, echo: bool = False) -> Completion:
        async with self._slots:
            return await self._server.answer(lambda: self._attempt(request, seed, echo))

    async def _attempt(self, request: Request, seed: int, echo: bool) -> Completion:
        """One answer, asked for again without each field that the server refuses."""
        booked = _size(request) // CHARACTERS_PER_TOKEN + request.max_tokens
        while True:
            await self._keep_pace(booked)
            try:
                completion = await self._ask(request, seed, echo)
            except _RefusedFieldError:
                self._tokens.give_back(booked)
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
        """
        import openai

        try:
            fields = self._dialect.fields(request, seed, echo=echo)
        except ImageError as error:
            raise EngineError(f"{self._server.where}: {error}") from error
        client = self._server.client
        endpoint = client.chat.completions if request.messages else client.completions
        try:
            return read_reply(await endpoint.create(**fields), request, self._dialect)
        except openai.APIStatusError as error:
            if error.status_code in (400, 422) and self._dialect.leave_out(fields, error.message, error.param):
                raise _RefusedFieldError from error
            raise


def server_of(model: str, options: OpenAIOptions) -> OpenAIServer:
    """The server that the options name.

    Raises:
        EngineSpecError: the key is missing.
    """
    return OpenAIServer(model, options.base_url, options.api_key_env, options.timeout, options.retries)


class _RefusedFieldError(Exception):
    """A field was refused and is left out from now on."""


def _extra_body(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError as error:
        raise EngineSpecError(f"engine 'openai': option extra_body={text!r}: {error}") from None
    if not isinstance(body, dict):
        raise EngineSpecError(f"engine 'openai': option extra_body={text!r}: expected a JSON object")
    return body


def _size(request: Request) -> int:
    return len(request.prompt or "") + sum(len(message.content) for message in request.messages)
