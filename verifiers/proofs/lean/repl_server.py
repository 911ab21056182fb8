r"""The REPL protocol of leanprover-community over the embedded Lean: core library, nothing to install.

    python -m verifiers.proofs.lean.repl_server
    {"cmd": "theorem two : 1 + 1 = 2 := by sorry"}
                                                    (a blank line; then the answer, and a blank line)
    {"env": 0, "messages": [...], "sorries": [{"pos", "endPos", "goal": "⊢ 1 + 1 = 2", "proofState": 0}]}

Commands: `cmd` with `env`, and `tactic` with `proofState`. An environment is the text that led to it, a proof state the
text with the tactics in the place of its `sorry`; both are elaborated anew where no process has them. Files, pickles
and info trees are refused: a client reads and writes no files here. Text that the guard refuses is refused.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Final

from verifiers.proofs.lean import guard
from verifiers.proofs.lean.commands import CommandReply, CommandRunner, Sorry, place_of
from verifiers.proofs.lean.install import LeanMissingError
from verifiers.proofs.lean.pool import LeanPool
from verifiers.proofs.lean.steps import Recorded
from verifiers.proofs.lean.worker import WorkerDied, WorkerTimeout
from verifiers.sandbox import SandboxPool

__all__ = ["ReplService", "main", "requests", "serve"]

REQUEST_SECONDS: Final = 300.0


class _RequestError(ValueError):
    """A request that cannot be answered; the message is sent as it is."""


@dataclass(frozen=True, slots=True)
class _ProofState:
    """A `sorry` and the tactics that stand in its place so far."""

    header: str
    code: str
    sorry: Sorry
    tactics: tuple[str, ...]
    goals: tuple[str, ...]


class ReplService:
    """Answers requests of one client.

    Args:
        runner: runs the text.
        seconds: time limit of one request.
    """

    def __init__(self, runner: CommandRunner, seconds: float = REQUEST_SECONDS) -> None:
        self._runner = runner
        self._seconds = seconds
        self._environments: list[str] = []
        self._states: list[_ProofState] = []

    async def answer(self, request: Any) -> dict[str, Any]:
        """The answer to one request; what cannot be done is `{"message": ...}`."""
        try:
            if not isinstance(request, dict):
                raise _RequestError("expected a JSON object")
            if isinstance(request.get("cmd"), str):
                return await self._command(request["cmd"], request.get("env"))
            if isinstance(request.get("tactic"), str):
                return await self._tactic(request["tactic"], request.get("proofState"))
            raise _RequestError("expected 'cmd' or 'tactic'; files and pickles are not read here")
        except (_RequestError, WorkerTimeout, WorkerDied, LeanMissingError) as error:
            return {"message": str(error)}

    async def _command(self, code: str, env: Any) -> dict[str, Any]:
        header = "" if env is None else _at(self._environments, env, "environment")
        reply = await self._runner.run(header, code, self._seconds)
        self._environments.append(f"{header}{code}\n")
        answer: dict[str, Any] = {"env": len(self._environments) - 1}
        if reply.messages:
            answer["messages"] = list(reply.messages)
        sorries = [self._sorry(header, code, one) for one in reply.sorries]
        if sorries:
            answer["sorries"] = sorries
        return answer

    def _sorry(self, header: str, code: str, sorry: Sorry) -> dict[str, Any]:
        self._states.append(_ProofState(header, code, sorry, (), (sorry.goal,)))
        return {
            "pos": place_of(code, sorry.begin),
            "endPos": place_of(code, sorry.end),
            "goal": sorry.goal,
            "proofState": len(self._states) - 1,
        }

    async def _tactic(self, tactic: str, number: Any) -> dict[str, Any]:
        state = _at(self._states, number, "proof state")
        reason = guard.refusal(tactic)
        if reason:
            raise _RequestError(f"refused: {reason}")
        state = replace(state, tactics=(*state.tactics, tactic))
        code, begin, end = _with_tactics(state)
        reply = await self._runner.run(state.header, code, self._seconds)
        errors = [
            one["data"] for one in reply.messages if one["severity"] == "error" and _inside(one, code, begin, end)
        ]
        goals = _goals_behind(reply, begin, end)
        if errors or goals is None:
            raise _RequestError("Lean error:\n" + (errors[0] if errors else "the tactic was not run"))
        self._states.append(replace(state, goals=goals))
        done = "Completed" if not goals else "Incomplete: open goals remain"
        return {"proofState": len(self._states) - 1, "goals": list(goals), "proofStatus": done}


def _at(items: list[Any], number: Any, what: str) -> Any:
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(items):
        raise _RequestError(f"Unknown {what}.")
    return items[number]


def _with_tactics(state: _ProofState) -> tuple[str, int, int]:
    """The text with the tactics instead of the `sorry`, and the bytes where they begin and end."""
    data = state.code.encode()
    opening, closing = ("", "") if state.sorry.tactic else ("(by ", ")")
    column = place_of(state.code, state.sorry.begin)["column"] + len(opening)
    margin = "\n" + " " * column
    lines = [line for tactic in state.tactics for line in tactic.strip().split("\n")]
    text = margin.join(lines).encode()
    head = data[: state.sorry.begin] + opening.encode()
    return (head + text + closing.encode() + data[state.sorry.end :]).decode(), len(head), len(head) + len(text)


def _inside(message: dict[str, Any], code: str, begin: int, end: int) -> bool:
    place = (message["pos"]["line"], message["pos"]["column"])
    first, last = place_of(code, begin), place_of(code, end)
    return (first["line"], first["column"]) <= place < (last["line"], last["column"])


def _goals_behind(reply: CommandReply, begin: int, end: int) -> tuple[str, ...] | None:
    """Goals behind the last tactic between two bytes, without those that were waiting before the first one."""
    inside = [one for one in reply.records if begin <= one.begin and one.end <= end and "tacticSeq" not in one.kind]
    if not inside:
        return None
    first = min(inside, key=lambda one: (one.begin, -one.end))
    last = max(_outermost(inside), key=lambda one: one.begin)
    waiting = len(first.before) - 1
    return last.after[: len(last.after) - waiting] if waiting else last.after


def _outermost(records: list[Recorded]) -> Iterator[Recorded]:
    end = -1
    for one in sorted(records, key=lambda one: (one.begin, -one.end)):
        if one.begin >= end:
            end = one.end
            yield one


def requests(stream: BinaryIO) -> Iterator[Any]:
    """The requests of a stream; what is no JSON is an empty list."""
    lines: list[bytes] = []
    for line in stream:
        if line.strip():
            lines.append(line)
        elif lines:
            yield _parsed(lines)
            lines = []
    if lines:
        yield _parsed(lines)


def _parsed(lines: list[bytes]) -> Any:
    try:
        return json.loads(b"".join(lines))
    except (ValueError, RecursionError):
        return []


async def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer the requests of a stream until it ends."""
    async with SandboxPool(workers=1) as sandbox:
        service = ReplService(CommandRunner(LeanPool(sandbox, 1)))
        incoming = requests(source)
        while (request := await asyncio.to_thread(next, incoming, None)) is not None:
            answer = await service.answer(request)
            sink.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace") + b"\n\n")
            sink.flush()


def main() -> None:
    """Serve standard input and output."""
    asyncio.run(serve(sys.stdin.buffer, sys.stdout.buffer))


if __name__ == "__main__":
    main()
