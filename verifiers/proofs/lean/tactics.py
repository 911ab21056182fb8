r"""Tactic by tactic: a state, a tactic, the state behind it. What tree searches need.

    session = TacticSession(LeanBridge(sandbox))
    state = await session.start(ProofTask("lean", "theorem two (p q : Prop) (h : p ∧ q) : q ∧ p := by"))
    state = await session.apply(state, "constructor")       # a TacticState, or a TacticError
    state.goals         # ("case left\np q : Prop\nh : p ∧ q\n⊢ q", "case right\np q : Prop\nh : p ∧ q\n⊢ p")

A state is the tactics that led to it: each step elaborates them anew, so that states are plain values that outlive
every process. States with equal `goals` (which can be hashed) are the same to a search. Nothing here is a verdict:
judge `state.proof` with the bridge when `state.done`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from verifiers.proofs.lean import guard
from verifiers.proofs.lean.bridge import Attempt, LeanBridge
from verifiers.proofs.lean.text import blank_comments_and_strings
from verifiers.proofs.records import ProofTask
from verifiers.records import RecordError

__all__ = ["TacticError", "TacticSession", "TacticState"]

_SORRY = re.compile(r"\b(?:sorry|admit|stop)\b")


@dataclass(frozen=True, slots=True)
class TacticState:
    """Goals that are left after some tactics.

    Attributes:
        task: what is being proved.
        tactics: those that led here.
        goals: as Lean prints them, the current one first.
        cpu_seconds: processor time of the last step.
    """

    task: ProofTask
    tactics: tuple[str, ...]
    goals: tuple[str, ...]
    cpu_seconds: float = 0.0

    @property
    def done(self) -> bool:
        """Whether no goal is left."""
        return not self.goals

    @property
    def proof(self) -> str:
        """The tactics as what follows `:= by`."""
        return "\n".join(_indented(tactic) for tactic in self.tactics) or "  skip"


@dataclass(frozen=True, slots=True)
class TacticError:
    """A tactic that failed.

    Attributes:
        message: Lean's first error, or why the tactic was not tried.
        cpu_seconds: processor time that it used.
    """

    message: str
    cpu_seconds: float = 0.0


class TacticSession:
    """Applies tactics to states, with the processes of a bridge.

    Args:
        bridge: whose pool elaborates; steps from many searches may run at once.
        seconds: time limit of one step.
    """

    def __init__(self, bridge: LeanBridge, seconds: float = 10.0) -> None:
        self._bridge = bridge
        self._seconds = seconds

    async def start(self, task: ProofTask) -> TacticState:
        """The state before the first tactic.

        Raises:
            RecordError: the statement cannot be elaborated, or does not end in `:= by`.
            LeanMissingError: the embedded Lean is not installed and cannot be prepared.
            WorkerNotStarted: a process does not come up.
        """
        found = await self._run(task, ())
        if isinstance(found, TacticError):
            raise RecordError("statement", found.message)
        return found

    async def apply(self, state: TacticState, tactic: str) -> TacticState | TacticError:
        """The state behind one more tactic (which may have several lines).

        Raises:
            LeanMissingError: the embedded Lean is not installed and cannot be prepared.
            WorkerNotStarted: a process does not come up.
        """
        if state.done:
            return TacticError("no goals are left")
        reason = guard.refusal(tactic)
        if reason or _SORRY.search(blank_comments_and_strings(tactic)):
            return TacticError(reason or "sorry proves nothing")
        if not tactic.strip():
            return TacticError("an empty tactic")
        return await self._run(state.task, (*state.tactics, tactic))

    async def _run(self, task: ProofTask, tactics: tuple[str, ...]) -> TacticState | TacticError:
        state = TacticState(task, tactics, ())
        tried = await self._bridge.attempt(task, state.proof, self._seconds)
        if tried.proved:
            return TacticState(task, tactics, (), tried.cpu_seconds)
        goals = _goals_left(tried)
        if goals is None:
            return TacticError(tried.detail, tried.cpu_seconds)
        return TacticState(task, tactics, goals, tried.cpu_seconds)


def _goals_left(tried: Attempt) -> tuple[str, ...] | None:
    """The goals, if the only error is that the proof ends before them; inner blocks have to be complete."""
    errors = [message for message in tried.messages if message.severity == "error"]
    if len(errors) == 1 and errors[0].line < 1 and tried.goals:
        return tried.goals
    return None


def _indented(tactic: str) -> str:
    lines = tactic.strip("\n").split("\n")
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(f"  {line[margin:]}" if line.strip() else "" for line in lines)
