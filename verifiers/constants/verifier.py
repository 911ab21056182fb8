"""The verifier of kind `constant`.

    problem = Problem("p", "constant", fields={"value": "4/pi"})
    async with SandboxPool() as sandbox:
        (await ConstantVerifier(sandbox).verify(problem, '{"a": "2*n+1", "b": "n**2"}', Limits())).status
    # <Status.PASSED: 'passed'>

A claim is data, not code, but evaluating it may take any time, so each judgement runs in a child that can be stopped.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from verifiers.constants.limits import MAX_CLAIM, MAX_DIGITS
from verifiers.records import Problem, RecordError, Status, Verdict
from verifiers.sandbox.task import End, Limits, Task

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["DEFAULT_DIGITS", "ConstantVerifier"]

DEFAULT_DIGITS: Final = 100
_ENTRY: Final = "verifiers.constants.entry:judge_claim"
_PROFILE: Final = "exact"
_ENDS: Final = {End.TIMEOUT: Status.TIMEOUT, End.MEMORY: Status.MEMORY, End.INTERNAL: Status.INTERNAL}


class ConstantVerifier:
    """Judges continued fractions against closed forms.

    The problem's fields: optionally `value` (the closed form that is wanted; otherwise the candidate names its own) and
    `digits` (to which both must agree, default 100).

    Args:
        sandbox: where claims are worked out.
    """

    def __init__(self, sandbox: SandboxPool) -> None:
        self._sandbox = sandbox

    async def verify(self, problem: Problem, candidate: str, limits: Limits) -> Verdict:
        """Judge one candidate: JSON with `a`, `b` and `value`, or `sign_period`, `initial`, `lfsr` and `value`.

        Raises:
            RecordError: the problem's `value` or `digits` is malformed.
        """
        payload = _payload(problem, candidate)
        if len(candidate) > MAX_CLAIM:
            return Verdict.of(problem.id, Status.UNPARSABLE, f"the claim is longer than {MAX_CLAIM} characters")
        outcome = await self._sandbox.run(Task(_ENTRY, payload, profile=_PROFILE), limits)
        if outcome.end in _ENDS:
            status, detail = _ENDS[outcome.end], outcome.detail
        elif not outcome.answers:
            status, detail = Status.INTERNAL, f"the judge ended without a verdict ({outcome.end.value})"
        else:
            answer = json.loads(outcome.answers[0])
            status, detail = Status(answer["status"]), answer["detail"]
        return Verdict.of(problem.id, status, detail, seconds=outcome.seconds, isolation=outcome.isolation)


def _payload(problem: Problem, candidate: str) -> bytes:
    value = problem.fields.get("value")
    if value is not None:
        from verifiers.constants.expressions import ExpressionError, parse

        try:
            parse(problem.text("value"))
        except ExpressionError as error:
            raise RecordError("value", str(error)) from None
    digits = problem.fields.get("digits", DEFAULT_DIGITS)
    if isinstance(digits, bool) or not isinstance(digits, int) or not 1 <= digits <= MAX_DIGITS:
        raise RecordError("digits", f"expected a whole number from 1 to {MAX_DIGITS}, got {digits!r}")
    return json.dumps({"claim": candidate, "value": value, "digits": digits}).encode()
