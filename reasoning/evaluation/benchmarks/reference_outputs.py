"""Expected outputs that a benchmark does not ship: what its own reference solutions give, run in the sandbox.

    paths = await with_outputs("humaneval-plus", programs, paths, pool)
    paths[-1]       # .../humaneval-plus/outputs-<digest of the files>-python3.11.jsonl

{"id": "HumanEval/0", "seconds": [0, 2, ...], "outputs": [false, {"tuple": [1, 2]}, ...]}      one line a program

Outputs are written as plain data (`verifiers.plain_data`), as they left the child. `seconds` is the time that each
took, as the trusted side measured it: rounded up, and 0 up to one second, so that the file is the same whenever it is
made. They are computed once for a content of the files and a version of Python, and kept in the cache; a file from
before there were times is made anew.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoning.evaluation.benchmarks.base import BenchmarkError
from reasoning.evaluation.benchmarks.locate import cache_folder, digest
from reasoning.runs.files import PARTIAL_SUFFIX
from reasoning.runs.mapping import stream
from reasoning.runs.progress import progress_display
from verifiers.answer_frames import read_answer
from verifiers.judging import profile_for
from verifiers.plain_data import PlainDataError
from verifiers.programs.assertions import Call
from verifiers.programs.timed_calls import ask_in_turn
from verifiers.sandbox import Limits, SandboxPool

__all__ = ["ReferenceProgram", "with_outputs"]

_TIMES = b'"seconds": ['
LIMITS = Limits(wall_seconds=300.0, memory_mib=4096)
"""Of one reference solution on all its inputs."""


@dataclass(frozen=True, slots=True)
class ReferenceProgram:
    """A reference solution and what it is run on.

    Attributes:
        id: of the problem.
        place: where it stands, for messages.
        source: whole source.
        entry_point: the function that is called.
        inputs: the arguments of each call.
    """

    id: str
    place: str
    source: str
    entry_point: str
    inputs: tuple[tuple[Any, ...], ...]


async def with_outputs(
    name: str,
    programs: Callable[[Path], Iterator[ReferenceProgram]],
    paths: tuple[Path, ...],
    pool: SandboxPool,
    quiet: bool = True,
) -> tuple[Path, ...]:
    """`paths` and the file of expected outputs, which is computed if it is not in the cache.

    Args:
        name: of the benchmark.
        programs: reads the main file.
        paths: the benchmark's files, the main one first.
        pool: where the reference solutions run.
        quiet: show no progress.

    Raises:
        BenchmarkError: a reference solution fails on one of its inputs.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    target = cache_folder() / name / f"outputs-{digest(paths)[:32]}-{version}.jsonl"
    if not _has_times(target):
        partial = target.with_name(f"{target.name}.{os.getpid()}{PARTIAL_SUFFIX}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            await _write(partial, f"{name}: expected outputs", programs(paths[0]), pool, quiet)
            partial.replace(target)
        except OSError as error:
            raise BenchmarkError(f"{partial}: cannot be written: {error.strerror}") from None
        finally:
            partial.unlink(missing_ok=True)
    return (*paths, target)


def _has_times(path: Path) -> bool:
    """Whether a file of outputs is there, and its lines have times."""
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        first = file.readline()
    return not first or _TIMES in first


async def _write(path: Path, label: str, programs: Iterator[ReferenceProgram], pool: SandboxPool, quiet: bool) -> None:
    async def work(program: ReferenceProgram) -> bytes:
        return await _line(program, pool)

    with open(path, "wb") as file, progress_display(total=None, label=label, quiet=quiet) as progress:
        async with aclosing(stream(programs, work, concurrency=pool.workers)) as lines:
            async for line in lines:
                file.write(line)
                progress.advance()


async def _line(program: ReferenceProgram, pool: SandboxPool) -> bytes:
    calls = tuple(Call(program.entry_point, arguments) for arguments in program.inputs)
    whole = (LIMITS.wall_seconds,) * len(calls)
    text = (program.source, "", program.entry_point, "")
    try:
        answers = await ask_in_turn(pool, text, calls, whole, profile_for(program.source), LIMITS)
    except PlainDataError as error:
        raise BenchmarkError(f"{program.place}: an input is no plain data: {error}") from None
    for number, frame in enumerate(answers.frames, 1):
        answer = read_answer(frame)
        if answer.kind != "value":
            raise BenchmarkError(
                f"{program.place}: the reference solution fails on input {number}: {answer.describe()}"
            )
    if answers.failure is not None:
        number = len(answers.frames) + 1
        raise BenchmarkError(f"{program.place}: the reference solution fails on input {number}: {answers.failure[1]}")
    seconds = [math.ceil(taken) if taken > 1 else 0 for taken in answers.seconds]
    outputs = b", ".join(frame[1:] for frame in answers.frames)
    head = json.dumps({"id": program.id, "seconds": seconds}).encode().removesuffix(b"}")
    return head + b', "outputs": [' + outputs + b"]}\n"
