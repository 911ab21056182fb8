import asyncio

import pytest

from verifiers.programs.behaviour import Input, observe
from verifiers.programs.behaviour_entries import MAX_TIMEOUTS
from verifiers.sandbox import SandboxPool, measure_usage


def run(programs, inputs, **options):
    async def work():
        async with SandboxPool(workers=2) as pool:
            with measure_usage() as usage:
                rows = await observe(pool, programs, inputs, **options)
            return rows, usage

    return asyncio.run(work())


def kinds(row):
    return [answer.kind for answer in row.answers]


def values(row):
    return [answer.value for answer in row.answers]


def calls(*arguments):
    return [Input("", "f", (argument,)) for argument in arguments]


def test_each_program_answers_each_input():
    programs = ["def f(x): return x + 1", "def f(x): return [x, 1 / x]", "def g(x): return x", "def f(x: return"]
    rows, _ = run(programs, calls(1, 0))
    assert values(rows[0]) == [2, 1]
    assert values(rows[1])[0] == [1, 1.0]
    assert rows[1].answers[1].describe() == "ZeroDivisionError: division by zero"
    assert kinds(rows[2]) == ["failed", "failed"]
    assert rows[3].answers[0].type_name == "SyntaxError"


def test_callers_run_after_the_program_and_chance_is_seeded():
    source = "import random\ndef t(seed):\n    return [seed, f(), random.random()]"
    program = "import random\ndef f(): return random.random()"
    rows, _ = run([program], [Input(source, "t", (7,))] * 2, seed=5)
    again, _ = run([program], [Input(source, "t", (7,))], seed=5)
    other, _ = run([program], [Input(source, "t", (7,))], seed=6)
    assert values(rows[0])[0] == values(rows[0])[1] == values(again[0])[0] != values(other[0])[0]


def test_no_input_sees_what_another_one_has_left():
    program = """
import os, sys
seen = []
def f(x):
    found = [len(seen), os.listdir("."), getattr(sys, "mark", 0), os.environ.get("MARK", "")]
    seen.append(x)
    sys.mark = 1
    os.environ["MARK"] = "1"
    os.mkdir("folder")
    open("folder/file", "w").write("x")
    return found
"""
    rows, _ = run([program], calls(1, 2, 3))
    assert values(rows[0]) == [[0, [], 0, ""]] * 3


def test_one_that_ends_hangs_or_floods_spoils_only_its_own_answers():
    program = """
import os, time
def f(x):
    if x == 1: os._exit(0)
    if x == 2:
        while True: pass
    if x == 3: return "a" * 3_000_000
    if x == 4: raise SystemExit(3)
    if x == 5:
        if os.fork() == 0:
            time.sleep(60)
    if x == 6: return object()
    return x
"""
    rows, _ = run([program], calls(0, 1, 2, 3, 4, 5, 6, 7), seconds=0.5)
    assert kinds(rows[0]) == ["value", "raised", "raised", "too_large", "raised", "value", "value", "value"]
    assert rows[0].answers[2].describe() == "TimeoutError: out of time"
    assert [values(rows[0])[place] for place in (0, 5, 7)] == [0, 5, 7]


def test_after_so_many_timeouts_a_program_is_given_up():
    program = "def f(x):\n    while x: pass\n    return x"
    rows, usage = run([program], calls(0, 1, 1, 1, 0), seconds=0.3)
    assert kinds(rows[0]) == ["value", *["raised"] * 4]
    assert usage.cpu_seconds < 0.3 * (MAX_TIMEOUTS + 1)


def test_equal_programs_run_once():
    rows, usage = run(["def f(x): return x"] * 5, calls(1, 2))
    assert [values(row) for row in rows] == [[1, 2]] * 5
    assert usage.tasks == 1


def test_forged_frames_are_only_the_programs_own_answers():
    # It finds the descriptors that it has been left with, and writes what looks like an answer to each.
    forging = """
import os
def f(x):
    for number in range(3, 64):
        try:
            os.write(number, b"\\0\\0\\0\\3V99")
        except OSError:
            pass
    return x
"""
    rows, _ = run([forging, "def f(x): return x"], calls(1, 2))
    assert values(rows[1]) == [1, 2]
    assert len(rows[0].answers) == 2
    assert {answer.kind for answer in rows[0].answers} <= {"value", "raised", "malformed"}


def test_killing_the_process_above_costs_at_most_the_programs_own_answers():
    killing = "import os, signal\ndef f(x):\n    os.kill(os.getppid(), signal.SIGKILL)\n    return x"
    rows, _ = run([killing, "def f(x): return x"], calls(1, 2), seconds=1)
    assert values(rows[1]) == [1, 2]
    assert len(rows[0].answers) == 2
    assert all(answer.value == number for number, answer in enumerate(rows[0].answers, 1) if answer.kind == "value")


@pytest.mark.parametrize("inputs", [0, 3])
def test_nothing_to_run(inputs):
    rows, usage = run([], calls(*range(inputs)))
    assert rows == []
    rows, usage = run(["def f(x): return x"], [])
    assert (rows[0].answers, usage.tasks) == ((), 0)
