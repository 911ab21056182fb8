"""What training reads: problems to sample for, or rows of prompts with completions.

    tasks = read_tasks("problems.jsonl", tokenizer, DataSection(), held_out=False)
    tasks[0].prompt, tasks[0].problem

A source is `arithmetic` (the built-in stream), a `.jsonl` or Parquet file, or the folder of a dataset that was made
here, of which the split `train` is learned from, and `test` (else `validation`) asked in evaluations. Prompts go
through the tokenizer's chat template where it has one.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from reasoning.engines.base import derive_seed
from reasoning.json_lines import json_lines, parse_object, text_field
from reasoning.parquet_rows import parquet_rows
from reasoning.training.arithmetic import Item, held_out_items, training_items
from reasoning.training.config import DataSection
from reasoning.training.forms import ConfigError
from verifiers.records import Problem

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
TRAINING_SPLITS = ("train",)
HELD_OUT_SPLITS = ("test", "validation")


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
        rows = read_rows(Path(source), count, HELD_OUT_SPLITS if held_out else TRAINING_SPLITS)
        problems = [_problem(place, record) for place, record in rows]
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


def read_rows(path: Path, count: int, splits: Sequence[str] = TRAINING_SPLITS) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place (`FILE, line N` or `FILE, row N`) and object of the first `count` rows.

    Args:
        path: a `.jsonl` or Parquet file, or a dataset's folder, or the folder of one of its tables.
        count: rows at most.
        splits: of a folder; the first that it has is read.

    Raises:
        ConfigError: a file cannot be read, holds no row, or a line is not a JSON object.
    """
    found = 0
    for found, row in enumerate(islice(_rows(path, splits), count), 1):  # noqa: B007 - counts
        yield row
    if not found:
        raise ConfigError(f"{path}: holds no rows")


def _rows(path: Path, splits: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for file in _files(path, splits) if path.is_dir() else (path,):
        yield from (parquet_rows if file.suffix == ".parquet" else json_lines)(file, error=ConfigError)


def _files(folder: Path, splits: Sequence[str]) -> list[Path]:
    table = folder / "data" if (folder / "data").is_dir() else folder
    for split in splits:
        if files := sorted(table.glob(f"{split}-*.parquet")):
            return files
    raise ConfigError(f"{folder}: a folder that holds no {' or '.join(f'{split}-*.parquet' for split in splits)}")


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
        told = record.get("problem")  # a dataset's row holds the whole problem as JSON text
        problem = Problem.from_json(parse_object(told.encode()) if isinstance(told, str) else record)
    except ValueError as error:  # RecordError among them
        raise ConfigError(f"{place}: {error}") from None
    if not problem.prompt:
        raise ConfigError(f"{place}: field 'prompt': missing")
    return problem
