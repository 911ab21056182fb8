"""Judges proofs with a Lean that only takes text and gives messages: no kernel of ours, so the text pins the statement.

    bridge = TextBridge(KiminaProver("http://127.0.0.1:8000"))
    report = await bridge.check(ProofTask("lean", "theorem two : 1 + 1 = 2 := by"), "  rfl", Limits())
    report.trust        # "statement pinned by elaboration, axioms listed by Lean, no kernel replay"

What is sent behind the header: (1) the trusted statement under a name that nobody can guess, proved by `sorry`; (2) the
candidate; (3) a theorem of our own, whose type is that of (1) and whose proof is the candidate's theorem; (4) `#check`
of both with every detail shown, which has to read the same; (5) `#print axioms` of (3). Accepted is what has no error
and whose axioms are all allowed. Candidates may change what text means
(notation, macros, attributes) only behind a kernel that checks terms, so here the scan of the text rejects those too.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from verifiers.proofs.lean import guard
from verifiers.proofs.lean.text import Statement, blank_comments_and_strings, split_statement
from verifiers.proofs.records import ProofMessage, ProofReport, ProofTask
from verifiers.records import RecordError, Status
from verifiers.sandbox.task import Limits

__all__ = ["TRUST", "ProverTimeout", "ProverUnavailable", "TextBridge", "TextProver", "reader_refusal"]

TRUST: Final = "statement pinned by elaboration, axioms listed by Lean, no kernel replay"
"""What a `PASSED` of these back ends rests on."""
_READER_WORDS: Final = frozenset(
    ("macro", "macro_rules", "syntax", "declare_syntax_cat", "notation", "notation3", "infix", "infixl", "infixr",
     "prefix", "postfix", "binder_predicate", "unif_hint", "attribute", "universe", "variable", "include", "omit",
     "open", "export", "local", "scoped", "register_simp_attr", "tactic", "deriving", "instance", "class")
)  # fmt: skip
"""Words with which a text changes how the text behind it is read."""
_OPTION: Final = re.compile(r"\bset_option\s+(?!(?:maxHeartbeats|maxRecDepth|linter\.[\w.]+)\b)([\w.]+)")
_ATTRIBUTE: Final = re.compile(r"@\[(?!\s*(?:simp|grind)\s*\])([^\]]*)")
_PRINT: Final = re.compile(r"#\w+")
_MODIFIERS: Final = re.compile(
    r"\s*(?:/--.*?-/\s*)?(?:@\[[^\]]*\]\s*)?(?:(?:private|protected|public|noncomputable)\s+)*\Z", re.DOTALL
)
_KEYWORD: Final = re.compile(r"\b(?:theorem|lemma)\s+")
_OPEN_IN: Final = re.compile(r"\bopen\b[^\n]*?\bin\b")
_AXIOMS: Final = re.compile(r"depends on axioms:\s*\[([^\]]*)\]")
_NO_AXIOMS: Final = "does not depend on any axioms"
_MOST_REASON: Final = 600


class ProverUnavailable(RuntimeError):
    """The back end cannot be reached or failed; says nothing about the candidate."""


class ProverTimeout(RuntimeError):
    """The back end gave no answer in time."""


class TextProver(Protocol):
    """Runs Lean text."""

    async def run(self, header: str, body: str, seconds: float) -> tuple[Sequence[ProofMessage], float]:
        """Run `body` behind `header`.

        Returns:
            The messages, with lines counted from the first line of `body`, and the seconds that it took.

        Raises:
            ProverUnavailable: it cannot be had, or failed.
            ProverTimeout: it gave no answer in time.
        """

    async def close(self) -> None:
        """Give back what it holds."""


@dataclass(frozen=True, slots=True)
class _Document:
    """What is sent; `first` and `last` are the candidate's lines, what stands before and behind is ours."""

    body: str
    first: int
    last: int
    lines_before: int
    check: str


class TextBridge:
    """The bridge over a `TextProver`.

    Args:
        prover: carries the text; not closed with the bridge.
    """

    def __init__(self, prover: TextProver) -> None:
        self._prover = prover

    async def check(self, task: ProofTask, proof: str, limits: Limits) -> ProofReport:
        """Judge one candidate; see `verifiers.proofs.records.Bridge.check`."""
        statement = split_statement(task.statement)
        source, reason = guard.read_candidate(statement, proof, task.header)
        if source is None or (reason := reader_refusal(source.own)):
            return ProofReport(Status.REJECTED, reason)
        document = _document(statement, source.code, source.lines_before)
        options = f"set_option maxHeartbeats {task.heartbeats}\n"
        try:
            messages, seconds = await self._prover.run(task.header, options + document.body, limits.wall_seconds)
        except ProverTimeout as error:
            return ProofReport(Status.TIMEOUT, str(error), seconds=limits.wall_seconds)
        except ProverUnavailable as error:
            return ProofReport(Status.UNAVAILABLE, str(error))
        shifted = [ProofMessage(one.severity, one.line - 1, one.column, one.text) for one in messages]
        return _report(document, shifted, task.axioms, seconds)


def reader_refusal(code: str) -> str:
    """Why a candidate's text is rejected where no kernel of ours has the last word; empty if it is not."""
    visible = _OPEN_IN.sub(" ", blank_comments_and_strings(code))
    for word in re.findall(r"(?<![\w.'«@])[^\W\d][\w']*", visible):
        if word in _READER_WORDS:
            return f"'{word}' changes how text is read, and this back end has no kernel replay"
    found = _OPTION.search(visible)
    if found:
        return f"option '{found.group(1)}' may change what is checked, and this back end has no kernel replay"
    found = _ATTRIBUTE.search(visible)
    if found:
        return f"attribute '{found.group(1).strip()}' changes how text is read, and this back end has no kernel replay"
    found = _PRINT.search(visible)
    if found:
        return f"'{found.group()}' is no part of a proof"
    if guard.scopes_left_open(code):
        return "a namespace or section is left open"
    return ""


def _document(statement: Statement, code: str, lines_before: int) -> _Document:
    pin, check = (f"{kind}_{secrets.token_hex(12)}" for kind in ("statement", "check"))
    visible = blank_comments_and_strings(statement.text)
    keyword = _KEYWORD.search(visible)
    assert keyword is not None  # `split_statement` has found one
    if not _MODIFIERS.fullmatch(statement.text[: keyword.start()]):
        raise RecordError("statement", "holds more than the theorem; put what stands before it into the header")
    named = re.compile(rf"(?:_root_\.)?{re.escape(statement.name)}").match(statement.text, keyword.end())
    assert named is not None
    space, dot, _ = statement.name.rpartition(".")
    pinned = f"theorem {space}{dot}{pin}{statement.text[named.end() :]} := by sorry\n"
    first = pinned.count("\n") + 1
    candidate = code if code.endswith("\n") else code + "\n"
    last = first + candidate.count("\n") - 1
    show = "set_option pp.all true in set_option pp.deepTerms true in set_option pp.maxSteps 100000000 in #check @"
    full = f"{space}{dot}{pin}"
    end = (
        f"theorem {check} : type_of% @{full} := @{statement.name}\n"
        f"{show}{full}\n{show}{statement.name}\n#print axioms {check}\n"
    )
    return _Document(pinned + candidate + end, first, last, lines_before, check)


def _report(
    document: _Document, messages: Sequence[ProofMessage], allowed: Sequence[str], seconds: float
) -> ProofReport:
    shift = document.first - 1 + document.lines_before
    own = tuple(
        ProofMessage(one.severity, one.line - shift, one.column, one.text)
        for one in messages
        if document.first <= one.line <= document.last
    )
    errors = [one for one in messages if one.severity == "error"]
    for one in errors:
        if one.line < document.first:
            place = "header" if one.line < 1 else "statement"
            raise RecordError(place, f"has errors: {' '.join(one.text.split())}"[:_MOST_REASON])
    failed = next((one for one in own if one.severity == "error"), None)
    if failed is not None:
        text = failed.describe()[:_MOST_REASON]
        status = Status.TIMEOUT if "(deterministic) timeout" in text else Status.WRONG
        return ProofReport(status, text, own, seconds=seconds)
    if errors:
        unknown = any("nknown" in one.text for one in errors)
        reason = "the code does not declare the theorem" if unknown else "a different statement is proved"
        return ProofReport(Status.REJECTED, reason, own, seconds=seconds)
    types = [_said(messages, document.last + line).partition(" : ")[2] for line in (2, 3)]
    if types[0] != types[1]:
        return ProofReport(Status.REJECTED, "a different statement is proved", own, seconds=seconds)
    said = _said(messages, document.last + 4)
    if not types[0] or document.check not in said:
        said = ""
    found = _AXIOMS.search(said)
    if found is None and _NO_AXIOMS not in said:
        return ProofReport(Status.REJECTED, "the text ends before the check of its axioms", own, seconds=seconds)
    axioms = tuple(name.strip() for name in found.group(1).split(",") if name.strip()) if found else ()
    for name in axioms:
        if name not in allowed:
            return ProofReport(
                Status.REJECTED, f"the proof rests on the axiom {name}", own, axioms=axioms, seconds=seconds
            )
    return ProofReport(Status.PASSED, "", own, axioms=axioms, seconds=seconds, trust=TRUST)


def _said(messages: Sequence[ProofMessage], line: int) -> str:
    """What a command of ours answered, in one line."""
    return " ".join(word for one in messages if one.line == line for word in one.text.split())
