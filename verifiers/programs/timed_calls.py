"""Calls with a time limit each: one child answers them one by one, and the trusted side holds the clock.

    answers = await ask_in_turn(sandbox, program, calls, (4.0,) * len(calls), "bare", Limits(wall_seconds=61))
    answers.seconds     # (0.0003, 1.2, ...)

A call is sent when the one before it is answered. So the time of an answer is that between two events on the trusted
side, and the candidate cannot work on an input before its time runs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verifiers.answer_frames import read_answer
from verifiers.judging import failure_of
from verifiers.programs.assertions import Call
from verifiers.programs.entries import READY, ProgramText, call_request, program_payload
from verifiers.records import Status
from verifiers.sandbox.task import Limits, Outcome, Task

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool, Session

__all__ = ["TimedAnswers", "ask_in_turn"]

ENTRY = "verifiers.programs.entries:answer_calls"


@dataclass(frozen=True, slots=True)
class TimedAnswers:
    """What came of the calls.

    Attributes:
        frames: one for each call that was answered in time; the only one says why the program does not run.
        seconds: wall time of each answer; empty where the program does not run.
        failure: why there are no more frames, or what else went wrong; None: all calls were answered.
        outcome: the end of the child.
    """

    frames: tuple[bytes, ...]
    seconds: tuple[float, ...]
    failure: tuple[Status, str] | None
    outcome: Outcome


async def ask_in_turn(
    sandbox: SandboxPool,
    program: ProgramText,
    calls: Sequence[Call],
    seconds: Sequence[float],
    profile: str,
    limits: Limits,
) -> TimedAnswers:
    """Run a program and let it answer each call within its time; the first one that is late ends it.

    Args:
        sandbox: runs it.
        program: the candidate.
        calls: what is asked, in order.
        seconds: longest wall time of each answer.
        profile: of the child.
        limits: of the child, for loading and all calls together.

    Raises:
        PlainDataError: a text or an argument is too large.
    """
    task = Task(ENTRY, program_payload(program), profile=profile)
    async with sandbox.session(task, limits) as child:
        first = await child.receive()
        if first is None:
            return await _gone(child, (), ())
        if first != READY:
            return await _not_ready(child, first)
        frames: list[bytes] = []
        taken: list[float] = []
        for call, limit in zip(calls, seconds, strict=True):
            if child.unread:
                return await _ended(child, frames, taken, (Status.REJECTED, "an answer before its question"))
            await child.send(call_request(call))
            asked = time.monotonic()
            try:
                async with asyncio.timeout(limit):
                    frame = await child.receive()
            except TimeoutError:
                late = (Status.TIMEOUT, f"out of time (no answer within {limit:g} s)")
                return await _ended(child, frames, taken, late)
            if frame is None:
                return await _gone(child, frames, taken)
            taken.append(time.monotonic() - asked)
            frames.append(frame)
        outcome = await child.finish()
        failure = (Status.REJECTED, "more answers than questions") if child.unread else failure_of(outcome)
        return TimedAnswers(tuple(frames), tuple(taken), failure, outcome)


async def _not_ready(child: Session, frame: bytes) -> TimedAnswers:
    if read_answer(frame).kind in ("failed", "not_code"):
        outcome = await child.finish()
        return TimedAnswers((frame,), (), failure_of(outcome), outcome)
    return await _ended(child, (), (), (Status.REJECTED, "an answer that nobody asked for"))


async def _gone(child: Session, frames: Sequence[bytes], taken: Sequence[float]) -> TimedAnswers:
    """The child has closed its channel or ended before all was answered."""
    outcome = await child.finish()
    failure = failure_of(outcome) or (Status.ERROR, "the candidate left before it was asked")
    return TimedAnswers(tuple(frames), tuple(taken), failure, outcome)


async def _ended(
    child: Session, frames: Sequence[bytes], taken: Sequence[float], failure: tuple[Status, str]
) -> TimedAnswers:
    return TimedAnswers(tuple(frames), tuple(taken), failure, await child.kill())
