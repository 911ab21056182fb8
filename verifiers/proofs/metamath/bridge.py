"""The bridge to Metamath: our own verifier, and the C program `metamath` in the sandbox where it is installed.

    async with SandboxPool() as sandbox:
        task = ProofTask("metamath", "th $p |- A $=", "$c |- A $. ax $a |- A $.")
        report = await MetamathBridge(sandbox).check(task, "ax", Limits())
    report.status, report.axioms      # (<Status.PASSED: 'passed'>, ('ax',))

Both have to accept. The program's exit status is 0 even for a wrong proof, so its messages are read.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import time
from typing import TYPE_CHECKING, Final

from verifiers.code_blocks import first_block
from verifiers.proofs.metamath.kernel import Database, DatabaseError, ProofError, read_database
from verifiers.proofs.program_on_file import payload
from verifiers.proofs.records import ProofReport, ProofTask
from verifiers.records import RecordError, Status
from verifiers.sandbox.task import Limits, Task

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["INSTALL_HINT", "MetamathBridge", "find", "program_accepts"]

INSTALL_HINT: Final = "apt-get install metamath (Debian, Ubuntu) adds the C program"
MAX_CHARACTERS: Final = 1_000_000
_ENTRY: Final = "verifiers.proofs.program_on_file:run_on_file"
_FILE: Final = "candidate.mm"
_STATEMENT: Final = re.compile(r"\A\s*([A-Za-z0-9._-]+)\s+\$p\s+(.*?)\s*(?:\$=\s*(?:\?\s*)?(?:\$\.)?)?\s*\Z", re.DOTALL)
_WHOLE: Final = re.compile(r"\A\s*([A-Za-z0-9._-]+)\s+\$p\s+(.*?)\s\$=\s(.*?)\s?\$\.\s*\Z", re.DOTALL)
_LANGUAGES: Final = ("metamath", "mm")
_PROOF: Final = re.compile(r"[A-Za-z0-9._()\s-]*\Z", re.ASCII)
_BAD_LINE: Final = re.compile(r"^\s*(?:\?|Warning:)[^\n]*", re.MULTILINE)
_READ_WELL: Final = "No errors were found."


class MetamathBridge:
    """Judges Metamath proofs.

    Args:
        sandbox: where the C program runs.
    """

    def __init__(self, sandbox: SandboxPool) -> None:
        self._sandbox = sandbox
        self._last: tuple[str, Database] | None = None

    async def check(self, task: ProofTask, proof: str, limits: Limits) -> ProofReport:
        """Judge one candidate; see `verifiers.proofs.records.Bridge.check`."""
        stated = _STATEMENT.match(task.statement)
        if stated is None or "$" in stated.group(2):
            raise RecordError("statement", "expected LABEL $p SYMBOLS $=")
        label, symbols = stated.group(1), tuple(stated.group(2).split())
        database = await asyncio.to_thread(self._database, task.header)
        known = database.constants.union(*(scope.variables for scope in database.scopes))
        if not symbols or label in database.entries or not set(symbols) <= known:
            raise RecordError("statement", "its label is taken, or it uses a symbol that the header does not declare")
        text = _proof_text(proof, label, symbols)
        if isinstance(text, ProofReport):
            return text
        started = time.monotonic()
        reason = await asyncio.to_thread(_why_not, database, symbols, text.split())
        program = find()
        if program is not None:
            source = _source(task.header, label, symbols, text, len(database.scopes) - 1)
            complaint = await program_accepts(self._sandbox, program, source, label, limits)
            if isinstance(complaint, ProofReport):
                return complaint
            if bool(complaint) != bool(reason):
                detail = f"the verifiers disagree: ours: {reason or 'proved'}; metamath: {complaint or 'proved'}"
                return ProofReport(Status.INTERNAL, detail[:600])
        seconds = time.monotonic() - started
        if reason:
            return ProofReport(Status.WRONG, reason, seconds=seconds)
        return ProofReport(Status.PASSED, axioms=database.axioms_behind(text.split()), seconds=seconds)

    def _database(self, header: str) -> Database:
        if self._last is None or self._last[0] != header:
            try:
                self._last = header, read_database(header)
            except DatabaseError as error:
                raise RecordError("header", str(error)) from None
        return self._last[1]


def find() -> str | None:
    """The program `metamath`, where it is installed."""
    return shutil.which("metamath")


async def program_accepts(
    sandbox: SandboxPool, program: str, source: str, label: str, limits: Limits
) -> str | ProofReport:
    """What the C program has against the proof of `label`: nothing, its first complaint, or a report of its end."""
    argv = [program, f"read {_FILE}", f"verify proof {label}", "exit"]
    outcome = await sandbox.run(Task(_ENTRY, payload(argv, _FILE, source.encode()), capture=True), limits)
    if outcome.exit_code is None:
        status = Status.TIMEOUT if outcome.end.value == "timeout" else Status.CRASH
        return ProofReport(status, f"metamath: {outcome.end.value} {outcome.detail}".strip())
    text = outcome.stdout.decode("utf-8", "replace")
    bad = _BAD_LINE.search(text)
    if bad is not None:
        return " ".join(bad.group().split())[:300]
    return "" if _READ_WELL in text and outcome.exit_code == 0 else "it does not say that it read the file"


def _proof_text(proof: str, label: str, symbols: tuple[str, ...]) -> str | ProofReport:
    """The proof in a candidate, or why it is refused unseen."""
    if len(proof) > MAX_CHARACTERS:
        return ProofReport(Status.REJECTED, f"longer than {MAX_CHARACTERS} characters")
    block = first_block(proof, _LANGUAGES)
    text = block.text if block else proof
    whole = _WHOLE.match(text)
    if whole is not None:
        if whole.group(1) != label or tuple(whole.group(2).split()) != symbols:
            return ProofReport(Status.REJECTED, "another statement than the given one")
        text = whole.group(3)
    elif text.rstrip().endswith("$."):
        text = text.rstrip()[:-2]
    if "$" in text:
        return ProofReport(Status.REJECTED, "'$' in a proof: it may declare nothing and include nothing")
    if "?" in text:
        return ProofReport(Status.REJECTED, "'?' leaves a gap")
    if not _PROOF.match(text):
        return ProofReport(Status.REJECTED, "holds characters that no proof has")
    return text


def _why_not(database: Database, symbols: tuple[str, ...], proof: list[str]) -> str:
    try:
        database.prove(symbols, proof)
    except ProofError as error:
        return str(error)
    return ""


def _source(header: str, label: str, symbols: tuple[str, ...], proof: str, depth: int) -> str:
    lines = re.sub(r"(.{1,76})(?:\s+|\Z)", r"\1\n", " ".join(proof.split()))
    return f"{header}\n{label} $p {' '.join(symbols)} $=\n{lines} $.\n{'$} ' * depth}\n"
