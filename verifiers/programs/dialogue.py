"""Tests that are programs themselves: a clean child runs them and asks the candidate's child call by call.

    results = await converse_about(sandbox, problem, "def f(x): ...", limits)

The trusted side sits between the two and passes on only frames that it could read itself, so the candidate sees
arguments and never a test, and the tests see data and never an object of the candidate's.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from verifiers.answer_frames import read_answer, readable
from verifiers.judging import failure_of, status_of_answer
from verifiers.plain_data import PlainDataError, decode
from verifiers.programs.entries import BYE, READY, ProgramText, program_payload
from verifiers.programs.judge_entries import ASK, CANDIDATE_RAISED, MALFORMED, RESULTS, judge_payload
from verifiers.programs.problems import ProgramProblem
from verifiers.programs.results import CheckResult, Judgement
from verifiers.records import RecordError, Status
from verifiers.sandbox.task import Limits, Task

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool, Session

__all__ = ["converse_about"]

CANDIDATE_ENTRY = "verifiers.programs.entries:converse"
JUDGE_ENTRY = "verifiers.programs.judge_entries:judge"
_REQUEST_PARTS = 4


async def converse_about(
    sandbox: SandboxPool, problem: ProgramProblem, program: ProgramText, profile: str, limits: Limits
) -> Judgement:
    """Run the problem's tests against the candidate.

    Args:
        sandbox: both children run there, at the same time.
        problem: its `tests` or `check` are run.
        program: the candidate.
        profile: of the candidate's child.
        limits: of each child; the time is for both together.

    Raises:
        RecordError: the tests do not compile.
    """
    started = time.monotonic()
    total = len(problem.tests) or 1
    task = Task(CANDIDATE_ENTRY, program_payload(program), profile=profile)
    async with sandbox.session(task, limits) as candidate:
        first = await candidate.receive()
        if first != READY:
            judgement = await _not_ready(candidate, first, total)
        else:
            left = limits.wall_seconds - (time.monotonic() - started)
            payload = judge_payload(
                problem.setup, list(problem.tests), problem.check, problem.entry_point, problem.helpers
            )
            task = Task(JUDGE_ENTRY, payload, profile=problem.profile)
            async with sandbox.session(task, replace(limits, wall_seconds=max(left, 0.001)), beside=candidate) as judge:
                judgement = await _relay(candidate, judge, problem, total)
        outcome = await candidate.kill()
    return replace(judgement, seconds=time.monotonic() - started, isolation=outcome.isolation)


async def _not_ready(candidate: Session, frame: bytes | None, total: int) -> Judgement:
    if frame is None:
        return await _candidate_gone(candidate, total)
    answer = read_answer(frame)
    if answer.kind == "value":
        return Judgement.failed(total, Status.REJECTED, "an answer that nobody asked for")
    return Judgement.failed(total, status_of_answer(answer), answer.describe())


async def _candidate_gone(candidate: Session, total: int) -> Judgement:
    status, detail = failure_of(await candidate.finish()) or (Status.ERROR, "the candidate left before it was asked")
    return Judgement.failed(total, status, detail)


async def _relay(candidate: Session, judge: Session, problem: ProgramProblem, total: int) -> Judgement:
    while True:
        frame = await judge.receive()
        if frame is None:
            return await _judge_gone(candidate, judge, total)
        if frame[:1] == MALFORMED:
            raise RecordError("test" if problem.check else "tests", _words(frame))
        if candidate.unread:
            return Judgement.failed(total, Status.REJECTED, "an answer before its question")
        if frame[:1] == RESULTS:
            if not await _says_goodbye(candidate):
                return Judgement.failed(total, Status.REJECTED, "more answers than questions")
            return _read_results(frame, problem)
        request = _checked_request(frame)
        if request is None:
            return Judgement.failed(total, Status.INTERNAL, "the tests' process sent no request")
        await candidate.send(request)
        reply = await candidate.receive()
        if reply is None:
            return await _candidate_gone(candidate, total)
        if read_answer(reply).kind == "malformed":
            return Judgement.failed(total, Status.REJECTED, "a malformed answer")
        await judge.send(reply)


async def _judge_gone(candidate: Session, judge: Session, total: int) -> Judgement:
    failure = failure_of(await judge.finish())
    if failure is None or failure[0] is Status.ERROR:
        return Judgement.failed(total, Status.INTERNAL, "the tests' process ended without results")
    return Judgement.failed(total, *failure)


async def _says_goodbye(candidate: Session) -> bool:
    """Whether the candidate's child ends without a word more than it was asked for."""
    await candidate.send(BYE)
    return await candidate.receive() == BYE and await candidate.receive() is None


def _checked_request(frame: bytes) -> bytes | None:
    try:
        parts = decode(frame[1:])
    except PlainDataError:
        return None
    return frame[1:] if frame[:1] == ASK and type(parts) is list and len(parts) == _REQUEST_PARTS else None


def _words(frame: bytes) -> str:
    try:
        return readable(str(decode(frame[1:])[0]))
    except (PlainDataError, TypeError, LookupError):
        return "malformed"


def _read_results(frame: bytes, problem: ProgramProblem) -> Judgement:
    labels = problem.tests or ("check(candidate)",)
    try:
        results = [_result(label, *pair) for label, pair in zip(labels, decode(frame[1:]), strict=True)]
    except (PlainDataError, TypeError, ValueError) as error:
        return Judgement.failed(len(labels), Status.INTERNAL, f"unreadable results: {readable(str(error))}")
    return Judgement(tuple(results))


def _result(label: str, held: object, reason: object) -> CheckResult:
    if held is True:
        return CheckResult(label, Status.PASSED)
    words = readable(str(reason))
    if words.startswith("CannotSendError"):
        return CheckResult(label, Status.UNAVAILABLE, words)
    return CheckResult(label, Status.ERROR if words.startswith(CANDIDATE_RAISED) else Status.WRONG, words)
