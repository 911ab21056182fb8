"""The case table: pairs of a gold answer and a text, with what a careful reader says of them."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from verifiers.answers import judge

TABLE = Path(__file__).parents[2] / "tables" / "answers.jsonl"


def rows() -> dict[str, list[dict[str, object]]]:
    by_category: dict[str, list[dict[str, object]]] = defaultdict(list)
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        by_category[row["category"]].append(row)
    return by_category


ROWS = rows()


def test_the_table_is_large_and_says_where_each_row_comes_from() -> None:
    everything = [row for part in ROWS.values() for row in part]
    assert len(everything) >= 800
    assert all(row["source"] for row in everything)
    assert len({(row["gold"], row["text"]) for row in everything}) == len(everything)


@pytest.mark.parametrize("category", sorted(ROWS))
def test_judged_as_expected(category: str) -> None:
    wrong = []
    for row in ROWS[category]:
        judgement = judge(str(row["gold"]), str(row["text"]))
        if judgement.passed is not row["expected"]:
            wrong.append((row["gold"], row["text"], row["expected"], judgement.rule))
    assert wrong == []


def test_rows_that_a_convention_decides_differ_between_strict_and_lenient() -> None:
    for part in ROWS.values():
        for row in part:
            if row["convention"]:
                judgement = judge(str(row["gold"]), str(row["text"]))
                assert (judgement.strict, judgement.lenient) == (False, True), row
