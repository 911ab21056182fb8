"""The case tables: pairs of a gold answer and a text, with what a careful reader says of them.

`answers.jsonl` was used while the judge was built. `answers_unseen.jsonl` was written in batches, each measured before
anything was changed for it (docs/answers.md has the figures of those first runs).
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from verifiers.answers import judge

TABLES = ("answers", "answers_unseen")
FOLDER = Path(__file__).parents[2] / "tables"


def rows(table: str) -> dict[str, list[dict[str, Any]]]:
    by_category: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in (FOLDER / f"{table}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        by_category[row["category"]].append(row)
    return by_category


ROWS = {table: rows(table) for table in TABLES}
CATEGORIES = [(table, category) for table in TABLES for category in sorted(ROWS[table])]


@pytest.mark.parametrize("table", TABLES)
def test_the_table_is_large_and_says_where_each_row_comes_from(table: str) -> None:
    everything = [row for part in ROWS[table].values() for row in part]
    assert len(everything) >= 800
    kinds = {row["source"].partition(":")[0] for row in everything}
    assert kinds <= {"rule", "convention", "recorded"}
    assert {row["convention"] for row in everything if row["source"].startswith("convention:")} <= {True}


def test_no_pair_stands_twice() -> None:
    pairs = [(row["gold"], row["text"]) for table in TABLES for part in ROWS[table].values() for row in part]
    assert len(set(pairs)) == len(pairs)


@pytest.mark.parametrize(("table", "category"), CATEGORIES)
def test_judged_as_expected(table: str, category: str) -> None:
    wrong = []
    for row in ROWS[table][category]:
        judgement = judge(row["gold"], row["text"])
        if judgement.passed is not row["expected"]:
            wrong.append((row["gold"], row["text"], row["expected"], judgement.rule))
    assert wrong == []


def test_rows_that_a_convention_decides_differ_between_strict_and_lenient() -> None:
    decided = [row for table in TABLES for part in ROWS[table].values() for row in part if row["convention"]]
    assert decided
    for row in decided:
        judgement = judge(row["gold"], row["text"])
        assert (judgement.strict, judgement.lenient) == (False, True), row
