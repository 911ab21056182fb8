"""Proofs and statements of a model, judged by the embedded Lean; verdicts by kind.

    checker = LeanChecker(sandbox, SelfPlayLean())
    checked = await checker.check(statement, "  rfl")
    checked.kind            # "passed", "wrong", "timeout", "rejected: sorry", ...
    await checker.unreadable(statement)                   # why Lean cannot read it; empty if it can
    await checker.lemmas(["Nat.add_comm", "Nat.add"])     # {"Nat.add_comm": "theorem Nat.add_comm (n m : Nat) : ..."}

Only `passed` earns anything. What could not be judged (`unjudged`) is no verdict: it is tried again and then left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from reasoning.proving.prompts import STRICT_HEADER
from reasoning.selfplay.config import SelfPlayLean
from reasoning.selfplay.records import Statement
from verifiers.proofs.lean.bridge import LeanBridge
from verifiers.proofs.lean.commands import CommandRunner
from verifiers.proofs.records import ProofReport, ProofTask
from verifiers.records import RecordError, Status
from verifiers.sandbox import Limits, SandboxPool

__all__ = ["PASSED", "UNJUDGED", "Checked", "Checker", "LeanChecker", "kind_of"]

PASSED: Final = "passed"
UNJUDGED: Final = "unjudged"
_REJECTIONS: Final = (
    ("axiom sorryAx", "sorry"),
    ("is the axiom behind sorry", "sorry"),
    ("rests on the axiom", "axiom"),
    ("declares an axiom", "axiom"),
    ("declares the axiom", "axiom"),
    ("runs code", "runs code"),
    ("compiled code", "trusts the compiler"),
    ("the kernel off", "switches the kernel off"),
    ("the kernel rejects", "kernel rejects"),
    ("the kernel does not know", "kernel rejects"),
    ("a different statement", "another statement"),
    ("does not declare a theorem", "another statement"),
    ("is not a theorem", "another statement"),
    ("not a theorem:", "another statement"),
)
"""Words of a reason -> its kind; any other reason is "other"."""
_PLUMBING: Final = frozenset(
    ("absurd", "congr", "congrArg", "congrFun", "congrFun'", "eq_self", "eq_true", "eq_false", "eq_false_of_decide",
     "eq_true_of_decide", "eq_of_heq", "eq_true_eq", "eq_false_eq", "false_of_true_eq_false", "forall_congr", "funext",
     "heq_of_eq", "id_eq", "implies_congr", "implies_congr_ctx", "implies_true", "ite_congr", "of_decide_eq_true",
     "of_decide_eq_false", "of_eq_true", "of_eq_false", "propext", "trivial", "forall_const", "proof_irrel")
)  # fmt: skip
"""Steps of `simp`, `decide` and rewriting, which nearly any proof refers to: no lemma that two theorems could share."""
_INTERNAL: Final = (
    "Lean.",
    "Eq.",
    "HEq.",
    "Iff.",
    "Classical.",
    "Decidable.",
    "False.",
    "True.",
    "Not.",
    "And.",
    "Or.",
)
"""Namespaces of the logic itself and of tactics' own lemmas."""
_NAME: Final = re.compile(r"[^\W\d_][\w'!?]*(?:\.[^\W\d_][\w'!?]*)*")
_NAMES_AT_ONCE: Final = 100
_LONGEST_LEMMA: Final = 400


@dataclass(frozen=True, slots=True)
class Checked:
    """What a checker says of a proof.

    Attributes:
        kind: `passed`, `unjudged`, or the kind of failure.
        premises: library constants that an accepted proof refers to.
        seconds: the checker's time.
        detail: its reason.
    """

    kind: str
    premises: tuple[str, ...] = ()
    seconds: float = 0.0
    detail: str = ""


class Checker(Protocol):
    """What self-play asks of a proof checker."""

    workers: int

    async def ready(self) -> None:
        """Start what takes long to start."""

    async def check(self, statement: Statement, proof: str) -> Checked:
        """Judge a proof."""

    async def conjectured(self, statement: Statement, seed: str) -> Checked:
        """Whether a conjecture made from a seed can be asked: `passed`, or a kind such as `unreadable`."""

    async def lemmas(self, names: Sequence[str]) -> Mapping[str, str]:
        """Those of the names that are library theorems which proofs can share, with their statements."""


def kind_of(report: ProofReport, rejections: Sequence[tuple[str, str]] = _REJECTIONS) -> str:
    """The kind of a verdict; `passed` has no warning about `sorry` and none that something failed (STP, step 5).

    Args:
        report: the verdict.
        rejections: words of a reason to reject -> its kind; the first that is found counts.
    """
    status = report.status
    if status is Status.PASSED:
        texts = [message.text for message in report.messages if message.severity == "warning"]
        return "warning" if any("sorry" in text or "failed" in text for text in texts) else PASSED
    if status in (Status.UNAVAILABLE, Status.INTERNAL):
        return UNJUDGED
    if status is Status.REJECTED:
        return f"rejected: {next((kind for words, kind in rejections if words in report.detail), 'other')}"
    return status.value


class LeanChecker:
    """The embedded Lean, which has the core library and no Mathlib.

    Args:
        sandbox: where its processes run.
        section: limits.
        bridge: its processes, where there are some already.
    """

    def __init__(self, sandbox: SandboxPool, section: SelfPlayLean, bridge: LeanBridge | None = None) -> None:
        self._bridge = bridge or LeanBridge(sandbox, section.workers or None)
        self._runner = CommandRunner(self._bridge.pool)
        self._limits = Limits(wall_seconds=section.seconds)
        self._heartbeats = section.heartbeats
        self.workers = self._bridge.pool.workers

    async def ready(self) -> None:
        """Start a process of each role, so that no step waits for one.

        Raises:
            LeanMissingError: the embedded Lean is not installed and cannot be prepared.
        """
        await self._bridge.pool.warm_up()

    async def check(self, statement: Statement, proof: str) -> Checked:
        """Judge a proof; never raises for anything that the proof holds."""
        try:
            report = await self._bridge.check(replace(self._task(statement), premises=True), proof, self._limits)
        except RecordError as error:
            return Checked("statement", detail=str(error))
        return Checked(kind_of(report), report.premises, report.seconds, report.detail)

    async def unreadable(self, statement: Statement) -> str:
        """Why Lean cannot read a statement; empty if it can. Nothing is decided by this: proofs are judged.

        A name that is bound nowhere cannot be read, though Lean would make a variable of it where proofs are judged.
        """
        task = self._task(statement)
        task = replace(task, header=f"{task.header}\n{STRICT_HEADER}".strip())
        try:
            tried = await self._bridge.attempt(task, "  sorry", self._limits.wall_seconds)
        except RecordError as error:
            return str(error)
        return "" if tried.proved else tried.detail or "cannot be read"

    async def conjectured(self, statement: Statement, seed: str) -> Checked:
        """Whether Lean can read a conjecture."""
        reason = await self.unreadable(statement)
        return Checked("unreadable" if reason else PASSED, detail=reason)

    async def lemmas(self, names: Sequence[str]) -> Mapping[str, str]:
        """Those of the names that are library theorems which proofs can share, with their statements."""
        asked = [name for name in names if _can_be_shared(name)]
        found: dict[str, str] = {}
        for start in range(0, len(asked), _NAMES_AT_ONCE):
            part = asked[start : start + _NAMES_AT_ONCE]
            text = "\n".join(f"#print {name}\n#check {name}" for name in part)
            reply = await self._runner.run("", text, self._limits.wall_seconds)
            said: dict[int, str] = {}
            for message in reply.messages:
                if message["severity"] == "info":
                    said.setdefault(int(message["pos"]["line"]), message["data"])
            found.update(_theorems(part, said))
        return found

    def _task(self, statement: Statement) -> ProofTask:
        return ProofTask("lean", statement.text, statement.header, heartbeats=self._heartbeats)


def _theorems(names: Iterable[str], said: Mapping[int, str]) -> dict[str, str]:
    """Lean's answers to `#print` (odd lines) and `#check` (even lines) as statements of theorems."""
    found = {}
    for index, name in enumerate(names):
        printed, signature = said.get(2 * index + 1, ""), said.get(2 * index + 2, "")
        is_theorem = "theorem" in printed.partition(name)[0].split()
        if is_theorem and signature.startswith(name) and len(signature) <= _LONGEST_LEMMA:
            found[name] = "theorem " + " ".join(signature.split())
    return found


def _can_be_shared(name: str) -> bool:
    # The name comes out of a process that is believed in nothing, and goes into a text.
    internal = name in _PLUMBING or name.startswith(_INTERNAL) or "noConfusion" in name
    return bool(_NAME.fullmatch(name)) and not internal
