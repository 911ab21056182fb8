r"""Sample files of HumanEval and EvalPlus: read to be judged, written from a run.

{"task_id": "HumanEval/0", "completion": "    return ..."}          continues the prompt
{"task_id": "HumanEval/0", "solution": "def has_close_elements ..."} whole source; wins where a line has both

    samples = await read_problems("humaneval", pool)
    problem, candidate = samples.read({"task_id": "HumanEval/0", "completion": "    return True\n"})
    count = await write_samples(Path("runs/he"), Path("samples.jsonl"), form="solution")
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from reasoning.evaluation.benchmarks import BenchmarkError, find_benchmark, json_lines, locate, prepared
from reasoning.evaluation.judging_again import settings_of
from reasoning.runs.files import replaced_file
from reasoning.runs.progress import progress_display
from reasoning.runs.run import RECORDS_NAME, RunError, read_config
from verifiers.extraction import extract_program
from verifiers.records import Problem, RecordError
from verifiers.sandbox import SandboxPool

__all__ = ["FORMS", "BenchmarkSamples", "Form", "read_problems", "write_samples"]

Form = Literal["solution", "completion"]
FORMS: tuple[Form, ...] = ("solution", "completion")
_TEXT_FIELDS = ("solution", "completion")


@dataclass(frozen=True, slots=True)
class BenchmarkSamples:
    """The problems that samples are for.

    Attributes:
        benchmark: its name.
        problems: by id.
    """

    benchmark: str
    problems: Mapping[str, Problem]

    def read(self, record: Mapping[str, Any]) -> tuple[Problem, str | None]:
        """Problem and candidate of a line; None where it has no text.

        Raises:
            RecordError: there is no such problem, or a field has the wrong type.
        """
        id = record.get("task_id")
        if not isinstance(id, str):
            raise RecordError("task_id", "missing" if id is None else f"expected a string, got {type(id).__name__}")
        problem = self.problems.get(id)
        if problem is None:
            raise RecordError("task_id", f"{self.benchmark} has no problem '{id[:100]}'")
        name = next((name for name in _TEXT_FIELDS if record.get(name) is not None), None)
        if name is None:
            return problem, None
        text = record[name]
        if not isinstance(text, str):
            raise RecordError(name, f"expected a string, got {type(text).__name__}")
        return problem, text


async def read_problems(
    name: str, pool: SandboxPool, *, split: str | None = None, data: Path | None = None, quiet: bool = True
) -> BenchmarkSamples:
    """The problems of a benchmark, to read samples with.

    Args:
        name: of the benchmark.
        pool: where it prepares what it needs.
        split: None: the default one.
        data: where its files are; None: the usual places.
        quiet: show no progress.

    Raises:
        BenchmarkError: it is unknown, its files cannot be had, or it is not about programs.
    """
    benchmark = find_benchmark(name)
    chosen = benchmark.split(split)
    paths = await prepared(benchmark, locate(benchmark, chosen, data, quiet), pool, quiet)
    problems = {entry.problem.id: entry.problem for entry in benchmark.read(paths, chosen)}
    other = next((problem for problem in problems.values() if problem.kind != "program"), None)
    if other is not None:
        raise BenchmarkError(f"{name}: samples are programs, but problem '{other.id}' is of kind '{other.kind}'")
    return BenchmarkSamples(name, problems)


async def write_samples(directory: Path, target: Path, form: Form, *, quiet: bool = True) -> int:
    """Write the candidates of a finished run as samples, in the order of its records.

    Args:
        directory: of the run.
        target: the file.
        form: `solution`: the program that a candidate means, whole; `completion`: what has to follow the prompt so
            that this program is what runs. A sample without code is empty, so that no task is missing.
        quiet: show no progress.

    Returns:
        The number of samples.

    Raises:
        RunError: the directory holds no finished run.
        BenchmarkError: the benchmark's files cannot be had.
    """
    settings = settings_of(read_config(directory))
    records = directory / RECORDS_NAME
    if not records.is_file():
        raise RunError(
            f"{directory}: has no {RECORDS_NAME} yet; finish it with: reasoning evaluate --resume {directory}"
        )
    data = None if settings.data is None else Path(settings.data)
    async with SandboxPool(workers=1) as pool:
        samples = await read_problems(settings.benchmark, pool, split=settings.split, data=data, quiet=quiet)
    count = 0
    with replaced_file(target) as file, progress_display(total=None, label="samples", quiet=quiet) as progress:
        for place, record in json_lines(records):
            problem = samples.problems.get(str(record.get("id")))
            if problem is None:
                raise RunError(f"{place}: field 'id': {settings.benchmark} has no problem '{record.get('id')}'")
            text = _written(problem, record.get("candidate"), form)
            file.write(json.dumps({"task_id": problem.id, form: text}) + "\n")
            count += 1
            progress.advance()
    return count


def _written(problem: Problem, candidate: object, form: Form) -> str:
    if not isinstance(candidate, str):
        return ""
    entry_point = problem.text("entry_point", "").partition(".")[0]
    program = extract_program(candidate, prompt=problem.prompt, entry_point=entry_point or None)
    if program is None:
        return ""
    if form == "solution":
        return program
    # A second definition of a function counts, so a program that does not begin with the prompt may follow it whole.
    return program.removeprefix(problem.prompt) if program.startswith(problem.prompt) else f"\n\n{program}"
