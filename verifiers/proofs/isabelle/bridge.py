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
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from verifiers.proofs.isabelle import guard
from verifiers.proofs.isabelle.answers import MOST_REASON, Answers, StatementRefused, Unclear, read_answers, read_report
from verifiers.proofs.isabelle.client import CommandFailed, PasswordRefused, ServerLost
from verifiers.proofs.isabelle.session import Address, Session
from verifiers.proofs.isabelle.text import Statement, UnreadableText, split_header, split_statement
from verifiers.proofs.isabelle.theory import Proof, Source, methods_for, placeholders, proof_of, theory, trial
from verifiers.proofs.records import ProofReport, ProofTask
from verifiers.records import RecordError, Status
from verifiers.sandbox.task import Limits

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["INSTALL_HINT", "IsabelleBridge", "ServerUnusableError"]

_Result = TypeVar("_Result")
INSTALL_HINT: Final = (
    "no Isabelle server is named: install Isabelle (isabelle.in.tum.de), run `isabelle server`, and set "
    "REASONING_ISABELLE=HOST:PORT:PASSWORD as it prints"
)
_TRUST: Final = "decided by the Isabelle process that read the proof"
_METHOD_SECONDS: Final = 10.0
"""For each placeholder in one round, as in STP; the check's own limit holds over all rounds."""
_MAX_PLACEHOLDERS: Final = 32
_MISSING: Final = ("bad theory import", "no such file", "cannot load theory", "bad session", "undefined session")


class ServerUnusableError(RuntimeError):
    """No server is named or answers as it should; the message says what is wrong.

    Args:
        detail: what is wrong.
        status: `UNAVAILABLE`, or `INTERNAL` for a server that fails at this request.
    """

    def __init__(self, detail: str, status: Status = Status.UNAVAILABLE) -> None:
        super().__init__(detail[:MOST_REASON])
        self.status = status


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
        try:
            return await self._with_server(lambda session: self._rounds(session, work, limits.wall_seconds))
        except ServerUnusableError as error:
            return ProofReport(error.status, str(error))

    async def ask(self, text: Callable[[str], str], seconds: float) -> Answers:
        """What the server says of a theory that asks something; no verdict comes of it.

        Args:
            text: the theory of a given name. What a model wrote has no place in it but as a statement that was read.
            seconds: for the answer.

        Raises:
            ServerUnusableError: there is no server, or none that answers.
            TimeoutError: the time was over.
        """

        async def asked(session: Session) -> Answers | None:
            name = _new_name()
            try:
                async with session.theory(name, text(name)), asyncio.timeout(seconds):
                    body = await session.use(name)
            except TimeoutError:
                return None
            return read_answers(name, body)

        answers = await self._with_server(asked)
        if answers is None:
            raise TimeoutError(f"no answer within {seconds:g} s")
        return answers

    def server(self) -> Session:
        """The session, which may not be started yet.

        Raises:
            ServerUnusableError: the environment names no server.
        """
        if self._session is None:
            try:
                address = Address.of(self._environment)
            except ValueError as error:
                raise ServerUnusableError(str(error)) from None
            if address is None:
                raise ServerUnusableError(INSTALL_HINT)
            self._session = Session(address)
        return self._session

    async def _with_server(self, use: Callable[[Session], Awaitable[_Result]]) -> _Result:
        """Use the server; one that was lost costs one more attempt.

        Raises:
            ServerUnusableError: there is none, or it failed twice.
        """
        session, lost = self.server(), ""
        async with self._slots:
            for _ in range(2):
                try:
                    await session.ready()
                    return await use(session)
                except PasswordRefused as error:
                    raise ServerUnusableError(
                        f"the Isabelle server refuses: {error}; is its password right?"
                    ) from error
                except (OSError, CommandFailed) as error:
                    raise ServerUnusableError(
                        f"the Isabelle server at {session.address} cannot be used: {error}"
                    ) from error
                except (ServerLost, Unclear) as error:
                    lost = str(error)
        raise ServerUnusableError(f"the Isabelle server failed twice: {lost}", Status.INTERNAL)

    async def _rounds(self, session: Session, work: _Work, seconds: float) -> ProofReport:
        """Check the proof; with placeholders, once more as long as one of them has another method to try.

        Isabelle goes on behind a method that fails, so one round tells about all placeholders.
        """
        loop = asyncio.get_running_loop()
        started = loop.time()
        count = placeholders(work.proof.text)
        methods, highest = (0,) * count, len(methods_for(work.task)) - 1
        while True:
            left = seconds - (loop.time() - started)
            last = not count or max(methods) == highest
            allowed = left if last else min(left, _METHOD_SECONDS * (count + 1))
            source = theory(_new_name(), work.task, work.statement, work.proof, methods)
            failing: set[int] = set(range(count))
            try:
                report, lines = await self._once(session, work, source, allowed)
                failing = {number for number in failing if source.placeholders[number] in lines}
            except TimeoutError:
                report = ProofReport(Status.TIMEOUT, f"no answer within {seconds:g} s")
            except StatementRefused as error:
                report = await self._blamed(session, work, str(error), seconds)
                failing = set()
            spent = loop.time() - started
            open_ = {number for number in failing if methods[number] < highest}
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
        return read_report(work.task, source, body)

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
            return ProofReport(Status.WRONG, complaint[:MOST_REASON])
        if any(words in complaint.lower() for words in _MISSING):
            return _unavailable(f"the header needs a theory that the session has not: {complaint}")
        raise RecordError("statement", f"Isabelle refuses it or its header: {complaint[:MOST_REASON]}")


def _unavailable(detail: str) -> ProofReport:
    return ProofReport(Status.UNAVAILABLE, detail[:MOST_REASON])


def _new_name() -> str:
    return f"Check_{secrets.token_hex(12)}"
