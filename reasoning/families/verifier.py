r"""The verifier of kind `efa`: is a reply a sound family for its seed problem?

    problem = efa_problem("s1", "What is 2 + 3?", "2 + 3 = 5", "5")
    (await FamilyVerifier(sandbox).verify(problem, reply, Limits())).score      # share of the tests passed, in order

A verdict passes when every test of `reasoning.families.validity` does; its score is the graded reward of EFAGen.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from reasoning.families.probing import ProbeLimits
from reasoning.families.validity import Report, SeedProblem, ValidityTester
from verifiers.answers.verifier import golds_of
from verifiers.records import Problem, Status, Verdict
from verifiers.sandbox.task import Limits

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["FamilyVerifier", "seed_problem", "status_of"]


class FamilyVerifier:
    """Judges candidates of kind `efa`.

    The problem's fields: `seed` (text of the seed problem), `gold` (its answer), `solution` (optional).
    """

    def __init__(self, sandbox: SandboxPool) -> None:
        self._sandbox = sandbox

    async def verify(self, problem: Problem, candidate: str, limits: Limits) -> Verdict:
        """Judge one reply; each call of a method has at most half of `limits.wall_seconds`.

        Raises:
            RecordError: the problem has no `seed`, or no usable `gold`.
        """
        started = time.monotonic()
        bounds = ProbeLimits(limits.wall_seconds / 2, min(limits.memory_mib, ProbeLimits().memory_mib))
        report = await ValidityTester(self._sandbox, limits=bounds).test(candidate, seed_problem(problem))
        detail = "" if report.passed else f"{report.failed}: {report.reason}"
        seconds = time.monotonic() - started
        return Verdict.of(problem.id, status_of(report), detail, score=report.score, seconds=seconds)


def seed_problem(problem: Problem) -> SeedProblem:
    """The seed of a problem of kind `efa`.

    Raises:
        RecordError: it has no `seed`, or no usable `gold`.
    """
    return SeedProblem(problem.id, problem.text("seed"), problem.text("solution", ""), golds_of(problem)[0])


def status_of(report: Report) -> Status:
    """The status that a report comes to."""
    if report.passed:
        return Status.PASSED
    return {"is_extractable": Status.UNPARSABLE, "is_executable": Status.ERROR}.get(report.failed, Status.WRONG)
