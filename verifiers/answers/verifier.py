r"""The verifier of kind `answer`.

    problem = Problem("p", "answer", fields={"gold": "\\frac{1}{2}"})
    async with SandboxPool() as sandbox:
        (await AnswerVerifier(sandbox).verify(problem, r"So it is \boxed{0.5}.", Limits())).status
    # <Status.PASSED: 'passed'>

Nearly all answers are decided here without a child process; only a pair of expressions that can be neither proved
equal nor told apart goes to sympy in the sandbox.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from verifiers.answers.agreement import CONVENTIONS, Concession, Convention, agree
from verifiers.answers.calculations import is_calculation
from verifiers.answers.judge import Judgement, judge
from verifiers.answers.limits import SYMBOLIC_SECONDS
from verifiers.answers.symbolic import ENTRY, payload
from verifiers.records import Problem, RecordError, Status, Verdict
from verifiers.sandbox.task import Limits, Task

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["AnswerVerifier", "convention_of", "detail", "golds_of"]

_NUMERIC_PROFILE = "numeric"


class AnswerVerifier:
    """Judges free text that ends in an answer.

    The problem's fields: `gold` (a string, or a list of strings of which each is right) and optionally `convention`
    (a name from `verifiers.answers.CONVENTIONS`; otherwise `default`).

    Args:
        sandbox: where undecided pairs are simplified; started only when one turns up.
    """

    def __init__(self, sandbox: SandboxPool) -> None:
        self._sandbox = sandbox

    async def verify(self, problem: Problem, candidate: str, limits: Limits) -> Verdict:
        """Judge one candidate.

        Raises:
            RecordError: the problem has no usable `gold`, or an unknown `convention`.
        """
        started = time.monotonic()
        golds, convention = golds_of(problem), convention_of(problem)
        judgement = judge(golds, candidate, convention=convention)
        isolation: tuple[str, ...] = ()
        if judgement.undecided is not None and not judgement.passed:
            judgement, isolation = await self._simplified(judgement, convention, limits)
        return Verdict.of(
            problem.id,
            judgement.status,
            detail(judgement),
            seconds=time.monotonic() - started,
            isolation=isolation,
        )

    async def _simplified(
        self, judgement: Judgement, convention: Convention, limits: Limits
    ) -> tuple[Judgement, tuple[str, ...]]:
        """The judgement after sympy has seen the undecided pair."""
        assert judgement.undecided is not None
        trees = payload(*judgement.undecided)
        if trees is None:
            return judgement, ()
        bounded = replace(limits, wall_seconds=min(limits.wall_seconds, SYMBOLIC_SECONDS))
        outcome = await self._sandbox.run(Task(ENTRY, trees, profile=_NUMERIC_PROFILE), bounded)
        if b"equal" in outcome.answers:
            return _proved(judgement, convention), outcome.isolation
        return judgement, outcome.isolation


def _proved(judgement: Judgement, convention: Convention) -> Judgement:
    """The judgement on a pair that turned out to be equal."""
    assert judgement.undecided is not None
    agreement = agree(
        "simplified to the same", *([Concession.UNEVALUATED] if is_calculation(*judgement.undecided) else [])
    )
    return replace(
        judgement,
        status=Status.PASSED if agreement.under(convention) else Status.WRONG,
        rule=agreement.rule,
        strict=agreement.under_strict,
        lenient=True,
        concessions=tuple(concession.value for concession in agreement.concessions),
    )


def detail(judgement: Judgement) -> str:
    """What a verdict says of a judgement, in one line."""
    parts = [judgement.rule]
    if judgement.concessions:
        parts.append(
            f"forgiven: {'; '.join(judgement.concessions)}"
            if judgement.passed
            else f"differs: {'; '.join(judgement.concessions)}"
        )
    parts.append(f"read {judgement.answer_reading[:120]} ({judgement.extraction}), gold {judgement.gold_reading[:120]}")
    parts.append(f"strict {'yes' if judgement.strict else 'no'}, lenient {'yes' if judgement.lenient else 'no'}")
    return " | ".join(parts)


def golds_of(problem: Problem) -> list[str]:
    """The accepted answers of a problem, as text.

    Raises:
        RecordError: `gold` is missing or of another form.
    """
    gold = problem.fields.get("gold")
    if isinstance(gold, bool) or gold is None:
        raise RecordError("gold", "missing" if gold is None else "expected a string or a list of strings, got bool")
    if isinstance(gold, str | int | float):
        return [str(gold)]
    if not isinstance(gold, list) or not gold or not all(isinstance(one, str) for one in gold):
        raise RecordError("gold", f"expected a string or a list of strings, got {type(gold).__name__}")
    return list(gold)


def convention_of(problem: Problem) -> Convention:
    """The convention that a problem names, or the default one.

    Raises:
        RecordError: there is no such convention.
    """
    name = problem.fields.get("convention", "default")
    if not isinstance(name, str) or name not in CONVENTIONS:
        raise RecordError("convention", f"expected one of {', '.join(CONVENTIONS)}, got {name!r}")
    return CONVENTIONS[name]
