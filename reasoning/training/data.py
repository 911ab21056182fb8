"""What training reads: problems to sample for, or rows of prompts with completions.

    tasks = read_tasks("problems.jsonl", tokenizer, DataSection(), held_out=False)
    tasks[0].prompt, tasks[0].problem

A source is `arithmetic` (the built-in stream) or a `.jsonl` file. Prompts go through the tokenizer's chat template
where it has one.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from reasoning.engines.base import derive_seed
from reasoning.json_lines import json_lines, text_field
from reasoning.training.arithmetic import Item, held_out_items, training_items
from reasoning.training.config import DataSection
from reasoning.training.forms import ConfigError
from verifiers.records import Problem, RecordError

__all__ = [
    "ARITHMETIC",
    "Example",
    "Task",
    "read_examples",
    "read_rows",
    "read_tasks",
    "render",
    "rows_with_labels",
    "text_of",
]

ARITHMETIC = "arithmetic"
EVALUATION_SEED = 77
"""Stream of the held-out items that evaluations ask."""


@dataclass(frozen=True, slots=True)
class Task:
    """A problem and the text that asks for its solution."""

    prompt: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class Example:
    """A text to continue and the continuation to learn."""

    prompt: str
    completion: str


def read_tasks(source: str, tokenizer: Any, data: DataSection, *, held_out: bool) -> list[Task]:
    """Problems with their prompts.

    Args:
        source: `arithmetic` or a file of problems.
        tokenizer: of the model that will be asked.
        data: how many, and which arithmetic.
        held_out: for an evaluation, not for training.

    Raises:
        ConfigError: the file cannot be read, or a line is no problem.
    """
    count = data.evaluation_count if held_out else data.count
    if source == ARITHMETIC:
        if held_out:
            items: Iterable[Item] = held_out_items(EVALUATION_SEED, count, data.evaluation_size or None)
        else:
            items = training_items(data.seed, count, data.size or None)
        problems = [item.problem() for item in items]
    else:
        problems = [_problem(place, record) for place, record in read_rows(Path(source), count)]
    return [Task(render(tokenizer, problem.prompt), problem) for problem in problems]


def read_examples(data: DataSection, tokenizer: Any) -> list[Example]:
    """Prompts with completions, for supervised fine-tuning.

    Raises:
        ConfigError: the file cannot be read, or a line lacks `prompt` or `completion`.
    """
    if data.train != ARITHMETIC:
        rows = read_rows(Path(data.train), data.count)
        return [
            Example(render(tokenizer, text_of(row, "prompt", place)), text_of(row, "completion", place))
            for place, row in rows
        ]
    mixer = random.Random(derive_seed("bare share", data.seed))
    return [
        Example(item.prompt, item.bare_solution if mixer.random() < data.bare_share else item.solution)
        for item in training_items(data.seed, data.count, data.size or None)
    ]


def render(tokenizer: Any, question: str) -> str:
    """The text that asks `question`: through the chat template, or as it stands where the tokenizer has none."""
    if not getattr(tokenizer, "chat_template", None):
        return question
    turns = [{"role": "user", "content": question}]
    return str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))


def read_rows(path: Path, count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place (`FILE, line N`) and object of the first `count` lines of a `.jsonl` file.

    Raises:
        ConfigError: the file cannot be read, holds no row, or a line is not a JSON object.
    """
    found = 0
    for found, row in enumerate(islice(json_lines(path, ConfigError), count), 1):  # noqa: B007 - counts
        yield row
    if not found:
        raise ConfigError(f"{path}: holds no rows")


def text_of(record: Mapping[str, Any], name: str, place: str) -> str:
    """The string field `name`.

    Raises:
        ConfigError: it is missing or no string.
    """
    return text_field(record, name, place, ConfigError)


def rows_with_labels(records: Sequence[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Rows of `prompt`, `completion` and a true or false `label`.

    Raises:
        ConfigError: a field is missing or of the wrong type.
    """
    for place, record in records:
        if not isinstance(record.get("label"), bool):
            raise ConfigError(f"{place}: field 'label': expected true or false")
    return [
        {name: text_of(record, name, place) for name in ("prompt", "completion")} | {"label": record["label"]}
        for place, record in records
    ]


def _problem(place: str, record: dict[str, Any]) -> Problem:
    try:
        problem = Problem.from_json(record)
    except RecordError as error:
        raise ConfigError(f"{place}: {error}") from None
    if not problem.prompt:
        raise ConfigError(f"{place}: field 'prompt': missing")
    return problem
