r"""Writes a benchmark as a task of lm-eval, lighteval or inspect_ai.

>>> sorted(FRAMEWORKS)
['inspect', 'lighteval', 'lm-eval']

The folder holds the problems with their prompts, and a file of a few lines that the framework reads; what judges is
this package, which has to be installed where the task is run. Programs run in our sandbox there.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from reasoning.evaluation.benchmarks import find_benchmark, locate, prepared
from reasoning.evaluation.benchmarks.base import Entry
from reasoning.interop.exported import PROBLEMS_FOLDER, SPLIT, TASK_NAME
from reasoning.methods.base import Prompt, PromptStyle
from reasoning.runs.files import replaced_file, write_json
from verifiers.sandbox import SandboxPool

__all__ = ["FRAMEWORKS", "ExportError", "Exported", "Framework", "export"]

DEFAULT_MAX_TOKENS: Final = 1024


class ExportError(ValueError):
    """A benchmark cannot be exported as asked; one clear line."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        name: of the task.
        problems: how many it has.
        command: that runs it.
    """

    name: str
    problems: int
    command: str


@dataclass(frozen=True, slots=True)
class Framework:
    """A way of writing a task.

    Attributes:
        files: (name of the task, what `task.json` holds) -> name of each file, and its text.
        command: that runs the task, with `{name}`, `{module}` and `{folder}` to be filled in.
    """

    files: Callable[[str, Mapping[str, Any]], dict[str, str]]
    command: str


async def export(
    framework: str,
    benchmark: str,
    folder: Path,
    *,
    split: str | None = None,
    data: Path | None = None,
    prompt: str = "",
    limit: int | None = None,
    max_tokens: int = DEFAULT_MAX_TOKENS,
    quiet: bool = True,
) -> Exported:
    """Write a task.

    Args:
        framework: a name in `FRAMEWORKS`.
        benchmark: whose problems.
        folder: made where it is not there; what it holds of an earlier export is replaced.
        split: of the benchmark; None: the default one.
        data: where the benchmark's files are; None: the usual places.
        prompt: prompt style; empty: the default one.
        limit: only the first so many problems.
        max_tokens: longest reply.
        quiet: show no progress.

    Raises:
        ExportError: there is no such framework, or a problem shows pictures, which texts cannot.
        BenchmarkError: the benchmark is unknown, or its files cannot be had.
    """
    if framework not in FRAMEWORKS:
        raise ExportError(f"no framework '{framework}'; there are: {', '.join(sorted(FRAMEWORKS))}")
    found = find_benchmark(benchmark)
    chosen, style = found.split(split), found.style(prompt)
    name = "reasoning_" + re.sub(r"\W", "_", benchmark)
    async with SandboxPool(workers=1) as pool:
        paths = await prepared(found, locate(found, chosen, data, quiet), pool, quiet)
    (folder / PROBLEMS_FOLDER).mkdir(parents=True, exist_ok=True)
    stop: dict[str, None] = {}
    count = 0
    with replaced_file(folder / PROBLEMS_FOLDER / f"{SPLIT}.jsonl") as file:
        for entry in islice(found.read(paths, chosen), limit):
            asked = style.write(entry.problem)
            stop.update(dict.fromkeys(asked.stop))
            file.write(json.dumps(_row(entry, asked)) + "\n")
            count += 1
    about = _about(name, benchmark, chosen, style, list(stop), found.timeout_seconds, max_tokens)
    write_json(folder / TASK_NAME, about)
    for file_name, text in FRAMEWORKS[framework].files(name, about).items():
        (folder / file_name).write_text(text, encoding="utf-8")
    command = FRAMEWORKS[framework].command.format(name=name, folder=shlex.quote(str(folder)))
    return Exported(name, count, command)


def _about(
    name: str, benchmark: str, split: str, style: PromptStyle, stop: list[str], timeout: float, max_tokens: int
) -> dict[str, Any]:
    return {
        "name": name,
        "benchmark": benchmark,
        "split": split,
        "prompt": style.name,
        "stop": stop,
        "timeout": timeout,
        "max_tokens": max_tokens,
    }


def _row(entry: Entry, asked: Prompt) -> dict[str, str]:
    """A problem as strings, which every framework's tables hold alike."""
    if any(message.images for message in asked.messages):
        raise ExportError(f"problem '{entry.problem.id}' shows pictures; tasks are texts")
    turns = [{"role": message.role, "content": message.content} for message in asked.messages]
    text = asked.text if asked.text is not None else "\n\n".join(turn["content"] for turn in turns)
    return {
        "id": entry.problem.id,
        "prompt": text,
        "messages": json.dumps(turns),
        "problem": json.dumps(entry.problem.to_json()),
        "reference": next(iter(entry.references), ""),
    }


def _lm_eval(name: str, about: Mapping[str, Any]) -> dict[str, str]:
    settings = {"until": about["stop"], "do_sample": False, "temperature": 0.0, "max_gen_toks": about["max_tokens"]}
    yaml = f"""\
# The benchmark {about["benchmark"]}, split {about["split"]}; written by `reasoning export lm-eval`.
task: {name}
custom_dataset: !function {name}.dataset
test_split: {SPLIT}
output_type: generate_until
doc_to_text: prompt
doc_to_target: reference
process_results: !function {name}.process_results
generation_kwargs: {json.dumps(settings)}
num_fewshot: 0
metric_list:
  - metric: passed
    aggregation: !function {name}.mean_of_judged
    higher_is_better: true
  - metric: unjudged
    aggregation: mean
    higher_is_better: false
metadata:
  version: 1.0
"""
    code = f'''\
"""The task {name} for lm-eval; written by `reasoning export lm-eval`."""

from pathlib import Path

from reasoning.interop.exported import mean_of_judged
from reasoning.interop.lm_eval_task import lm_eval_functions

dataset, process_results = lm_eval_functions(Path(__file__).parent)
'''
    return {f"{name}.yaml": yaml, f"{name}.py": code}


def _lighteval(name: str, about: Mapping[str, Any]) -> dict[str, str]:
    code = f'''\
"""The task {name} for lighteval (`--custom-tasks`); written by `reasoning export lighteval`."""

from pathlib import Path

from reasoning.interop.lighteval_task import lighteval_task

TASKS_TABLE = [lighteval_task(Path(__file__).parent)]
'''
    return {f"{name}.py": code}


def _inspect(name: str, about: Mapping[str, Any]) -> dict[str, str]:
    code = f'''\
"""The task {name} for inspect_ai; written by `reasoning export inspect`."""

from pathlib import Path

from inspect_ai import Task, task
from reasoning.interop.inspect_task import inspect_task


@task
def {name}() -> Task:
    return inspect_task(Path(__file__).parent)
'''
    return {f"{name}.py": code}


FRAMEWORKS: Final[Mapping[str, Framework]] = {
    "lm-eval": Framework(
        _lm_eval, "lm_eval run --model hf --model_args pretrained=MODEL --include_path {folder} --tasks {name}"
    ),
    "lighteval": Framework(
        _lighteval, "lighteval accelerate model_name=MODEL '{name}|0' --custom-tasks {folder}/{name}.py"
    ),
    "inspect": Framework(_inspect, "cd {folder} && inspect eval {name}.py --model PROVIDER/MODEL"),
}
"""Name -> how it is written."""
