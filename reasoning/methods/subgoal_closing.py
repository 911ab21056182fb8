"""Closes the gaps of a subgoal proof: by automation, then by an engine; the whole is for the verifier to judge.

    closing = await close_gaps(sandbox, ProofTask.of(problem), draft, Effort(attempts=60, seconds=5.0))
    closing.text            # the proof without gaps, or None
    closing.steps[0]        # ClosedStep(step='have h : 0 < n + 1', by='automation', attempts=1, proof='first | rfl')

In Lean each gap is tried in its place, the others left open, by the search prover's tactics (`engines.proof_search`) in
the embedded Lean. In Isabelle a gap becomes `sledgehammer`, for which the bridge tries its list of methods. What stays
open is put to an engine as a theorem of its own. Text from a model that the guard of the system refuses is not tried.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reasoning.engines.proof_search import Budget, search_proof
from reasoning.methods.proof_gaps import Gap, filled, isabelle_gaps, lean_gaps
from verifiers.proofs import ProofVerifier
from verifiers.proofs.isabelle.text import UnreadableText
from verifiers.proofs.isabelle.text import split_statement as split_isabelle_statement
from verifiers.proofs.isabelle.theory import proof_of
from verifiers.proofs.lean import guard
from verifiers.proofs.lean.backends import shared_bridge
from verifiers.proofs.lean.bridge import Attempt, LeanBridge
from verifiers.proofs.lean.text import blank_comments_and_strings, source_of, split_statement
from verifiers.proofs.records import ProofReport, ProofTask
from verifiers.records import Status
from verifiers.sandbox import Limits

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = [
    "ClosedStep",
    "Closing",
    "Effort",
    "Subgoal",
    "close_gaps",
    "goal_statement",
    "proof_in",
    "whole_objection",
]

WHOLE_SECONDS: Final = {"lean": 60.0, "isabelle": 300.0}
"""For one check of a whole proof, by system; Isabelle's as in SubgoalXL."""
MOST_GAPS: Final = 32
_AUTOMATION: Final = "automation"
_ENGINE: Final = "engine"
_ENTRY: Final = re.compile(r"([^\s:⊢][^:⊢]*?)\s*:(?!=)\s*(.+)", re.DOTALL)
_VALUE: Final = re.compile(r":=")
_NAME: Final = "subgoal"


@dataclass(frozen=True, slots=True)
class Effort:
    """What the closing of one gap may cost.

    Attributes:
        attempts: proofs that automation tries.
        seconds: in the prover, for automation.
    """

    attempts: int = 60
    seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Subgoal:
    """A gap that automation has left open.

    Attributes:
        task: the gap as a theorem of its own (Lean), or the whole theorem (Isabelle).
        before: the whole proof up to the gap.
        step: the claim, for people.
    """

    task: ProofTask
    before: str
    step: str


@dataclass(frozen=True, slots=True)
class ClosedStep:
    """What became of a gap.

    Attributes:
        step: the claim.
        by: `automation` or `engine`; empty where it is open.
        attempts: proofs tried.
        proof: what stands there now.
    """

    step: str
    by: str
    attempts: int
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Closing:
    """What became of a proof with gaps.

    Attributes:
        text: the proof without gaps; None where one is left, or where the claims themselves do not hold together.
        steps: of each gap, what became of it.
        reason: why there is no text; empty where there is one.
        checked: whether the prover has seen the text as a whole, and accepts it or cannot judge it here.
    """

    text: str | None
    steps: tuple[ClosedStep, ...] = ()
    reason: str = ""
    checked: bool = False


Ask = Callable[[Subgoal], Awaitable[list[str]]]
"""Proofs of a subgoal, by an engine."""


async def close_gaps(
    sandbox: SandboxPool, task: ProofTask, draft: str, effort: Effort, ask: Ask | None = None
) -> Closing:
    """Close the gaps of a draft, which is a proof or a whole text with the theorem, in a code block or not.

    Args:
        sandbox: where the provers run.
        task: what is to be proved; its system is `lean` or `isabelle`.
        draft: from a model, hence hostile.
        effort: of the automation, for each gap.
        ask: proofs of what is left open; None: nobody is asked.

    Raises:
        RecordError: the task is malformed, or its header needs more than the embedded Lean has.
        LeanMissingError, WorkerNotStarted, WorkerKilled: there is no Lean to try with.
    """
    if task.system == "isabelle":
        return await _close_isabelle(sandbox.shared(ProofVerifier), task, draft, ask)
    return await _LeanDraft.of(shared_bridge(sandbox), task, draft, effort).close(ask)


async def whole_objection(sandbox: SandboxPool, task: ProofTask, closing: Closing) -> str:
    """Why the prover does not accept a proof without gaps; empty where it does, or cannot judge it here.

    Raises:
        RecordError: the task is malformed.
    """
    if closing.checked or closing.text is None:
        return closing.reason
    limits = Limits(wall_seconds=WHOLE_SECONDS[task.system])
    report = await sandbox.shared(ProofVerifier).check(task, closing.text, limits)
    return "" if report.passed or not report.status.judged else f"{report.status.value}: {report.detail}"


@dataclass(frozen=True, slots=True)
class _LeanDraft:
    """A draft in Lean with what is tried on it."""

    bridge: LeanBridge
    task: ProofTask
    text: str
    gaps: list[Gap]
    effort: Effort
    refused: str

    @classmethod
    def of(cls, bridge: LeanBridge, task: ProofTask, draft: str, effort: Effort) -> _LeanDraft:
        source = source_of(split_statement(task.statement), draft, task.header)
        refused = guard.refusal(source.own, guard.scopes_left_open(task.header) if source.repeats_header else 0)
        if len(draft) > guard.MAX_CHARACTERS:
            refused = f"longer than {guard.MAX_CHARACTERS} characters"
        return cls(bridge, task, source.own, lean_gaps(source.own), effort, refused)

    async def close(self, ask: Ask | None) -> Closing:
        """Try the claims, then each gap."""
        if self.refused or len(self.gaps) > MOST_GAPS:
            return Closing(None, reason=self.refused or f"more than {MOST_GAPS} gaps")
        if not self.gaps:
            return Closing(self.text)
        claims = await self._attempt({})
        if not claims.proved:
            return Closing(None, reason=claims.detail or "the claims do not elaborate")
        steps = [await self._closed(number, ask) for number in range(len(self.gaps))]
        if any(not step.by for step in steps):
            left = sum(not step.by for step in steps)
            return Closing(None, tuple(steps), f"{left} of {len(steps)} subgoals are open")
        return Closing(filled(self.text, self.gaps, {n: step.proof for n, step in enumerate(steps)}), tuple(steps))

    async def _attempt(self, proofs: dict[int, str]) -> Attempt:
        """What Lean says with these proofs in their gaps; `proved`: it has no objection, open gaps left aside."""
        seconds = self.effort.seconds
        tried = await self.bridge.attempt(self.task, filled(self.text, self.gaps, proofs), seconds)
        holds = tried.proved or (
            bool(tried.messages) and not any(message.severity == "error" for message in tried.messages)
        )
        return replace(tried, proved=holds)

    async def _closed(self, number: int, ask: Ask | None) -> ClosedStep:
        async def attempt(proof: str) -> Attempt:
            return await self._attempt({number: proof})

        gap = self.gaps[number]
        shown = await attempt("skip")
        statement = goal_statement(shown.goals[0]) if shown.goals else None
        budget = Budget(self.effort.attempts, self.effort.seconds)
        found = await search_proof(attempt, statement or self.task.statement, budget)
        if found.proof is not None:
            return ClosedStep(gap.step, _AUTOMATION, found.attempts, textwrap.dedent(found.proof).strip("\n"))
        tried = found.attempts
        if ask is not None and statement is not None:
            task = replace(self.task, statement=f"{statement} := by")
            for reply in await ask(Subgoal(task, self.text[: gap.start], gap.step)):
                proof = proof_in(task, reply)
                if not proof.strip() or guard.refusal(proof) or lean_gaps(proof):
                    continue
                tried += 1
                if (await attempt(proof)).proved:
                    return ClosedStep(gap.step, _ENGINE, tried, proof)
        return ClosedStep(gap.step, "", tried)


def goal_statement(goal: str) -> str | None:
    r"""A goal as Lean prints it, as the statement of a theorem; None where that cannot be told.

    >>> goal_statement("case h\nn m : Nat\nh : n < m\n⊢ n + 1 ≤ m")
    'theorem subgoal (n m : Nat) (h : n < m) : n + 1 ≤ m'
    """
    context, mark, target = goal.partition("⊢")
    if not mark:
        return None
    entries: list[str] = []
    for line in context.split("\n"):
        if line.startswith("case ") and not entries:
            continue
        if line[:1].isspace() and entries:
            entries[-1] += " " + line.strip()
        elif line.strip():
            entries.append(line.strip())
    binders = []
    for entry in entries:
        read = _ENTRY.fullmatch(entry)
        if read is None or _VALUE.search(entry):
            return None
        names, kind = read.group(1).replace("✝", "'"), read.group(2)
        binders.append(f"[{kind}]" if names.startswith("inst") else f"({names} : {kind})")
    target = " ".join(target.split())
    return f"theorem {_NAME} {' '.join(binders)} : {target}" if binders else f"theorem {_NAME} : {target}"


def proof_in(task: ProofTask, reply: str) -> str:
    """What follows the statement in a reply that proves it, whether the reply repeats the statement or not.

    In Lean these are tactics. Empty where the reply states something else, or cannot be read.
    """
    if task.system == "isabelle":
        try:
            return proof_of(task, split_isabelle_statement(task.statement), reply).text.strip()
        except UnreadableText:
            return ""
    statement = split_statement(task.statement)
    source = source_of(statement, reply, task.header)
    own, seen = source.own, blank_comments_and_strings(source.own)
    stated = re.search(rf"\b(?:theorem|lemma)\s+{re.escape(statement.name)}(?![\w'.])", seen)
    begin = 0
    if stated is None and source.code == own:
        return ""  # a whole file, of something else
    if stated is not None:
        depth = 0
        for place in range(stated.end(), len(seen)):
            depth += (seen[place] in "([{⟨") - (seen[place] in ")]}⟩")
            if depth == 0 and seen.startswith(":=", place):
                begin = place + 2
                break
        else:
            return ""
    proof = own[begin:]
    by = re.match(r"\s*(?::=)?\s*by\b[ \t]*\n?", proof)
    if by is not None:
        return proof[by.end() :].rstrip()
    return f"exact ({proof.strip()})" if stated is not None and proof.strip() else proof.rstrip()


async def _close_isabelle(verifier: ProofVerifier, task: ProofTask, draft: str, ask: Ask | None) -> Closing:
    """Automation in all gaps at once, then an engine's proofs in those that it leaves open."""
    try:
        text = proof_of(task, split_isabelle_statement(task.statement), draft).text
    except UnreadableText as error:
        return Closing(None, reason=str(error))
    gaps = isabelle_gaps(text)
    if not gaps or len(gaps) > MOST_GAPS:
        return Closing(None, reason=f"more than {MOST_GAPS} gaps") if gaps else Closing(text)
    proofs = dict.fromkeys(range(len(gaps)), "sledgehammer")
    by, tried = dict.fromkeys(proofs, _AUTOMATION), dict.fromkeys(proofs, 1)
    replies: dict[int, list[str]] = {}
    while True:
        whole = filled(text, gaps, proofs)
        report = await verifier.check(task, whole, Limits(wall_seconds=WHOLE_SECONDS[task.system]))
        if report.passed or not report.status.judged:
            # What cannot be judged here is not for this code to drop: the verdict on the whole says why.
            steps = (ClosedStep(gap.step, by[n], tried[n], proofs[n]) for n, gap in enumerate(gaps))
            return Closing(whole, tuple(steps), checked=True)
        failing = _failing(text, gaps, proofs, report)
        if report.status is not Status.WRONG or not failing:
            return Closing(None, reason=report.detail)
        for number in sorted(failing - replies.keys()):
            before = filled(text[: gaps[number].start], gaps[:number], proofs)
            subgoal = Subgoal(task, before, gaps[number].step)
            replies[number] = [] if ask is None else await ask(subgoal)
        if not all(replies[number] for number in failing):
            left = {number for number in failing if not replies[number]}
            steps = (
                ClosedStep(gap.step, "" if n in failing else by[n], tried[n], "" if n in failing else proofs[n])
                for n, gap in enumerate(gaps)
            )
            return Closing(None, tuple(steps), f"{len(left)} of {len(gaps)} subgoals are open")
        for number in failing:
            proofs[number] = replies[number].pop(0)
            by[number], tried[number] = _ENGINE, tried[number] + 1


def _failing(text: str, gaps: list[Gap], proofs: dict[int, str], report: ProofReport) -> set[int]:
    """The gaps on whose lines the prover found an error."""
    wrong = {message.line for message in report.messages if message.severity == "error"}
    failing, shift = set(), 0
    for number, gap in enumerate(gaps):
        begin = gap.line(text) + shift
        more = proofs[number].strip("\n").rstrip().count("\n")
        if wrong & set(range(begin, begin + more + 1)):
            failing.add(number)
        shift += more - text.count("\n", gap.start, gap.end)
    return failing
