"""Tasks for other frameworks: what is written, and how a folder of it judges; the frameworks themselves elsewhere."""

import json

import pytest

from reasoning.cli.main import main
from reasoning.evaluation.benchmarks import BenchmarkError
from reasoning.interop import FRAMEWORKS, ExportedTask
from reasoning.interop.exported import mean_of_judged
from reasoning.interop.lm_eval_task import lm_eval_functions

GOLD = {"question": "What is 6 times 7?", "answer": "#### 42"}


def reasoning(*arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return stop.value.code


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "own.jsonl"
    path.write_text("".join(json.dumps({**GOLD, "question": f"{n}. {GOLD['question']}"}) + "\n" for n in range(3)))
    return path


@pytest.mark.parametrize("framework", sorted(FRAMEWORKS))
def test_a_task_is_written_with_the_command_that_runs_it(tmp_path, data, framework, capsys):
    out = tmp_path / "task"
    assert reasoning("export", framework, "gsm8k", "--data", data, "--out", out, "--limit", 2, "--max-tokens", 77) == 0
    told = capsys.readouterr()
    assert str(out) in told.out
    assert "reasoning_gsm8k" in told.out
    assert "2 problems" in told.err
    rows = list(ExportedTask(out).rows())
    assert [row["reference"] for row in rows] == ["#### 42", "#### 42"]
    assert "0. What is 6 times 7?" in rows[0]["prompt"]
    assert json.loads(rows[0]["messages"])[0]["content"] == rows[0]["prompt"]
    assert json.loads(rows[1]["problem"])["gold"] == "42"
    assert ExportedTask(out).max_tokens == 77
    compile((out / "reasoning_gsm8k.py").read_text(), "task", "exec")
    assert (out / "reasoning_gsm8k.yaml").exists() == (framework == "lm-eval")


def test_replies_are_read_as_the_prompt_style_says_and_judged(tmp_path, data):
    reasoning("export", "lm-eval", "gsm8k", "--data", data, "--out", tmp_path / "task", "--quiet")
    task = ExportedTask(tmp_path / "task")
    row = next(task.rows())
    verdicts = task.judge([(row["problem"], reply) for reply in ("It is \\boxed{42}.", "\\boxed{41}", " ")])
    assert [verdict.status.value for verdict in verdicts] == ["passed", "wrong", "unparsable"]
    _, process_results = lm_eval_functions(tmp_path / "task")
    assert process_results(row, ["\\boxed{42}"]) == {"passed": 1.0, "unjudged": 0.0}
    assert process_results(row, [["\\boxed{42}", "\\boxed{1}"]]) == {"passed": 0.5, "unjudged": 0.0}


def test_what_could_not_be_judged_is_left_out_and_never_zero(tmp_path, data):
    reasoning("export", "lm-eval", "gsm8k", "--data", data, "--out", tmp_path / "task", "--quiet")
    _, process_results = lm_eval_functions(tmp_path / "task")
    problem = {
        "id": "f",
        "kind": "proof",
        "prompt": "",
        "system": "lean",
        "header": "import Mathlib",
        "statement": "theorem a : True := by",
    }
    assert process_results({"problem": json.dumps(problem)}, ["let a = ()"]) == {
        "passed": None,
        "unjudged": 1.0,
    }
    assert mean_of_judged([1.0, None, 0.0]) == 0.5
    assert str(mean_of_judged([None])) == "nan"


def test_puzzles_are_judged_in_the_sandbox(tmp_path):
    reasoning("export", "inspect", "puzzles", "--out", tmp_path / "task", "--limit", 3, "--quiet")
    task = ExportedTask(tmp_path / "task")
    rows = list(task.rows())
    verdicts = task.judge([(row["problem"], f"```python\n{row['reference']}\n```") for row in rows])
    task.reward.close()
    assert [verdict.passed for verdict in verdicts] == [True] * 3
    assert all(verdict.isolation for verdict in verdicts)


def test_wrong_names_and_broken_folders_are_one_clear_line(tmp_path, data, capsys):
    assert reasoning("export", "openai-evals", "gsm8k", "--data", data, "--out", tmp_path / "x") == 2
    assert "no framework 'openai-evals'; there are: inspect, lighteval, lm-eval" in capsys.readouterr().err
    assert reasoning("export", "inspect", "nothing", "--out", tmp_path / "x") == 2
    with pytest.raises(BenchmarkError, match="is not there; write it with: reasoning export"):
        ExportedTask(tmp_path / "none")
    (tmp_path / "task.json").write_text('{"benchmark": "gsm8k"}')
    with pytest.raises(BenchmarkError, match="cannot be read: KeyError"):
        ExportedTask(tmp_path)
