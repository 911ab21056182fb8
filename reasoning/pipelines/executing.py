r"""Runs a written function on many arguments, in one sandbox child: what its programs are worth is seen outside.

    answers = await call_many(pool, "def solution(a, b):\n    return a + b", "solution", [(1, 2), (3, 4)], limits)
    answers         # [3, 7]; a Failure in the place of a call that has no plain answer

The child's words are data, no verdicts: whoever calls compares them with what it knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from verifiers.answer_frames import read_answer
from verifiers.judging import failure_of, profile_for
from verifiers.plain_data import PlainDataError, strip_foreign
from verifiers.programs.assertions import Call
from verifiers.programs.entries import calls_payload
from verifiers.sandbox import Limits, SandboxPool, Task

__all__ = ["Failure", "call_many"]

_ENTRY = "verifiers.programs.entries:run_calls"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a call has no answer, in words."""

    reason: str


async def call_many(
    pool: SandboxPool, source: str, name: str, arguments: Sequence[tuple[Any, ...]], limits: Limits
) -> list[Any]:
    """What the function `name` of `source` returns for each tuple of arguments.

    Args:
        pool: where it runs.
        source: program text, fenced or not.
        name: of the function.
        arguments: plain data for each call.
        limits: for all calls together.

    Returns:
        For each call a plain value, or a `Failure`.
    """
    calls = tuple(Call(name, values) for values in arguments)
    try:
        payload = calls_payload((source, "", name, ""), calls)
    except PlainDataError as error:
        return [Failure(str(error))] * len(calls)
    outcome = await pool.run(Task(_ENTRY, payload, profile=profile_for(source)), limits)
    answers: list[Any] = []
    for frame in outcome.answers[: len(calls)]:
        answer = read_answer(frame)
        answers.append(
            strip_foreign(answer.value) if answer.kind == "value" else Failure(answer.describe() or answer.kind)
        )
    if len(answers) < len(calls):
        failure = failure_of(outcome)
        reason = failure[1] if failure else (answers[0].reason if answers and isinstance(answers[0], Failure) else "")
        answers += [Failure(reason or "no answer")] * (len(calls) - len(answers))
    return answers
