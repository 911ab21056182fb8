"""Replies that try to break out, to hang or to grow without end are ended by a verdict like any other."""

import asyncio
import builtins
import json

import pytest
from scripted_engine import Script, ScriptedEngine, python, step_of

from reasoning.methods import Prompt, PromptStyle, Question, Sampling, Workbench, find_method
from reasoning.methods.funcoder.trace import MAX_TRACE_TEXT
from verifiers.programs import ProgramVerifier
from verifiers.records import Problem, Status
from verifiers.sandbox import Limits, SandboxPool

STYLE = PromptStyle("s", "for tests", lambda problem: Prompt(text=problem.prompt), lambda problem, reply: reply)
PROMPT = 'def goal(n: int) -> int:\n    """n plus one.\n\n    >>> goal(1)\n    2\n    """\n'
TEST = "def check(candidate):\n    assert candidate(4) == 5\n"
PROBLEM = Problem("p", "program", PROMPT, {"entry_point": "goal", "test": TEST})
GOOD = "def goal(n: int) -> int:\n    return n + 1"
CALLER = python("def one(seed):\n    return goal(3)\ndef two(seed):\n    return goal(-1)")


def judge(answers, options="samples=3"):
    """The attempt, the engine and the verdict."""
    engine = ScriptedEngine(answers if callable(answers) else Script(answers))

    async def work():
        async with SandboxPool(workers=2) as pool:
            question = Question(PROBLEM, STYLE, 0, 0, Sampling(max_tokens=500))
            attempt = await find_method(f"funcoder,{options}")(question, Workbench(engine, pool))
            if attempt.candidate is None:
                return attempt, None
            return attempt, await ProgramVerifier(pool).verify(PROBLEM, attempt.candidate.text, Limits(wall_seconds=5))

    attempt, verdict = asyncio.run(work())
    assert len(json.dumps(attempt.trace)) < 2 * MAX_TRACE_TEXT
    return attempt, engine, verdict


@pytest.mark.parametrize("name", ["__import__", "print", "len", "__builtins__", "__name__", "_", "ñandú", "exec"])
def test_names_of_the_interpreter_are_only_names(name):
    draft = f"def goal(n: int) -> int:\n    return {name}(n)\n\ndef {name}(n):\n    '''n plus one.'''\n    pass"
    helper = python(f"def {name}(n):\n    return n + 1")
    before = vars(builtins).copy()

    def answer(call):
        step, function = step_of(call)
        if step in ("divide", "conquer") and function != "goal":
            return helper
        return {"divide": python(draft), "conquer": python(draft.partition("\n\n")[0]), "callers": CALLER}.get(step, "")

    _, _, verdict = judge(answer)
    # `__builtins__` as a function leaves the module without builtins: wrong code, but a verdict.
    assert verdict.status is Status.PASSED or (name == "__builtins__" and verdict.status.judged)
    assert vars(builtins) == before


def test_candidates_cannot_redefine_their_siblings():
    draft = "def goal(n: int) -> int:\n    return a(n) + b(n)\n\ndef a(n):\n    '''n.'''\n    pass\n\ndef b(n):\n    '''1.'''\n    pass"
    answers = {
        ("divide", "goal"): python(draft),
        ("conquer", "goal"): python(draft.partition("\n\n")[0] + "\n\ndef a(n):\n    return 'stolen'"),
        ("divide", "a"): python("def a(n):\n    return n"),
        ("conquer", "a"): python("def a(n):\n    return n\n\nb = None\n\ndef goal(n):\n    return 0"),
        ("divide", "b"): python("def b(n):\n    return 1"),
        ("conquer", "b"): python(
            "def b(n):\n    return 1\n\ndef a(n):\n    return 100\n\nfrom os import getpid as goal"
        ),
        ("callers", "goal"): CALLER,
    }
    attempt, _, verdict = judge(answers)
    assert verdict.status is Status.PASSED
    for words in ("stolen", "100", "getpid", "b = None"):
        assert words not in attempt.candidate.text


def test_test_inputs_cannot_redefine_what_they_test():
    lying = "def goal(n):\n    return 7\ndef one(seed):\n    return goal(3)"
    answers = {("divide", "goal"): python(GOOD), ("conquer", "goal"): python(GOOD), ("callers", "goal"): python(lying)}
    attempt, _, _ = judge(answers)
    assert attempt.trace["tree"]["candidates"][0]["values"] == ["4"]


def test_replies_of_ten_thousand_lines_are_bounded():
    long = GOOD + "\n" + "".join(f"\nv{number} = {number}" for number in range(10_000))
    attempt, engine, verdict = judge({("divide", "goal"): python(long)})
    assert (attempt.candidate, verdict) == (None, None)
    assert len(engine.calls) == 3
    body = "def goal(n: int) -> int:\n" + "    n = n + 0\n" * 2_000 + "    return n + 1"
    attempt, _, verdict = judge({("divide", "goal"): python(body), ("conquer", "goal"): python(body)})
    assert verdict.status is Status.PASSED


def test_trees_that_double_at_every_node_end_at_the_stated_size():
    def answer(call):
        step, name = step_of(call)
        if step == "divide":
            parts = [f"{name}_{side}" for side in "ab"]
            stubs = "".join(f"\n\ndef {part}(n: int) -> int:\n    '''Part.'''\n    pass" for part in parts)
            return python(f"def {name}(n: int) -> int:\n    return {parts[0]}(n) + {parts[1]}(n)" + stubs)
        if step == "conquer":
            return python(f"def {name}(n: int) -> int:\n    return n + 1")
        return ""

    attempt, engine, verdict = judge(answer, "samples=3,depth=50,max_functions=9,unit_tests=false")
    assert len([call for call in engine.calls if step_of(call)[0] == "divide"]) == 9
    assert verdict.status.judged
    attempt, engine, verdict = judge(answer, "samples=3,depth=50,max_functions=1000,max_calls=60")
    assert len(engine.calls) <= 60
    assert attempt.finish_reason == "budget"
    assert verdict.status.judged
    # A chain goes down without end: depth bounds it.
    _, engine, _ = judge(answer, "samples=3,depth=3,unit_tests=false")
    assert len([call for call in engine.calls if step_of(call)[0] == "divide"]) == 7


def test_candidates_that_hang_or_kill_are_given_up_and_others_win():
    hang = "def goal(n: int) -> int:\n    while True: pass"
    kill = "import os, signal\ndef goal(n: int) -> int:\n    os.kill(os.getppid(), signal.SIGKILL)\n    return n"
    versions = [hang, kill, GOOD]
    answers = {
        ("divide", "goal"): python(GOOD),
        ("conquer", "goal"): lambda call: python(versions[call.index]),
        ("callers", "goal"): CALLER,
    }
    attempt, _, verdict = judge(answers, "samples=4,timeout=0.3")
    assert verdict.status is Status.PASSED
    scores = [candidate.get("score") for candidate in attempt.trace["tree"]["candidates"]]
    assert scores[1] <= -200
    assert scores[2] <= 0 < scores[0] == scores[3]


@pytest.mark.parametrize(
    "reply",
    [
        "\0",
        "```python\n\0\n```",
        "```python\ndef goal(n: int) -> int:\n    return " + "(" * 500,
        "```python\ndef goal(n: int) -> int: return '\ud800'\n```",
        "```python\ndef goal(" + ", ".join(f"a{n}" for n in range(300)) + "): return 1\n```",
        "```" * 1000,
        "```python\ndef goal(n: int) -> int:\n    '''" + "x" * 90_000 + "'''\n    return n + 1\n```",
    ],
    ids=["nul", "nul in code", "brackets", "surrogate", "arguments", "fences", "docstring"],
)
def test_whatever_is_replied_there_is_an_end(reply):
    attempt, engine, verdict = judge(lambda call: reply)
    assert attempt.candidate is None or verdict.status.judged
    assert len(engine.calls) <= 400


def test_values_that_are_hard_to_compare_are_only_failures():
    nested = "def goal(n: int) -> int:\n    x = []\n    for _ in range(500): x = [x]\n    return x"
    lying = (
        "def goal(n: int) -> int:\n    class Any(int):\n        def __eq__(self, other): return True\n    return Any(4)"
    )
    large = "def goal(n: int) -> int:\n    return 10 ** 400_000"
    versions = [nested, lying, large]
    answers = {
        ("divide", "goal"): python(GOOD),
        ("conquer", "goal"): lambda call: python(versions[call.index]),
        ("callers", "goal"): CALLER,
    }
    attempt, _, verdict = judge(answers, "samples=4")
    assert [candidate["values"] for candidate in attempt.trace["tree"]["candidates"][1:]] == [[None, None]] * 3
    assert verdict.status is Status.PASSED
