"""A Kimina-compatible HTTP server over the embedded Lean.

    with LeanServer("127.0.0.1", 0) as server:
        server.address                 # ("127.0.0.1", 41234)

    POST /api/check {"snippets": [{"id", "code"}], "timeout", "debug", "reuse", "infotree"}
                 -> {"results": [{"id", "time", "response": {"env", "messages", "sorries"}} or {"id", "time", "error"}]}
    POST /verify    {"codes": [{"custom_id", "proof" or "code"}], "timeout", "infotree_type", "disable_cache"}
                 -> {"results": [{"custom_id", "error", "response"}]}          (also /one_pass_verify_batch)
    GET  /health -> {"status": "ok"}

An answer says what Lean says of the snippet: a client finds it valid when it has no error and no `sorry`. Beyond a
Kimina server, whatever the guard rejects (code that runs, trust in the compiler, axioms, a switched-off kernel) is an
error message. A statement is not compared here: that is the client's to pin.
"""

from __future__ import annotations

import asyncio
import hmac
import threading
from collections.abc import Callable
from typing import Any, Final

from verifiers.http_server import BadBodyError, JsonHandler, ThreadedServer
from verifiers.proofs.lean.commands import CommandRunner, place_of
from verifiers.proofs.lean.install import LeanMissingError
from verifiers.proofs.lean.pool import LeanPool
from verifiers.proofs.lean.webassembly import PackageError
from verifiers.proofs.lean.worker import WorkerDied, WorkerTimeout
from verifiers.sandbox import SandboxPool, SandboxUnavailableError

__all__ = ["LeanServer"]

MOST_SNIPPETS: Final = 10_000
MOST_SECONDS: Final = 3_600
_CHECK_SECONDS: Final = 30
_VERIFY_SECONDS: Final = 300
"""Defaults of the two forms."""


Batch = Callable[[list[tuple[str, str]], float], list[dict[str, Any]]]
"""(id, code) of each snippet and the seconds for each -> their results."""


class _BadRequest(ValueError):
    """One line that says what is wrong with a request."""


class LeanServer(ThreadedServer):
    """An HTTP server; its Lean processes start with the first request and stay warm.

    Args:
        host: address to listen on. Anyone who reaches it can use the processors: keep it on the machine or its network.
        port: 0 for any free one.
        jobs: snippets at once; None: one a processor.
        key: that clients have to send as a bearer token; empty: none.
        allow_weak: accept weak isolation.

    Raises:
        OSError: the address cannot be had.
    """

    def __init__(
        self, host: str, port: int, *, jobs: int | None = None, key: str = "", allow_weak: bool = False
    ) -> None:
        self._loop = asyncio.new_event_loop()
        self._sandbox = SandboxPool(workers=jobs, allow_weak=allow_weak)
        pool = LeanPool(self._sandbox, jobs)
        self._runner = CommandRunner(pool)
        handler = type("Handler", (_Handler,), {"answer_batch": staticmethod(self._batch), "key": key})
        super().__init__(handler, host, port)
        self._loop_thread = threading.Thread(target=self._loop.run_forever, name="lean-server-loop", daemon=True)
        self._loop_thread.start()

    def close(self) -> None:
        """Give the address back and end the processes."""
        super().close()
        asyncio.run_coroutine_threadsafe(self._sandbox.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._loop_thread.join()
        self._loop.close()

    def _batch(self, snippets: list[tuple[str, str]], seconds: float) -> list[dict[str, Any]]:
        """`{"time", "response"}` or `{"time", "error"}` of each snippet, in their order."""

        async def all_of_them() -> list[dict[str, Any]]:
            return list(await asyncio.gather(*(_result(self._runner, code, seconds) for _, code in snippets)))

        return asyncio.run_coroutine_threadsafe(all_of_them(), self._loop).result()


async def _result(runner: CommandRunner, code: str, seconds: float) -> dict[str, Any]:
    try:
        reply = await runner.run("", code, seconds)
    except WorkerTimeout:
        return {"time": seconds, "error": f"Lean REPL command timed out in {seconds:g} seconds"}
    except WorkerDied as error:
        return {"time": 0.0, "error": f"Lean REPL died: {error}"}
    response: dict[str, Any] = {"env": 0}
    if reply.messages:
        response["messages"] = list(reply.messages)
    if reply.sorries:
        response["sorries"] = [
            {"pos": place_of(code, one.begin), "endPos": place_of(code, one.end), "goal": one.goal}
            for one in reply.sorries
        ]
    return {"time": reply.seconds, "response": response}


class _Handler(JsonHandler):
    answer_batch: Batch
    key: str

    def do_GET(self) -> None:
        if self.path.rstrip("/") in ("/health", "/api/health", ""):
            self.answer(200, {"status": "ok"})
        else:
            self.answer(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        forms = {"/api/check": _check, "/verify": _verify, "/one_pass_verify_batch": _verify}
        form = forms.get(self.path.split("?")[0].rstrip("/"))
        try:
            body = self.body()
            if form is None:
                self.answer(404, {"detail": "Not Found"})
            elif not self._admitted():
                self.answer(401, {"detail": "Missing or invalid API key"})
            else:
                self.answer(200, form(body, self.answer_batch))
        except (BadBodyError, _BadRequest) as error:
            self.answer(422, {"detail": str(error)})
        except (LeanMissingError, PackageError, SandboxUnavailableError) as error:
            self.answer(503, {"detail": str(error)})

    def _admitted(self) -> bool:
        given = self.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        return not self.key or hmac.compare_digest(given.encode(), self.key.encode())


def _check(body: dict[str, Any], answer: Batch) -> dict[str, Any]:
    snippets = _snippets(body, "snippets", "id", ("code",))
    if len({id for id, _ in snippets}) != len(snippets):
        raise _BadRequest("snippets: ids must be unique")
    results = answer(snippets, _seconds(body, _CHECK_SECONDS))
    return {"results": [{"id": id, **result} for (id, _), result in zip(snippets, results, strict=True)]}


def _verify(body: dict[str, Any], answer: Batch) -> dict[str, Any]:
    codes = _snippets(body, "codes", "custom_id", ("proof", "code"))
    results = []
    for (id, _), result in zip(codes, answer(codes, _seconds(body, _VERIFY_SECONDS)), strict=True):
        row: dict[str, Any] = {"custom_id": id, "error": result.get("error")}
        if "response" in result:
            row["response"] = {**result["response"], "time": result["time"]}
        results.append(row)
    return {"results": results}


def _snippets(body: dict[str, Any], field: str, key: str, texts: tuple[str, ...]) -> list[tuple[str, str]]:
    rows = body.get(field)
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_SNIPPETS:
        raise _BadRequest(f"{field}: expected a list of 1 to {MOST_SNIPPETS} objects")
    found = []
    for number, row in enumerate(rows):
        id = row.get(key) if isinstance(row, dict) else None
        if isinstance(id, bool) or not isinstance(id, str | int):
            raise _BadRequest(f"{field}[{number}].{key}: expected a string")
        code = next((row[name] for name in texts if isinstance(row.get(name), str)), None)
        if code is None:
            raise _BadRequest(f"{field}[{number}].{texts[0]}: expected a string")
        found.append((str(id), code))
    return found


def _seconds(body: dict[str, Any], default: int) -> float:
    value = body.get("timeout", default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MOST_SECONDS:
        raise _BadRequest(f"timeout: expected a number of seconds up to {MOST_SECONDS}")
    return float(value)
