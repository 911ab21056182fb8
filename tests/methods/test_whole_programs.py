"""xCodeEval and LiveCodeBench problems that read standard input, by all methods that write a function."""

import asyncio
import json

import pytest
from scripted_engine import Script, ScriptedEngine, python

from reasoning.evaluation.benchmarks import find_benchmark, locate
from reasoning.methods import Question, Sampling, Workbench, find_method
from verifiers.records import Status
from verifiers.registry import VerifierRegistry
from verifiers.sandbox import Limits, SandboxPool

XCODEEVAL = {
    "src_uid": "5bd0",
    "description": "Print the sum of the two numbers.",
    "input_from": "standard input",
    "output_to": "standard output",
    "time_limit": "2 seconds",
    "input_spec": "Two numbers.",
    "output_spec": "One number.",
    "notes": None,
    "sample_inputs": ["1 2", "2 3"],
    "sample_outputs": ["3", "5"],
    "difficulty": 900,
    "tags": ["math"],
    "hidden_unit_tests": [{"input": "20 22\n", "output": ["42"]}],
}
LIVECODEBENCH = {
    "question_title": "Sum",
    "question_content": "Print the sum of the two numbers.",
    "platform": "atcoder",
    "question_id": "abc_a",
    "contest_date": "2024-09-01T12:00:00",
    "starter_code": "",
    "difficulty": "easy",
    "public_test_cases": json.dumps(
        [
            {"input": "1 2\n", "output": "3\n", "testtype": "stdin"},
            {"input": "2 3\n", "output": "5\n", "testtype": "stdin"},
        ]
    ),
    "private_test_cases": json.dumps([{"input": "20 22\n", "output": "42\n", "testtype": "stdin"}]),
    "metadata": "{}",
}
HEAD = "def solution(text: str) -> str:\n"
RIGHT = f"{HEAD}    return str(sum(map(int, text.split())))"
LATE = f"{HEAD}    a, b = text.split()\n    return f'{{int(a) + int(b)}}\\n'"
WRONG = f"{HEAD}    return text.split()[-1]"
SPLIT = f'''{HEAD}    return total(text.split())


def total(words: list) -> str:
    """The sum of the words as numbers."""
    raise NotImplementedError()'''
TOTAL = (
    'def total(words: list) -> str:\n    """The sum of the words as numbers."""\n    return str(sum(map(int, words)))'
)
SOME = [WRONG, RIGHT, LATE]
PROGRAMS = {("program", "solution"): lambda call: python(SOME[call.index])}
TESTS = python("assert solution('4 5\\n') == '9\\n'\nassert solution('0 0') == '0'\nassert solution(len('x')) == 1")


@pytest.fixture(params=[("xcodeeval", XCODEEVAL), ("livecodebench", LIVECODEBENCH)], ids=["xcodeeval", "livecodebench"])
def problem(request, tmp_path):
    name, record = request.param
    path = tmp_path / "problems.jsonl"
    path.write_text(json.dumps(record) + "\n")
    benchmark = find_benchmark(name)
    (entry,) = benchmark.read(locate(benchmark, benchmark.split(None), path), benchmark.split(None))
    return entry.problem


def solved(problem, spec, answer):
    """The attempt, the verdict and the engine; no request may hold the hidden tests."""
    engine = ScriptedEngine(answer)

    async def work():
        async with SandboxPool(workers=2) as pool:
            question = Question(problem, find_benchmark("xcodeeval").style(), 0, 0, Sampling(max_tokens=500))
            attempt = await find_method(spec)(question, Workbench(engine, pool))
            verdict = await VerifierRegistry(pool).verify(problem, attempt.candidate.text, Limits(wall_seconds=10))
            return attempt, verdict

    attempt, verdict = asyncio.run(work())
    assert not any("20 22" in text or "42" in text for call in engine.calls for text in call.texts)
    return attempt, verdict.status, engine


def test_funcoder_grows_a_tree_for_a_whole_program(problem):
    answers = {
        ("divide", "solution"): python(SPLIT),
        ("divide", "total"): python(TOTAL),
        ("conquer", "solution"): python(WRONG),
        ("conquer", "total"): python(TOTAL),
        ("callers", "solution"): python("def one(seed):\n    return solution('7 8')"),
        ("callers", "total"): python("def one(seed):\n    return total(['7', '8'])"),
    }
    attempt, status, _ = solved(problem, "funcoder,samples=3", Script(answers))
    tree = attempt.trace["tree"]
    assert [child["name"] for child in tree["children"]] == ["total"]
    assert [candidate["passed_tests"] for candidate in tree["candidates"]] == [2, 0, 0]
    assert status is Status.PASSED


def test_output_consistency_runs_on_the_inputs_of_the_samples(problem):
    programs = [WRONG, RIGHT, RIGHT]
    answers = {("program", "solution"): lambda call: python(programs[call.index])}
    attempt, status, engine = solved(problem, "output_consistency,samples=3", Script(answers))
    assert [row["values"] for row in attempt.trace["programs"]] == [['"2"', '"3"'], ['"3"', '"5"'], ['"3"', '"5"']]
    assert (status, len(engine.calls)) == (Status.PASSED, 3)


def test_codet_takes_generated_pairs_of_input_and_output(problem):
    answers = {**PROGRAMS, ("tests", "solution"): TESTS}
    attempt, status, _ = solved(problem, "codet,samples=3,test_samples=1", Script(answers))
    assert len(attempt.trace["tests"]) == 2
    assert [row["passed"] for row in attempt.trace["programs"]] == [[1], [0, 1], [0, 1]]
    assert status is Status.PASSED


def test_reflexion_repairs_by_the_samples(problem):
    def answer(call):
        if "Write no code" in call.turn:
            assert "== '3" in call.turn
            assert "failed: got '2'" in call.turn
            return "It prints the last number. Add both."
        return python(RIGHT if "An earlier attempt" in call.turn else WRONG)

    attempt, status, _ = solved(problem, "reflexion", answer)
    assert [entry["passed"] for entry in attempt.trace["rounds"]] == [0, 2]
    assert status is Status.PASSED


@pytest.mark.parametrize(("method", "step"), [("cot_code", "think"), ("one_shot_code", "program")])
def test_single_requests_give_a_whole_program(problem, method, step):
    attempt, status, _ = solved(problem, method, Script({(step, "solution"): python(LATE)}))
    assert attempt.candidate.text.count("def solution") == 1
    assert status is Status.PASSED
