"""The built-in puzzles, or any file of problems of kind `puzzle`.

{"id": "strings/tree-row", "kind": "puzzle", "prompt": "Join ...", "sat": "def sat(answer: str, ...): ...",
 "ans_type": "str", "meta": {"category": "strings", "level": 1, "reference": "def sol(...): ..."}}
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from reasoning.evaluation.benchmarks.base import Benchmark, BenchmarkError, Entry, SourceFile, problem_lines
from reasoning.evaluation.benchmarks.puzzle_prompts import CHAT, LONG, MEDIUM, SHORT
from verifiers.extraction import is_safe_to_parse
from verifiers.records import Problem

__all__ = ["BENCHMARK"]

_TIMEOUT_SECONDS = 10.0
_UNQUOTABLE = frozenset('"\\')
"""A statement with one of these gets no docstring, which would need escapes."""


def _read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    for place, entry in problem_lines(paths[0], "puzzle"):
        problem = entry.problem
        if not isinstance(problem.fields.get("sat"), str):
            raise BenchmarkError(f"{place}: field 'sat': missing")
        meta = dict(problem.meta)
        meta.setdefault("sol_header", _solution_header(problem, place))
        if problem.prompt and not _UNQUOTABLE & set(problem.prompt):
            meta.setdefault("sol_docstring", f'    """{problem.prompt}"""')
        yield replace(entry, problem=replace(problem, meta=meta))


def _solution_header(problem: Problem, place: str) -> str:
    """`def sol(...)` with the inputs of `sat` (all its arguments but the first) and their defaults."""
    if not is_safe_to_parse(problem.text("sat")):
        raise BenchmarkError(f"{place}: field 'sat': too long or too deeply nested to be read")
    try:
        (function,) = (node for node in ast.parse(problem.text("sat")).body if isinstance(node, ast.FunctionDef))
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        raise BenchmarkError(f"{place}: field 'sat': not one function definition: {error}") from None
    arguments = function.args
    names = [argument.arg for argument in arguments.args[1:]]
    defaults = [ast.unparse(default) for default in arguments.defaults][-len(names) :] if names else []
    if len(defaults) < len(names):
        raise BenchmarkError(f"{place}: field 'sat': every argument but the first needs a default")
    return f"def sol({', '.join(f'{name}={default}' for name, default in zip(names, defaults, strict=True))}):"


BENCHMARK = Benchmark(
    name="puzzles",
    summary="Built-in Python puzzles in three levels; also reads any file of puzzles with --data",
    files={"all": (SourceFile("puzzles/puzzles.jsonl"),)},
    styles=(CHAT, SHORT, MEDIUM, LONG),
    timeout_seconds=_TIMEOUT_SECONDS,
    read=_read,
    groups=("level", "category"),
    default_engine="search",
)
