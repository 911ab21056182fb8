r"""Runs an untrusted family step by step, each call within its own time limit, and again in fresh interpreters.

    probe = await run_probe(pool, family, draws=20, limits=ProbeLimits())
    probe.original.answer, probe.draws[0].text, probe.failure

All values are the family's own words; `validity` decides what they are worth.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reasoning.families.child import draw_payload
from reasoning.families.drawing import ENTRY, level_of
from reasoning.families.fresh import fresh_task, read_frames
from reasoning.families.records import Family
from verifiers.answer_frames import Answer, read_answer
from verifiers.judging import failure_of, profile_for
from verifiers.plain_data import PlainDataError, encode
from verifiers.sandbox.task import Limits, Task

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool, Session

__all__ = ["Probe", "ProbeLimits", "Sample", "run_again", "run_probe"]

_STEPS = ("sample", "render", "solve")
_START_SECONDS = 10.0
"""For a fresh interpreter with its imports, on top of the calls."""


@dataclass(frozen=True, slots=True)
class ProbeLimits:
    """Bounds of a probe."""

    call_seconds: float = 5.0
    """Of one call of a method."""
    memory_mib: int = 512
    """Of a process."""

    def of_process(self, calls: int) -> Limits:
        """Limits of a process that makes so many calls; each call has its own clock besides."""
        wall = _START_SECONDS + self.call_seconds * min(calls, 6)
        return Limits(wall_seconds=wall, memory_mib=self.memory_mib, processes=8)


@dataclass(frozen=True, slots=True)
class Sample:
    """One parameter set with what the family makes of it; `key` is equal for equal parameters."""

    params: Any
    key: bytes
    text: str
    answer: str


@dataclass(frozen=True, slots=True)
class Probe:
    """The seed problem and the draws, as far as they came, and what went wrong."""

    original: Sample | None
    draws: tuple[Sample, ...]
    failure: str


async def run_probe(pool: SandboxPool, family: Family, *, draws: int, limits: ProbeLimits) -> Probe:
    """Build the class, render and solve the seed problem and `draws` samples, in one child.

    The child is ended at the first call that raises or exceeds its time.
    """
    places = [(index, level_of(index, None)) for index in range(draws)]
    payload = draw_payload(_key(family), places, original=True, steps=True, nonce=1)
    task = Task(ENTRY, payload, profile=profile_for(family.source))
    found: list[Sample] = []
    failure = ""
    async with pool.session(task, limits.of_process(3 * (draws + 1))) as session:
        for number in range(draws + 1):
            place = "the seed problem" if number == 0 else f"draw {number}"
            sample = await _sample(session, place, limits.call_seconds)
            if isinstance(sample, str):
                failure = sample
                break
            found.append(sample)
    return Probe(found[0] if found else None, tuple(found[1:]), failure)


async def run_again(
    pool: SandboxPool, family: Family, *, draws: int, hash_seed: int, limits: ProbeLimits
) -> list[Sample] | str:
    """The first `draws` samples of `run_probe`, in a fresh interpreter with another hash seed; or what went wrong."""
    places = [(index, level_of(index, None)) for index in range(draws)]
    payload = draw_payload(_key(family), places, steps=True, nonce=1 + hash_seed)
    task = fresh_task(payload, hash_seed, profile_for(family.source))
    outcome = await pool.run(task, limits.of_process(3 * draws))
    frames = [read_answer(frame) for frame in read_frames(outcome)]
    samples: list[Sample] = []
    for start in range(0, len(frames) - len(_STEPS) + 1, len(_STEPS)):
        sample = _read(frames[start : start + len(_STEPS)])
        if isinstance(sample, str):
            return sample
        samples.append(sample)
    if len(samples) < draws:
        if frames and frames[-1].kind != "value":
            return frames[-1].describe()
        ended = failure_of(outcome)
        return ended[1] if ended else "the process ended early"
    return samples


async def _sample(session: Session, place: str, seconds: float) -> Sample | str:
    frames: list[Answer] = []
    for step in _STEPS:
        try:
            frame = await asyncio.wait_for(session.receive(), seconds)
        except TimeoutError:
            await session.kill()
            return f"{step} of {place}: more than {seconds:g} s"
        if frame is None:
            ended = failure_of(await session.finish())
            return f"{step} of {place}: {ended[1] if ended else 'the process ended early'}"
        answer = read_answer(frame)
        if answer.kind != "value":
            return f"{step} of {place}: {answer.describe()}" if answer.kind != "failed" else answer.describe()
        frames.append(answer)
    sample = _read(frames)
    return f"{place}: {sample}" if isinstance(sample, str) else sample


def _read(frames: list[Answer]) -> Sample | str:
    for step, answer in zip(_STEPS, frames, strict=True):
        if answer.kind != "value":
            return f"{step}: {answer.describe()}"
    params, text, gold = (answer.value for answer in frames)
    if type(params) is not dict or type(text) is not str or type(gold) is not str:
        return "malformed frames"
    try:
        key = encode(sorted(params.items(), key=lambda item: str(item[0])))
    except PlainDataError as error:
        return f"parameters: {error}"
    return Sample(params, key, text, gold)


def _key(family: Family) -> tuple[str, str, str, int]:
    return family.source, family.name, family.id, family.version
