"""The verifier of kind `proof`: one bridge for each proof system, behind one interface.

    problem = Problem("p", "proof", fields={"system": "lean", "statement": "theorem two : 1 + 1 = 2 := by"})
    async with SandboxPool() as sandbox:
        (await ProofVerifier(sandbox).verify(problem, "  rfl", Limits(wall_seconds=30))).status
    # <Status.PASSED: 'passed'>

`check` says more than a verdict holds: messages with positions, open goals, axioms.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from verifiers.late_imports import load
from verifiers.proofs.records import Bridge, ProofReport, ProofTask
from verifiers.records import Problem, RecordError, Verdict
from verifiers.sandbox.task import Limits
from verifiers.thoughts import without_thoughts

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["BRIDGES", "ProofVerifier", "verify"]

BRIDGES: dict[str, str] = {
    "lean": "verifiers.proofs.lean.backends:lean_bridge",
    "coq": "verifiers.proofs.coq.bridge:CoqBridge",
    "metamath": "verifiers.proofs.metamath.bridge:MetamathBridge",
    "isabelle": "verifiers.proofs.isabelle.bridge:IsabelleBridge",
    "fstar": "verifiers.proofs.fstar.bridge:FstarBridge",
}
"""System -> `module:attribute` of its bridge, which is made with the sandbox pool; imported when first used."""


class ProofVerifier:
    """Judges candidates of kind `proof`.

    The problem's fields: `system`, `statement`, and optionally `header`, `axioms` (a list of names that a proof may
    rest on), `heartbeats`, and for F* `file`, `until` and `declared`.

    Args:
        sandbox: where provers run; they stay warm until it is closed.
    """

    def __init__(self, sandbox: SandboxPool) -> None:
        self._sandbox = sandbox
        self._bridges: dict[str, Bridge] = {}

    async def verify(self, problem: Problem, candidate: str, limits: Limits) -> Verdict:
        """Judge one candidate.

        Raises:
            RecordError: the problem is malformed.
        """
        return (await self.check(ProofTask.of(problem), candidate, limits)).verdict(problem.id)

    async def check(self, task: ProofTask, proof: str, limits: Limits) -> ProofReport:
        """Judge one candidate and tell all that the prover said.

        Raises:
            RecordError: the task is malformed.
        """
        if task.system not in BRIDGES:
            raise RecordError("system", f"expected one of {', '.join(BRIDGES)}, got {task.system!r}")
        if "\r" in task.statement or "\r" in task.header:
            task = replace(task, statement=_with_plain_lines(task.statement), header=_with_plain_lines(task.header))
        proof = without_thoughts(_with_plain_lines(proof))
        if task.system not in self._bridges:
            self._bridges[task.system] = load(BRIDGES[task.system])(self._sandbox)
        return await self._bridges[task.system].check(task, proof, limits)


def _with_plain_lines(text: str) -> str:
    """`text` with the line ends that every prover reads."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


async def verify(
    statement: str,
    proof: str,
    header: str = "",
    limits: Limits | None = None,
    *,
    system: str = "lean",
    sandbox: SandboxPool | None = None,
) -> Verdict:
    """Judge one proof.

    Args:
        statement: what is to be proved, up to the place where the proof begins.
        proof: what follows, or a whole text that states and proves it.
        header: trusted text before the statement.
        limits: `wall_seconds` is the time for the check; starting a prover does not count.
        system: whose language this is.
        sandbox: a running pool, whose provers stay warm for the next call; None: one for this call alone.

    Raises:
        RecordError: header or statement is refused by the system itself.
    """
    from verifiers.sandbox import SandboxPool

    problem = Problem("", "proof", fields={"system": system, "statement": statement, "header": header})
    if sandbox is not None:
        return await ProofVerifier(sandbox).verify(problem, proof, limits or Limits())
    async with SandboxPool() as own:
        return await ProofVerifier(own).verify(problem, proof, limits or Limits())
