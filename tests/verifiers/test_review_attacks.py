"""Attacks on the judges from a security review; each one once went through, cost the reader, or stopped the caller."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.judge_runner import JudgeRunner
from verifiers.extraction import extract_program
from verifiers.programs.assertions import compile_assertions
from verifiers.records import Problem, RecordError, Status

FORGE = (
    "import os, struct\n"
    "def forge(*frames):\n"
    "    data = b''.join(struct.pack('!I', len(frame)) + frame for frame in frames)\n"
    "    for descriptor in range(3, 64):\n"
    "        try:\n            os.write(descriptor, data)\n        except OSError:\n            pass\n"
)


@pytest.fixture(scope="module")
def runner() -> Iterator[JudgeRunner]:
    judge_runner = JudgeRunner(workers=1)
    yield judge_runner
    judge_runner.close()


def program(prompt: str = "", **fields: Any) -> Problem:
    return Problem("p", "program", prompt, fields)


def puzzle(sat: str) -> Problem:
    return Problem("p", "puzzle", fields={"sat": sat})


CASES = program(entry_point="f", cases=[{"args": [1], "expected": 2}])
ASKED = program(
    entry_point="f", test="def check(candidate):\n    for x in (1, 2):\n        assert candidate(x) == x + 1\n"
)
STREAMS = program(stdio=[{"input": "1\n", "output": "2\n"}])


@pytest.mark.parametrize("code", [0, 1, 70, 124, 125, 137, 213, 255])
def test_no_exit_status_passes_for_a_failure_of_ours(runner: JudgeRunner, code: int) -> None:
    source = f"import os\nos._exit({code})\n"
    for problem in (CASES, ASKED, STREAMS, puzzle("def sat(x: int):\n    return x == 3")):
        verdict = runner.judge(problem, source)
        assert not verdict.passed, verdict
        assert verdict.status.judged, verdict


@pytest.mark.parametrize(
    "test",
    [
        "assert all(map(lambda x: f(x) == x + 1, [1, 2, 3]))",
        "assert all(y == x + 1 for x, y in zip([1, 2], map(f, [1, 2])))",
    ],
)
def test_a_candidate_cannot_end_the_loops_of_its_tests(runner: JudgeRunner, test: str) -> None:
    problem = program(entry_point="f", tests=[test])
    assert not runner.judge(problem, "def f(x):\n    raise StopIteration\n").passed
    assert runner.judge(problem, "def f(x):\n    return x + 1\n").passed


LIAR = "class Everything:\n    def __contains__(self, item):\n        return True\n"


@pytest.mark.parametrize("iterates", [True, False])
@pytest.mark.parametrize(
    "fields",
    [
        {"test": "def check(candidate):\n    for x in (5,):\n        assert 3 in candidate(x)\n"},
        {"tests": ["assert all(x in f(5) for x in [1, 7])"]},
    ],
)
def test_an_answer_cannot_claim_to_hold_everything(runner: JudgeRunner, fields: dict[str, Any], iterates: bool) -> None:
    source = LIAR + "    def __iter__(self):\n        return iter([0])\n" * iterates
    assert not runner.judge(program(entry_point="f", **fields), source + "def f(x):\n    return Everything()\n").passed
    honest = "class Numbers(set):\n    pass\ndef f(x):\n    return Numbers([1, 3, 7])\n"
    assert runner.judge(program(entry_point="f", **fields), honest).passed


def test_a_class_under_test_has_its_own_membership(runner: JudgeRunner) -> None:
    test = "def check(candidate):\n    trie = candidate()\n    trie.add('ab')\n    assert 'ab' in trie and 'c' not in trie\n"
    source = (
        "class Trie:\n    def __init__(self):\n        self.words = []\n    def add(self, word):\n"
        "        self.words.append(word)\n    def __contains__(self, word):\n        return word in self.words\n"
    )
    assert runner.judge(program(entry_point="Trie", test=test), source).passed


HELPER = "def twist(s):\n    return s[::-1] + 'x'\n\n\ndef untwist(s: str):\n    '''The inverse of twist.'''\n"


@pytest.mark.parametrize(
    "fields",
    [
        {"test": "def check(candidate):\n    for s in ('ab', 'cd'):\n        assert candidate(twist(s)) == s\n"},
        {"test": "def check(candidate):\n    assert twist(candidate('bax')) == 'bax'\n"},
        {"tests": ["assert twist(untwist('bax')) == 'bax'"]},
    ],
)
def test_helpers_of_the_prompt_are_the_prompts_own(runner: JudgeRunner, fields: dict[str, Any]) -> None:
    problem = program(HELPER, entry_point="untwist", **fields)
    cheat = "def twist(s):\n    return s\n\ndef untwist(s):\n    return s\n"
    assert runner.judge(problem, cheat).status is Status.WRONG
    assert runner.judge(problem, "    return s[:-1][::-1]\n").passed


@pytest.mark.parametrize("reply", ['[{"other":["x",null]},[]]', '[{"foreign":["x",1]},[]]'])
def test_a_forged_answer_is_not_taken_for_a_fault_of_the_tests(runner: JudgeRunner, reply: str) -> None:
    problem = program(
        entry_point="f", test="def check(candidate):\n    for x in [1]:\n        assert candidate(candidate(x)) == 3\n"
    )
    source = f"{FORGE}def f(x):\n    forge(b'V{reply}')\n    import time\n    time.sleep(9)\n"
    verdict = runner.judge(problem, source, seconds=2)
    assert not verdict.passed
    assert verdict.status.judged, verdict


QUINE = puzzle("def sat(quine: str):\n    return eval(quine) == quine")


@pytest.mark.parametrize(
    "answer",
    [
        "[__import__('os').write(n, b'\\0\\0\\0\\1T') for n in range(3, 64) if n in map(int, "
        "__import__('os').listdir('/proc/self/fd'))] and __import__('os')._exit(0)",
        "type('A', (), {'__eq__': lambda *a: True})()",
        "__import__('os')._exit(0)",
        "__import__('sys').exit(0)",
        "1 / 0",
    ],
)
def test_a_puzzle_that_evaluates_its_answer_keeps_its_word(runner: JudgeRunner, answer: str) -> None:
    assert runner.judge(QUINE, f"def sol():\n    return {answer!r}\n").status is Status.WRONG


def test_a_puzzle_may_evaluate_its_answer(runner: JudgeRunner) -> None:
    quine = "(lambda x: f'({x})({chr(34)}{x}{chr(34)})')(\"lambda x: f'({x})({chr(34)}{x}{chr(34)})'\")"
    assert runner.judge(QUINE, f"def sol():\n    return {quine!r}\n").passed
    problem = puzzle("def sat(x: str, n=3):\n    return eval(x) == n and eval('n + k', {'n': 1, 'k': 2}) == 3")
    assert runner.judge(problem, "def sol():\n    return 'n'\n").passed
    raising = puzzle("def sat(x: str):\n    try:\n        eval(x)\n    except ZeroDivisionError:\n        return True")
    assert runner.judge(raising, "def sol():\n    return '1/0'\n").passed


@pytest.mark.parametrize("terms", [45, 60, 400, 900, 2000])
def test_long_expressions_in_tests_are_judged(runner: JudgeRunner, terms: int) -> None:
    problem = program(entry_point="f", tests=["assert f(1) == " + "+".join(["1"] * terms)])
    assert runner.judge(problem, f"def f(x):\n    return {terms}\n").passed
    assert not runner.judge(problem, "def f(x):\n    return 0\n").passed


@pytest.mark.parametrize("function", ["set", "sorted", "list", "tuple", "frozenset"])
def test_long_texts_are_not_taken_apart_in_the_trusted_process(runner: JudgeRunner, function: str) -> None:
    problem = program(entry_point="f", tests=[f"assert {function}(f(1)) == {function}('a')"])
    assert runner.judge(problem, "def f(x):\n    return 'a'\n").passed
    verdict = runner.judge(problem, "def f(x):\n    return 'a' * 2_000_000\n")
    assert (verdict.status, "taken apart" in verdict.detail) == (Status.WRONG, True), verdict


def test_joined_constants_of_tests_are_bounded() -> None:
    test = "assert f(" + " + ".join(["'a' * 900000"] * 40) + ") == 1"
    assert compile_assertions([test], "", "f") is None


def test_many_trailing_words_are_dropped_in_linear_time() -> None:
    text = "def f():\n    return 1\n" + "words\n" * 100_000
    # Dropping them one by one takes minutes.
    assert extract_program(text, entry_point="f") == "def f():\n    return 1\n"


STREAM_ENDS = {
    "a file over standard output that is never closed": "out = open(1, 'w')\nout.write(str(int(input()) + 1))\n",
    "the same in a function that exits": "import sys\ndef main():\n    out = open(1, 'w')\n"
    "    out.write(str(int(input()) + 1))\n    sys.exit()\nmain()\n",
    "an own standard output": "import io, os, sys\nclass Out:\n    kept = ''\n"
    "    def write(self, text): self.kept += text\n    def flush(self): os.write(1, self.kept.encode()); self.kept = ''\n"
    "sys.stdout = Out()\nprint(int(input()) + 1)\n",
    "exit()": "print(int(input()) + 1)\nexit()\n",
    "quit(0)": "print(int(input()) + 1)\nquit(0)\n",
    "streams by name": "with open('/dev/stdin') as i:\n    x = int(i.read())\nprint(x + 1)\n",
}


@pytest.mark.parametrize("source", STREAM_ENDS.values(), ids=STREAM_ENDS.keys())
def test_programs_may_read_write_and_end_as_scripts_do(runner: JudgeRunner, source: str) -> None:
    verdict = runner.judge(STREAMS, source)
    assert verdict.passed, verdict


def test_millions_of_empty_answers_are_cut_short(runner: JudgeRunner) -> None:
    source = f"{FORGE}def f(x):\n    while True:\n        forge(*[b''] * 100_000)\n"
    verdict = runner.judge(CASES, source)
    assert verdict.status is Status.REJECTED, verdict
    assert int(verdict.detail.split()[0]) < 1_000_000, "some ten millions fit into the bytes alone"


def test_tests_that_the_compiler_refuses_are_the_problems_fault(runner: JudgeRunner) -> None:
    problem = program(entry_point="f", tests=["assert " + "not " * 3000 + "f(1)"])
    with pytest.raises(RecordError, match="does not compile"):
        runner.judge(problem, "def f(x):\n    return 1\n")


def test_long_right_output_passes(runner: JudgeRunner) -> None:
    problem = program(stdio=[{"input": "", "output": "12345678\n" * 200_000}])
    assert runner.judge(problem, "print('12345678\\n' * 200_000)").passed
    assert not runner.judge(problem, "print('12345678\\n' * 200_001)").passed


def test_answers_before_their_questions_are_rejected(runner: JudgeRunner) -> None:
    source = f"{FORGE}def f(x):\n    forge(b'V[2,[]]', b'V[3,[]]', b'BYE')\n    os._exit(0)\n"
    verdict = runner.judge(ASKED, source)
    assert verdict.status is Status.REJECTED, verdict
