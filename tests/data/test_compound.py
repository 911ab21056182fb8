"""The built-in compound problems: well-formed, solved by their references, and not by damaged copies of them."""

import ast
import asyncio
import doctest
import json
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from reasoning.evaluation.benchmarks import find_benchmark, locate
from verifiers.records import Problem, Status
from verifiers.registry import VerifierRegistry
from verifiers.sandbox import Limits, SandboxPool

FOLDER = Path(__file__).parents[2] / "data" / "compound"
ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (FOLDER / "compound.jsonl").read_text(encoding="utf-8").splitlines()
]
MUTANTS = 6
"""Damaged copies of each reference."""
LEAST_KILLED = 0.85
SHORT, LONG = Limits(wall_seconds=1.0), Limits(wall_seconds=30.0)
each_problem = pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])

SWAPPED: dict[type, type] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.Add: ast.Sub, ast.Sub: ast.Add,
    ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


def places(tree: ast.Module) -> list[ast.AST]:
    """The nodes that `damage` can change."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare | ast.If | ast.IfExp)
        or (isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in SWAPPED)
        or (isinstance(node, ast.Constant) and type(node.value) is int)
    ]


def damaged(source: str, place: int) -> str:
    """A copy of `source` with one operator exchanged, one number changed, or one condition negated."""
    tree = ast.parse(source)
    node = places(tree)[place]
    if isinstance(node, ast.Compare):
        node.ops[0] = SWAPPED[type(node.ops[0])]()
    elif isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign):
        node.op = SWAPPED[type(node.op)]()
    elif isinstance(node, ast.Constant):
        assert isinstance(node.value, int)
        node.value += 1
    elif isinstance(node, ast.If | ast.IfExp):
        node.test = ast.UnaryOp(ast.Not(), node.test)
    return ast.unparse(ast.fix_missing_locations(tree))


def judge(pairs: list[tuple[dict[str, Any], str]], limits: Limits) -> list[Status]:
    """The statuses of candidates, judged as `reasoning verify` does."""

    async def work() -> list[Status]:
        async with SandboxPool() as pool:
            registry = VerifierRegistry(pool)
            gate = asyncio.Semaphore(2 * pool.workers)

            async def one(row: dict[str, Any], candidate: str) -> Status:
                async with gate:
                    return (await registry.verify(Problem.from_json(row), candidate, limits)).status

            return await asyncio.gather(*(one(row, candidate) for row, candidate in pairs))

    return asyncio.run(work())


def test_counts_of_the_set_and_its_card() -> None:
    assert len(ROWS) >= 40
    levels = Counter(row["meta"]["level"] for row in ROWS)
    categories = Counter(row["id"].split("/")[0] for row in ROWS)
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    cases = sum(len(row["cases"]) for row in ROWS)
    assert f"{len(ROWS)} programming problems with {cases:,} cases" in card
    for level in (1, 2, 3):
        assert levels[level] >= 8
        assert re.search(rf"level {level}: {levels[level]}\b", card)
    for category, count in categories.items():
        assert re.search(rf"`{category}`\s{count}\b", card)
    for field in ("id", "entry_point", "prompt"):
        assert len({row[field] for row in ROWS}) == len(ROWS)


@each_problem
def test_fields_and_sources(row: dict[str, Any]) -> None:
    assert set(row) == {"id", "kind", "prompt", "entry_point", "cases", "meta"}
    assert set(row["meta"]) == {"level", "topics", "functions", "reference"}
    assert row["kind"] == "program"
    assert re.fullmatch(r"[a-z]+/[a-z]+(-[a-z]+)*", row["id"])
    assert row["prompt"].isascii()

    stub = [node for node in ast.parse(row["prompt"]).body if isinstance(node, ast.FunctionDef)]
    assert [function.name for function in stub] == [row["entry_point"]]
    assert ast.unparse(stub[0].body[1:]) == "raise NotImplementedError()"
    assert all(argument.annotation for argument in stub[0].args.args)
    assert stub[0].returns

    functions = [node for node in ast.parse(row["meta"]["reference"]).body if isinstance(node, ast.FunctionDef)]
    assert 3 <= len(functions) <= 8
    assert len(functions) == row["meta"]["functions"]
    (entry,) = (function for function in functions if function.name == row["entry_point"])
    assert ast.unparse(entry.args) == ast.unparse(stub[0].args)
    called = {node.id for node in ast.walk(ast.parse(row["meta"]["reference"])) if isinstance(node, ast.Name)}
    assert {function.name for function in functions} - {row["entry_point"]} <= called

    assert 10 <= len(row["cases"]) <= 30
    assert len({json.dumps(case["args"]) for case in row["cases"]}) == len(row["cases"])
    answers = Counter(json.dumps(case["expected"]) for case in row["cases"])
    assert max(answers.values()) <= 0.7 * len(row["cases"])


@each_problem
def test_the_examples_of_a_statement_are_cases(row: dict[str, Any]) -> None:
    (function,) = (node for node in ast.parse(row["prompt"]).body if isinstance(node, ast.FunctionDef))
    examples = doctest.DocTestParser().get_examples(ast.get_docstring(function) or "")
    assert len(examples) >= 2
    cases = {json.dumps(case["args"]): case["expected"] for case in row["cases"]}
    for example in examples:
        expression = ast.parse(example.source.strip(), mode="eval").body
        expected = ast.literal_eval(example.want)
        if isinstance(expression, ast.Compare):
            assert ast.unparse(expression).endswith(" is None")
            assert expected is True
            expression, expected = expression.left, None
        assert isinstance(expression, ast.Call)
        assert ast.unparse(expression.func) == row["entry_point"]
        arguments = [ast.literal_eval(argument) for argument in expression.args]
        assert json.dumps(cases[json.dumps(arguments)]) == json.dumps(expected)


def test_every_reference_passes_and_no_stub_does() -> None:
    statuses = judge([(row, row["meta"]["reference"]) for row in ROWS], LONG)
    assert [row["id"] for row, status in zip(ROWS, statuses, strict=True) if status is not Status.PASSED] == []
    assert set(judge([(row, row["prompt"]) for row in ROWS], LONG)) == {Status.ERROR}


@pytest.mark.slow
def test_damaged_references_are_refused() -> None:
    pairs = []
    for row in ROWS:
        source = row["meta"]["reference"]
        chosen = random.Random(row["id"]).sample(range(len(places(ast.parse(source)))), MUTANTS)
        pairs += [(row, damaged(source, place)) for place in chosen]
    statuses = judge(pairs, SHORT)
    survived = [(row["id"], copy) for (row, copy), status in zip(pairs, statuses, strict=True) if status == "passed"]
    killed = 1 - len(survived) / len(pairs)
    assert killed >= LEAST_KILLED, (killed, survived)
    assert max(Counter(id for id, _ in survived).values(), default=0) <= MUTANTS - 1


def test_the_benchmark_keeps_references_apart_and_asks_for_the_stub() -> None:
    benchmark = find_benchmark("compound")
    entries = list(benchmark.read(locate(benchmark, "all", None), "all"))
    assert len(entries) == len(ROWS)
    for entry, row in zip(entries, ROWS, strict=True):
        assert entry.references == (row["meta"]["reference"],)
        assert "reference" not in entry.problem.meta
        (message,) = benchmark.style().write(entry.problem).messages
        assert row["prompt"].strip() in message.content
