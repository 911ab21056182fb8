"""The reward over HTTP, in the form that OpenRLHF's `--reward.remote_url http://HOST:PORT` asks.

    with RewardServer(VerifierReward("answer"), "127.0.0.1", 0) as server:
        server.address              # ("127.0.0.1", 41234); serving in a thread until the block ends

A request is `{"query": [...], "prompts": [...], "labels": [...]}`, the reply `{"rewards", "scores", "extra_logs"}`.
A malformed request gets 400 and one line. When a candidate could not be judged the reply is 503, which the trainer
tries again, rather than a reward that nobody decided. `GET /health` answers `{"ok": true}`.
"""

from __future__ import annotations

from typing import Any

from verifiers.http_server import BadBodyError, JsonHandler, ThreadedServer
from verifiers.records import RecordError
from verifiers.rewards import RewardError, UnjudgedError, VerifierReward, openrlhf_reply
from verifiers.sandbox import SandboxUnavailableError

__all__ = ["RewardServer"]


class RewardServer(ThreadedServer):
    """An HTTP server for one reward.

    Args:
        reward: what answers; not closed with the server.
        host: address to listen on. Anyone who reaches it can have code judged: keep it on the machine or its network.
        port: 0 for any free one.

    Raises:
        OSError: the address cannot be had.
    """

    def __init__(self, reward: VerifierReward, host: str, port: int) -> None:
        super().__init__(type("Handler", (_Handler,), {"reward": reward}), host, port)


class _Handler(JsonHandler):
    reward: VerifierReward

    def do_GET(self) -> None:
        if self.path.rstrip("/") == "/health":
            self.answer(200, {"ok": True})
        else:
            self.answer(404, {"error": "POST rewards here, or GET /health"})

    def do_POST(self) -> None:
        try:
            queries, prompts, labels = self._request()
            reply = openrlhf_reply(self.reward, queries, prompts, labels)
        except (BadBodyError, RewardError, RecordError) as error:
            self.answer(400, {"error": str(error)})
        except (UnjudgedError, SandboxUnavailableError) as error:
            self.answer(503, {"error": str(error)})
        else:
            self.answer(200, reply)

    def _request(self) -> tuple[list[str], list[str], list[str]]:
        body = self.body()
        queries, prompts, labels = (_texts(body, name) for name in ("query", "prompts", "labels"))
        return queries, prompts, labels


def _texts(body: dict[str, Any], name: str) -> list[str]:
    values = body.get(name)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise RewardError(f"field '{name}': expected a list of strings")
    return values
