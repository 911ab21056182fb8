r"""One check in an `fstar.exe --ide` process: the context, the statement, the candidate, and what the grader adds.

    checked = await run_check(worker, Work(context, statement, definition), seconds=30)
    checked.failure, checked.issues

A process keeps the context of its last check. In the shape of the checker of "Towards Neural Synthesis for
SMT-Assisted Proof-Oriented Programming" (arXiv 2405.01787): the definitions before the candidate come from the checked
file of its module, up to its name; then opened modules and options are pushed, then the candidate. Without a checked
file the header is pushed as text instead; it is trusted and its proofs are not checked again.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Any, Final

from verifiers.proofs.dialogue import ProgramDied, Worker
from verifiers.proofs.fstar.protocol import Issue, ProtocolError, Query, Reply, read_reply
from verifiers.proofs.fstar.text import Definition, Statement
from verifiers.records import RecordError

__all__ = ["Checked", "Context", "ContextUnavailable", "Work", "run_check"]

_START_SECONDS: Final = 600.0
"""For the start of a process, the files that its context needs and Z3, on a busy machine."""
_POP_SECONDS: Final = 60.0
_MODULE: Final = re.compile(r"\A\s*module\s+([A-Z][\w']*(?:\.[A-Z][\w']*)*)[ \t]*(?=\n|\Z)")
_DEFAULT_MODULE: Final = "Check"


class ContextUnavailable(RuntimeError):
    """What stands before the candidate cannot be had on this machine: a checked file, Z3, a query of newer versions."""


@dataclass(frozen=True, slots=True)
class Context:
    """What stands before the candidate. It is trusted.

    Attributes:
        header: text: modules that are opened, options, definitions.
        file: name of the source file whose checked form is gone on from; empty: the header is all there is.
        until: full name of the definition at which that file is cut.
    """

    header: str
    file: str = ""
    until: str = ""

    @property
    def module(self) -> str:
        """Of a context of text alone: the module that it begins."""
        found = _MODULE.match(self.header)
        return found.group(1) if found else _DEFAULT_MODULE

    @property
    def source_file(self) -> str:
        """What F* is started with."""
        return self.file or f"{self.module}.fst"

    @property
    def body(self) -> str:
        """The header without the line that begins its module."""
        return _MODULE.sub("", self.header, count=1).strip()


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be checked.

    Attributes:
        context: what stands before it.
        statement: the type that it has to have.
        definition: of the candidate.
        declared: whether the statement is declared before the candidate; if not (an interface has declared it, say),
            the two are compared behind it.
    """

    context: Context
    statement: Statement
    definition: Definition
    declared: bool = True


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of it.

    Attributes:
        failure: the first error; empty if there is none.
        other_type: the candidate is right, but not of the statement's type.
        issues: all that F* said about the candidate.
    """

    failure: str = ""
    other_type: bool = False
    issues: tuple[Issue, ...] = ()


async def run_check(worker: Worker, work: Work, seconds: float) -> Checked:
    """Check one candidate.

    Raises:
        RecordError: F* refuses header or statement, or they let everything pass.
        ContextUnavailable: the context cannot be had here.
        ProgramDied: the process ended, or left the protocol.
        ProgramTimeout: the time was over.
    """
    session = _Session(worker)
    try:
        await session.enter(work.context)
        if work.declared:
            stated = await session.push(work.statement.text, seconds=_START_SECONDS)
            if not stated.succeeded:
                raise RecordError("statement", f"F* refuses it: {stated.complaint}")
        place = work.definition
        reply = await session.push(place.text, line=place.line, column=place.column, seconds=seconds)
        checked = Checked("" if reply.succeeded else reply.complaint, issues=reply.issues)
        if reply.succeeded and not work.declared:
            checked = await _compared(session, work, checked, seconds)
        await session.pop_to_context()
    except ProtocolError as error:
        await worker.kill()
        raise ProgramDied(f"fstar.exe: {error}") from None
    return checked


async def _compared(session: _Session, work: Work, checked: Checked, seconds: float) -> Checked:
    """Have F* accept the candidate's name where a value of the statement's type is wanted."""
    name = f"checked_{secrets.token_hex(12)}"
    text = f"{work.statement.renamed(name)}\n\nlet {name} = {work.statement.name}"
    reply = await session.push(text, seconds=seconds)
    return checked if reply.succeeded else Checked(reply.complaint, other_type=True, issues=checked.issues)


class _Session:
    """The stack of one process: its context, and what a check has put upon it."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._above = 0

    async def enter(self, context: Context) -> None:
        """Have the context loaded, unless it is."""
        notes = self._worker.notes
        if notes.get("context") == context:
            return
        for _ in range(notes.get("depth", 0)):
            await self._ask("pop", {}, _POP_SECONDS)
        notes["context"], notes["depth"] = None, 0
        if context.file:
            await self._checked_file(context)
        else:
            contents = f"module {context.module}\n{context.body}\n"
            await self._ask("vfs-add", {"filename": None, "contents": contents}, _POP_SECONDS)
            await self._header(f"module {context.module}\n")
        if context.body:
            await self._header(context.body + "\n", line=2, kind="full" if context.file else "lax")
        await self._probe()
        notes["context"] = context

    async def push(self, code: str, *, seconds: float, line: int = 1, column: int = 0) -> Reply:
        """Check a text on top of what is there."""
        args = {"kind": "full", "code": code + "\n", "line": line, "column": column}
        reply = await self._ask("push", args, seconds)
        if reply.status == "success":
            self._above += 1
        return reply

    async def pop_to_context(self) -> None:
        """Take back all that was pushed behind the context."""
        while self._above:
            reply = await self._ask("pop", {}, _POP_SECONDS)
            if not reply.succeeded:
                raise ProtocolError(f"'pop' failed: {reply.complaint}")
            self._above -= 1

    async def _checked_file(self, context: Context) -> None:
        reply = await self._ask("push-partial-checked-file", {"until-lid": context.until}, _START_SECONDS)
        if not reply.succeeded:
            raise ContextUnavailable(
                f"no checked file of {context.file} that holds {context.until}: {reply.complaint}; build the project "
                "with the F* that is installed and name its folder in REASONING_FSTAR_PROJECT"
            )
        self._worker.notes["depth"] += 1

    async def _header(self, code: str, *, line: int = 1, kind: str = "full") -> None:
        reply = await self._ask("push", {"kind": kind, "code": code, "line": line, "column": 0}, _START_SECONDS)
        if not reply.succeeded:
            raise RecordError("header", f"F* refuses it: {reply.complaint}")
        self._worker.notes["depth"] += 1

    async def _probe(self) -> None:
        """Z3 has to prove what is true here, and to refuse what is false."""
        name = f"probe_{secrets.token_hex(12)}"
        true = await self.push(f"let {name} (x:int) = assert (x < x + 1)", seconds=_START_SECONDS)
        await self.pop_to_context()
        if not true.succeeded:
            raise ContextUnavailable(f"F* or its Z3 does not work here: {true.complaint}")
        false = await self.push(f"let {name} (x:int) = assert (x < x)", seconds=_START_SECONDS)
        await self.pop_to_context()
        if false.succeeded:
            raise RecordError("header", "it lets F* accept what is false: options that admit, or a contradiction")

    async def _ask(self, name: str, args: dict[str, Any], seconds: float) -> Reply:
        query = Query.new(name, args)
        (output,) = await self._worker.ask([query.step()], seconds)
        reply = read_reply(query, output)
        if reply.status == "protocol-violation":
            raise ContextUnavailable(f"this F* refuses the query '{name}': {reply.text}")
        return reply
