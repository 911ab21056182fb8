import asyncio
import json

import pytest
from scripted_engine import Script, ScriptedEngine, python

from reasoning.backends import Execution
from reasoning.engines.base import PromptTooLongError
from reasoning.evaluation.evaluating import EvaluationError, Settings, evaluate
from reasoning.evaluation.methods_side_by_side import evaluate_methods, read_methods
from reasoning.methods import MethodError

PROMPT = 'def plus_{n}(x: int) -> int:\n    """x plus {n}.\n\n    >>> plus_{n}(1)\n    {one}\n    """\n'
METHODS = ["funcoder,samples=3", "codet,samples=3,test_samples=1", "direct"]


@pytest.fixture
def settings(tmp_path):
    data = tmp_path / "problems.jsonl"
    rows = [
        {
            "task_id": f"t/{n}",
            "entry_point": f"plus_{n}",
            "prompt": PROMPT.format(n=n, one=n + 1),
            "canonical_solution": f"    return x + {n}\n",
            "test": f"def check(candidate):\n    assert candidate(10) == {10 + n}\n",
        }
        for n in range(4)
    ]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Settings("humaneval", "scripted", data=str(data), prompt="chat", split="test", timeout=5.0)


def engine():
    """Right but for problem 3; every single reply to the plain question is wrong for problem 2 as well."""
    answers = {}
    for n in range(4):
        name = f"plus_{n}"
        good = python(f"def {name}(x: int) -> int:\n    return x + {n if n < 3 else 0}")
        answers |= {(step, name): good for step in ("divide", "conquer", "program")}
        answers["callers", name] = python(f"def one(seed):\n    return {name}(seed % 10)")
        answers["tests", name] = python(f"assert {name}(1) == {n + 1}")
    script = Script(answers)

    def answer(call):
        if "Complete this Python function" not in call.turn:
            return script(call)
        n = next(n for n in range(4) if f"plus_{n}" in call.turn)
        return python(f"def plus_{n}(x):\n    return x + {n if n < 2 else 0}")

    return ScriptedEngine(answer)


def run(settings, directory, methods=METHODS, with_engine=None, **options):
    work = evaluate_methods(
        settings,
        methods,
        directory,
        engine=with_engine or engine(),
        execution=Execution(jobs=2, concurrency=4, quiet=True),
        **options,
    )
    return asyncio.run(work)


def test_methods_are_compared_on_the_same_problems(tmp_path, settings):
    rows = run(settings, tmp_path / "out")
    assert [row.method for row in rows] == METHODS
    assert [row.pass_at_1.value for row in rows] == [0.75, 0.75, 0.5]
    # Consensus@3: divide, two samples, inputs and unit tests; CodeT: three programs, one reply with tests.
    assert [row.calls for row in rows] == [5, 4, 1]
    assert [row.tokens for row in rows] == [75, 60, 15]
    assert rows[0].sandbox_seconds > 0 < rows[1].sandbox_seconds
    assert rows[2].sandbox_seconds == 0
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["codet_samples_3_test_samples_1", "direct", "funcoder_samples_3", "methods.json"]


def test_a_comparison_that_was_interrupted_goes_on(tmp_path, settings):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    run(settings, whole)
    asked = engine()
    answered = []

    def stopping(call, answer=asked.answer):
        if len(answered) == 22:
            raise asyncio.CancelledError
        answered.append(call)
        return answer(call)

    asked.answer = stopping
    with pytest.raises(asyncio.CancelledError):
        run(settings, parts, with_engine=asked)
    again = engine()
    run(settings, parts, with_engine=again)
    # Twenty calls for FunCoder, sixteen for CodeT and four for the plain question in all, none of them twice.
    assert len(answered) + len(again.calls) == 40
    for method in ("funcoder_samples_3", "direct", "codet_samples_3_test_samples_1"):
        for name in ("records.jsonl", "metrics.json"):
            assert (whole / method / name).read_bytes() == (parts / method / name).read_bytes()
    third = engine()
    run(settings, parts, with_engine=third)
    assert third.calls == []


def test_another_comparison_needs_another_directory(tmp_path, settings):
    run(settings, tmp_path / "out", ["direct"])
    assert read_methods(tmp_path / "out")["methods"] == ["direct"]
    with pytest.raises(EvaluationError, match="methods differ from what was asked for"):
        run(settings, tmp_path / "out", ["direct", "codet"])
    with pytest.raises(EvaluationError, match="one is named twice"):
        run(settings, tmp_path / "other", ["direct", "direct"])
    with pytest.raises(EvaluationError, match="holds the run of one method"):
        run(settings, tmp_path / "out" / "direct", ["direct", "codet"])
    (tmp_path / "out" / "methods.json").write_text("{}")
    with pytest.raises(EvaluationError, match=r"methods\.json: cannot be read"):
        read_methods(tmp_path / "out")


def budgeted(settings, budget):
    return Settings(**{**{name: getattr(settings, name) for name in settings.__slots__}, "budget": budget})


@pytest.mark.parametrize(
    ("method", "words"), [("self_consistency", "no vote over them"), ("best_of_n", "needs a reward model")]
)
def test_what_one_method_lacks_is_said_before_another_begins(tmp_path, settings, method, words):
    asked = engine()
    with pytest.raises(MethodError, match=rf"method '{method},n=2': .*{words}"):
        run(settings, tmp_path / "out", ["direct", f"{method},n=2"], asked)
    assert not (tmp_path / "out").exists()


def test_a_budget_bounds_every_method_and_the_best_so_far_is_judged(tmp_path, settings):
    rows = run(budgeted(settings, "calls=3"), tmp_path / "out")
    # FunCoder has its draft and two samples, CodeT its programs; both then take one without comparison.
    assert [row.calls for row in rows] == [3, 3, 1]
    assert [row.pass_at_1.value for row in rows] == [0.75, 0.75, 0.5]
    rows = run(budgeted(settings, "tokens=20"), tmp_path / "tokens")
    assert [row.calls for row in rows] == [3, 3, 1]
    config = json.loads((tmp_path / "out" / "direct" / "config.json").read_text())
    assert config["settings"]["budget"] == "calls=3"


def test_without_a_budget_a_run_is_recorded_as_before(tmp_path, settings):
    run(settings, tmp_path / "out", ["direct"])
    assert "budget" not in json.loads((tmp_path / "out" / "direct" / "config.json").read_text())["settings"]


def test_what_a_method_does_not_expect_leaves_it_without_a_candidate(tmp_path, settings):
    engine = ScriptedEngine(lambda call: PromptTooLongError("70 tokens"))
    outcome = asyncio.run(evaluate(settings, tmp_path / "run", engine=engine, execution=Execution(jobs=2, quiet=True)))
    assert (outcome.unanswered, outcome.results.statuses) == (0, {"unparsable": 4})
    row = json.loads((tmp_path / "run" / "records.jsonl").read_text().splitlines()[0])
    assert row["finish_reason"] == "the prompt is too long: 70 tokens"
