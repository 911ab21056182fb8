"""The columns of a dataset's tables, one form for all pipelines, so that datasets can be put together.

| table | for | columns beside the common ones |
| --- | --- | --- |
| `default` | problems and supervised fine-tuning | `answer`, `completion` |
| `dpo` | preference pairs | `chosen`, `rejected` |
| `kto` | unpaired preferences | `completion`, `label` |
| any other name | a part of the pipeline's own, for fine-tuning | as `default` |

Common: `id, kind, prompt, problem, group, topic, difficulty, steps, source, meta`; `problem` is the whole problem in
the public form as JSON text, so that `verifiers` can judge an answer to it; `prompt`, `completion`, `chosen`,
`rejected` and `label` have the names that trainers look for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from reasoning.pipelines.base import Row

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["MEANINGS", "columns_of", "record_of", "schema_of", "tables_in"]

TABLES = ("default", "dpo", "kto")
"""In the order in which a card lists them."""

_COMMON = {
    "id": "string",
    "kind": "string",
    "prompt": "string",
    "problem": "string",
    "group": "string",
    "topic": "string",
    "difficulty": "float64",
    "steps": "int64",
    "source": "string",
    "meta": "string",
}
COLUMNS: dict[str, dict[str, str]] = {
    "default": {**_COMMON, "answer": "string", "completion": "string"},
    "dpo": {**_COMMON, "chosen": "string", "rejected": "string"},
    "kto": {**_COMMON, "completion": "string", "label": "bool"},
}
"""Table -> column -> type, in the words of the hub's `dataset_info`."""


def columns_of(table: str) -> dict[str, str]:
    """The columns of a table; parts have those of `default`."""
    return COLUMNS.get(table, COLUMNS["default"])


def tables_in(tables: Iterable[str]) -> list[str]:
    """The tables in the order in which a card lists them."""
    given = set(tables)
    return [*(table for table in TABLES if table in given), *sorted(given - set(TABLES))]


MEANINGS: dict[str, str] = {
    "id": "unique within its split",
    "kind": "of the problem; picks the verifier",
    "prompt": "the problem as it is put to a model",
    "problem": "the whole problem as JSON text, with what its verifier needs",
    "group": "family, template or seed problem; never divided between splits unless split by stream",
    "topic": "what it is about, empty where not known",
    "difficulty": "in [0, 1], 1 hardest; null where not known",
    "steps": "length of the solution in steps; null where not known",
    "source": "where the row comes from",
    "meta": "further notes as JSON text",
    "answer": "the gold answer, empty where the kind has none",
    "completion": "a solution that the verifier judged (accepted, but for rows of `kto` with label false)",
    "chosen": "a solution that the verifier accepted",
    "rejected": "a solution that the verifier did not accept",
    "label": "whether the verifier accepted the completion",
}


def record_of(row: Row, id: str) -> dict[str, Any]:
    """A row as the columns of its table, under an id that is unique."""
    problem = row.problem
    record: dict[str, Any] = {
        "id": id,
        "kind": problem.kind,
        "prompt": row.asked,
        "problem": json.dumps(problem.to_json()),
        "group": row.group,
        "topic": row.topic,
        "difficulty": row.difficulty,
        "steps": row.steps,
        "source": row.source,
        "meta": json.dumps(dict(row.meta)),
    }
    if row.table == "dpo":
        return {**record, "chosen": row.completion, "rejected": row.rejected}
    if row.table == "kto":
        return {**record, "completion": row.completion, "label": row.label}
    return {**record, "answer": _answer(problem.fields.get("gold")), "completion": row.completion}


def schema_of(table: str) -> pa.Schema:
    """The Arrow schema of a table."""
    import pyarrow as pa

    types = {"string": pa.string(), "float64": pa.float64(), "int64": pa.int64(), "bool": pa.bool_()}
    return pa.schema([(name, types[kind]) for name, kind in columns_of(table).items()])


def _answer(gold: Any) -> str:
    first = gold[0] if isinstance(gold, list) and gold else gold
    return "" if first is None or isinstance(first, list) else str(first)
