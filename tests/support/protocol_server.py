"""A small HTTP server that speaks the OpenAI protocol and fails on command: a test double for failure paths only.

    with ProtocolServer(Refuse(429, headers={"retry-after": "1"}), Hang()) as server:
        ...                     # the first request is refused, the second never answered, all later ones answered
        server.bodies           # what was asked, as parsed JSON

That the engine works with a real server is tested against vLLM's own in test_vllm_engine.py.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import pytest

from reasoning.engines import openai_server


@dataclass(frozen=True)
class Refuse:
    """Answer with an error status."""

    status: int
    message: str = "no"
    param: str | None = None
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Say:
    """Answer 200 with these bytes."""

    body: bytes
    content_type: str = "application/json"


@dataclass(frozen=True)
class Hang:
    """Never answer (until the server is closed)."""


@dataclass(frozen=True)
class Drop:
    """Close the connection without an answer."""


@dataclass(frozen=True)
class Gather:
    """Answer only once so many requests are under way at the same time."""

    parties: int


Action = Refuse | Say | Hang | Drop | Gather


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(asyncio, "sleep", self.sleep)
        monkeypatch.setattr(openai_server, "backoff_seconds", lambda attempt, *_: 2.0**attempt)

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


class ProtocolServer:
    """Follows the given actions, one a request in order of arrival, then answers properly."""

    def __init__(
        self, *actions: Action, forever: Action | None = None, reply: Callable[[str], str] | None = None
    ) -> None:
        """Follow `actions`, then `forever` if there is one; proper answers say what `reply` makes of the last message."""
        self.bodies: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.keys: list[str | None] = []
        self.most_at_once = 0
        self._actions = deque(actions)
        self._forever = forever
        self._reply = reply
        self._lock = threading.Lock()
        self._open = 0
        self._gathered = threading.Condition()
        self._closing = threading.Event()
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                double.handle(self)

            def log_message(self, format: str, *args: Any) -> None:
                """Stay silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = json.loads(handler.rfile.read(int(handler.headers["content-length"])))
        with self._lock:
            self.bodies.append(body)
            self.paths.append(handler.path)
            self.keys.append(handler.headers.get("authorization"))
            self._open += 1
            self.most_at_once = max(self.most_at_once, self._open)
            action = self._actions.popleft() if self._actions else self._forever
        try:
            self._act(handler, action, body)
        finally:
            with self._lock:
                self._open -= 1

    def _act(self, handler: BaseHTTPRequestHandler, action: Action | None, body: dict[str, Any]) -> None:
        match action:
            case Refuse():
                error = {"message": action.message, "param": action.param, "code": action.code, "type": "test"}
                _send(handler, action.status, json.dumps({"error": error}).encode(), headers=action.headers)
            case Say():
                _send(handler, 200, action.body, action.content_type)
            case Hang():
                self._closing.wait()
                handler.close_connection = True
            case Drop():
                handler.close_connection = True
            case _:
                if isinstance(action, Gather):
                    self._wait_for(action.parties)
                _send(handler, 200, json.dumps(_reply(handler.path, body, self._reply)).encode())

    def _wait_for(self, parties: int) -> None:
        with self._gathered:
            self._gathered.notify_all()
            self._gathered.wait_for(lambda: self.most_at_once >= parties or self._closing.is_set(), timeout=60)


def _reply(path: str, body: Mapping[str, Any], reply: Callable[[str], str] | None) -> dict[str, Any]:
    """A proper answer: what `reply` says, or the prompt and the seed, a token each; for embeddings, counts of the words.

    With `reply` a prompt has a token for each character, which is what its echo counts.
    """
    if path.endswith("/embeddings"):
        data = [
            {"object": "embedding", "index": place, "embedding": words_vector(text)}
            for place, text in enumerate(body["input"])
        ]
        return {
            "object": "list",
            "model": body["model"],
            "data": data[::-1],
            "usage": {"prompt_tokens": 1, "total_tokens": 1},
        }
    chat = path.endswith("/chat/completions")
    prompt = body["messages"][-1]["content"] if chat else body["prompt"]
    if isinstance(prompt, list):
        prompt = "".join(part.get("text", "") for part in prompt)
    tokens = [reply(prompt)] if reply else [prompt, f"|{body.get('seed')}"]
    if reply and body.get("echo"):
        tokens = [*prompt, *tokens]
    choice: dict[str, Any] = {"index": 0, "finish_reason": "stop", "logprobs": None}
    if chat:
        choice["message"] = {"role": "assistant", "content": "".join(tokens)}
        if body.get("logprobs"):
            choice["logprobs"] = {
                "content": [{"token": token, "logprob": -0.5, "top_logprobs": []} for token in tokens]
            }
    else:
        choice["text"] = "".join(tokens)
        if body.get("logprobs") is not None:
            choice["logprobs"] = {"tokens": tokens, "token_logprobs": [-0.5] * len(tokens)}
    asked = len(prompt) if reply else 3
    usage = {"prompt_tokens": asked, "completion_tokens": len(tokens), "total_tokens": asked + len(tokens)}
    return {"id": "1", "object": "x", "created": 0, "model": body["model"], "choices": [choice], "usage": usage}


def words_vector(text: str) -> list[float]:
    """How often words of each of 256 classes occur: texts with the same words in any order have one direction."""
    counts = [0.0] * 256
    for word in re.findall(r"\w+", text.lower()):
        counts[hashlib.sha256(word.encode()).digest()[0]] += 1.0
    return counts


def _send(
    handler: BaseHTTPRequestHandler,
    status: int,
    body: bytes,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> None:
    handler.send_response(status)
    handler.send_header("content-type", content_type)
    handler.send_header("content-length", str(len(body)))
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
