"""Expected outputs that a benchmark does not ship: what its own reference solutions give, run in the sandbox.

    paths = await with_outputs("humaneval-plus", programs, paths, pool)
    paths[-1]       # .../humaneval-plus/outputs-<digest of the files>-python3.11.jsonl

{"id": "HumanEval/0", "outputs": [false, {"tuple": [1, 2]}, ...]}      one line a program, in order

Outputs are written as plain data (`verifiers.plain_data`), as they left the child. They are computed once for a
content of the files and a version of Python, and kept in the cache.
"""

from __future__ import annotations

import json
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
from verifiers.judging import failure_of, profile_for
from verifiers.plain_data import PlainDataError
from verifiers.programs.assertions import Call
from verifiers.programs.calls import ENTRY
from verifiers.programs.entries import calls_payload
from verifiers.sandbox import Limits, SandboxPool
from verifiers.sandbox.task import Task

__all__ = ["ReferenceProgram", "with_outputs"]

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
    if not target.is_file():
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
    try:
        payload = calls_payload((program.source, "", program.entry_point, ""), calls)
    except PlainDataError as error:
        raise BenchmarkError(f"{program.place}: an input is no plain data: {error}") from None
    outcome = await pool.run(Task(ENTRY, payload, profile=profile_for(program.source)), LIMITS)
    for number, frame in enumerate(outcome.answers, 1):
        answer = read_answer(frame)
        if answer.kind != "value":
            raise BenchmarkError(
                f"{program.place}: the reference solution fails on input {number}: {answer.describe()}"
            )
    failure = failure_of(outcome)
    if failure is not None or len(outcome.answers) != len(calls):
        reason = failure[1] if failure is not None else "it left early"
        raise BenchmarkError(
            f"{program.place}: the reference solution fails on input {len(outcome.answers) + 1}: {reason}"
        )
    outputs = b", ".join(frame[1:] for frame in outcome.answers)
    return b'{"id": ' + json.dumps(program.id).encode() + b', "outputs": [' + outputs + b"]}\n"
