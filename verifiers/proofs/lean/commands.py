"""Runs Lean text in the embedded Lean and tells what a REPL tells: messages, open `sorry`s, axioms of a name.

    runner = CommandRunner(LeanPool(sandbox))
    reply = await runner.run("", "theorem two : 1 + 1 = 2 := by sorry", seconds=10)
    reply.sorries[0].goal        # "⊢ 1 + 1 = 2"

What the guard refuses of a candidate is refused here too, as an error message: no code of a client's runs. Nothing that
this says is a verdict on a statement.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from verifiers.proofs.lean import guard
from verifiers.proofs.lean.pool import LeanPool
from verifiers.proofs.lean.steps import Recorded, recorded
from verifiers.proofs.lean.worker import WorkerDied, WorkerTimeout

__all__ = ["CommandReply", "CommandRunner", "Sorry", "place_of"]

_IMPORT: Final = re.compile(r"^[^\S\n]*(?:public\s+)?import\s+([\w.]+)[^\S\n]*$", re.MULTILINE)
_AVAILABLE: Final = frozenset({"Init"})
_PRINT_AXIOMS: Final = re.compile(r"^#print axioms ([^\s]+)[^\S\n]*\n?\s*\Z", re.MULTILINE)
_SEVERITIES: Final = {"information": "info"}
_SORRIES: Final = frozenset(("Lean.Parser.Tactic.tacticSorry", "Lean.Parser.Term.sorry"))
_HEARTBEATS: Final = 200_000


@dataclass(frozen=True, slots=True)
class Sorry:
    """A `sorry` in the text.

    Attributes:
        begin: its first byte.
        end: the byte behind it.
        goal: what it stands for.
        tactic: whether it is a tactic; otherwise a term.
    """

    begin: int
    end: int
    goal: str
    tactic: bool


@dataclass(frozen=True, slots=True)
class CommandReply:
    """What came of a text.

    Attributes:
        messages: in the REPL's form: `severity`, `pos`, `endPos`, `data`.
        sorries: in the order of the text.
        records: of its tactics.
        seconds: time in the process.
    """

    messages: tuple[dict[str, Any], ...]
    sorries: tuple[Sorry, ...] = ()
    records: tuple[Recorded, ...] = ()
    seconds: float = 0.0


class CommandRunner:
    """Runs text in the elaborating processes of a pool.

    Args:
        pool: whose processes.
    """

    def __init__(self, pool: LeanPool) -> None:
        self._pool = pool

    async def run(self, header: str, code: str, seconds: float) -> CommandReply:
        """Run `code` behind `header`, which has been run before.

        A last line `#print axioms NAME` is answered here, by a walk through the declarations that are not the
        library's.

        Raises:
            WorkerDied: two processes died over it.
            WorkerTimeout: it took too long.
            LeanMissingError: the embedded Lean is not installed and cannot be prepared.
        """
        missing = [name for name in _IMPORT.findall(code) if name not in _AVAILABLE]
        if missing:
            return CommandReply(
                (_error(f"unknown module prefix '{missing[0]}': the embedded Lean has the core library only"),)
            )
        code = _IMPORT.sub("", code)
        asked = _PRINT_AXIOMS.search(code)
        shown = code[: asked.start()] if asked else code
        reason = guard.refusal(shown)
        if reason:
            return CommandReply((_error(f"refused: {reason}"),))
        request = {
            "header": _IMPORT.sub("", header),
            "name": asked.group(1) if asked else "",
            "code": shown,
            "maxHeartbeats": _HEARTBEATS,
            "steps": 1,
            "command": 1,
        }
        answer = await self._asked(request, seconds, keep=not guard.leaves_traces(shown))
        messages = _messages(answer)
        if asked:
            messages = (*messages, _axioms_message(answer, asked.group(1), shown.count("\n") + 1))
        records = tuple(recorded(answer))
        sorries: dict[int, Sorry] = {}
        for one in records:
            if one.kind in _SORRIES and one.before and one.begin not in sorries:
                sorries[one.begin] = Sorry(one.begin, one.end, one.before[0], "Tactic" in one.kind)
        spent = answer.get("ms")
        taken = spent / 1000 if isinstance(spent, int) else 0.0
        return CommandReply(messages, tuple(sorries[begin] for begin in sorted(sorries)), records, taken)

    async def _asked(self, request: dict[str, Any], seconds: float, *, keep: bool) -> dict[str, Any]:
        for attempt in range(2):
            try:
                async with self._pool.elaborator(keep=keep) as worker:
                    answer, _ = await worker.ask(request, seconds)
                    return answer
            except WorkerTimeout:
                raise
            except WorkerDied:
                if attempt:
                    raise
        raise AssertionError("unreachable")


def place_of(code: str, byte: int) -> dict[str, int]:
    """Line (from 1) and column (from 0) of a byte."""
    head = code.encode()[:byte]
    column = len(head[head.rfind(b"\n") + 1 :].decode("utf-8", "replace"))
    return {"line": head.count(b"\n") + 1, "column": column}


def _error(text: str) -> dict[str, Any]:
    place = {"line": 1, "column": 0}
    return {"severity": "error", "pos": place, "endPos": place, "data": text}


def _axioms_message(answer: dict[str, Any], name: str, line: int) -> dict[str, Any]:
    place = {"line": line, "column": 0}
    axioms = answer.get("axioms")
    if not isinstance(axioms, list):
        return {"severity": "error", "pos": place, "endPos": place, "data": f"Unknown constant `{name}`"}
    said = f"depends on axioms: [{', '.join(map(str, axioms))}]" if axioms else "does not depend on any axioms"
    return {"severity": "info", "pos": place, "endPos": place, "data": f"'{name}' {said}"}


def _messages(answer: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    found = []
    messages = answer.get("messages")
    for message in messages if isinstance(messages, list) else ():
        match message:
            case {"severity": str(severity), "data": str(text), "pos": dict(pos)}:
                end = message.get("endPos") or pos
                text = text.replace("_private.0.", "")
                found.append({"severity": _SEVERITIES.get(severity, severity), "pos": pos, "endPos": end, "data": text})
    return tuple(found)
