"""OptiBench of Yang et al. 2024: optimisation problems in words, linear and nonlinear, with and without tables.

{"index": 0, "question": "You want to sell ...", "type": "linear-notable", "results": {"The maximum profit": "3600.0"}}

Splits: `test` (605 problems) and `nl4opt` (the 289 of NL4OPT-E). A candidate is a program that prints each quantity
under its name, or a text with the same lines; see `verifiers.optimization`. Upstream asks the model again for each
number: that is the method `two_turn`, with the prompt style `solve`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from reasoning.engines.base import Message
from reasoning.evaluation.benchmarks.base import Benchmark, BenchmarkError, Entry, SourceFile, json_array, text_field
from reasoning.methods.base import Prompt, PromptStyle
from verifiers.records import Problem

__all__ = ["BENCHMARK"]

_ORIGIN = "https://github.com/yangzhch6/ReSocratic"
_ASKED = (
    "Write one Python program in a ```python block that models and solves this problem; numpy and scipy are there. It "
    "must print one line `NAME: VALUE` for each of these quantities, with at least five decimals:"
)


_SOLVED = (
    "Write one Python program in a ```python block that models and solves this problem; numpy and scipy are there. It "
    "must print all results, each with what it means, and `The problem could not be solved to optimality.` if the "
    "solver finds no optimum."
)


def _read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    for place, record in json_array(paths[0]):
        results = record.get("results")
        if not isinstance(results, Mapping) or not results or not all(isinstance(one, str) for one in results.values()):
            raise BenchmarkError(f"{place}: field 'results': expected an object of texts")
        index = record.get("index")
        if isinstance(index, bool) or not isinstance(index, int):
            raise BenchmarkError(f"{place}: field 'index': expected an integer")
        prompt = text_field(record, "question", place)
        meta = {"type": text_field(record, "type", place)}
        problem = Problem(f"optibench/{split}/{index}", "optimization", prompt, {"results": dict(results)}, meta)
        yield Entry(problem, (json.dumps(results),))


def _write(problem: Problem) -> Prompt:
    results = problem.fields["results"]
    names = "\n".join(f"- {name}" for name in results) if isinstance(results, Mapping) else ""
    return Prompt(messages=(Message("user", f"{problem.prompt}\n\n{_ASKED}\n{names}"),))


def _write_solve(problem: Problem) -> Prompt:
    return Prompt(messages=(Message("user", f"{problem.prompt}\n\n{_SOLVED}"),))


def _whole(problem: Problem, reply: str) -> str | None:
    return reply if reply.strip() else None


BENCHMARK = Benchmark(
    name="optibench",
    summary="OptiBench: 605 optimisation problems in words, and the 289 of NL4OPT-E",
    files={
        "test": (SourceFile("OptiBench.json", origin=_ORIGIN),),
        "nl4opt": (SourceFile("NL4OPT-E.json", origin=_ORIGIN),),
    },
    styles=(
        PromptStyle("program", "asks for a program that prints the named results", _write, _whole),
        PromptStyle("solve", "asks for a program alone; for the method two_turn", _write_solve, _whole),
    ),
    timeout_seconds=20.0,
    read=_read,
    groups=("type",),
)
