"""The bridge to F*: guard, a warm `fstar.exe --ide` in the sandbox, the definition checked against its declared type.

async with SandboxPool() as sandbox:
    task = ProofTask("fstar", "val add_zero (x:int) : Lemma (x + 0 == x)")
    report = await FstarBridge(sandbox).check(task, "let add_zero x = ()", Limits(wall_seconds=60))
report.status      # <Status.PASSED: 'passed'>
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from verifiers.proofs.dialogue import DialoguePool, Program, ProgramDied, ProgramTimeout, Worker
from verifiers.proofs.fstar import guard
from verifiers.proofs.fstar.install import INSTALL_HINT, Installation, find
from verifiers.proofs.fstar.protocol import Issue
from verifiers.proofs.fstar.session import Checked, Context, ContextUnavailable, Work, run_check
from verifiers.proofs.fstar.text import Definition, UnreadableText, split_statement
from verifiers.proofs.records import ProofMessage, ProofReport, ProofTask
from verifiers.records import RecordError, Status
from verifiers.sandbox.task import Limits

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["FstarBridge"]

_TRUST: Final = "decided by the F* process that read the definition, and by its Z3"
_ESCAPE_HATCH: Final = 335
"""Number of the warning with which `--report_assumes warn` names an `admit`, `assume` or the like."""
_ADMITTED: Final = ("admitted", "escape hatch", "assumed without proof")
_MOST_REASON: Final = 600
_MEMORY_MIB: Final = 6_144
_RETIRE_MIB: Final = 4_096


class FstarBridge:
    """Judges F* definitions with the F* that is installed here.

    Args:
        sandbox: where its processes run; they end when it is closed.
        workers: processes at once; None: as many as the sandbox runs tasks.
        environment: where the variables that name F* and its projects are read.
    """

    def __init__(
        self, sandbox: SandboxPool, workers: int | None = None, environment: Mapping[str, str] = os.environ
    ) -> None:
        self._sandbox = sandbox
        self._workers = workers
        self._environment = environment
        self._pool: DialoguePool | None = None

    async def check(self, task: ProofTask, proof: str, limits: Limits) -> ProofReport:
        """Judge one candidate; see `verifiers.proofs.records.Bridge.check`."""
        statement = split_statement(task.statement)
        context = Context(task.header, task.file, task.until)
        if bool(context.file) != bool(context.until):
            raise RecordError("file" if context.until else "until", "'file' and 'until' go together")
        if len(proof) > guard.MAX_CHARACTERS:
            return ProofReport(Status.REJECTED, f"longer than {guard.MAX_CHARACTERS} characters")
        try:
            definition = Definition.of(proof, statement)
            reason = guard.refusal(definition.text)
        except UnreadableText as error:
            reason = str(error)
        if reason:
            return ProofReport(Status.REJECTED, reason)
        installation = await asyncio.to_thread(find, self._environment)
        if installation is None:
            return ProofReport(Status.UNAVAILABLE, INSTALL_HINT)
        if context.file and not installation.projects:
            detail = f"the problem goes on from the checked file of {context.file}; REASONING_FSTAR_PROJECT is not set"
            return ProofReport(Status.UNAVAILABLE, detail)
        work = Work(context, statement, definition, task.declared)
        started = time.monotonic()
        report = await self._judged(installation, work, limits.wall_seconds)
        return replace(report, seconds=time.monotonic() - started)

    async def _judged(self, installation: Installation, work: Work, seconds: float) -> ProofReport:
        """Ask a warm process; one that died costs one more attempt."""
        program = _program(installation, work.context.source_file)
        pool = self._pool = self._pool or DialoguePool(self._sandbox, program, self._workers)

        def wanted(worker: Worker) -> bool:
            return bool(worker.notes.get("context") == work.context)

        for attempt in range(2):
            try:
                async with pool.worker(wanted, program) as worker:
                    try:
                        checked = await run_check(worker, work, seconds)
                    except (ContextUnavailable, RecordError):
                        await worker.kill()
                        raise
                    return _report(work, checked, worker.isolation)
            except ContextUnavailable as error:
                return ProofReport(Status.UNAVAILABLE, str(error)[:_MOST_REASON])
            except ProgramTimeout as error:
                return ProofReport(Status.TIMEOUT, str(error))
            except ProgramDied as error:
                if attempt:
                    return ProofReport(Status.CRASH, str(error)[:_MOST_REASON])
        raise AssertionError("unreachable")


def _report(work: Work, checked: Checked, isolation: tuple[str, ...]) -> ProofReport:
    messages = tuple(_message(work.context.source_file, issue) for issue in checked.issues)
    if checked.other_type:
        detail = f"another type than the given one: {checked.failure}"[:_MOST_REASON]
        return ProofReport(Status.REJECTED, detail, messages, isolation=isolation)
    if checked.failure:
        first = next((message for message in messages if message.severity == "error"), None)
        detail = (first.describe() if first else checked.failure)[:_MOST_REASON]
        return ProofReport(Status.WRONG, detail, messages, isolation=isolation)
    escapes = [issue for issue in checked.issues if _is_escape(issue)]
    if escapes:
        detail = f"F* reports an escape hatch: {escapes[0].describe()}"[:_MOST_REASON]
        return ProofReport(Status.REJECTED, detail, messages, isolation=isolation)
    return ProofReport(Status.PASSED, messages=messages, isolation=isolation, trust=_TRUST)


def _is_escape(issue: Issue) -> bool:
    text = issue.message.lower()
    return issue.number == _ESCAPE_HATCH or any(words in text for words in _ADMITTED)


def _message(file: str, issue: Issue) -> ProofMessage:
    """An issue as a message; one in another file is placed before the candidate."""
    severity = {"error": "error", "warning": "warning"}.get(issue.level, "information")
    own = issue.file in (file, "<input>")
    return ProofMessage(severity, issue.line if own else 0, issue.column if own else 0, issue.describe())


def _program(installation: Installation, file: str) -> Program:
    return Program(
        "fstar",
        installation.command(file),
        installation.paths,
        installation.environment,
        memory_mib=_MEMORY_MIB,
        retire_mib=_RETIRE_MIB,
    )
