import pytest

from reasoning.methods import find_method
from tests.support.scripted_answers import Bench, ScriptedEngine, question
from verifiers.records import Problem

PROBLEM = Problem("p", "answer", "Which n below 10 has n * n = 49?", {"gold": "7"})
SOLVED = ["```python\nprint(49 ** 0.5)\n```\n", "It is \\boxed{7}."]


@pytest.fixture(scope="module")
def bench():
    bench = Bench()
    yield bench
    bench.close()


def check(verdict):
    return f"```python\nprint('looking')\nprint('Verdict: {verdict}')\n```\n"


def csv(bench, replies, spec="csv"):
    engine = ScriptedEngine({"p": replies})
    attempt = bench.run(find_method(spec)(question(PROBLEM), bench.workbench(engine)))
    return attempt, engine.requests


def test_a_confirmed_solution_is_kept_with_its_state(bench):
    attempt, requests = csv(bench, [*SOLVED, check("True"), "The check agrees."])
    assert attempt.trace["vote"] == {"state": "true"}
    assert attempt.candidate.text.endswith("It is \\boxed{7}.")
    assert "Verdict" not in attempt.candidate.text
    asked = requests[2].messages
    assert [message.role for message in asked] == ["system", "user", "assistant", "user"]
    assert "Verdict: True" in asked[3].content


def test_it_is_amended_while_the_check_says_false(bench):
    wrong = "It is \\boxed{8}."
    attempt, requests = csv(bench, [wrong, check("False"), "So it is wrong.", *SOLVED, check("True"), "Good."])
    assert attempt.trace["vote"] == {"state": "true"}
    assert attempt.candidate.text.endswith("\\boxed{7}.")
    assert wrong not in attempt.candidate.text
    assert [stage["state"] for stage in attempt.trace["stages"]] == ["false", "true"]
    assert [message.role for message in requests[3].messages][-3:] == ["user", "assistant", "user"]
    assert wrong in requests[3].messages[2].content


def test_amendments_are_bounded(bench):
    turn = ["\\boxed{8}", check("False"), "Wrong."]
    attempt, requests = csv(bench, turn * 9, "csv,amendments=1")
    assert [stage["state"] for stage in attempt.trace["stages"]] == ["false", "false"]
    assert len(requests) == 6
    assert attempt.trace["vote"] == {"state": "false"}
    assert len(csv(bench, turn * 9, "csv,amendments=0")[1]) == 3


@pytest.mark.parametrize(
    "reply",
    [
        check("Uncertain"),
        "Verdict: True",
        "```python\nprint('fine')\n```\n",
        "```python\nprint('Verdict: True')\nraise SystemExit(1)\n```\n",
        "```python\nprint('Verdict: True')\nprint('or not')\n```\n",
        "```python\nprint('Verdict: Truest')\n```\n",
    ],
)
def test_only_a_verdict_that_a_program_printed_last_counts(bench, reply):
    attempt, _ = csv(bench, ["\\boxed{7}", reply, "Done."])
    assert attempt.trace["vote"] == {"state": "uncertain"}


def test_an_engine_that_ends_early_leaves_the_last_solution(bench):
    attempt, _ = csv(bench, ["\\boxed{8}", check("False"), "Wrong."])
    assert (attempt.candidate.text, attempt.trace["vote"]) == ("\\boxed{8}", {"state": "false"})
    nothing, _ = csv(bench, [])
    assert (nothing.candidate, nothing.finish_reason) == (None, "exhausted")
