r"""LiveCodeBench (Jain et al. 2024), code generation: contest problems with the date of their contest.

{"question_title": "...", "question_content": "...", "platform": "leetcode", "question_id": "2777", "contest_id": "...",
 "contest_date": "2023-05-07T00:00:00", "starter_code": "class Solution:\n    def f(self, ...", "difficulty": "easy",
 "public_test_cases": "[{\"input\": \"[1, 2]\\n3\", \"output\": \"4\", \"testtype\": \"functional\"}]",
 "private_test_cases": "eJx...", "metadata": "{\"func_name\": \"f\"}"}

Private tests are JSON, or packed (see `packed_tests`). Tests of type `functional` call the method `func_name` of the
class `Solution` with one JSON value a line and compare what it returns as JSON; tests of type `stdin` run a whole
program and compare its lines, in which 1.0 is the same as 1. The public tests are tests, too, and stand in the
statement.

A split may be a window of contest dates: `--split 2024-08-01..2025-02-01`, both days included; an open end is empty.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reasoning.engines.base import Message
from reasoning.evaluation.benchmarks.base import (
    Benchmark,
    BenchmarkError,
    Entry,
    SourceFile,
    json_lines,
    text_field,
)
from reasoning.evaluation.benchmarks.packed_tests import PackedTestsError, unpacked
from reasoning.evaluation.benchmarks.program_prompts import WHOLE_PROGRAM, chat_prompt, whole_reply
from reasoning.methods.base import Prompt, PromptStyle
from verifiers.records import Problem

__all__ = ["BENCHMARK"]

_TIMEOUT_SECONDS = 60.0
_CASE_SECONDS = 6.0
_FILE = SourceFile("test.jsonl", origin="https://huggingface.co/datasets/livecodebench/code_generation_lite")
_CLASS = "Solution"
_MODULES = (
    "bisect collections copy datetime functools heapq io itertools json math operator random re statistics string sys"
)
_STARRED = (
    "bisect collections copy datetime functools heapq io itertools math operator random re statistics string typing"
)
_IMPORTS = "\n".join(
    [
        *(f"from {name} import *" for name in [*_STARRED.split(), "builtins"]),
        *(f"import {name}" for name in _MODULES.split()),
    ]
)
"""What candidates may use without importing it, as upstream: starter code says `List`. Builtins come after the others,
since `math` has a `pow` of its own, and modules last, since `datetime` holds a `datetime`."""
_METHOD_TASK = "Complete this class, so that its method solves the problem."


def _read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    first, _, last = split.partition("..") if ".." in split else ("", "", "")
    seen: set[str] = set()
    for place, record in json_lines(paths[0]):
        day = text_field(record, "contest_date", place)[:10]
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
            raise BenchmarkError(f"{place}: field 'contest_date': '{day}' is no date")
        if day < first or (last and day > last):
            continue
        id = f"{text_field(record, 'platform', place)}/{text_field(record, 'question_id', place)}"
        if id in seen:
            raise BenchmarkError(f"{place}: field 'question_id': '{id}' occurs twice")
        seen.add(id)
        yield Entry(_problem(id, record, place, day), ())


def _problem(id: str, record: Mapping[str, Any], place: str, day: str) -> Problem:
    public = _tests(record, "public_test_cases", place)
    tests = [*public, *_tests(record, "private_test_cases", place)]
    kinds = {test["testtype"] for test in tests}
    if kinds == {"functional"}:
        fields = _method_fields(record, tests, place)
    elif kinds == {"stdin"}:
        cases = [{"input": test["input"], "output": test["output"]} for test in tests]
        fields = {"stdio": cases, "comparison": "numbers", "case_seconds": _CASE_SECONDS, "setup": _IMPORTS}
    else:
        found = " and ".join(sorted(kinds)) or "none"
        raise BenchmarkError(f"{place}: field 'public_test_cases': tests of one type expected, found: {found[:100]}")
    meta = {
        "difficulty": text_field(record, "difficulty", place),
        "platform": text_field(record, "platform", place),
        "contest_date": day,
        "starter_code": text_field(record, "starter_code", place),
        "samples": [[test["input"], test["output"]] for test in public],
    }
    return Problem(id, "program", text_field(record, "question_content", place), fields, meta)


def _method_fields(record: Mapping[str, Any], tests: list[dict[str, str]], place: str) -> dict[str, Any]:
    metadata = _json(record.get("metadata"), "metadata", place)
    name = metadata.get("func_name") if isinstance(metadata, dict) else None
    if not isinstance(name, str) or not name.isidentifier():
        raise BenchmarkError(f"{place}: field 'metadata': 'func_name' is no name: {str(name)[:100]!r}")
    cases = []
    for number, test in enumerate(tests, 1):
        where = f"test {number}"
        arguments = [_json(line, where, place) for line in test["input"].split("\n") if line.strip()]
        cases.append({"args": arguments, "expected": _json(test["output"], where, place)})
    return {"entry_point": f"{_CLASS}.{name}", "cases": cases, "setup": _IMPORTS}


def _tests(record: Mapping[str, Any], name: str, place: str) -> list[dict[str, str]]:
    text = text_field(record, name, place)
    if not text.lstrip().startswith("["):
        try:
            text = unpacked(text)
        except PackedTestsError as error:
            raise BenchmarkError(f"{place}: field '{name}': {error}") from None
    tests = _json(text, name, place)
    if not isinstance(tests, list):
        raise BenchmarkError(f"{place}: field '{name}': expected a list")
    for number, test in enumerate(tests, 1):
        texts = [test.get(key) for key in ("input", "output", "testtype")] if isinstance(test, dict) else [None]
        if not all(isinstance(value, str) for value in texts):
            raise BenchmarkError(f"{place}: field '{name}': test {number}: expected strings input, output and testtype")
    return tests


def _json(text: object, name: str, place: str) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError) as error:
        raise BenchmarkError(f"{place}: field '{name}': no JSON: {error}") from None


def _chat(problem: Problem) -> Prompt:
    starter = str(problem.meta.get("starter_code") or "")
    if "stdio" in problem.fields:
        return Prompt(messages=(Message("user", f"{problem.prompt.strip()}\n\n{WHOLE_PROGRAM}"),))
    return chat_prompt(f"{problem.prompt.strip()}\n\n{_METHOD_TASK}", starter)


BENCHMARK = Benchmark(
    name="livecodebench",
    summary="LiveCodeBench: contest problems by date, methods and whole programs; needs its file",
    files={"all": (_FILE,)},
    styles=(PromptStyle("chat", "the problem, asking for a code block", _chat, whole_reply),),
    timeout_seconds=_TIMEOUT_SECONDS,
    read=_read,
    groups=("difficulty", "platform"),
    dated=True,
)
