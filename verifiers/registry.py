"""From a problem's kind to the verifier that judges it.

    registry = VerifierRegistry(sandbox)            # sandbox: verifiers.sandbox.SandboxPool
    verdict = await registry.verify(problem, "def sol(): return 3")

Built-in kinds stand in `BUILT_IN`; another package adds its own with an entry point in the group
`reasoning_toolkit.verifiers` whose name is the kind and whose value is a `VerifierFactory`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

from verifiers.late_imports import load
from verifiers.records import Problem, RecordError, Status, Verdict
from verifiers.sandbox import Limits, SandboxPool

__all__ = ["BUILT_IN", "UnknownKindError", "Verifier", "VerifierFactory", "VerifierRegistry", "kinds"]

ENTRY_POINT_GROUP = "reasoning_toolkit.verifiers"

BUILT_IN: dict[str, str] = {
    "puzzle": "verifiers.puzzles:PuzzleVerifier",
    "program": "verifiers.programs:ProgramVerifier",
    "answer": "verifiers.answers:AnswerVerifier",
    "choice": "verifiers.choices:ChoiceVerifier",
    "constant": "verifiers.constants:ConstantVerifier",
    "optimization": "verifiers.optimization:OptimizationVerifier",
    "proof": "verifiers.proofs:ProofVerifier",
    "smt": "verifiers.smt:SmtVerifier",
}
"""Kind -> `module:attribute` of its factory; imported when first used."""


class UnknownKindError(RecordError):
    """No verifier is registered for a problem's kind."""


class Verifier(Protocol):
    """Judges candidates of one kind of problem."""

    async def verify(self, problem: Problem, candidate: str, limits: Limits) -> Verdict:
        """Judge one candidate; never raises for anything that the candidate's text holds.

        Raises:
            RecordError: the *problem* is malformed.
            SandboxUnavailableError: the sandbox cannot be brought up at all.
        """


class VerifierFactory(Protocol):
    """Makes a verifier; `sandbox` is started lazily, so verifiers that need none never pay for it."""

    def __call__(self, sandbox: SandboxPool) -> Verifier:
        """The verifier, judging in `sandbox`."""


def kinds() -> list[str]:
    """All kinds that can be judged, built in and from other packages, sorted."""
    return sorted({*BUILT_IN, *(point.name for point in _third_party())})


class VerifierRegistry:
    """One verifier a kind, made when first needed, all sharing one sandbox pool.

    Args:
        sandbox: where code is run.
        own: kind -> factory of the caller's own verifiers, which go before all others.
    """

    def __init__(self, sandbox: SandboxPool, own: Mapping[str, VerifierFactory] | None = None) -> None:
        self._sandbox = sandbox
        self._own = dict(own or {})
        self._verifiers: dict[str, Verifier] = {}

    def verifier(self, kind: str) -> Verifier:
        """The verifier of `kind`.

        Raises:
            UnknownKindError: there is none.
        """
        if kind not in self._verifiers:
            self._verifiers[kind] = (self._own.get(kind) or _factory(kind))(self._sandbox)
        return self._verifiers[kind]

    async def verify(self, problem: Problem, candidate: str, limits: Limits) -> Verdict:
        """Judge `candidate`; our own failures are retried once and then reported as `internal`.

        Raises:
            RecordError: the problem is malformed or of an unknown kind.
        """
        verifier = self.verifier(problem.kind)
        started = time.monotonic()
        verdict = await verifier.verify(problem, candidate, limits)
        if verdict.status is Status.INTERNAL:
            await asyncio.sleep(0)
            verdict = await verifier.verify(problem, candidate, limits)
        if verdict.seconds == 0.0:
            return Verdict.of(
                verdict.id,
                verdict.status,
                verdict.detail,
                score=verdict.score,
                seconds=time.monotonic() - started,
                isolation=verdict.isolation,
            )
        return verdict


def _third_party() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=ENTRY_POINT_GROUP))


def _factory(kind: str) -> VerifierFactory:
    target = BUILT_IN.get(kind)
    if target is not None:
        factory: VerifierFactory = load(target)
        return factory
    for point in _third_party():
        if point.name == kind:
            loaded: VerifierFactory = point.load()
            return loaded
    raise UnknownKindError("kind", f"no verifier for '{kind}'; known kinds: {', '.join(kinds())}")
