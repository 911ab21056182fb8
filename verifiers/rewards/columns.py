r"""From what trainers hand over, completions beside columns of a dataset or a label, to problems and texts.

>>> problem_of_label("4").fields
{'gold': '4'}
>>> text_of([{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}])
'4'
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from verifiers.records import Problem, RecordError
from verifiers.rewards.shaping import RewardError
from verifiers.wording import counted

__all__ = ["problem_of_label", "problems_of_columns", "text_of"]

_TRAINER_COLUMNS = frozenset({"prompts", "completions", "completion_ids", "trainer_state", "environments"})


def problems_of_columns(
    columns: Mapping[str, Any], count: int, kind: str | None, names: Mapping[str, str]
) -> list[Problem]:
    """The problems that columns of a dataset mean.

    Args:
        columns: name -> one value a completion. A column `problem` (an object, or its JSON) says all; otherwise `kind`
            and the kind's own fields are columns.
        count: number of completions.
        kind: of the problems where there is no column `kind`.
        names: of columns -> fields of the problem, where they differ.

    Raises:
        RewardError: a column is missing, or has another length.
        RecordError: a problem is malformed.
    """
    own = {names.get(name, name): values for name, values in columns.items() if name not in _TRAINER_COLUMNS}
    for name, values in own.items():
        if not isinstance(values, Sequence) or isinstance(values, str) or len(values) != count:
            raise RewardError(f"column '{name}': expected {counted(count, 'value')}, one a completion")
    if "problem" in own:
        return [_problem(value, kind) for value in own["problem"]]
    if kind is None and "kind" not in own:
        raise RewardError("the dataset needs a column 'problem' or 'kind', or the reward a kind")
    rows = ({name: values[row] for name, values in own.items()} for row in range(count))
    return [
        Problem.from_json({"kind": kind, "id": str(row), **fields, "prompt": "", "meta": {}})
        for row, fields in enumerate(_without_nulls(fields) for fields in rows)
    ]


def problem_of_label(label: str, kind: str = "answer") -> Problem:
    """The problem that a trainer's label means: JSON of one, or the gold answer of one of kind `answer` or `choice`.

    Raises:
        RecordError: the JSON is of a malformed problem.
    """
    if label.lstrip().startswith("{"):
        try:
            record = json.loads(label)
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, dict) and "kind" in record:
            return Problem.from_json(record)
    return Problem("", kind, "", {"gold": label})


def text_of(completion: Any) -> str:
    """The text to judge: the completion itself, or the last assistant message of a conversation."""
    if isinstance(completion, str):
        return completion
    for message in reversed(completion):
        if message.get("role") == "assistant":
            content = message.get("content")
            if isinstance(content, list):
                return "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
            return content if isinstance(content, str) else ""
    return ""


def _problem(value: object, kind: str | None) -> Problem:
    if isinstance(value, Problem):
        return value
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise RecordError("problem", f"not JSON: {error}") from None
    if isinstance(value, Mapping):
        value = _without_nulls(value)
        if kind is not None:
            value = {"kind": kind, **value}
    return Problem.from_json(value)


def _without_nulls(record: Mapping[str, Any]) -> dict[str, Any]:
    """Arrow tables fill the fields that a row lacks with nulls."""
    return {name: value for name, value in record.items() if value is not None}
