"""Tests that are calls and checks: one child answers all calls, the checks are made here on plain data.

judgement = await judge_calls(sandbox, plan, ("def add(a, b): return a + b", "", "add", ""), "bare", Limits())
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from verifiers.answer_frames import Answer, read_answer, readable, shortened
from verifiers.judging import failure_of, status_of_answer
from verifiers.plain_data import PlainDataError
from verifiers.programs.assertions import Check, Plan
from verifiers.programs.entries import ProgramText, calls_payload
from verifiers.programs.results import CheckResult, Judgement
from verifiers.programs.timed_calls import ask_in_turn
from verifiers.programs.values import revive
from verifiers.records import Status
from verifiers.sandbox.task import Limits, Task
from verifiers.wording import counted

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["judge_calls"]

ENTRY = "verifiers.programs.entries:run_calls"
EXTRA_SECONDS = 1.0
"""For loading the program, where each call has a limit of its own."""


async def judge_calls(
    sandbox: SandboxPool, plan: Plan, program: ProgramText, profile: str, limits: Limits
) -> Judgement:
    """Run the candidate once, let it answer every call of the plan, and check the answers.

    Where calls have time limits of their own, all of them together may also take one second more than these add up to.

    Raises:
        PlainDataError: the candidate's text is too long.
    """
    if plan.seconds:
        whole = min(limits.wall_seconds, sum(plan.seconds) + EXTRA_SECONDS)
        limits = replace(limits, wall_seconds=whole)
        answers = await ask_in_turn(sandbox, program, plan.calls, plan.seconds, profile, limits)
        frames, failure, outcome = answers.frames, answers.failure, answers.outcome
    else:
        outcome = await sandbox.run(Task(ENTRY, calls_payload(program, plan.calls), profile=profile), limits)
        frames, failure = outcome.answers, failure_of(outcome)
    judgement = Judgement(tuple(_results(plan, frames, failure)))
    return replace(judgement, seconds=outcome.seconds, isolation=outcome.isolation)


def _results(plan: Plan, frames: tuple[bytes, ...], failure: tuple[Status, str] | None) -> list[CheckResult]:
    if len(frames) > len(plan.calls):
        reason = f"{counted(len(frames), 'answer')} to {counted(len(plan.calls), 'call')}"
        return list(Judgement.failed(len(plan.checks), Status.REJECTED, reason).results)
    answers = [read_answer(frame) for frame in frames]
    if answers and answers[0].kind in ("failed", "not_code"):
        first = answers[0]
        status, detail = failure or (status_of_answer(first), first.describe())
        return list(Judgement.failed(len(plan.checks), status, detail).results)
    values = [_value(answer, plan) for answer in answers]
    results = [_checked(check, answers, values, failure) for check in plan.checks]
    if failure is not None and all(result.status is Status.PASSED for result in results):
        # All calls were answered, but the child did not end as our entry does.
        results[-1] = CheckResult("after the last call", *failure)
    return results


def _value(answer: Answer, plan: Plan) -> Any:
    if answer.kind != "value" or plan.library_values_as_plain:
        return answer.value
    try:
        return revive(answer.value)
    except PlainDataError:
        return answer.value


def _checked(check: Check, answers: list[Answer], values: list[Any], failure: tuple[Status, str] | None) -> CheckResult:
    for slot in check.slots:
        if slot >= len(answers):
            status, detail = failure or (Status.ERROR, "the candidate left before it was asked")
            return CheckResult(check.label, status, f"no answer to call {slot + 1}: {detail}")
        if answers[slot].kind != "value":
            return CheckResult(check.label, status_of_answer(answers[slot]), answers[slot].describe())
    try:
        if check.holds(values):
            return CheckResult(check.label, Status.PASSED)
    except Exception as error:  # noqa: BLE001 - whatever comparing two pieces of data raises, the check does not hold
        return CheckResult(check.label, Status.WRONG, readable(f"{type(error).__name__}: {error}"))
    got = ", ".join(shortened(values[slot]) for slot in check.slots)
    return CheckResult(check.label, Status.WRONG, f"got {got}")
