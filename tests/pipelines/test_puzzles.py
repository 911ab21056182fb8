import random
import sqlite3

import pytest
from pipeline_runs import ScriptedEngine, run_pipeline, write_lines

from reasoning.pipelines.puzzle_inputs import InputError, mutated, with_inputs

SEED = {
    "id": "times",
    "kind": "puzzle",
    "prompt": "Find a text with k times the letter.",
    "sat": "def sat(answer: str, s='abc', k=3):\n    return answer == s * k",
    "meta": {"reference": "def sol(s='abc', k=3):\n    return s * k", "level": 2, "category": "strings"},
}


def test_other_inputs_give_solved_puzzles(tmp_path):
    problems = write_lines(tmp_path / "p.jsonl", [SEED])
    rows, thrown, _ = run_pipeline(tmp_path, pipeline="puzzles", problems=problems, proposals=8)
    assert len(rows["default"]) + len(thrown) == 8
    assert len(rows["default"]) >= 6
    assert all(row["group"] == "times" and row["difficulty"] == 0.5 for row in rows["default"])
    assert len({row["problem"] for row in rows["default"]}) == len(rows["default"])


@pytest.mark.parametrize(
    ("reply", "stage"),
    [
        ("```python\ndef sat(x: int, n=91):\n    return x * 7 == n\n\ndef sol(n=91):\n    return n // 7\n```", None),
        ("```python\ndef sat(x: int, n=91):\n    return x * 7 == n\n\ndef sol(n=91):\n    return n\n```", "verdict"),
        ("```python\ndef sat(x: int, n=91):\n    return x < n\n\ndef sol(n=91):\n    return 5\n```", "trivial"),
        ("```python\ndef sat(x: int, n=91):\n    return x == n\n\ndef sol(n=91):\n    return n\n```", "trivial"),
        ("```python\ndef sat(x, n=91):\n    return x * 7 == n\n\ndef sol(n=91):\n    return n // 7\n```", "proposal"),
        ("```python\ndef sat(x: int):\n    return x == 3\n```", "proposal"),
        ("No idea.", "proposal"),
        ("```python\ndef sat(x: List[int]):\n    return len(x) == 0\n\ndef sol():\n    return []\n```", "trivial"),
    ],
)
def test_a_written_puzzle_is_kept_when_it_is_solved_and_not_trivial(tmp_path, reply, stage):
    problems = write_lines(tmp_path / "p.jsonl", [SEED])
    engine = ScriptedEngine(lambda prompt, sample: reply)
    rows, thrown, _ = run_pipeline(
        tmp_path, engine, pipeline="puzzles", problems=problems, proposals=1, proposer="engine"
    )
    assert [one["stage"] for one in thrown] == ([stage] if stage else [])
    assert len(rows["default"]) == (stage is None)


def test_a_puzzle_with_a_slow_solution_is_left_out(tmp_path):
    problems = write_lines(tmp_path / "p.jsonl", [SEED])
    slow = "```python\ndef sat(x: int, n=91):\n    return x * 7 == n\n\ndef sol(n=91):\n    while True:\n        n += 1\n```"
    rows, thrown, _ = run_pipeline(
        tmp_path, ScriptedEngine(lambda prompt, sample: slow), pipeline="puzzles", problems=problems, proposals=1,
        proposer="engine", solution_seconds=0.2,
    )  # fmt: skip
    assert not rows.get("default")
    assert [(one["stage"], one["reason"]) for one in thrown] == [("verdict", "not solved: timeout")]
    store = sqlite3.connect(next(tmp_path.rglob("run.sqlite")))
    assert store.execute("SELECT max(seconds) FROM judgements").fetchone()[0] < 5


def test_inputs_keep_their_kinds():
    sat = "def sat(x: List[int], n=-12, s='héllo', deep=[[1, 2], ['a']], yes=True, f=1.5, e=10 ** 3):\n    return n"
    inputs = mutated(sat, random.Random(4))
    changed = with_inputs(sat, inputs)
    assert -26 <= int(inputs["n"]) < 0
    assert len(eval(inputs["s"])) == 5
    assert [len(item) for item in eval(inputs["deep"])] == [2, 1]
    assert (inputs["yes"], inputs["f"], inputs["e"]) == ("True", "1.5", "10 ** 3")
    assert changed.endswith("\n    return n")
    assert mutated(changed, random.Random(1)).keys() == inputs.keys()


@pytest.mark.parametrize(
    "sat", ["def sat(x: int):\n    return x == 3", "x = 1", "def sat(:", "def sat(x, yes=True): pass"]
)
def test_nothing_to_vary_is_said(sat):
    with pytest.raises(InputError):
        mutated(sat, random.Random(0))
