"""The bridge to Isabelle: guard, one theory for each candidate in a session of a running server, `thm_oracles`.

    async with SandboxPool() as sandbox:      # with REASONING_ISABELLE=127.0.0.1:4711:PASSWORD
        task = ProofTask("isabelle", 'theorem two: "1 + 1 = (2::nat)"')
        report = await IsabelleBridge(sandbox).check(task, "by simp", Limits(wall_seconds=60))
    report.status      # <Status.PASSED: 'passed'>

Source: "The Isabelle System Manual", chapter "The Isabelle server". The server is the user's, and no sandbox of ours
holds it.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from verifiers.proofs.isabelle import guard
from verifiers.proofs.isabelle.client import CommandFailed, PasswordRefused, ServerLost
from verifiers.proofs.isabelle.session import Address, Session
from verifiers.proofs.isabelle.text import Statement, UnreadableText, split_header, split_statement
from verifiers.proofs.isabelle.theory import METHODS, Proof, Source, placeholders, proof_of, theory, trial
from verifiers.proofs.records import ProofMessage, ProofReport, ProofTask
from verifiers.records import RecordError, Status
from verifiers.sandbox.task import Limits

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["INSTALL_HINT", "IsabelleBridge"]

INSTALL_HINT: Final = (
    "no Isabelle server is named: install Isabelle (isabelle.in.tum.de), run `isabelle server`, and set "
    "REASONING_ISABELLE=HOST:PORT:PASSWORD as it prints"
)
_TRUST: Final = "decided by the Isabelle process that read the proof"
_METHOD_SECONDS: Final = 10.0
"""For each placeholder in one round, as in STP; the check's own limit holds over all rounds."""
_MAX_PLACEHOLDERS: Final = 32
_MAX_MESSAGES: Final = 20
_MOST_REASON: Final = 600
_MISSING: Final = ("bad theory import", "no such file", "cannot load theory", "bad session", "undefined session")
_DONE: Final = {"ok": True, "consolidated": True, "failed": 0, "percentage": 100}


class _Unclear(RuntimeError):
    """The server finished, but not with a readable result."""


class _StatementRefused(RuntimeError):
    """The server says something against header or statement, which a proof cannot."""


@dataclass(frozen=True, slots=True)
class _Work:
    """One candidate: the task, its statement read, and its proof."""

    task: ProofTask
    statement: Statement
    proof: Proof


class IsabelleBridge:
    """Judges Isabelle proofs by the server that `REASONING_ISABELLE` names.

    Args:
        sandbox: closes the connection with itself.
        environment: where the server's address is read.
    """

    def __init__(self, sandbox: SandboxPool, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._slots = asyncio.Semaphore(sandbox.workers)
        self._session: Session | None = None
        sandbox.call_on_close(self.close)

    async def close(self) -> None:
        """Stop the session and close the connection."""
        if self._session is not None:
            await self._session.close()

    async def check(self, task: ProofTask, proof: str, limits: Limits) -> ProofReport:
        """Judge one candidate; see `verifiers.proofs.records.Bridge.check`."""
        statement = split_statement(task.statement)
        split_header(task.header)
        if len(proof) > guard.MAX_CHARACTERS:
            return ProofReport(Status.REJECTED, f"longer than {guard.MAX_CHARACTERS} characters")
        try:
            work = _Work(task, statement, proof_of(task, statement, proof))
            reason = guard.refusal(work.proof.text)
        except UnreadableText as error:
            reason = str(error)
        if reason:
            return ProofReport(Status.REJECTED, reason)
        if placeholders(work.proof.text) > _MAX_PLACEHOLDERS:
            return ProofReport(Status.REJECTED, f"more than {_MAX_PLACEHOLDERS} placeholders")
        if self._session is None:
            try:
                address = Address.of(self._environment)
            except ValueError as error:
                return ProofReport(Status.UNAVAILABLE, str(error))
            if address is None:
                return ProofReport(Status.UNAVAILABLE, INSTALL_HINT)
            self._session = Session(address)
        async with self._slots:
            return await self._judged(self._session, work, limits.wall_seconds)

    async def _judged(self, session: Session, work: _Work, seconds: float) -> ProofReport:
        """Ask the server; one that was lost costs one more attempt."""
        lost = ""
        for _ in range(2):
            try:
                await session.ready()
                return await self._rounds(session, work, seconds)
            except PasswordRefused as error:
                return _unavailable(f"the Isabelle server refuses: {error}; is its password right?")
            except (OSError, CommandFailed) as error:
                return _unavailable(f"the Isabelle server at {session.address} cannot be used: {error}")
            except (ServerLost, _Unclear) as error:
                lost = str(error)
        return ProofReport(Status.INTERNAL, f"the Isabelle server failed twice: {lost}"[:_MOST_REASON])

    async def _rounds(self, session: Session, work: _Work, seconds: float) -> ProofReport:
        """Check the proof; with placeholders, once more as long as one of them has another method to try.

        Isabelle goes on behind a method that fails, so one round tells about all placeholders.
        """
        loop = asyncio.get_running_loop()
        started = loop.time()
        count = placeholders(work.proof.text)
        methods = (0,) * count
        while True:
            left = seconds - (loop.time() - started)
            last = not count or max(methods) == len(METHODS) - 1
            allowed = left if last else min(left, _METHOD_SECONDS * (count + 1))
            source = theory(_new_name(), work.task, work.statement, work.proof, methods)
            failing: set[int] = set(range(count))
            try:
                report, lines = await self._once(session, work, source, allowed)
                failing = {number for number in failing if source.placeholders[number] in lines}
            except TimeoutError:
                report = ProofReport(Status.TIMEOUT, f"no answer within {seconds:g} s")
            except _StatementRefused as error:
                report = await self._blamed(session, work, str(error), seconds)
                failing = set()
            spent = loop.time() - started
            open_ = {number for number in failing if methods[number] < len(METHODS) - 1}
            if report.passed or not open_ or open_ != failing or spent >= seconds:
                return replace(report, seconds=spent, trust=_TRUST if report.passed else "")
            methods = tuple(one + (number in open_) for number, one in enumerate(methods))

    async def _once(
        self, session: Session, work: _Work, source: Source, seconds: float
    ) -> tuple[ProofReport, frozenset[int]]:
        """One theory: the report, and the lines of its errors.

        Raises:
            TimeoutError: the time was over.
        """
        async with session.theory(source.name, source.text):
            async with asyncio.timeout(max(seconds, 0.0)):
                body = await session.use(source.name)
        return _read(work, source, body)

    async def _blamed(self, session: Session, work: _Work, complaint: str, seconds: float) -> ProofReport:
        """Whose fault an error before the proof is: header and statement are tried alone.

        Raises:
            RecordError: they are refused alone too.
        """
        source = trial(_new_name(), work.task, work.statement)
        try:
            async with session.theory(source.name, source.text):
                async with asyncio.timeout(seconds):
                    body = await session.use(source.name)
        except TimeoutError:
            return _unavailable("the header or statement takes longer than the check may")
        if body.get("ok") is True:
            return ProofReport(Status.WRONG, complaint[:_MOST_REASON])
        if any(words in complaint.lower() for words in _MISSING):
            return _unavailable(f"the header needs a theory that the session has not: {complaint}")
        raise RecordError("statement", f"Isabelle refuses it or its header: {complaint[:_MOST_REASON]}")


def _read(work: _Work, source: Source, body: dict[str, Any]) -> tuple[ProofReport, frozenset[int]]:
    """What a finished task says about the proof.

    Raises:
        _StatementRefused: the first error stands before the proof.
        _Unclear: it says nothing that can be relied on.
    """
    nodes, errors = body.get("nodes"), body.get("errors")
    if not isinstance(nodes, list) or not isinstance(errors, list):
        raise _Unclear("a finished task without nodes or errors")
    if not all(isinstance(one, dict) for one in (*nodes, *errors)):
        raise _Unclear("a node or error that is no object")
    own = [node for node in nodes if str(node.get("theory_name", "")).rpartition(".")[2] == source.name]
    said = [one for node in own for one in node.get("messages") or [] if isinstance(one, dict)]
    wrong = [*errors, *(one for one in said if one.get("kind") == "error")]
    if wrong:
        return _failed(source, wrong)
    states = [node.get("status") for node in nodes]
    good = all(
        isinstance(state, dict) and all(state.get(key) == value for key, value in _DONE.items()) for state in states
    )
    if body.get("ok") is not True or not good or len(own) != 1:
        raise _Unclear("a finished task that is not done, and no error that says why")
    oracles = _oracles(source, said)
    refused = [name for name in oracles if name not in work.task.axioms]
    if refused:
        detail = f"rests on {', '.join(refused)}"[:_MOST_REASON]
        return ProofReport(Status.REJECTED, detail, axioms=oracles), frozenset()
    return ProofReport(Status.PASSED, axioms=oracles), frozenset()


def _failed(source: Source, wrong: list[dict[str, Any]]) -> tuple[ProofReport, frozenset[int]]:
    messages, lines = [], set()
    for one in wrong:
        position = one.get("pos") if isinstance(one.get("pos"), dict) else {}
        assert isinstance(position, dict)
        line, column = source.place(position)
        if isinstance(position.get("line"), int):
            lines.add(position["line"])
        text = str(one.get("message", ""))[:_MOST_REASON]
        message = ProofMessage("error", line, column, text)
        if message not in messages:
            messages.append(message)
    messages.sort(key=lambda message: message.line)
    if messages[0].line == 0:
        raise _StatementRefused(" ".join(messages[0].text.split()))
    report = ProofReport(Status.WRONG, messages[0].describe()[:_MOST_REASON], tuple(messages[:_MAX_MESSAGES]))
    return report, frozenset(lines)


def _oracles(source: Source, said: list[dict[str, Any]]) -> tuple[str, ...]:
    """The names that `thm_oracles` lists: one message, on the line of the question, beginning with `oracles:`.

    Raises:
        _Unclear: there is no such message, or more than one.
    """
    answers = [
        str(one.get("message", ""))
        for one in said
        if one.get("kind") == "writeln"
        and isinstance(one.get("pos"), dict)
        and one["pos"].get("line") == source.question
    ]
    if len(answers) != 1:
        raise _Unclear("no list of oracles in the answer")
    first, *rest = answers[0].strip().split("\n")
    if first.strip() != "oracles:":
        raise _Unclear("an unreadable list of oracles")
    entries = (line.replace("\\<^item>", " ").strip(" \t•*:") for line in rest)
    return tuple(dict.fromkeys(entry.split()[0].rstrip(":") for entry in entries if entry))


def _unavailable(detail: str) -> ProofReport:
    return ProofReport(Status.UNAVAILABLE, detail[:_MOST_REASON])


def _new_name() -> str:
    return f"Check_{secrets.token_hex(12)}"
