"""From a problem's kind to the verifier that judges it.

    registry = VerifierRegistry(sandbox)            # sandbox: verifiers.sandbox.SandboxPool
    verdict = await registry.verify(problem, "def sol(): return 3")

Built-in kinds stand in `BUILT_IN`; another package adds its own with an entry point in the group
`reasoning_toolkit.verifiers` (see `verifiers.plugins`) whose name is the kind and whose value is a `VerifierFactory`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from verifiers.answer_frames import readable
from verifiers.late_imports import load
from verifiers.plugins import Plugins
from verifiers.records import Problem, RecordError, Status, Verdict
from verifiers.sandbox import Limits, SandboxPool, SandboxUnavailableError

__all__ = ["BUILT_IN", "UnknownKindError", "Verifier", "VerifierFactory", "VerifierRegistry", "kinds"]

PLUGINS = Plugins("verifiers", "verifier")

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
    return sorted([*BUILT_IN, *PLUGINS.names(besides=BUILT_IN)])


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
            PluginError: another package's cannot be loaded.
        """
        if kind not in self._verifiers:
            self._verifiers[kind] = (self._own.get(kind) or _factory(kind))(self._sandbox)
        return self._verifiers[kind]

    async def verify(self, problem: Problem, candidate: str, limits: Limits) -> Verdict:
        """Judge `candidate`; failures of a verifier are retried once and then reported as `internal`.

        Raises:
            RecordError: the problem is malformed or of an unknown kind.
            PluginError: another package's verifier cannot be loaded.
            SandboxUnavailableError: no isolation that is strong enough can be had here.
        """
        verifier = self.verifier(problem.kind)
        started = time.monotonic()
        verdict = await _judged(verifier, problem, candidate, limits)
        if verdict.status is Status.INTERNAL:
            await asyncio.sleep(0)
            verdict = await _judged(verifier, problem, candidate, limits)
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


async def _judged(verifier: Verifier, problem: Problem, candidate: str, limits: Limits) -> Verdict:
    """The verdict; an `internal` one where the verifier raises or returns something else, so that others are judged."""
    try:
        verdict: object = await verifier.verify(problem, candidate, limits)
    except (RecordError, SandboxUnavailableError):
        raise
    except Exception as error:  # noqa: BLE001 - a verifier is anybody's code
        fault = f"{type(error).__name__}: {error}"
        return Verdict.of(problem.id, Status.INTERNAL, f"the verifier failed: {readable(fault)}")
    if not isinstance(verdict, Verdict):
        fault = f"the verifier returned a {type(verdict).__name__}, expected a Verdict"
        return Verdict.of(problem.id, Status.INTERNAL, fault)
    return verdict


def _factory(kind: str) -> VerifierFactory:
    target = BUILT_IN.get(kind)
    factory: VerifierFactory | None = PLUGINS.load(kind, Callable) if target is None else load(target)
    if factory is None:
        raise UnknownKindError("kind", f"no verifier for '{kind}'; known kinds: {', '.join(kinds())}")
    return factory
