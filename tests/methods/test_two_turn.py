import json

import pytest

from reasoning.evaluation.benchmarks.optibench import BENCHMARK
from reasoning.methods import MethodError, Question, Sampling, find_method
from reasoning.methods.two_turn import last_number
from tests.support.scripted_answers import Bench, ScriptedEngine
from verifiers.optimization import OptimizationVerifier
from verifiers.records import Problem, Status
from verifiers.sandbox import Limits

PROBLEM = Problem(
    "p", "optimization", "Sell cakes.", {"results": {"The number of cakes": "3.0", "The maximum profit": "$1,250.5"}}
)
PROGRAM = "```python\nfrom scipy.optimize import linprog\nprint(f'cakes {{linprog([-1], [[1]], [3]).x[0]:.0f}}, profit {1250.5}')\n```"


@pytest.fixture(scope="module")
def bench():
    bench = Bench()
    yield bench
    bench.close()


def attempt(bench, *replies, problem=PROBLEM):
    engine = ScriptedEngine({"p": replies})
    question = Question(problem, BENCHMARK.style("solve"), 0, 0, Sampling())
    return bench.run(find_method("two_turn")(question, bench.workbench(engine))), engine


def test_each_quantity_is_asked_for_after_the_program_has_run(bench):
    program = PROGRAM.replace("{{", "{").replace("}}", "}")
    made, engine = attempt(bench, program, r"\boxed{3.00000}", r"So it is \boxed{\$1,250.50000}.")
    assert json.loads(made.candidate.text) == {"The number of cakes": 3.0, "The maximum profit": 1250.5}
    first, *more = engine.requests
    assert "could not be solved to optimality" in first.messages[-1].content
    assert ["The number of cakes" in one.messages[-1].content for one in more] == [True, False]
    assert all("It printed:\n\n```\ncakes 3, profit 1250.5\n```" in one.messages[-1].content for one in more)
    verdict = bench.run(
        OptimizationVerifier(bench.workbench(engine).sandbox).verify(PROBLEM, made.candidate.text, Limits())
    )
    assert verdict.status is Status.PASSED


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("I cannot.", "no program"),
        ("```python\n1 / 0\n```", "program failed"),
        ("```python\nprint('The problem could not be solved to optimality.')\n```", "program failed"),
    ],
)
def test_what_ends_after_the_first_turn(bench, reply, reason):
    made, engine = attempt(bench, reply)
    assert (made.candidate, made.finish_reason, len(engine.requests)) == (None, reason, 1)


def test_a_quantity_without_a_number_is_missing(bench):
    made, _ = attempt(bench, "```python\nprint(3)\n```", r"\boxed{3}", "I do not know.")
    assert json.loads(made.candidate.text) == {"The number of cakes": 3.0}
    assert made.trace["values"] == {"The number of cakes": 3.0, "The maximum profit": None}
    assert attempt(bench, "```python\nprint(3)\n```", "no", "no")[0].finish_reason == "no number"


def test_it_is_for_problems_with_named_results(bench):
    with pytest.raises(MethodError, match="named results"):
        attempt(bench, "x", problem=Problem("p", "answer", "2 + 2?"))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (r"first \boxed{1}, then \boxed{x = 2.5}", 2.5),
        (r"\boxed{\$1,250.5}", 1250.5),
        (r"\boxed{1 / 4}", 0.25),
        ("the value is -3e2.", -300.0),
        (r"\boxed{none}, 7", None),
        ("1/0", None),
        ("9" * 400, None),
        ("", None),
    ],
)
def test_the_last_number_of_a_reply(text, number):
    assert last_number(text) == number
