"""A small HTTP server in a thread, and one that speaks JSON: what the servers of rewards, of Lean and of reports share.

class Echo(JsonHandler):
    def do_POST(self) -> None:
        self.answer(200, self.body())

with ThreadedServer(Echo, "127.0.0.1", 0) as server:
    server.address              # ("127.0.0.1", 41234); serving in a thread until the block ends
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

__all__ = ["BadBodyError", "JsonHandler", "ThreadedServer"]

MAX_BODY_BYTES: Final = 64 << 20
_SOCKET_SECONDS: Final = 60.0


class BadBodyError(ValueError):
    """A request's body is no JSON object; one clear line."""


class JsonHandler(BaseHTTPRequestHandler):
    """Answers requests with JSON, silently."""

    timeout = _SOCKET_SECONDS
    protocol_version = "HTTP/1.1"

    def body(self) -> dict[str, Any]:
        """The request's JSON object.

        Raises:
            BadBodyError: it has none, or one that is too long.
        """
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or len(length) > 12 or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            raise BadBodyError(f"Content-Length: expected at most {MAX_BODY_BYTES}")
        try:
            body = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise BadBodyError(f"body: not JSON: {error}") from None
        if not isinstance(body, dict):
            raise BadBodyError(f"body: expected an object, got {type(body).__name__}")
        return body

    def answer(self, status: int, body: dict[str, Any]) -> None:
        """Send a reply."""
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing: a training run asks thousands of times."""


class ThreadedServer:
    """Serves in a thread for as long as a `with` block lasts, or in the caller's by `serve_forever`.

    Args:
        handler: answers requests, one a thread.
        host: address to listen on.
        port: 0 for any free one.

    Raises:
        OSError: the address cannot be had.
    """

    def __init__(self, handler: type[BaseHTTPRequestHandler], host: str, port: int) -> None:
        self._server = ThreadingHTTPServer((host, port), handler)
        self._server.daemon_threads = True

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        host, port = self._server.server_address[:2]
        return str(host), int(port)

    def serve_forever(self) -> None:
        """Serve in this thread until interrupted."""
        self._server.serve_forever()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, name=type(self).__name__, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self.close()

    def close(self) -> None:
        """Give the address back."""
        self._server.server_close()
