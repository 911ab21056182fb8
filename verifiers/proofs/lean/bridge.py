"""The bridge to Lean 4: guard, elaboration, and the kernel's word in a process that has seen no candidate.

    async with SandboxPool() as sandbox:
        report = await LeanBridge(sandbox).check(ProofTask("lean", "theorem two : 1 + 1 = 2 := by"), "  rfl", Limits())
    report.status, report.axioms      # (<Status.PASSED: 'passed'>, ())

How a candidate is judged: (1) text that runs code or switches checks off is rejected unseen; (2) one process elaborates
header and candidate; an error message is a wrong proof; (3) the declarations that the theorem needs leave that process
as plain bytes; (4) the judging process, in which only header and statement have been elaborated, has its kernel check
each of them and the theorem at the *statement's* type; (5) it lists the axioms that the theorem rests on.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from verifiers.proofs.lean import guard
from verifiers.proofs.lean.install import LeanMissingError
from verifiers.proofs.lean.pool import MOST_KILLS, LeanPool
from verifiers.proofs.lean.premises import premises_of
from verifiers.proofs.lean.program import CORE
from verifiers.proofs.lean.steps import heartbeats_of, steps_of
from verifiers.proofs.lean.text import Source, Statement, source_of, split_statement
from verifiers.proofs.lean.webassembly import PackageError
from verifiers.proofs.lean.worker import (
    ImportsMissing,
    WorkerDied,
    WorkerKilled,
    WorkerNotStarted,
    WorkerTimeout,
)
from verifiers.proofs.records import ProofMessage, ProofReport, ProofTask
from verifiers.records import RecordError, Status
from verifiers.sandbox.task import Limits

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["Attempt", "LeanBridge"]

_IMPORT: Final = re.compile(r"^\s*(?:public\s+)?import\s+([\w.]+)[^\S\n]*$", re.MULTILINE)
_CORE_ONLY: Final = "the embedded Lean has only the core library, and the header imports"
_MOST_NAMED: Final = 5
_UNSOLVED: Final = "unsolved goals"
_STUCK_SHARE: Final = 0.2
"""A process that used a smaller share of its time as processor time did not work on the proof; it is asked again."""
_LEAST_JUDGE_SECONDS: Final = 2.0
_MOST_REASON: Final = 600

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What an elaborating process says of a proof; nobody has judged it.

    Attributes:
        proved: whether it reports no error.
        goals: those that are left open.
        detail: the first error.
        seconds: time in the process.
        cpu_seconds: processor time of the process.
        messages: what it said.
    """

    proved: bool
    goals: tuple[str, ...] = ()
    detail: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    messages: tuple[ProofMessage, ...] = ()


@dataclass(frozen=True, slots=True)
class _Elaborated:
    """What the elaborating process said, and the declarations that it sent."""

    answer: dict[str, Any]
    export: bytes
    isolation: tuple[str, ...]
    cpu_seconds: float


class LeanBridge:
    """Judges Lean 4 proofs with the embedded Lean (core library, no Mathlib) or with an installed one.

    Args:
        sandbox: where its processes run; they end when it is closed.
        workers: elaborating processes at once; None: one a processor, as far as memory reaches.
        pool: of another Lean; None: of the embedded one.
    """

    def __init__(self, sandbox: SandboxPool, workers: int | None = None, pool: LeanPool | None = None) -> None:
        self.pool = pool or LeanPool(sandbox, workers)

    async def check(self, task: ProofTask, proof: str, limits: Limits) -> ProofReport:
        """Judge one candidate; see `verifiers.proofs.records.Bridge.check`."""
        missing = self._missing_imports(task.header)
        if missing:
            return ProofReport(Status.UNAVAILABLE, f"{_CORE_ONLY} {missing}")
        statement = split_statement(task.statement)
        source, reason = guard.read_candidate(statement, proof, task.header)
        if source is None:
            return ProofReport(Status.REJECTED, reason)
        try:
            return await self._judged(task, statement, source, limits.wall_seconds)
        except (LeanMissingError, PackageError, ImportsMissing) as error:
            return ProofReport(Status.UNAVAILABLE, str(error))
        except WorkerDied as error:
            # Not over the candidate: it did not come up, was killed over and over, or died over the statement alone.
            return ProofReport(Status.INTERNAL, str(error))

    async def attempt(self, task: ProofTask, proof: str, seconds: float) -> Attempt:
        """Try a proof without judging it: for searching, where most tries fail and the last one is judged elsewhere.

        Raises:
            RecordError: the task is malformed, or its header needs more than this Lean has.
            LeanMissingError: Lean is not installed and cannot be prepared.
            WorkerNotStarted: a process does not come up.
            WorkerKilled: processes are killed from outside over and over.
        """
        missing = self._missing_imports(task.header)
        if missing:
            raise RecordError("header", f"{_CORE_ONLY} {missing}")
        statement = split_statement(task.statement)
        source = source_of(statement, proof, task.header)
        try:
            elaborated = await self._elaborate(task, statement, source, seconds)
        except WorkerTimeout as error:
            return Attempt(False, detail=str(error), seconds=seconds, cpu_seconds=error.cpu_seconds)
        except ImportsMissing as error:
            raise RecordError("header", str(error)) from None
        except (WorkerNotStarted, WorkerKilled):
            raise
        except WorkerDied as error:
            return Attempt(False, detail=str(error), seconds=seconds)
        messages = _messages(elaborated.answer, source.lines_before)
        errors = [message for message in messages if message.severity == "error"]
        failed = _failure(elaborated.answer, errors)
        goals = tuple(goal for message in errors for goal in _goals(message.text))
        spent = _milliseconds(elaborated.answer) / 1000
        return Attempt(failed is None, goals, failed[1] if failed else "", spent, elaborated.cpu_seconds, messages)

    def _missing_imports(self, header: str) -> str:
        """What the header imports and this Lean cannot have, known without starting it."""
        imported = _imports(header)[len(CORE) :] if self.pool.core_only else ()
        return ", ".join(imported[:_MOST_NAMED])

    async def _judged(self, task: ProofTask, statement: Statement, source: Source, seconds: float) -> ProofReport:
        try:
            elaborated = await self._elaborate(task, statement, source, seconds)
        except WorkerTimeout as error:
            return ProofReport(Status.TIMEOUT, str(error), seconds=seconds)
        except (WorkerNotStarted, WorkerKilled):
            raise
        except WorkerDied as error:
            return ProofReport(Status.CRASH, str(error))
        answer = elaborated.answer
        spent = _milliseconds(answer) / 1000
        messages = _messages(answer, source.lines_before)
        errors = [message for message in messages if message.severity == "error"]
        steps, beats = steps_of(answer, source.code, source.lines_before), heartbeats_of(answer)
        failed = _failure(answer, errors)
        if failed is not None:
            with contextlib.suppress(WorkerTimeout):
                await self._check_statement(task, statement)
            goals = tuple(goal for message in errors for goal in _goals(message.text))
            return ProofReport(*failed, messages, goals, (), spent, elaborated.isolation, steps, beats)
        left = max(seconds - spent, _LEAST_JUDGE_SECONDS)
        try:
            judged = await self._judge(task, statement, elaborated.export, left)
        except WorkerTimeout as error:
            return ProofReport(Status.TIMEOUT, f"the kernel: {error}", messages, (), (), seconds, elaborated.isolation)
        except (WorkerNotStarted, WorkerKilled):
            raise
        except WorkerDied as error:
            return ProofReport(Status.CRASH, f"the kernel: {error}", messages, (), (), spent, elaborated.isolation)
        status, detail = _decision(judged)
        axioms = tuple(str(name) for name in judged.get("axioms", ()))
        spent += _milliseconds(judged) / 1000
        premises = premises_of(elaborated.export) if task.premises and status is Status.PASSED else ()
        return ProofReport(
            status, detail, messages, (), axioms, spent, elaborated.isolation, steps, beats, premises=premises
        )

    async def _elaborate(self, task: ProofTask, statement: Statement, source: Source, seconds: float) -> _Elaborated:
        """Have one process elaborate the candidate; one that died or was stuck costs one more attempt.

        Raises:
            WorkerDied: it died again.
            WorkerTimeout: the time was spent working, or was over again.
        """
        request = {
            "header": _without_imports(task.header),
            "name": statement.name,
            "code": source.code,
            "maxHeartbeats": task.heartbeats,
            "steps": int(task.goals),
        }
        keep = not guard.leaves_traces(source.own)
        imports = _imports(task.header)

        async def ask() -> _Elaborated:
            async with self.pool.elaborator(imports, keep=keep) as worker:
                used = worker.cpu_seconds
                answer, export = await worker.ask(request, seconds)
                return _Elaborated(answer, export, worker.isolation, worker.cpu_seconds - used)

        return await _persistently(ask, seconds)

    async def _judge(self, task: ProofTask, statement: Statement, export: bytes, seconds: float) -> dict[str, Any]:
        request = {
            "header": _without_imports(task.header),
            "statement": statement.text,
            "name": statement.name,
            "axioms": list(task.axioms),
            "maxHeartbeats": task.heartbeats,
        }
        imports = _imports(task.header)
        answer = await _persistently(lambda: self.pool.judge(request, export, seconds, imports), seconds)
        if answer["status"] in ("header", "statement"):
            first = next((m for m in _messages(answer, 0) if m.severity == "error"), None)
            text = f"{answer['reason']}{': ' + first.describe() if first else ''}"
            raise RecordError(answer["status"], text[:_MOST_REASON])
        return answer

    async def _check_statement(self, task: ProofTask, statement: Statement) -> None:
        """Tell a wrong proof from a statement that cannot be read at all.

        Raises:
            RecordError: header or statement has errors.
            WorkerTimeout: the judging process was too slow to say.
        """
        await self._judge(task, statement, b"", _LEAST_JUDGE_SECONDS * 10)


async def _persistently(ask: Callable[[], Awaitable[_Answer]], seconds: float) -> _Answer:
    """Ask a process; one that died or was stuck costs one more attempt, one killed from outside costs none.

    Raises:
        WorkerDied: it died again, or was killed over and over.
        WorkerTimeout: the time was spent working, or was over again.
    """
    attempts = kills = 0
    while True:
        try:
            return await ask()
        except WorkerTimeout as error:
            if attempts or error.cpu_seconds >= _STUCK_SHARE * seconds:
                raise
            attempts += 1
        except WorkerNotStarted:
            raise
        except WorkerKilled:
            kills += 1
            if kills > MOST_KILLS:
                raise
        except WorkerDied:
            if attempts:
                raise
            attempts += 1


def _failure(answer: dict[str, Any], errors: list[ProofMessage]) -> tuple[Status, str] | None:
    """Why a candidate does not get as far as the kernel; None if it does."""
    status, reason = str(answer.get("status")), str(answer.get("reason", ""))[:_MOST_REASON]
    if status == "proved":
        return None
    if status == "errors":
        first = errors[0].describe() if errors else "Lean reports errors"
        limit = "(deterministic) timeout" in first
        return (Status.TIMEOUT if limit else Status.WRONG), first[:_MOST_REASON]
    if status == "failed":
        return Status.CRASH, reason
    return Status.REJECTED, reason


def _decision(judged: dict[str, Any]) -> tuple[Status, str]:
    status, reason = judged["status"], str(judged.get("reason", ""))[:_MOST_REASON].replace("_private.0.", "")
    if status == "accepted":
        return Status.PASSED, ""
    if status == "timeout":
        return Status.TIMEOUT, reason
    if status == "failed":
        return Status.CRASH, f"the kernel: {reason}"
    return Status.REJECTED, reason


def _messages(answer: dict[str, Any], lines_before: int) -> tuple[ProofMessage, ...]:
    """What Lean said; nothing of another form than Lean's own is taken."""
    found = []
    messages = answer.get("messages")
    for message in messages if isinstance(messages, list) else ():
        match message:
            case {
                "severity": str(severity),
                "data": str(text),
                "pos": {"line": int(line), "column": int(column)},
            }:
                text = text.replace("_private.0.", "")
                found.append(ProofMessage(severity, line - lines_before, column, text))
    return tuple(found)


def _goals(text: str) -> list[str]:
    """The goals in a message about goals that are left."""
    if not text.startswith(_UNSOLVED):
        return []
    return [goal.strip() for goal in text.removeprefix(_UNSOLVED).split("\n\n") if goal.strip()]


def _imports(header: str) -> tuple[str, ...]:
    """The modules that a header's environment starts from."""
    return tuple(dict.fromkeys((*CORE, *_IMPORT.findall(header))))


def _without_imports(header: str) -> str:
    """The library is there already; the lines stay, so that places in messages hold."""
    return _IMPORT.sub("", header)


def _milliseconds(answer: dict[str, Any]) -> float:
    value = answer.get("ms")
    return float(value) if isinstance(value, int) else 0.0
