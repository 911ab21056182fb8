"""Cases with a time limit each: who is late, who is not, and who tries to answer early."""

import asyncio

import pytest

from verifiers.records import Problem, Status
from verifiers.registry import VerifierRegistry
from verifiers.sandbox import Limits, SandboxPool

FLOOD = """
import os
for descriptor in range(3, 64):
    try:
        os.write(descriptor, {frames!r})
    except OSError:
        pass
def f(x):
    return x
"""
ANSWERS = b"\0\0\0\2V0" + b"\0\0\0\2V1"


def verdict(program, count=3, seconds=2.0, wall=20.0):
    cases = [{"args": [n], "expected": n, "seconds": seconds} for n in range(count)]
    fields = {"entry_point": "f", "cases": cases, "comparison": "evalplus"}

    async def work():
        async with SandboxPool(workers=1) as pool:
            problem = Problem("p", "program", "", fields)
            return await VerifierRegistry(pool).verify(problem, program, Limits(wall_seconds=wall))

    return asyncio.run(work())


def test_one_slow_input_fails_for_time_on_that_input():
    found = verdict("def f(x):\n    while x == 1: pass\n    return x", seconds=0.5)
    assert found.status is Status.TIMEOUT
    assert "2 of 3 failed; case 2: no answer to call 2: out of time (no answer within 0.5 s)" in found.detail


def test_many_inputs_may_together_take_longer_than_one():
    found = verdict("import time\ndef f(x):\n    time.sleep(0.1)\n    return x", count=22)
    assert (found.status, found.score) == (Status.PASSED, 1.0)
    assert found.seconds > 2.0


def test_the_limit_of_all_together_counts_as_well():
    found = verdict("import time\ndef f(x):\n    time.sleep(0.2)\n    return x", count=22, wall=1.0)
    assert found.status is Status.TIMEOUT
    assert "no end after 1 s" in found.detail
    assert "no end after 1.1 s" in verdict("while True: pass", count=1, seconds=0.1).detail


def test_wrong_answers_and_exceptions_leave_the_rest_to_be_asked():
    found = verdict("def f(x):\n    return {0: 0, 2: 3}[x]")
    assert found.status is Status.ERROR
    assert found.score == pytest.approx(1 / 3)
    assert "2 of 3 failed; case 2: KeyError: 1" in found.detail


@pytest.mark.parametrize(
    ("program", "status", "words"),
    [
        ("no code (", Status.UNPARSABLE, "no code"),
        ("def f(x):\n    return x\n1 / 0", Status.ERROR, "ZeroDivisionError"),
        ("import os\ndef f(x):\n    os._exit(0)", Status.ERROR, "case 1: no answer to call 1: the candidate left"),
        (FLOOD.format(frames=ANSWERS), Status.REJECTED, "an answer that nobody asked for"),
        (FLOOD.format(frames=b"\0\0\0\5READY" + ANSWERS), Status.REJECTED, "an answer before its question"),
        # Malformed, or before its question: whichever is seen first.
        (FLOOD.format(frames=b"\0\0\0\5READY"), Status.REJECTED, "3 of 3 failed; case 1: "),
    ],
)
def test_what_is_no_answer_to_a_question(program, status, words):
    found = verdict(program)
    assert found.status is status
    assert words in found.detail
