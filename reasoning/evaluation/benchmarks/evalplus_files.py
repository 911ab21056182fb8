"""The files of EvalPlus's releases (Liu et al. 2023), from which HumanEval+ and MBPP+ are read.

{"task_id": "HumanEval/0", "entry_point": "has_close_elements", "prompt": "def ...", "canonical_solution": "    ...",
 "base_input": [[[1.0, 2.0], 0.3], ...], "plus_input": [...], "atol": 0, "contract": "..."}

A file holds inputs only: the expected outputs are those of the canonical solution (`reference_outputs`). A problem
becomes one of kind `program` with `cases` that are compared by EvalPlus's rules. The tolerance in force is that of
the problem; where it sets none, `FLOAT_TOLERANCE` from the first expected float of a run on. Base and plus inputs are
two runs, and both have to pass. Each input has a time limit, by EvalPlus's rule: `MIN_TIME_LIMIT`, or
`TIME_LIMIT_FACTOR` times what the reference took, whichever is more; all together have the sum of these, but at most
60 s, and one second more. Read without the expected outputs, problems have no cases: enough to compare texts
with, and nothing that could be judged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from reasoning.evaluation.benchmarks.base import (
    Benchmark,
    BenchmarkError,
    Entry,
    SourceFile,
    json_lines,
    text_field,
)
from reasoning.evaluation.benchmarks.reference_outputs import ReferenceProgram, with_outputs
from reasoning.methods.base import PromptStyle
from verifiers.plain_data import PlainDataError, decode, encode
from verifiers.programs.evalplus_rules import FLOAT_TOLERANCE, holds_floats
from verifiers.records import Problem
from verifiers.sandbox import SandboxPool

__all__ = ["Reading", "evalplus_benchmark"]

MIN_TIME_LIMIT = 4.0
"""Least limit of one input, seconds."""
TIME_LIMIT_FACTOR = 4.0
"""Times the reference's own seconds."""
_TIMEOUT_SECONDS = 61.0
Reading = Callable[[str, list[Any]], Sequence[Any]]
"""From a task's id and one input as it stands in the file to the arguments of the call."""


def evalplus_benchmark(
    name: str,
    summary: str,
    file: SourceFile,
    styles: tuple[PromptStyle, ...],
    oracles: Mapping[str, str],
    reading: Reading,
) -> Benchmark:
    """A benchmark that is read from a release file.

    Args:
        name: of the benchmark.
        summary: one line for people.
        file: its file.
        styles: how it is asked.
        oracles: entry point -> name of its own oracle in `verifiers.programs.evalplus_rules`.
        reading: how inputs are read.
    """

    def programs(path: Path) -> Iterator[ReferenceProgram]:
        for place, record in json_lines(path):
            source = text_field(record, "prompt", place) + text_field(record, "canonical_solution", place)
            inputs = (*_inputs(record, "base_input", place, reading), *_inputs(record, "plus_input", place, reading))
            id, entry_point = text_field(record, "task_id", place), text_field(record, "entry_point", place)
            yield ReferenceProgram(id, place, source, entry_point, inputs)

    async def prepare(paths: tuple[Path, ...], pool: SandboxPool, quiet: bool) -> tuple[Path, ...]:
        return await with_outputs(name, programs, paths, pool, quiet)

    def read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
        if len(paths) == 1:
            for place, record in json_lines(paths[0]):
                yield _entry(place, record, None, split, oracles, reading)
            return
        records, outputs = paths
        for found, computed in zip_longest(json_lines(records), json_lines(outputs)):
            if found is None or computed is None or found[1].get("task_id") != computed[1].get("id"):
                raise BenchmarkError(f"{outputs}: does not belong to {records}; delete it")
            yield _entry(found[0], found[1], computed[1], split, oracles, reading)

    return Benchmark(
        name=name,
        summary=summary,
        files={"plus": (file,), "base": (file,)},
        styles=styles,
        timeout_seconds=_TIMEOUT_SECONDS,
        read=read,
        prepare=prepare,
    )


def _entry(
    place: str,
    record: dict[str, Any],
    computed: Mapping[str, Any] | None,
    split: str,
    oracles: Mapping[str, str],
    reading: Reading,
) -> Entry:
    entry_point = text_field(record, "entry_point", place)
    tolerance = record.get("atol")
    if not isinstance(tolerance, int | float):
        raise BenchmarkError(f"{place}: field 'atol': expected a number, got {tolerance!r}")
    base = _inputs(record, "base_input", place, reading)
    plus = _inputs(record, "plus_input", place, reading)
    cases: list[dict[str, Any]] = []
    if computed is not None:
        outputs = list(zip(computed["outputs"], computed["seconds"], strict=True))
        cases = _cases(base, outputs[: len(base)], tolerance)
        cases += _cases(plus, outputs[len(base) :], tolerance) if split == "plus" else []
    fields = {"entry_point": entry_point, "cases": cases, "comparison": "evalplus"}
    if entry_point in oracles:
        fields["oracle"] = oracles[entry_point]
    prompt = text_field(record, "prompt", place)
    problem = Problem(text_field(record, "task_id", place), "program", prompt, fields)
    return Entry(problem, (text_field(record, "canonical_solution", place),))


def _cases(
    inputs: Sequence[tuple[Any, ...]], outputs: list[tuple[Any, float]], tolerance: float
) -> list[dict[str, Any]]:
    cases = []
    for arguments, (output, seconds) in zip(inputs, outputs, strict=True):
        if tolerance == 0 and holds_floats(decode(json.dumps(output).encode())):
            tolerance = FLOAT_TOLERANCE
        limit = max(MIN_TIME_LIMIT, TIME_LIMIT_FACTOR * seconds)
        given = json.loads(encode(list(arguments)))
        cases.append({"args": given, "expected": output, "tolerance": tolerance, "seconds": limit})
    return cases


def _inputs(record: Mapping[str, Any], name: str, place: str, reading: Reading) -> tuple[tuple[Any, ...], ...]:
    inputs, id = record.get(name), text_field(record, "task_id", place)
    if not isinstance(inputs, list):
        raise BenchmarkError(f"{place}: field '{name}': expected a list")
    read = []
    for number, values in enumerate(inputs, 1):
        try:
            if not isinstance(values, list):
                raise TypeError("expected a list of arguments")
            read.append(tuple(reading(id, values)))
            encode(list(read[-1]))
        except (TypeError, ValueError, LookupError, AttributeError, PlainDataError) as error:
            raise BenchmarkError(f"{place}: field '{name}': input {number}: {error}") from None
    return tuple(read)
