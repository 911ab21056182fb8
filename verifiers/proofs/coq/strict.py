"""The strict check: `coqc` compiles header, statement and proof; `coqchk`, in another process, checks what came of it.

    report = await checked_again(sandbox, installation, work, report, limits)

The compiled file leaves the process that has read the candidate as plain bytes. The checker is a kernel of its own; it
must list no axiom of the file but those of the header, and no check that was switched off.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from verifiers.proofs.coq.install import Installation
from verifiers.proofs.coq.session import Work
from verifiers.proofs.coq.text import sentences
from verifiers.proofs.program_on_file import payload
from verifiers.proofs.records import ProofReport
from verifiers.records import Status
from verifiers.sandbox import Limits, Outcome, Profile, Task

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["checked_again"]

_ENTRY: Final = "verifiers.proofs.program_on_file:run_on_file"
_MODULE: Final = "Candidate"
_SECONDS_FACTOR: Final = 6.0
"""A compiler starts cold, and the checker reads the libraries again."""
_MOST_REASON: Final = 400
_SECTIONS: Final = re.compile(r"^\* ([^\n]*?):(.*?)(?=^\* |\Z)", re.DOTALL | re.MULTILINE)
_UNSAFE: Final = ("type-in-type", "unsafe", "positivity")


async def checked_again(
    sandbox: SandboxPool, installation: Installation, work: Work, report: ProofReport, limits: Limits
) -> ProofReport:
    """`report`, which has passed, or why the strict check does not bear it out."""
    if not installation.checker:
        return replace(report, status=Status.UNAVAILABLE, detail="coqchk is not installed")
    bounds = replace(limits, wall_seconds=_SECONDS_FACTOR * limits.wall_seconds, memory_mib=4096, answer_bytes=1 << 28)
    sandbox.add_profile(Profile("coq", read_only_paths=installation.paths))
    mark = secrets.token_hex(12)
    source = _source(work, mark)
    compiled = await sandbox.run(
        _task([*installation.compiler, "-q", f"{_MODULE}.v"], f"{_MODULE}.v", source.encode(), f"{_MODULE}.vo"), bounds
    )
    if compiled.exit_code != 0 or len(compiled.answers) != 1:
        return _refused(report, "coqc", compiled)
    checker = [*installation.checker, "-o", "-norec", _MODULE]
    checked = await sandbox.run(_task(checker, f"{_MODULE}.vo", compiled.answers[0], ""), bounds)
    if checked.exit_code != 0:
        return _refused(report, "coqchk", checked)
    reason = _summary_refusal((checked.stdout + checked.stderr).decode("utf-8", "replace"), f"Given_{mark}", work)
    if reason:
        return replace(report, status=Status.REJECTED, detail=f"coqchk: {reason}"[:_MOST_REASON])
    return report


def _source(work: Work, mark: str) -> str:
    statement = work.statement
    given = f"Given_{mark}"
    candidate = "\n".join(sentence.text.strip() for sentence in work.sentences)
    return "\n".join(
        [
            work.header,
            statement.renamed(given),
            "Admitted.",
            f"Definition Statement_{mark} := ltac:(let T := type of @{given} in exact T).",
            *([] if work.states else [statement.text]),
            candidate,
            f"Definition Proof_{mark} : Statement_{mark} := @{statement.name}.",
            *(f"End {name}." for name in reversed(_open_sections(work.header))),
            "",
        ]
    )


def _open_sections(header: str) -> list[str]:
    """Sections that the header leaves open; a compiled file may not."""
    names: list[str] = []
    for sentence in sentences(header):
        opened = re.match(r"\s*Section\s+([\w']+)\s*\.", sentence.visible)
        if opened is not None:
            names.append(opened.group(1))
        elif names and re.match(rf"\s*End\s+{re.escape(names[-1])}\s*\.", sentence.visible):
            names.pop()
    return names


def _task(argv: list[str], name: str, content: bytes, wanted: str) -> Task:
    return Task(_ENTRY, payload(argv, name, content, wanted), capture=True, profile="coq")


def _summary_refusal(text: str, given: str, work: Work) -> str:
    """Why the checker's summary does not do; empty if it does."""
    found = {title.strip(): body for title, body in _SECTIONS.findall(text)}
    if "Axioms" not in found:
        return "its summary cannot be read"
    for title, body in found.items():
        lines = [line.strip() for line in body.split("\n") if line.strip() and line.strip() != "<none>"]
        own = [line for line in lines if line.startswith((f"{_MODULE}.", f"Top.{_MODULE}."))]
        if title == "Axioms":
            bad = [name for name in own if name.rpartition(".")[2] != given and not _declared(name, work.header)]
            if bad:
                return f"the file has the axiom {bad[0]}"
        elif own and any(word in title for word in _UNSAFE):
            return f"{title}: {own[0]}"
    return ""


def _declared(name: str, header: str) -> bool:
    return re.search(rf"(?<![\w']){re.escape(name.rpartition('.')[2])}(?![\w'])", header) is not None


def _refused(report: ProofReport, program: str, outcome: Outcome) -> ProofReport:
    if outcome.exit_code is None:
        status = Status.TIMEOUT if outcome.end.value == "timeout" else Status.CRASH
        return replace(report, status=status, detail=f"{program}: {outcome.end.value} {outcome.detail}".strip())
    text = (outcome.stdout + outcome.stderr).decode("utf-8", "replace")
    detail = f"{program}: {' '.join(text.split())[-_MOST_REASON:]}"
    return replace(report, status=Status.REJECTED, detail=detail)
