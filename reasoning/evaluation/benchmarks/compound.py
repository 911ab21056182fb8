"""The built-in compound problems, which need several functions each, or any file of problems with JSON cases.

{"id": "parsing/roman-abacus", "kind": "program", "prompt": "def roman_abacus(line: str) -> str: ...",
 "entry_point": "roman_abacus", "cases": [{"args": ["X + V * II"], "expected": "XXX"}, ...],
 "meta": {"level": 1, "topics": ["parsing"], "functions": 4, "reference": "def to_roman(number): ..."}}
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from reasoning.evaluation.benchmarks.base import Benchmark, Entry, SourceFile, problem_lines
from reasoning.evaluation.benchmarks.program_prompts import chat_prompt, whole_reply
from reasoning.methods.base import Prompt, PromptStyle
from verifiers.records import Problem

__all__ = ["BENCHMARK"]

_TIMEOUT_SECONDS = 10.0


def _read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    return (entry for _, entry in problem_lines(paths[0], "program"))


def _chat(problem: Problem) -> Prompt:
    instruction = "Complete this Python function. You may write further functions and use the standard library."
    return chat_prompt(instruction, problem.prompt)


BENCHMARK = Benchmark(
    name="compound",
    summary="Built-in programming problems that need 3 to 8 functions each, in three levels",
    files={"all": (SourceFile("compound/compound.jsonl"),)},
    styles=(PromptStyle("chat", "the function's stub, asking for a code block", _chat, whole_reply),),
    timeout_seconds=_TIMEOUT_SECONDS,
    read=_read,
    groups=("level",),
)
