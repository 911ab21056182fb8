"""The built-in puzzles: well-formed, solved by their own references, and not by trivial answers.

The file is our own and trusted, so its functions run in this process.
"""

import ast
import json
import math
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "data" / "puzzles"
CATEGORIES = {"strings", "lists", "numbers", "algebra", "games", "graphs", "classic"}
LEAVES: dict[str, type] = {"int": int, "str": str, "bool": bool, "float": float}
DEFAULTS: dict[str, Any] = {"int": 0, "str": "", "bool": False, "float": 0.0}
ALLOWED_IMPORTS = {"math", "itertools", "collections", "fractions", "re"}

# Puzzles with so many right answers that a small change, a reversal say, can lead from one to another.
FORGIVING = {
    "strings/every-binary-window",
    "strings/never-stutter",
    "strings/all-handclasps",
    "lists/three-heirs",
    "lists/spaced-twins",
    "lists/square-neighbours",
    "numbers/shared-multiple",
    "numbers/tireless-generator",
    "numbers/cube-coincidence",
    "algebra/upright-rows",
    "algebra/split-quartic",
    "games/hand-of-twenty-one",
    "games/honourable-draw",
    "games/calm-mat-floor",
    "graphs/beaten-by-none-of-them",
    "graphs/postman-without-return",
    "graphs/frequency-plan",
    "graphs/street-sweeper",
    "graphs/ordered-popularity",
    "classic/one-switch-at-a-time",
    "classic/robust-signals",
    "classic/ferry-with-quarrels",
    "classic/officers-on-parade",
    "classic/clubs-of-three",
}

ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (FOLDER / "puzzles.jsonl").read_text(encoding="utf-8").splitlines()
]
each_puzzle = pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])


def compiled(source: str, name: str) -> Callable[..., Any]:
    namespace: dict[str, Any] = {"List": list}
    exec(source, namespace)
    function: Callable[..., Any] = namespace[name]
    return function


@cache
def reference_text(source: str) -> str:
    """The reference answer as JSON, which also shows that it is plain data."""
    return json.dumps(compiled(source, "sol")())


def reference(row: dict[str, Any]) -> Any:
    return json.loads(reference_text(row["meta"]["reference"]))


def has_type(value: Any, wanted: str) -> bool:
    if wanted.startswith("List["):
        return type(value) is list and all(has_type(item, wanted[5:-1]) for item in value)
    return type(value) is LEAVES[wanted]


def verdict(sat: Callable[..., Any], value: Any) -> bool:
    """What sat says of the value; an exception is a refusal, anything but a bool an error."""
    try:
        result = sat(value)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, StopIteration):
        return False
    assert type(result) is bool, f"sat returned {result!r} for {value!r}"
    return result


def damaged(value: Any) -> list[Any]:
    """Wrong neighbours of an answer, of the same type."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1, -value, 2 * value]
    if isinstance(value, float):
        return [value + 0.01, -value, 2 * value, math.nan, math.inf]
    if isinstance(value, str):
        return [value + "x", "x" + value, value[1:], value[:-1], value[::-1]]
    changed = [value + value[:1], value[:-1], value[1:], value[::-1]]
    for i, item in enumerate(value):
        changed += [[*value[:i], other, *value[i + 1 :]] for other in damaged(item)[:2]]
    return changed


def test_counts_of_the_set_and_its_card() -> None:
    cells = Counter((row["meta"]["category"], row["meta"]["level"]) for row in ROWS)
    categories = Counter(row["meta"]["category"] for row in ROWS)
    levels = Counter(row["meta"]["level"] for row in ROWS)
    assert set(categories) == CATEGORIES
    assert min(categories.values()) >= 18
    assert set(levels) == {1, 2, 3}
    assert min(levels.values()) >= 40

    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    for category in CATEGORIES:
        numbers = [cells[category, level] for level in (1, 2, 3)]
        assert f"| {category} | {' | '.join(map(str, numbers))} | {sum(numbers)} |" in card
    assert f"| all | {levels[1]} | {levels[2]} | {levels[3]} | {len(ROWS)} |" in card
    for kind, count in Counter(row["ans_type"] for row in ROWS).items():
        assert f"`{kind}` {count}" in card


def test_no_puzzle_occurs_twice() -> None:
    for field in ("id", "prompt", "sat"):
        repeated = [text for text, count in Counter(row[field] for row in ROWS).items() if count > 1]
        assert repeated == []
    assert {row["id"] for row in ROWS} >= FORGIVING


@each_puzzle
def test_fields_and_sources(row: dict[str, Any]) -> None:
    assert set(row) == {"id", "kind", "prompt", "sat", "ans_type", "meta"}
    assert set(row["meta"]) == {"category", "level", "reference"}
    assert row["kind"] == "puzzle"
    assert json.dumps(row, ensure_ascii=False).isascii()
    category, name = row["id"].split("/")
    assert category == row["meta"]["category"]
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
    assert row["prompt"].strip() == row["prompt"]
    assert row["prompt"].endswith((".", "?"))

    (sat,) = ast.parse(row["sat"]).body
    (sol,) = ast.parse(row["meta"]["reference"]).body
    assert isinstance(sat, ast.FunctionDef)
    assert isinstance(sol, ast.FunctionDef)
    assert (sat.name, sol.name) == ("sat", "sol")
    first, *inputs = sat.args.args
    assert first.annotation is not None
    assert ast.unparse(first.annotation) == row["ans_type"]
    assert [a.arg for a in inputs] == [a.arg for a in sol.args.args]
    assert [ast.unparse(d) for d in sat.args.defaults] == [ast.unparse(d) for d in sol.args.defaults]
    assert len(inputs) == len(sat.args.defaults)
    for node in [*ast.walk(sat), *ast.walk(sol)]:
        assert not isinstance(node, ast.Import) or {a.name for a in node.names} <= ALLOWED_IMPORTS
        assert not isinstance(node, ast.ImportFrom) or node.module in ALLOWED_IMPORTS


@each_puzzle
def test_reference_solves_the_puzzle(row: dict[str, Any]) -> None:
    answer = reference(row)
    assert has_type(answer, row["ans_type"])
    assert compiled(row["sat"], "sat")(answer) is True


@each_puzzle
def test_default_value_is_refused(row: dict[str, Any]) -> None:
    empty = DEFAULTS.get(row["ans_type"], [])
    assert has_type(empty, row["ans_type"])
    assert not verdict(compiled(row["sat"], "sat"), empty)


@each_puzzle
def test_damaged_references_are_refused(row: dict[str, Any]) -> None:
    answer = reference(row)
    sat = compiled(row["sat"], "sat")
    accepted = [wrong for wrong in damaged(answer) if wrong != answer and verdict(sat, wrong)]
    assert (accepted != []) == (row["id"] in FORGIVING), accepted[:1]
