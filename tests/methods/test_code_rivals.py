"""CodeT, output consistency, reflexion, chain of thought and one-shot, driven by scripted replies."""

import asyncio
import json

import pytest
from scripted_engine import Script, ScriptedEngine, python

from reasoning.engines.base import BudgetSpentError
from reasoning.methods import MethodError, Prompt, PromptStyle, Question, Sampling, Workbench, find_method
from reasoning.methods.codet import consensus_scores
from verifiers.records import Problem
from verifiers.sandbox import SandboxPool

STYLE = PromptStyle("s", "for tests", lambda problem: Prompt(text=problem.prompt), lambda problem, reply: reply)
PROMPT = 'def twice(n: int) -> int:\n    """Two times n.\n\n    >>> twice(4)\n    8\n    """\n'
RIGHT, LATE, WRONG = (f"def twice(n: int) -> int:\n    return {body}" for body in ("n * 2", "n + n", "n * n"))
METHODS = ("codet", "cot_code", "one_shot_code", "output_consistency", "reflexion")


def solve(spec, answers, prompt=PROMPT, **fields):
    script = answers if callable(answers) else Script(answers)
    engine = ScriptedEngine(script)
    given = {"entry_point": "twice", "test": "def check(candidate): assert candidate(31) == 62", **fields}
    problem = Problem("p", given.pop("kind", "program"), prompt, {k: v for k, v in given.items() if v is not None})

    async def work():
        async with SandboxPool(workers=2) as pool:
            question = Question(problem, STYLE, 0, 0, Sampling(max_tokens=500))
            return await find_method(spec)(question, Workbench(engine, pool))

    attempt = asyncio.run(work())
    json.dumps(attempt.trace)
    assert not any("31" in text for call in engine.calls for text in call.texts)
    return attempt, engine


def test_codet_scores_are_set_size_times_tests_passed():
    # Three programs pass tests 0 and 1, two pass 0 and 2 and 3, one passes nothing.
    passed = [[1, 1, 0, 0]] * 3 + [[1, 0, 1, 1]] * 2 + [[0, 0, 0, 0]]
    assert consensus_scores([[bool(cell) for cell in row] for row in passed]) == [6, 6, 6, 6, 6, 0]
    assert consensus_scores([[], []]) == [0, 0]


def test_codet_takes_a_program_of_the_best_set():
    programs = [RIGHT, WRONG, WRONG, LATE]
    tests = [
        "assert twice(0) == 0\nassert twice(3) == 6",
        "assert twice(3) == 6\nassert twice(5) == 10\nassert twice(1) == 3",
    ]
    answers = {
        ("program", "twice"): lambda call: python(programs[call.index]),
        ("tests", "twice"): lambda call: python(tests[call.index]),
    }
    attempt, engine = solve("codet,samples=4,test_samples=2", answers)
    assert attempt.trace["tests"] == [f"assert twice({n}) == {m}" for n, m in ((0, 0), (3, 6), (5, 10), (1, 3))]
    rows = attempt.trace["programs"]
    assert [row["passed"] for row in rows] == [[0, 1, 2], [0], [0], [0, 1, 2]]
    assert [row["score"] for row in rows] == [6, 2, 2, 6]
    assert attempt.trace["tied"] == [0, 3]
    assert attempt.candidate.text.count("n * 2") + attempt.candidate.text.count("n + n") == 1
    assert len(engine.calls) == 6


def test_codet_without_tests_or_programs():
    attempt, _ = solve("codet,samples=2,test_samples=1", {("program", "twice"): python(RIGHT)})
    assert attempt.trace["tied"] == [0, 1]
    assert attempt.candidate is not None
    attempt, engine = solve("codet,samples=2,test_samples=1", {("tests", "twice"): python("assert twice(1) == 2")})
    assert (attempt.candidate, attempt.finish_reason, len(engine.calls)) == (None, "no reply held the function", 2)


def test_output_consistency_takes_from_the_largest_group():
    programs = [WRONG, RIGHT, "def twice(n: int) -> int:\n    return n / 0", LATE]
    answers = {
        ("program", "twice"): lambda call: python(programs[call.index]),
        ("callers", "twice"): python("def a(seed):\n    return twice(5)\ndef b(seed):\n    return twice(seed % 9 + 3)"),
    }
    attempt, _ = solve("output_consistency,samples=4", answers)
    rows = attempt.trace["programs"]
    assert [row["group_size"] for row in rows] == [1, 2, 1, 2]
    assert [row["values"][0] for row in rows] == ["25", "10", None, "10"]
    assert attempt.trace["tied"] == [1, 3]
    assert "n * n" not in attempt.candidate.text


def test_reflexion_repairs_by_the_visible_example():
    def answer(call):
        if "Write no code" in call.turn:
            assert "assert twice(4) == 8  failed: got 16" in call.turn
            return "It squares. Add n to itself instead."
        if "An earlier attempt" in call.turn:
            assert "It squares. Add n to itself instead." in call.turn
            return python(RIGHT)
        return python(WRONG)

    attempt, engine = solve("reflexion", answer)
    assert "n * 2" in attempt.candidate.text
    assert [entry["passed"] for entry in attempt.trace["rounds"]] == [0, 1]
    assert (attempt.trace["chosen"], len(engine.calls)) == (1, 3)


def test_reflexion_keeps_the_best_when_nothing_helps():
    replies = iter(
        [python(WRONG), "Hm.", "no code", "Hm.", python("def twice(n):\n    return 1 / 0"), "Hm.", "nothing"]
    )
    attempt, engine = solve("reflexion,rounds=3", lambda call: next(replies))
    assert "n * n" in attempt.candidate.text
    assert [entry["program"] is None for entry in attempt.trace["rounds"]] == [False, True, False, True]
    assert "ZeroDivisionError" in attempt.trace["rounds"][2]["feedback"]
    assert len(engine.calls) == 7


def test_reflexion_without_examples_sees_only_whether_the_program_loads():
    prompt = 'def twice(n: int) -> int:\n    """Two times n."""\n'
    replies = iter([python("import nothing_of_this_name\n" + WRONG), "A module is missing.", python(WRONG)])
    attempt, engine = solve("reflexion", lambda call: next(replies), prompt=prompt)
    assert attempt.trace["examples"] == []
    assert "nothing_of_this_name" in attempt.trace["rounds"][0]["feedback"]
    assert attempt.trace["chosen"] == 0 or "n * n" in attempt.candidate.text
    assert len(engine.calls) == 3


@pytest.mark.parametrize(("method", "step"), [("cot_code", "think"), ("one_shot_code", "program")])
def test_single_requests_give_the_program_of_the_reply(method, step):
    reply = python(f"{RIGHT}\n\nprint(twice(2))") + "That is all."
    attempt, engine = solve(method, {(step, "twice"): reply})
    assert len(engine.calls) == 1
    assert "print" not in attempt.candidate.text
    attempt, _ = solve(method, {(step, "twice"): "I do not know."})
    assert (attempt.candidate, attempt.finish_reason) == (None, "no reply held the function")


@pytest.mark.parametrize("method", METHODS)
def test_only_the_statement_of_a_problem_without_code_is_used(method):
    prompt = "Write a function to double a number.\nYour code should pass these tests:\n\nassert twice(4) == 8"
    answers = {(step, "twice"): python(RIGHT) for step in ("program", "think")}
    attempt, engine = solve(
        method, answers, prompt=prompt, entry_point=None, test=None, tests=["assert twice(31) == 62"]
    )
    assert "n * 2" in attempt.candidate.text
    assert "def twice(argument_1):" in engine.calls[0].turn


@pytest.mark.parametrize("method", METHODS)
def test_problems_that_do_not_fit_are_named(method):
    with pytest.raises(MethodError, match=f"method '{method}' takes problems of kind program; problem 'p' is of kind"):
        solve(method, {}, kind="answer", gold="1")


@pytest.mark.parametrize("method", ["codet,samples=2", "output_consistency,samples=2", "reflexion"])
def test_a_spent_budget_leaves_the_best_so_far(method):
    seen = []

    def answer(call):
        seen.append(call)
        return BudgetSpentError("calls") if "Complete the function" not in call.turn else python(WRONG)

    attempt, _ = solve(method, answer)
    assert attempt.finish_reason == "budget"
    assert "n * n" in attempt.candidate.text
