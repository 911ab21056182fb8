"""HumanEval of Chen et al. 2021.

{"task_id": "HumanEval/0", "prompt": "def has_close_elements(...): ...", "entry_point": "has_close_elements",
 "canonical_solution": "    ...", "test": "def check(candidate): ..."}
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from reasoning.evaluation.benchmarks.base import Benchmark, Entry, SourceFile, json_lines, text_field
from reasoning.evaluation.benchmarks.program_prompts import chat_prompt, whole_reply
from reasoning.methods.base import Prompt, PromptStyle
from verifiers.records import Problem

__all__ = ["BENCHMARK"]

_TIMEOUT_SECONDS = 3.0
_COMMIT = "6d43fb980f9fee3c892a914eda09951f772ad10d"
_FILE = SourceFile(
    "HumanEval.jsonl.gz",
    f"https://raw.githubusercontent.com/openai/human-eval/{_COMMIT}/data/HumanEval.jsonl.gz",
    "b796127e635a67f93fb35c04f4cb03cf06f38c8072ee7cee8833d7bee06979ef",
)
_STOP = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")
"""Where a completion has left the function; from the paper, section 2.1."""


def _read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    for place, record in json_lines(paths[0]):
        fields = {name: text_field(record, name, place) for name in ("entry_point", "test")}
        id, prompt = text_field(record, "task_id", place), text_field(record, "prompt", place)
        yield Entry(Problem(id, "program", prompt, fields), (text_field(record, "canonical_solution", place),))


def _complete(problem: Problem) -> Prompt:
    return Prompt(text=problem.prompt, stop=_STOP)


def _chat(problem: Problem) -> Prompt:
    return chat_prompt("Complete this Python function.", problem.prompt)


BENCHMARK = Benchmark(
    name="humaneval",
    summary="HumanEval: 164 hand-written Python functions with tests",
    files={"test": (_FILE,)},
    styles=(
        PromptStyle("chat", "an instruction to complete the function", _chat, whole_reply),
        PromptStyle("complete", "continues the function; for base models", _complete, whole_reply),
    ),
    timeout_seconds=_TIMEOUT_SECONDS,
    read=_read,
)
