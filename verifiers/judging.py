"""Shared by the judges of puzzles and programs: from the end of a child to a status, and which server runs it.

>>> failure_of(Outcome(End.TIMEOUT))
(<Status.TIMEOUT: 'timeout'>, 'out of time')
>>> profile_for("import numpy as np")
'numeric'
"""

from __future__ import annotations

import re

from verifiers.answer_frames import Answer, readable
from verifiers.records import Status
from verifiers.sandbox.task import End, Outcome

__all__ = ["failure_of", "profile_for", "status_of_answer"]

_NUMERIC = re.compile(r"\b(?:import|from)\s+(?:[\w.]+\s*(?:as\s+\w+\s*)?,\s*)*(?:numpy|sympy|scipy|mpmath)\b")
_MAX_REPORT = 300

_ENDS: dict[End, tuple[Status, str]] = {
    End.TIMEOUT: (Status.TIMEOUT, "out of time"),
    End.MEMORY: (Status.MEMORY, "out of memory"),
    End.LIMIT: (Status.LIMIT, "a limit was hit"),
    End.INTERNAL: (Status.INTERNAL, "the sandbox failed"),
}


def failure_of(outcome: Outcome) -> tuple[Status, str] | None:
    """Status and reason of a child that did not end by itself with exit status 0; None if it did."""
    if outcome.end is End.EXITED:
        if outcome.exit_code == 0:
            return None
        return Status.ERROR, f"ended with exit status {outcome.exit_code}{_report(outcome)}"
    if outcome.end is End.SIGNALED:
        return Status.CRASH, f"killed by signal {outcome.signal}"
    status, words = _ENDS[outcome.end]
    return status, f"{words} ({readable(outcome.detail, _MAX_REPORT)})" if outcome.detail else words


def status_of_answer(answer: Answer) -> Status:
    """The status of a candidate whose child sent this answer instead of a value."""
    if answer.kind == "not_code":
        return Status.UNPARSABLE
    if answer.kind in ("not_plain", "malformed"):
        return Status.REJECTED
    if answer.kind == "too_large":
        return Status.LIMIT
    return Status.MEMORY if answer.type_name == "MemoryError" else Status.ERROR


def profile_for(*sources: str) -> str:
    """The profile that has loaded what these sources import."""
    return "numeric" if any(_NUMERIC.search(source) for source in sources) else "bare"


def _report(outcome: Outcome) -> str:
    last = outcome.stderr[-_MAX_REPORT:].decode(errors="replace").strip().rpartition("\n")[2]
    return f": {readable(last, _MAX_REPORT)}" if last else ""
