r"""Contest problems in the form of xCodeEval (Khan et al. 2023): whole programs that read input and print output.

{"src_uid": "5bd0...", "description": "Find the sum ...", "input_from": "standard input", "output_to":
 "standard output", "time_limit": "1 second", "memory_limit": "256 megabytes", "input_spec": "...", "output_spec":
 "...", "notes": null, "sample_inputs": ["1 2"], "sample_outputs": ["3"], "difficulty": 800, "tags": ["math"],
 "hidden_unit_tests": "[{\"input\": \"1 2\", \"output\": [\"3\"]}]"}

Fields may also have the prefix `prob_desc_`, as in upstream's files of samples; a list may stand there as JSON text.
A file holds one line for each problem or several (one for each recorded solution): the first one counts. An output is
right when it has the words of one of those that are listed, wherever its lines end. A line's `source_code` is the
reference where its `lang` is a Python 3 and its `exec_outcome` is PASSED. Difficulties are grouped as by
FunCoder (2024): easy up to 1200, mid below 1600, hard below 2000, expert from there on, and unrated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reasoning.engines.base import Message
from reasoning.evaluation.benchmarks.base import Benchmark, BenchmarkError, Entry, SourceFile, json_lines
from reasoning.evaluation.benchmarks.program_prompts import WHOLE_PROGRAM, whole_reply
from reasoning.methods.base import Prompt, PromptStyle
from verifiers.records import Problem

__all__ = ["BENCHMARK", "difficulty_group"]

_TIMEOUT_SECONDS = 60.0
_LEAST_CASE_SECONDS = 2.5
"""Of one run, where the problem's own limit (meant for compiled languages) is shorter."""
_PREFIX = "prob_desc_"
_LANGUAGES = ("Python 3", "PyPy 3", "PyPy 3-64")
_FILE = SourceFile("xcodeeval.jsonl", origin="https://huggingface.co/datasets/NTU-NLP-sg/xCodeEval")
_SECTIONS = (("input_spec", "Input"), ("output_spec", "Output"))


def difficulty_group(rating: object) -> str:
    """The group of a Codeforces rating."""
    if not isinstance(rating, int | float) or rating <= 0:
        return "unrated"
    limits = ((1200, "easy"), (1599, "mid"), (1999, "hard"))
    return next((name for limit, name in limits if rating <= limit), "expert")


def _read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    seen: set[str] = set()
    for place, record in json_lines(paths[0]):
        id = _field(record, "src_uid", place, str)
        if id not in seen:
            seen.add(id)
            yield Entry(_problem(id, record, place), _reference(record))


def _reference(record: Mapping[str, Any]) -> tuple[str, ...]:
    """The solution that stands in the line, where it is in Python and was accepted."""
    source = record.get("source_code")
    accepted = record.get("exec_outcome", "PASSED") == "PASSED" and record.get("lang") in _LANGUAGES
    return (source,) if accepted and isinstance(source, str) else ()


def _problem(id: str, record: Mapping[str, Any], place: str) -> Problem:
    for name, usual in (("input_from", "standard input"), ("output_to", "standard output")):
        if (value := _field(record, name, place, str, usual)) != usual:
            raise BenchmarkError(f"{place}: field '{name}': is '{value[:100]}', only '{usual}' can be judged")
    rating = _field(record, "difficulty", place, int | float, None)
    meta = {
        "difficulty": difficulty_group(rating),
        "rating": rating,
        "tags": _listed(record, "tags", place, []),
        "samples": _samples(record, place),
    }
    fields = {
        "stdio": _tests(record, place),
        "comparison": "words",
        "case_seconds": max(_LEAST_CASE_SECONDS, _seconds(_field(record, "time_limit", place, str, ""))),
    }
    return Problem(id, "program", _statement(record, place), fields, meta)


def _statement(record: Mapping[str, Any], place: str) -> str:
    parts = [_field(record, "description", place, str).strip()]
    for name, title in _SECTIONS:
        text = _field(record, name, place, str, None)
        if text:
            parts.append(f"{title}\n{text.strip()}")
    for number, (shown, answer) in enumerate(_samples(record, place), 1):
        parts.append(f"Sample input {number}\n{shown.strip()}\n\nSample output {number}\n{answer.strip()}")
    if notes := _field(record, "notes", place, str, None):
        parts.append(f"Notes\n{notes.strip()}")
    return "\n\n".join(parts)


def _samples(record: Mapping[str, Any], place: str) -> list[list[str]]:
    inputs, outputs = _listed(record, "sample_inputs", place, []), _listed(record, "sample_outputs", place, [])
    if len(inputs) != len(outputs) or not all(isinstance(text, str) for text in [*inputs, *outputs]):
        raise BenchmarkError(f"{place}: field 'sample_outputs': expected as many strings as 'sample_inputs' has")
    return [list(pair) for pair in zip(inputs, outputs, strict=True)]


def _tests(record: Mapping[str, Any], place: str) -> list[dict[str, Any]]:
    tests = []
    for number, test in enumerate(_listed(record, "hidden_unit_tests", place), 1):
        where = f"{place}: field 'hidden_unit_tests': test {number}"
        if not isinstance(test, dict) or not isinstance(test.get("input"), str):
            raise BenchmarkError(f"{where}: expected an object with the string 'input' and 'output'")
        outputs = test.get("output")
        outputs = [outputs] if isinstance(outputs, str) else outputs
        if not isinstance(outputs, list) or not outputs or not all(isinstance(text, str) for text in outputs):
            raise BenchmarkError(f"{where}: 'output' must be a list of the accepted texts")
        tests.append({"input": test["input"], "output": outputs})
    if not tests:
        raise BenchmarkError(f"{place}: field 'hidden_unit_tests': holds none")
    return tests


_MISSING = object()


def _field(record: Mapping[str, Any], name: str, place: str, kind: Any, default: Any = _MISSING) -> Any:
    value = record.get(name, record.get(_PREFIX + name))
    if value is None and default is not _MISSING:
        return default
    if not isinstance(value, kind):
        found = "missing" if value is None else f"not of the right type: {type(value).__name__}"
        raise BenchmarkError(f"{place}: field '{name}': {found}")
    return value


def _listed(record: Mapping[str, Any], name: str, place: str, default: Any = _MISSING) -> list[Any]:
    value = _field(record, name, place, list | str, default)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise BenchmarkError(f"{place}: field '{name}': no JSON: {error}") from None
    if not isinstance(value, list):
        raise BenchmarkError(f"{place}: field '{name}': expected a list")
    return value


def _seconds(text: str) -> float:
    """`1.5 seconds` -> 1.5; 0 for any other text."""
    found = re.match(r"\d{1,6}(?:\.\d{1,6})?", text.strip())
    return float(found[0]) if found else 0.0


def _chat(problem: Problem) -> Prompt:
    return Prompt(messages=(Message("user", f"{problem.prompt}\n\n{WHOLE_PROGRAM}"),))


BENCHMARK = Benchmark(
    name="xcodeeval",
    summary="Contest problems in xCodeEval's form: whole programs with standard input and output",
    files={"all": (_FILE,)},
    styles=(PromptStyle("chat", "the statement, asking for a whole program", _chat, whole_reply),),
    timeout_seconds=_TIMEOUT_SECONDS,
    read=_read,
    groups=("difficulty",),
)
