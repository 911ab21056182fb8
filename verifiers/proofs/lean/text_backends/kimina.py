"""Client of a Kimina Lean Server: `POST /api/check`, as of version 2, or the older `/verify` where that is missing.

    prover = KiminaProver("http://127.0.0.1:8000", key="...")
    messages, seconds = await prover.run("import Mathlib", "theorem two : 1 + 1 = 2 := by norm_num", 30)

A connection that fails or a server that is busy (429, 5xx) is tried again; then the verdict is `unavailable`.
"""

from __future__ import annotations

import asyncio
import math
import uuid
from collections.abc import Sequence
from typing import Any, Final

import httpx

from verifiers.answer_frames import readable
from verifiers.proofs.lean.text_backends.guarded import ProverTimeout, ProverUnavailable
from verifiers.proofs.lean.text_backends.wire import messages_of
from verifiers.proofs.records import ProofMessage

__all__ = ["KiminaProver"]

_TRIES: Final = 3
_PAUSE_SECONDS: Final = 0.5
_WAIT_SECONDS: Final = 120.0
"""How much longer than the check itself an answer may take: a busy server queues."""
_BUSY: Final = frozenset((429, 499, 500, 502, 503, 504))
_MOST_ANSWER_BYTES: Final = 64 << 20


class KiminaProver:
    """A `TextProver` over HTTP.

    Args:
        url: of the server.
        key: API key; empty: none.
        transport: carries the requests; for tests.
    """

    def __init__(self, url: str, key: str = "", transport: httpx.AsyncBaseTransport | None = None) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.AsyncClient(base_url=url.rstrip("/"), headers=headers, transport=transport)
        self._older = False

    async def run(self, header: str, body: str, seconds: float) -> tuple[Sequence[ProofMessage], float]:
        """Run one snippet; see `TextProver.run`."""
        code = f"{header}\n{body}" if header.strip() else body
        skipped = code.count("\n") - body.count("\n")
        result = await self._result(code, seconds)
        if error := result.get("error"):
            if "time" in str(error).lower():
                raise ProverTimeout(f"no answer within {seconds:g} s")
            raise ProverUnavailable(f"the Lean server says: {readable(str(error), 300)}")
        response = result.get("response")
        if not isinstance(response, dict):
            raise ProverUnavailable("the Lean server's answer has no response")
        if isinstance(response.get("message"), str):
            raise ProverUnavailable(f"the Lean server says: {readable(response['message'], 300)}")
        try:
            messages = messages_of(response)
            spent = float(result.get("time") or response.get("time") or 0.0)
        except (ValueError, TypeError, OverflowError) as error:
            raise ProverUnavailable(f"the Lean server's answer is malformed: {readable(str(error), 300)}") from None
        return [ProofMessage(one.severity, one.line - skipped, one.column, one.text) for one in messages], spent

    async def _result(self, code: str, seconds: float) -> dict[str, Any]:
        id = uuid.uuid4().hex
        limit = math.ceil(seconds)
        if not self._older:
            answer = await self._post(
                "/api/check", {"snippets": [{"id": id, "code": code}], "timeout": limit, "debug": False, "reuse": True},
                seconds,
            )  # fmt: skip
            if answer is not None:
                return _only(answer, "id", id)
            self._older = True
        answer = await self._post("/verify", {"codes": [{"custom_id": id, "proof": code}], "timeout": limit}, seconds)
        if answer is None:
            raise ProverUnavailable("the server has neither /api/check nor /verify")
        return _only(answer, "custom_id", id)

    async def _post(self, path: str, body: dict[str, Any], seconds: float) -> Any:
        """The answer, or None if there is no such path."""
        reason = ""
        for attempt in range(_TRIES):
            if attempt:
                await asyncio.sleep(_PAUSE_SECONDS * 2**attempt)
            try:
                answer = await self._client.post(path, json=body, timeout=seconds + _WAIT_SECONDS)
            except httpx.TimeoutException:
                raise ProverTimeout(f"no answer within {seconds + _WAIT_SECONDS:g} s") from None
            except httpx.HTTPError as error:
                reason = f"{type(error).__name__}: {error}"
                continue
            if answer.status_code == 404:
                return None
            if answer.status_code in _BUSY:
                reason = f"HTTP status {answer.status_code}"
                continue
            if answer.status_code != 200 or len(answer.content) > _MOST_ANSWER_BYTES:
                raise ProverUnavailable(f"the Lean server answers with HTTP status {answer.status_code}")
            try:
                return answer.json()
            except (ValueError, RecursionError):
                raise ProverUnavailable("the Lean server's answer is no JSON") from None
        raise ProverUnavailable(f"the Lean server cannot be reached ({reason})"[:300])

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _only(answer: Any, key: str, id: str) -> dict[str, Any]:
    match answer:
        case {"results": [dict(result)]} if result.get(key) == id:
            return result
    raise ProverUnavailable("the Lean server's answer is not for what was asked")
