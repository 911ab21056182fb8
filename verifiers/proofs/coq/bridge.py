"""The bridge to Coq and Rocq: guard, a warm coqtop, the kernel's comparison with the statement, `Print Assumptions`.

    async with SandboxPool() as sandbox:
        task = ProofTask("coq", "Theorem two : 1 + 1 = 2.", axioms=())
        report = await CoqBridge(sandbox).check(task, "Proof. reflexivity. Qed.", Limits())
    report.status      # <Status.PASSED: 'passed'>

A strict task is also compiled by `coqc`, and the file that comes of it is checked again by `coqchk` in another process.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from verifiers.code_blocks import declaring_block
from verifiers.proofs.coq import guard, strict
from verifiers.proofs.coq.install import INSTALL_HINT, Installation, find
from verifiers.proofs.coq.session import Checked, HeaderUnavailable, Work, run_check
from verifiers.proofs.coq.text import DECLARATIONS, Sentence, Statement, UnreadableText, sentences, split_statement
from verifiers.proofs.dialogue import DialoguePool, Program, ProgramDied, ProgramTimeout
from verifiers.proofs.records import ProofMessage, ProofReport, ProofTask
from verifiers.records import Status
from verifiers.sandbox.task import Limits

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["CoqBridge"]

_LANGUAGES: Final = ("coq", "Coq", "rocq", "v")
_LIBRARIES: Final = ("Coq.", "Stdlib.", "Corelib.", "Rocq.", "mathcomp.", "Coquelicot.")
"""Where an allowed axiom may come from: a candidate cannot declare names below these."""
_MOST_REASON: Final = 600
_TIMED_OUT: Final = "Timeout!"


class CoqBridge:
    """Judges Coq proofs with the Coq that is installed here.

    Args:
        sandbox: where its processes run; they end when it is closed.
        workers: processes at once; None: as many as the sandbox runs tasks.
    """

    def __init__(self, sandbox: SandboxPool, workers: int | None = None) -> None:
        self._sandbox = sandbox
        self._workers = workers
        self._pool: DialoguePool | None = None

    async def check(self, task: ProofTask, proof: str, limits: Limits) -> ProofReport:
        """Judge one candidate; see `verifiers.proofs.records.Bridge.check`."""
        statement = split_statement(task.statement)
        try:
            work = _read(task, statement, proof)
        except UnreadableText as error:
            return ProofReport(Status.REJECTED, str(error))
        if isinstance(work, ProofReport):
            return work
        installation = find()
        if installation is None:
            return ProofReport(Status.UNAVAILABLE, INSTALL_HINT)
        report = await self._judged(installation, task, work, limits.wall_seconds)
        if report.passed and task.strict:
            return await strict.checked_again(self._sandbox, installation, work, report, limits)
        return report

    async def _judged(self, installation: Installation, task: ProofTask, work: Work, seconds: float) -> ProofReport:
        """Ask a warm process; one that died costs one more attempt."""
        pool = self._pool = self._pool or DialoguePool(self._sandbox, _program(installation), self._workers)
        for attempt in range(2):
            try:
                async with pool.worker(lambda worker: worker.notes.get("header", ("",))[0] == task.header) as worker:
                    found = await run_check(worker, work, seconds)
                    return _report(task, work, found, worker.isolation)
            except HeaderUnavailable as error:
                return ProofReport(Status.UNAVAILABLE, str(error)[:_MOST_REASON])
            except ProgramTimeout as error:
                return ProofReport(Status.TIMEOUT, str(error), seconds=seconds)
            except ProgramDied as error:
                if attempt:
                    return ProofReport(Status.CRASH, str(error))
        raise AssertionError("unreachable")


def _read(task: ProofTask, statement: Statement, proof: str) -> Work | ProofReport:
    """The candidate as sentences, or why it is refused unseen.

    Raises:
        UnreadableText: a comment or string is not closed.
    """
    if len(proof) > guard.MAX_CHARACTERS:
        return ProofReport(Status.REJECTED, f"longer than {guard.MAX_CHARACTERS} characters")
    strange = guard.strange_character(proof)
    if strange:
        return ProofReport(Status.REJECTED, strange)
    named = re.compile(rf"\b(?:{'|'.join(DECLARATIONS)}|Definition)\s+{re.escape(statement.name)}(?![\w'])")
    block = declaring_block(proof, _LANGUAGES, named)
    found = sentences(block.text if block else proof)
    states = any(re.match(rf"\s*(?:{'|'.join(DECLARATIONS)}|Definition)\b", one.visible) for one in found)
    if states:
        header = {_plain(one.text) for one in sentences(task.header)}
        while found and _plain(found[0].text) in header:
            found = found[1:]
    reason = guard.refusal(found, whole_file=states)
    if reason:
        return ProofReport(Status.REJECTED, reason)
    if found and not found[-1].ended:
        last = found[-1]
        if re.sub(r"[\s}+*-]", "", last.visible):
            place = ProofMessage("error", last.line, last.column, "this sentence has no period")
            return ProofReport(Status.WRONG, place.describe(), (place,))
        found = [*found[:-1], Sentence(last.text, last.visible, last.line, last.column)]
    if not states and not any(re.search(r"\b(?:Qed|Defined)\s*\.\s*\Z", one.visible) for one in found):
        end = found[-1].line if found else 1
        found = [*found, Sentence("Qed.", "Qed.", end, 0)]
    return Work(task.header, statement, tuple(found), states)


def _report(task: ProofTask, work: Work, found: Checked, isolation: tuple[str, ...]) -> ProofReport:
    if found.failure:
        return _failed(work, found, isolation)
    assumptions = [one for one in found.assumptions if not one.given]
    names = tuple(one.name for one in assumptions)
    refused = [name for name in names if not _allowed(name, task.axioms)]
    if refused:
        detail = f"rests on {', '.join(refused)[:_MOST_REASON]}"
        return ProofReport(Status.REJECTED, detail, axioms=names, isolation=isolation)
    return ProofReport(Status.PASSED, axioms=names, isolation=isolation)


def _failed(work: Work, found: Checked, isolation: tuple[str, ...]) -> ProofReport:
    text = found.failure[:_MOST_REASON]
    if found.at is None:
        detail = f"another statement than the given one: {text}"
        return ProofReport(Status.REJECTED, detail[:_MOST_REASON], isolation=isolation)
    status = Status.TIMEOUT if text.startswith(_TIMED_OUT) else Status.WRONG
    if found.at < 0:
        return ProofReport(status, text, isolation=isolation)
    sentence = work.sentences[min(found.at, len(work.sentences) - 1)]
    place = ProofMessage("error", sentence.line, sentence.column, text)
    return ProofReport(status, place.describe(), (place,), found.goals, isolation=isolation)


def _allowed(name: str, axioms: tuple[str, ...]) -> bool:
    """An allowed axiom is named in full, or by its last part and comes from a library."""
    return name in axioms or (name.startswith(_LIBRARIES) and name.rpartition(".")[2] in axioms)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _program(installation: Installation) -> Program:
    return Program("coq", (*installation.toplevel, "-q", "-emacs"), installation.paths)
