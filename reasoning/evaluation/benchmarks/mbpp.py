"""Mostly Basic Python Problems (MBPP) of Austin et al. 2021.

{"task_id": 11, "text": "Write a python function to ...", "code": "def remove_Occ(s,ch): ...", "test_setup_code": "",
 "test_list": ["assert ...", "assert ...", "assert ..."], "challenge_test_list": []}

Splits by `task_id`: `test` 11-510, `validation` 511-600, `train` 601-974, `prompt` 1-10, `all`; `sanitized` is the
hand-checked file's share of 11-510 and `sanitized-all` the whole of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from reasoning.evaluation.benchmarks.base import (
    Benchmark,
    BenchmarkError,
    Entry,
    SourceFile,
    json_array,
    json_lines,
    text_field,
)
from reasoning.evaluation.benchmarks.program_prompts import chat_prompt, whole_reply
from reasoning.methods.base import Prompt, PromptStyle
from verifiers.records import Problem

__all__ = ["BENCHMARK"]

_TIMEOUT_SECONDS = 10.0
_COMMIT = "2251e8c67a7fe7d6348714967ee101080b28e956"
_BASE = f"https://raw.githubusercontent.com/google-research/google-research/{_COMMIT}/mbpp"
_FULL = SourceFile(
    "mbpp.jsonl", f"{_BASE}/mbpp.jsonl", "ccf64ceae9c5403bf50a044cb6d505bfd2a2963ee58338ba268fd65beab92a9f"
)
_SANITIZED = SourceFile(
    "sanitized-mbpp.json",
    f"{_BASE}/sanitized-mbpp.json",
    "7fec016546acaee11dbe14f9f0bb670e59f41919f7b522a59fba34871da78551",
)
_RANGES = {
    "test": range(11, 511),
    "validation": range(511, 601),
    "train": range(601, 975),
    "prompt": range(1, 11),
    "all": range(1, 975),
    "sanitized": range(11, 511),
    "sanitized-all": range(1, 975),
}
_DONE = "[DONE]"


def _read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    sanitized = split.startswith("sanitized")
    records = json_array(paths[0]) if sanitized else json_lines(paths[0])
    for place, record in records:
        number = record.get("task_id")
        if not isinstance(number, int):
            raise BenchmarkError(f"{place}: field 'task_id': expected a number, got {number!r}")
        if number in _RANGES[split]:
            yield _entry(record, number, place, sanitized)


def _entry(record: dict[str, Any], number: int, place: str, sanitized: bool) -> Entry:
    statement = text_field(record, "prompt" if sanitized else "text", place)
    tests = _strings(record, "test_list", place)
    if sanitized:
        setup = "\n".join(_strings(record, "test_imports", place))
    else:
        setup = text_field(record, "test_setup_code", place)
    prompt = "\n".join([statement, "Your code should pass these tests:", "", *tests])
    fields: dict[str, Any] = {"tests": tests, "setup": setup.replace("\r\n", "\n")}
    code = text_field(record, "code", place).replace("\r\n", "\n")
    return Entry(Problem(f"mbpp/{number}", "program", prompt, fields), (code,))


def _strings(record: dict[str, Any], name: str, place: str) -> list[str]:
    values = record.get(name)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise BenchmarkError(f"{place}: field '{name}': expected a list of strings")
    return [value.replace("\r\n", "\n") for value in values]


def _chat(problem: Problem) -> Prompt:
    statement, _, tests = problem.prompt.partition("\n")
    return chat_prompt(f"{statement} Your code should pass these tests.", tests.partition("\n")[2])


def _marked(problem: Problem) -> Prompt:
    text = f"You are an expert Python programmer, and here is your task: {problem.prompt}\n[BEGIN]\n"
    return Prompt(text=text, stop=(_DONE,))


def _marked_reply(problem: Problem, reply: str) -> str | None:
    return whole_reply(problem, reply.partition(_DONE)[0])


BENCHMARK = Benchmark(
    name="mbpp",
    summary="MBPP: 974 basic Python tasks with three tests each; 427 of them hand-checked (sanitized)",
    files={split: (_SANITIZED if split.startswith("sanitized") else _FULL,) for split in _RANGES},
    styles=(
        PromptStyle("chat", "the task and its tests, asking for a code block", _chat, whole_reply),
        PromptStyle("marked", "the task and its tests, the code between [BEGIN] and [DONE]", _marked, _marked_reply),
    ),
    timeout_seconds=_TIMEOUT_SECONDS,
    read=_read,
)
