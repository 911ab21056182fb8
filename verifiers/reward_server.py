"""The reward over HTTP, in the form that OpenRLHF's `--reward.remote_url http://HOST:PORT` asks.

    with RewardServer(VerifierReward("answer"), "127.0.0.1", 0) as server:
        server.address              # ("127.0.0.1", 41234); serving in a thread until the block ends

A request is `{"query": [...], "prompts": [...], "labels": [...]}`, the reply `{"rewards", "scores", "extra_logs"}`.
A malformed request gets 400 and one line. When a candidate could not be judged the reply is 503, which the trainer
tries again, rather than a reward that nobody decided. `GET /health` answers `{"ok": true}`.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final

from verifiers.records import RecordError
from verifiers.rewards import RewardError, UnjudgedError, VerifierReward, openrlhf_reply
from verifiers.sandbox import SandboxUnavailableError

__all__ = ["RewardServer"]

MAX_BODY_BYTES: Final = 64 << 20
_SOCKET_SECONDS: Final = 60.0


class RewardServer:
    """An HTTP server for one reward.

    Args:
        reward: what answers; not closed with the server.
        host: address to listen on. Anyone who reaches it can have code judged: keep it on the machine or its network.
        port: 0 for any free one.

    Raises:
        OSError: the address cannot be had.
    """

    def __init__(self, reward: VerifierReward, host: str, port: int) -> None:
        handler = type("Handler", (_Handler,), {"reward": reward})
        self._server = ThreadingHTTPServer((host, port), handler)
        self._server.daemon_threads = True
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, port = self._server.server_address[:2]
        return str(host), int(port)

    def serve_forever(self) -> None:
        """Serve in this thread until interrupted."""
        self._server.serve_forever()

    def __enter__(self) -> RewardServer:
        self._thread = threading.Thread(target=self._server.serve_forever, name="reward-server", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self.close()

    def close(self) -> None:
        """Give the address back."""
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    reward: VerifierReward
    timeout = _SOCKET_SECONDS
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path.rstrip("/") == "/health":
            self._answer(200, {"ok": True})
        else:
            self._answer(404, {"error": "POST rewards here, or GET /health"})

    def do_POST(self) -> None:
        try:
            queries, prompts, labels = self._request()
            reply = openrlhf_reply(self.reward, queries, prompts, labels)
        except (RewardError, RecordError) as error:
            self._answer(400, {"error": str(error)})
        except (UnjudgedError, SandboxUnavailableError) as error:
            self._answer(503, {"error": str(error)})
        else:
            self._answer(200, reply)

    def _request(self) -> tuple[list[str], list[str], list[str]]:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or len(length) > 12 or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            raise RewardError(f"Content-Length: expected at most {MAX_BODY_BYTES}")
        try:
            body = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise RewardError(f"not JSON: {error}") from None
        if not isinstance(body, dict):
            raise RewardError(f"expected an object, got {type(body).__name__}")
        queries, prompts, labels = (_texts(body, name) for name in ("query", "prompts", "labels"))
        return queries, prompts, labels

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing: a training run asks thousands of times."""


def _texts(body: dict[str, Any], name: str) -> list[str]:
    values = body.get(name)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise RewardError(f"field '{name}': expected a list of strings")
    return values
