"""What programs do on inputs: every program runs on every input in a process of its own, and plain data comes out.

    rows = await observe(sandbox, ["def f(x): return x + 1"], [Input("def t(seed): return f(seed)", "t", (4,))])
    rows[0].answers[0].value        # 5

The values are only read here; what they are compared with, and how, is the caller's business. No program sees what
another one answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from verifiers.answer_frames import Answer, read_answer
from verifiers.judging import failure_of, profile_for
from verifiers.plain_data import PlainDataError, encode
from verifiers.programs.behaviour_entries import MAX_ANSWER_BYTES, MAX_TIMEOUTS
from verifiers.sandbox.task import Limits, Outcome, Task
from verifiers.together import all_or_first_error

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["INPUT_SECONDS", "Behaviour", "Input", "observe"]

ENTRY = "verifiers.programs.behaviour_entries:observe"
INPUT_SECONDS = 5.0
"""Longest run of one program on one input."""
_START_SECONDS = 2.0
_FRAME_SLACK = 1024


@dataclass(frozen=True, slots=True)
class Input:
    """One thing to ask of a program.

    Attributes:
        source: run after the program, in the same module.
        name: of the function that is called then.
        arguments: positional, plain data.
        keywords: by name, plain data.
    """

    source: str
    name: str
    arguments: tuple[Any, ...] = ()
    keywords: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What one program did: an answer for each input, and the CPU time that it took in all."""

    answers: tuple[Answer, ...]
    cpu_seconds: float = 0.0


async def observe(
    sandbox: SandboxPool,
    programs: Sequence[str],
    inputs: Sequence[Input],
    *,
    seed: int = 0,
    seconds: float = INPUT_SECONDS,
) -> list[Behaviour]:
    """Run every program on every input.

    Programs of the same text are run once. A program that ran out of time on `MAX_TIMEOUTS` inputs is not run on the
    rest of them, which count as out of time as well.

    Args:
        sandbox: runs them, as many at once as it has workers.
        programs: Python sources.
        inputs: the same for all.
        seed: that `random` is seeded with in each process.
        seconds: longest run on one input.

    Returns:
        One behaviour for each program, in their order.

    Raises:
        SandboxUnavailableError: no isolation that is strong enough can be had here.
    """
    distinct = list(dict.fromkeys(programs))
    limits = Limits(
        wall_seconds=_START_SECONDS + seconds * min(len(inputs), MAX_TIMEOUTS + 1) + 0.5 * seconds,
        cpu_seconds=None,
        answer_bytes=len(inputs) * (MAX_ANSWER_BYTES + _FRAME_SLACK),
    )
    rows = await all_or_first_error(_one(sandbox, program, inputs, seed, seconds, limits) for program in distinct)
    found = dict(zip(distinct, rows, strict=True))
    return [found[program] for program in programs]


async def _one(
    sandbox: SandboxPool, program: str, inputs: Sequence[Input], seed: int, seconds: float, limits: Limits
) -> Behaviour:
    if not inputs:
        return Behaviour(())
    asked = [[given.source, given.name, given.arguments, given.keywords] for given in inputs]
    try:
        payload = encode([program, asked, seed, seconds])
    except PlainDataError as error:
        return Behaviour((Answer("failed", message=str(error)),) * len(inputs))
    sources = [program, *(given.source for given in inputs)]
    outcome = await sandbox.run(Task(ENTRY, payload, profile=profile_for(*sources)), limits)
    return Behaviour(_answers(outcome, len(inputs)), outcome.cpu_seconds)


def _answers(outcome: Outcome, wanted: int) -> tuple[Answer, ...]:
    answers = [read_answer(frame) for frame in outcome.answers[:wanted]]
    _, reason = failure_of(outcome) or (None, "the process ended without an answer")
    answers.extend([Answer("raised", message=reason)] * (wanted - len(answers)))
    return tuple(answers)
