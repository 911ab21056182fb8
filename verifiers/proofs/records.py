"""What a proof check takes and says: a task, a report, messages with positions.

>>> task = ProofTask("lean", "theorem two : 1 + 1 = 2 := by")
>>> ProofReport(Status.WRONG, "line 1, column 2: unsolved goals", goals=("⊢ 1 + 1 = 2",)).passed
False
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from verifiers.records import Problem, RecordError, Status, Verdict
from verifiers.sandbox.task import Limits

__all__ = ["STANDARD_AXIOMS", "Bridge", "ProofMessage", "ProofReport", "ProofStep", "ProofTask"]

STANDARD_AXIOMS = ("propext", "Classical.choice", "Quot.sound")
"""What a Lean proof may rest on unless the problem says otherwise."""
DEFAULT_HEARTBEATS = 200_000
"""Lean's own default."""
MAX_HEARTBEATS = 4_000_000
"""The largest limit that the kernel of a 32-bit Lean takes."""


@dataclass(frozen=True, slots=True)
class ProofTask:
    """A statement to prove. Everything here is the problem's author's and is trusted.

    Attributes:
        system: whose language it is in.
        statement: up to the place where the proof begins.
        header: text before it: imports, opened namespaces, definitions.
        axioms: what a proof may rest on.
        heartbeats: limit of the prover's own work, in its own unit (Lean: thousands of small allocations).
        goals: whether the goals after each step are wanted, where the system gives them.
        strict: whether a second, independent checker must agree (Coq: `coqc` and `coqchk`).
        premises: whether the constants that an accepted proof refers to are wanted, where the system gives them.
        file: name of a source file whose checked form the header goes on from (F*).
        until: full name of the definition at which that file is cut (F*).
        declared: whether the statement is to be declared before the candidate, or only compared with it (F*).
    """

    system: str
    statement: str
    header: str = ""
    axioms: tuple[str, ...] = STANDARD_AXIOMS
    heartbeats: int = DEFAULT_HEARTBEATS
    goals: bool = False
    strict: bool = False
    premises: bool = False
    file: str = ""
    until: str = ""
    declared: bool = True

    @classmethod
    def of(cls, problem: Problem) -> ProofTask:
        """Read the fields of a problem of kind `proof`.

        Raises:
            RecordError: one is missing or of the wrong type.
        """
        axioms = problem.fields.get("axioms")
        if axioms is None:
            axioms = STANDARD_AXIOMS
        elif not isinstance(axioms, list) or not all(isinstance(name, str) for name in axioms):
            raise RecordError("axioms", "expected a list of names")
        heartbeats = problem.fields.get("heartbeats", DEFAULT_HEARTBEATS)
        if isinstance(heartbeats, bool) or not isinstance(heartbeats, int) or not 0 < heartbeats <= MAX_HEARTBEATS:
            raise RecordError("heartbeats", f"expected a number from 1 to {MAX_HEARTBEATS}")
        return cls(
            problem.text("system"),
            problem.text("statement"),
            problem.text("header", ""),
            tuple(axioms),
            heartbeats,
            goals=_truth(problem, "goals", default=False),
            strict=_truth(problem, "strict", default=False),
            file=problem.text("file", ""),
            until=problem.text("until", ""),
            declared=_truth(problem, "declared", default=True),
        )


def _truth(problem: Problem, name: str, *, default: bool) -> bool:
    value = problem.fields.get(name, default)
    if not isinstance(value, bool):
        raise RecordError(name, "expected true or false")
    return value


@dataclass(frozen=True, slots=True)
class ProofMessage:
    """Something that a prover said.

    Attributes:
        severity: `error`, `warning` or `information`.
        line: in the candidate's text, from 1; less for a place before it.
        column: from 0.
        text: what it said.
    """

    severity: str
    line: int
    column: int
    text: str

    def describe(self) -> str:
        """Place and text in one line."""
        return f"line {self.line}, column {self.column}: {' '.join(self.text.split())}"

    def to_json(self) -> dict[str, Any]:
        """All attributes."""
        return {"severity": self.severity, "line": self.line, "column": self.column, "text": self.text}


@dataclass(frozen=True, slots=True)
class ProofStep:
    """One step of a proof and what it did.

    Attributes:
        tactic: its text.
        line: where it begins in the candidate's text, from 1.
        column: from 0.
        before: goals before it, as the prover prints them.
        after: goals after it.
    """

    tactic: str
    line: int
    column: int
    before: tuple[str, ...]
    after: tuple[str, ...]

    def describe(self) -> str:
        """Place, text and the goals behind it in one line."""
        goals = " | ".join(" ".join(goal.split()) for goal in self.after) or "no goals"
        return f"line {self.line}, column {self.column}: {' '.join(self.tactic.split())} => {goals}"

    def to_json(self) -> dict[str, Any]:
        """All attributes."""
        return {
            "tactic": self.tactic,
            "line": self.line,
            "column": self.column,
            "before": list(self.before),
            "after": list(self.after),
        }


@dataclass(frozen=True, slots=True)
class ProofReport:
    """What came of a check.

    Attributes:
        status: `PASSED` exactly when the given statement is proved from allowed axioms.
        detail: the reason in words.
        messages: what the prover said.
        goals: the goals that were left open, as the prover prints them.
        axioms: what the proof rests on, where it was accepted (or refused for one of these).
        seconds: time in the prover.
        isolation: names of the sandbox layers that were active.
        steps: what each step did, where that was asked for.
        heartbeats: work of the prover, in the unit of the limit; as the elaborating process says.
        trust: what a `PASSED` rests on, where that is less than a check by a kernel that has seen no candidate.
        premises: constants of library and header that an accepted proof refers to, where these were asked for.
    """

    status: Status
    detail: str = ""
    messages: tuple[ProofMessage, ...] = ()
    goals: tuple[str, ...] = ()
    axioms: tuple[str, ...] = ()
    seconds: float = 0.0
    isolation: tuple[str, ...] = ()
    steps: tuple[ProofStep, ...] = ()
    heartbeats: float = 0.0
    trust: str = ""
    premises: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the statement is proved."""
        return self.status is Status.PASSED

    def verdict(self, id: str) -> Verdict:
        """The report as a verdict."""
        detail = self.detail
        if self.passed:
            detail = f"axioms: {', '.join(self.axioms)}" if self.axioms else "no axioms"
            detail += f"; {self.trust}" if self.trust else ""
        detail = "\n".join((detail, *(step.describe() for step in self.steps)))
        return Verdict.of(id, self.status, detail, seconds=self.seconds, isolation=self.isolation)

    def to_json(self) -> Mapping[str, Any]:
        """All attributes as plain JSON."""
        return {
            "status": self.status.value,
            "detail": self.detail,
            "messages": [message.to_json() for message in self.messages],
            "goals": list(self.goals),
            "axioms": list(self.axioms),
            "seconds": round(self.seconds, 6),
            "isolation": list(self.isolation),
            "steps": [step.to_json() for step in self.steps],
            "heartbeats": self.heartbeats,
            "trust": self.trust,
            "premises": list(self.premises),
        }


class Bridge(Protocol):
    """Judges proofs in the language of one system."""

    async def check(self, task: ProofTask, proof: str, limits: Limits) -> ProofReport:
        """Is `proof` a proof of the task's statement?

        Never raises for anything that `proof` holds.

        Args:
            task: what is to be proved.
            proof: what follows the statement, or a whole text that states and proves it.
            limits: `wall_seconds` is the time for this check.

        Raises:
            RecordError: the task is malformed: its header or statement is refused by the system itself.
            SandboxUnavailableError: no isolation that is strong enough can be had here.
        """
