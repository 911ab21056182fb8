"""The clarify pipeline: what is asked for is all that is missing, by another solver; nothing of the benchmarks."""

import asyncio
import hashlib
import json
import re

import numpy as np
import pyarrow.parquet as pq
import pytest

from reasoning.backends import Execution
from reasoning.evaluation.benchmarks.questbench_records import NO_QUESTION
from reasoning.pipelines import clarify
from reasoning.pipelines.backend import build
from reasoning.pipelines.base import PipelineError
from reasoning.pipelines.settings import settings_from


@pytest.fixture(autouse=True)
def known(monkeypatch):
    """The benchmarks' statements, which take seconds to make: none, but where a test puts some in."""
    statements = set()
    monkeypatch.setattr(clarify, "_statements", lambda domain: frozenset(statements))
    return statements


def generate(directory, **options):
    settings = settings_from({"pipeline": "clarify", "decontaminate": "none", "domains": "equations", **options})
    built = asyncio.run(build(settings, directory, execution=Execution(jobs=1, quiet=True)))
    return [row for path in sorted(built.dataset.glob("data/*.parquet")) for row in pq.read_table(path).to_pylist()]


def coefficients(prompt):
    """Left sides of the equations in a prompt, and the target, read from the text."""
    lines = prompt.partition("Equations:\n")[2].partition("\n\n")[0].splitlines()
    rows = []
    for line in lines:
        left = line.partition("=")[0].replace(" ", "").replace("-", "+-")
        terms = re.findall(r"(-?)(?:(\d+)\*)?([a-z])", left)
        rows.append({name: (-1 if sign else 1) * int(factor or 1) for sign, factor, name in terms})
    return rows, re.search(r"What is the value of (\w)\?", prompt)[1]


def follows(rows, target):
    """Whether the target's value follows, by numerical rank."""
    names = sorted({name for row in rows for name in row} | {target})
    matrix = np.array([[row.get(name, 0) for name in names] for row in rows])
    unit = np.array([[float(name == target) for name in names]])
    return np.linalg.matrix_rank(np.vstack([matrix, unit])) == np.linalg.matrix_rank(matrix)


def test_exactly_the_right_questions_make_the_problem_solvable(tmp_path):
    rows = generate(tmp_path / "run", count=40)
    assert len(rows) == 40
    for row in rows:
        problem = json.loads(row["problem"])
        equations, target = coefficients(row["prompt"])
        assert not follows(equations, target)
        for label, text in problem["options"].items():
            if text == NO_QUESTION:
                continue
            asked = re.search(r"value of (\w)\?", text)[1]
            assert follows([*equations, {asked: 1}], target) == (label in problem["gold"])
        choice = re.search(r"Choice: (\d+)$", row["completion"])[1]
        assert choice in problem["gold"]
        assert problem["options"][choice] in row["prompt"]


def test_the_same_seed_gives_the_same_bytes_and_another_one_other_problems(tmp_path):
    prompts = {
        name: [row["prompt"] for row in generate(tmp_path / name, count=10, seed=seed)]
        for name, seed in (("a", 3), ("b", 3), ("c", 4))
    }
    shards = [next((tmp_path / name / "dataset/data").glob("*.parquet")).read_bytes() for name in "ab"]
    assert len({hashlib.sha256(shard).digest() for shard in shards}) == 1
    assert not set(prompts["a"]) & set(prompts["c"])


def test_problems_of_the_benchmark_are_thrown_away(tmp_path, known):
    (one, *_) = generate(tmp_path / "first", count=1)
    statement = one["prompt"].partition("\n\nOne piece")[0]
    known.add(statement)
    assert not generate(tmp_path / "second", count=1)
    (thrown,) = [json.loads(line) for line in (tmp_path / "second/discarded.jsonl").read_text().splitlines()]
    assert (thrown["stage"], thrown["reason"]) == ("contamination", "a problem of questbench-equations")


@pytest.mark.parametrize("domains", ["equations,equations", "poetry"])
def test_unknown_domains_are_refused(tmp_path, domains):
    with pytest.raises(PipelineError, match="domains"):
        generate(tmp_path / "run", domains=domains)


@pytest.mark.parametrize("domains", ["logic", "planning"])
def test_replies_of_the_other_domains_are_read_and_accepted(tmp_path, domains):
    rows = generate(tmp_path / "run", domains=domains, count=8)
    assert len(rows) >= 7  # a small blocks world may come twice
    assert not (tmp_path / "run/discarded.jsonl").read_text().count('"verdict"')
