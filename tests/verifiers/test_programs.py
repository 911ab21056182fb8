"""Programs judged by cases, assertions, check functions and input/output."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from judge_runner import Item, JudgeRunner, benchmark, unexpected

from verifiers.programs.problems import ProgramProblem
from verifiers.records import Problem, RecordError, Status, Verdict


@pytest.fixture(scope="module")
def runner() -> Iterator[JudgeRunner]:
    runner = JudgeRunner(workers=2)
    yield runner
    runner.close()


def program(**fields: Any) -> Problem:
    prompt = fields.pop("prompt", "")
    return Problem("p", "program", prompt, {"entry_point": "f", **fields})


def cases(*pairs: tuple[list[Any], Any], **fields: Any) -> Problem:
    return program(cases=[{"args": args, "expected": expected} for args, expected in pairs], **fields)


THREE = cases(([1], 2), ([2], 3), ([3], 4))


@pytest.mark.parametrize(
    ("value", "expected", "same"),
    [
        ("[1, 2]", [1, 2], True),
        ("(1, 2)", [1, 2], True),
        ("[1, [2, (3,)]]", [1, [2, [3]]], True),
        ("1.0", 1, True),
        ("1", 1.0, True),
        ("True", 1, False),
        ("1", True, False),
        ("[True]", [1], False),
        ("0", False, False),
        ("None", None, True),
        ("0", None, False),
        ("'1'", 1, False),
        ("0.1 + 0.2", 0.3, False),
        ("float('nan')", float("nan"), True),
        ("float('nan')", 1.0, False),
        ("float('inf')", 1e308, False),
        ("-0.0", 0, True),
        ("10 ** 400", 10**400, True),
        ("10 ** 400", 1.0, False),
        ("{'a': (1,)}", {"a": [1]}, True),
        ("{1: 2, None: 3, True: 4}", {"1": 4, "null": 3}, True),
        ("{2: 1, None: 3}", {"2": 1, "null": 3}, True),
        ("{1: 1, '1': 1}", {"1": 1}, False),
        ("{'a': 1, 'b': 2}", {"a": 1}, False),
        ("{1, 2}", [1, 2], False),
        ("b'a'", "a", False),
        ("__import__('collections').Counter('aa')", {"a": 2}, True),
        ("__import__('collections').deque([1])", [1], True),
        ("object()", {}, False),
    ],
)
def test_json_equality(runner: JudgeRunner, value: str, expected: Any, same: bool) -> None:
    verdict = runner.judge(cases(([], expected)), f"def f():\n    return {value}\n")
    assert verdict.passed is same, verdict
    assert verdict.status is (Status.PASSED if same else Status.WRONG)


def test_numpy_values_count_as_what_they_hold(runner: JudgeRunner) -> None:
    source = "import numpy as np\ndef f(kind):\n    return {'i': np.int64(3), 'a': np.arange(3), 'b': np.bool_(True)}[kind]\n"
    verdict = runner.judge(cases((["i"], 3), (["a"], [0, 1, 2]), (["b"], True)), source)
    assert verdict.passed, verdict


def test_tolerance(runner: JudgeRunner) -> None:
    source = "def f():\n    return [1000.4]\n"
    for tolerance, passed in (
        (0.5, True),
        (0.1, False),
        ({"relative": 1e-3}, True),
        ({"relative": 1e-5}, False),
        (None, False),
    ):
        assert runner.judge(cases(([], [1000]), tolerance=tolerance), source).passed is passed
    assert not runner.judge(cases(([], [float("inf")]), tolerance=1.0), source).passed
    for wrong in (-1, "x", {"absolut": 1}, True, float("nan")):
        with pytest.raises(RecordError) as caught:
            runner.judge(cases(([], 1), tolerance=wrong), source)
        assert caught.value.field == "tolerance"


def test_keyword_arguments_and_partial_scores(runner: JudgeRunner) -> None:
    problem = program(cases=[{"args": [1], "kwargs": {"b": 2}, "expected": 3}, {"args": [1], "expected": 1}])
    assert runner.judge(problem, "def f(a, b=0):\n    return a + b\n").passed
    verdict = runner.judge(problem, "def f(a, b=5):\n    return a + b\n")
    assert (verdict.status, verdict.score) == (Status.WRONG, 0.5)
    assert "1 of 2 failed; case 2: 1: got 6" in verdict.detail


def test_each_case_is_judged_apart(runner: JudgeRunner) -> None:
    verdict = runner.judge(THREE, "def f(x):\n    if x == 2:\n        raise ValueError('two')\n    return x + 1\n")
    assert (verdict.status, round(verdict.score, 3)) == (Status.ERROR, 0.667)
    assert "ValueError: two" in verdict.detail
    verdict = runner.judge(THREE, "def f(x):\n    while x == 3:\n        pass\n    return x + 1\n", seconds=1)
    assert (verdict.status, round(verdict.score, 3)) == (Status.TIMEOUT, 0.667)
    assert "no answer to call 3" in verdict.detail
    assert verdict.seconds < 2


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("def f(x):\n    import sys\n    sys.exit(0)\n", Status.ERROR),
        ("def f(x):\n    import os\n    os._exit(0)\n", Status.ERROR),
        ("import sys\nsys.exit(0)\ndef f(x):\n    return x + 1\n", Status.ERROR),
        ("def f(x):\n    return x +\n", Status.ERROR),
        ("def g(x):\n    return x + 1\n", Status.ERROR),
        ("def f():\n    return 1\n", Status.ERROR),
        ("def f(x):\n    raise KeyboardInterrupt\n", Status.ERROR),
        ("def f(x):\n    return bytearray(4 << 30)\n", Status.MEMORY),
        ("def f(x):\n    import ctypes\n    ctypes.string_at(0)\n", Status.CRASH),
        ("def f(x):\n    return [0] * 5_000_000\n", Status.LIMIT),
        ("def f(x):\n    y = []\n    y.append(y)\n    return y\n", Status.REJECTED),
        ("def f(x):\n    while True:\n        yield x + 1\n", Status.WRONG),
        ("no code here, sorry", Status.UNPARSABLE),
    ],
)
def test_failures_get_their_status(runner: JudgeRunner, source: str, status: Status) -> None:
    verdict = runner.judge(THREE, source, seconds=3)
    assert (verdict.status, verdict.score) == (status, 0.0), verdict


FORGE = (
    "import os, struct, sys, threading, time\n"
    "def forge(*frames):\n"
    "    data = b''.join(struct.pack('!I', len(frame)) + frame for frame in frames)\n"
    "    for descriptor in range(3, 64):\n"
    "        try:\n            os.write(descriptor, data)\n        except OSError:\n            pass\n"
)
CHEATS = {
    "object that equals everything": "class A:\n    def __eq__(self, o): return True\n    __hash__ = object.__hash__\n"
    "    __class__ = int\ndef f(x):\n    return A()\n",
    "int that equals everything": "class A(int):\n    def __eq__(self, o): return True\n"
    "    def __ne__(self, o): return False\ndef f(x):\n    return A(99)\n",
    "patched operators": "import builtins, operator, json, math\noperator.eq = lambda *a: True\n"
    "builtins.all = builtins.len = lambda *a: True\nmath.isclose = lambda *a: True\n"
    "json.dumps = json.JSONEncoder.encode = lambda *a: '2'\ndef f(x):\n    return 99\n",
    "our own modules": "import sys\nfor name, m in list(sys.modules.items()):\n    if name.startswith('verifiers'):\n"
    "        for k in list(vars(m)):\n            if not k.startswith('__'): setattr(m, k, lambda *a, **k: b'V2')\n"
    "def f(x):\n    return 99\n",
    "expected values in frames": "import sys\ndef f(x):\n    frame, found = sys._getframe(1), []\n    while frame:\n"
    "        found += [v for v in frame.f_locals.values() if isinstance(v, (list, dict))]\n        frame = frame.f_back\n"
    "    for item in found:\n        for call in item:\n            if isinstance(call, dict) and 'expected' in call: return call['expected']\n"
    "    return 99\n",
    "expected values on the heap": "import gc\ndef f(x):\n    for o in gc.get_objects():\n"
    "        if isinstance(o, dict) and 'expected' in o and type(o['expected']) is int: return o['expected']\n    return 99\n",
    "forged answers and exit": FORGE
    + "def f(x):\n    forge(b'T', b'R[[true,\"\"]]', b'READY', b'BYE')\n    os._exit(0)\n",
    "one answer too many": FORGE + "def f(x):\n    if x == 1: forge(b'V2')\n    return x + 1\n",
    "double answers after fork": "import os, time\ndef f(x):\n    if x == 1 and os.fork():\n        time.sleep(0.5)\n    return x + 1\n",
    "thread that goes on": FORGE
    + "def f(x):\n    threading.Thread(target=late).start()\n    time.sleep(0.05)\n    return 99\n"
    "def late():\n    while True: forge(b'V2')\n",
    "at exit": FORGE + "import atexit\natexit.register(forge, b'V2')\ndef f(x):\n    return 99\n",
    "closed descriptors": "import os\ndef f(x):\n    os.closerange(0, 64)\n    return x + 1\n",
    "printed": "def f(x):\n    print('PASSED', x + 1)\nprint('ok')\n",
    "killed itself": "import os, signal\ndef f(x):\n    os.kill(os.getpid(), signal.SIGKILL)\n",
    "named like the answer": "class A:\n    def __repr__(self): return str(self)\n    def __str__(self): return '2'\n"
    "def f(x):\n    return A()\n",
}
TESTS = program(tests=["assert f(1) == 2", "assert f(2) == 3", "assert f(3) == 4"])
ASKED = program(test="def check(candidate):\n    for x in (1, 2, 3):\n        assert candidate(x) == x + 1\n")


@pytest.mark.parametrize("problem", [THREE, TESTS, ASKED], ids=["cases", "tests", "test"])
@pytest.mark.parametrize("source", CHEATS.values(), ids=CHEATS.keys())
def test_cheats_never_pass_nor_help_the_next(runner: JudgeRunner, problem: Problem, source: str) -> None:
    verdict = runner.judge(problem, source, seconds=2)
    assert not verdict.passed, verdict
    assert verdict.status.judged, verdict
    assert not runner.judge(problem, "def f(x):\n    return 99\n").passed
    assert runner.judge(problem, "def f(x):\n    return x + 1\n").passed


@pytest.mark.parametrize("problem", [THREE, TESTS, ASKED], ids=["cases", "tests", "test"])
@pytest.mark.parametrize(
    "source",
    [
        "print('noise')\ndef f(x):\n    print(x)\n    return x + 1\n",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\ndef f(x):\n    return x + 1\n",
        "import tempfile\ndef f(x):\n    with tempfile.NamedTemporaryFile('w') as t:\n        t.write('x')\n    return x + 1\n",
        "def f(x):\n    return x + 1 if x < 900 else f(x - 1)\nassert f(1) == 2\n",
        "def f(x):\n    return x + 1\n\nif __name__ == '__main__':\n    raise SystemExit(1)\n",
        "import numpy\ndef f(x):\n    return numpy.int64(x + 1)\n",
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\ndef f(x):\n    return P(x).x + 1\n",
        "```python\nf = lambda x: x + 1\n```",
    ],
)
def test_honest_programs_pass(runner: JudgeRunner, problem: Problem, source: str) -> None:
    verdict = runner.judge(problem, source)
    assert verdict.passed, verdict


def test_candidates_do_not_see_tests(runner: JudgeRunner) -> None:
    spy = (
        "import gc, os, sys\ndef f(x):\n"
        "    seen = repr([o for o in gc.get_objects() if isinstance(o, (str, bytes, dict, list, tuple))])\n"
        "    seen += repr(sys.argv) + repr(dict(os.environ)) + repr(os.listdir('.'))\n"
        "    return ''.join(reversed('TERC3S')) in seen\n"
    )
    secret = "assert f(1) == 'S3CRET'"
    for problem in (
        program(tests=[secret]),
        program(test="def check(candidate):\n    for x in [1]:\n        assert candidate(x) == 'S3CRET'"),
    ):
        verdict = runner.judge(problem, spy)
        assert verdict.status is Status.WRONG
    assert runner.judge(program(tests=["assert f(1) == False"]), spy).passed


def asked(runner: JudgeRunner, body: str, source: str, **fields: Any) -> Verdict:
    """Judge by a check function that cannot be compiled."""
    test = "def check(candidate):\n    for _ in range(1):\n" + "".join(
        f"        {line}\n" for line in body.splitlines()
    )
    problem = program(test=test, **fields)
    assert ProgramProblem.of(problem).plan is None
    return runner.judge(problem, source)


@pytest.mark.parametrize(
    ("body", "source"),
    [
        ("x = [3, 1]\ncandidate(x)\nassert x == [1, 3]", "def f(x):\n    x.sort()\n"),
        ("x = {}\ncandidate(x)\nassert x == {'a': [1]}", "def f(x):\n    x['a'] = [1]\n"),
        ("assert list(candidate(3)) == [0, 1, 2]", "def f(n):\n    yield from range(n)\n"),
        ("assert sorted(candidate([1, 2])) == [2, 4]", "def f(x):\n    return map(lambda y: 2 * y, x)\n"),
        ("assert dict(candidate('ab', [1, 2])) == {'a': 1, 'b': 2}", "f = zip\n"),
        ("assert candidate(P(1, 2)).y == 2", "class P:\n    def __init__(self, x, y): self.x, self.y = x, y\ndef f(p):\n    return p\n"),
        ("p = P()\np.left = P()\np.left.value = 3\nassert candidate(p) == 3", "class P: pass\ndef f(p):\n    return p.left.value\n"),
        ("assert candidate([P(1), P(2)])[1].x == 2", "class P:\n    def __init__(self, x): self.x = x\ndef f(ps):\n    return ps\n"),
        ("s = candidate()\ns.push(1)\ns.push(2)\nassert s.pop() == 2 and len(s) == 1",
         "class S(list):\n    def push(self, x): self.append(x)\ndef f():\n    return S()\n"),
        ("try:\n    candidate(-1)\n    raise RuntimeError\nexcept ValueError as error:\n    assert str(error) == 'no'",
         "def f(x):\n    raise ValueError('no')\n"),
        ("import math\nassert math.fabs(helper(candidate(2))) < 1e-9", "def f(x):\n    return x\ndef helper(x):\n    return x - 2\n"),
        ("from collections import Counter\nassert candidate('aab') == Counter(a=2, b=1)",
         "from collections import Counter\ndef f(s):\n    return Counter(s)\n"),
        ("from decimal import Decimal\nassert candidate() == Decimal('0.1')", "from decimal import Decimal\ndef f():\n    return Decimal('0.1')\n"),
        ("assert candidate(int) == 0", "def f(kind):\n    return kind()\n"),
        ("assert str(candidate()) == 'shown'", "class A:\n    def __str__(self): return 'shown'\ndef f():\n    return A()\n"),
        ("assert candidate(helper) == 3", "def helper():\n    return 3\ndef f(function):\n    return function()\n"),
        ("import numpy as np\nassert np.allclose(candidate(2), np.eye(2))", "import numpy as np\ndef f(n):\n    return np.eye(n)\n"),
        ("import random\nx = random.random()\nassert candidate(x) == x", "def f(x):\n    return x\n"),
    ],
)  # fmt: skip
def test_tests_that_are_programs(runner: JudgeRunner, body: str, source: str) -> None:
    verdict = asked(runner, body, source)
    assert verdict.passed, verdict
    assert not asked(runner, body + "\nassert candidate is None", source).passed


@pytest.mark.parametrize(
    ("body", "source", "status"),
    [
        ("assert candidate(1) == 2", "def f(x):\n    return 3\n", Status.WRONG),
        ("assert candidate(1) == 2, 'why'", "def f(x):\n    raise KeyError('k')\n", Status.ERROR),
        ("assert candidate(1) == 2", "def f(x):\n    import os\n    os._exit(0)\n", Status.ERROR),
        ("assert candidate(1) == 2", "def f(x):\n    while True: pass\n", Status.TIMEOUT),
        ("while True: pass", "def f(x):\n    return 2\n", Status.TIMEOUT),
        ("assert candidate(1) == 2", "def f(x:\n", Status.ERROR),
        ("assert candidate(1) == 2", "Sorry! No.", Status.UNPARSABLE),
        ("assert list(candidate(1)) == [2]", "def f(x):\n    while True: yield 1\n", Status.WRONG),
        ("candidate(1)\ncandidate(lambda: 1)", "def f(x):\n    return 2\n", Status.UNAVAILABLE),
        ("raise SystemExit(0)", "def f(x):\n    return 2\n", Status.WRONG),
        ("assert candidate(1) == object()", "def f(x):\n    return object()\n", Status.WRONG),
        ("assert candidate(1) == candidate(1)", "class A:\n    def __eq__(self, o): return True\ndef f(x):\n    return A()\n", Status.WRONG),
    ],
)  # fmt: skip
def test_tests_that_are_programs_fail_with_a_status(
    runner: JudgeRunner, body: str, source: str, status: Status
) -> None:
    problem = program(
        test="def check(candidate):\n    for _ in [1]:\n" + "".join(f"        {line}\n" for line in body.splitlines())
    )
    verdict = runner.judge(problem, source, seconds=2)
    assert verdict.status is status, verdict


def test_a_list_of_tests_is_scored_one_by_one_when_it_is_asked(runner: JudgeRunner) -> None:
    tests = ["assert all(f(x) == x + 1 for x in [1])", "assert [f(x) for x in (1, 2)] == [2, 3]", "assert f(1) == 7"]
    problem = program(tests=tests)
    assert ProgramProblem.of(problem).plan is None
    verdict = runner.judge(problem, "def f(x):\n    return x + 1\n")
    assert (verdict.status, round(verdict.score, 3)) == (Status.WRONG, 0.667)
    assert "f(1) == 7" in verdict.detail


def test_setup_runs_beside_the_tests_and_its_imports_beside_the_candidate(runner: JudgeRunner) -> None:
    problem = program(setup="import math\nLIMIT = 4", tests=["assert f(LIMIT) == math.sqrt(4)"])
    assert runner.judge(problem, "def f(x):\n    return math.sqrt(x)\n").passed
    assert runner.judge(problem, "def f(x):\n    return LIMIT / 2\n").status is Status.ERROR


def test_streams(runner: JudgeRunner) -> None:
    problem = Problem("p", "program", "", {"stdio": [{"input": f"{n}\n", "output": f"{n + 1}\n"} for n in (1, 2, 3)]})
    assert runner.judge(problem, "```python\nprint(int(input()) + 1, ' ')\nprint()\n```").passed
    verdict = runner.judge(problem, "n = int(input())\nif n == 2:\n    raise ValueError(n)\nprint(n + 1)\n")
    assert (verdict.status, round(verdict.score, 3)) == (Status.ERROR, 0.667)
    verdict = runner.judge(problem, "n = int(input())\nwhile n == 2: pass\nprint(n + 1)\n", seconds=1)
    assert (verdict.status, round(verdict.score, 3)) == (Status.TIMEOUT, 0.333)
    assert runner.judge(problem, "print(2)\nraise SystemExit(3)").status is Status.ERROR
    assert runner.judge(problem, "if __name__ == '__main__':\n    print(int(input()) + 1)\n").passed
    assert runner.judge(problem, "print(int(input()) + 1, end='\\n' * 3_000_000)").status is Status.LIMIT
    assert runner.judge(problem, "Sorry.").status is Status.UNPARSABLE


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "tests"),
        ({"tests": [], "cases": []}, "tests"),
        ({"tests": ["assert f(1) == 1"], "cases": [{"args": [], "expected": 1}]}, "tests"),
        ({"tests": "assert f(1) == 1"}, "tests"),
        ({"tests": ["assert f(1 == 1"]}, "tests"),
        ({"test": "def check(candidate:"}, "test"),
        ({"test": "def verify(candidate):\n    pass"}, "test"),
        ({"test": "def check(c): pass", "entry_point": ""}, "entry_point"),
        ({"cases": [1]}, "cases"),
        ({"cases": [{"args": 1, "expected": 1}]}, "cases"),
        ({"cases": [{"args": []}]}, "cases"),
        ({"cases": [{"args": [], "expected": 1}], "entry_point": "f("}, "entry_point"),
        ({"stdio": [{"input": "x"}]}, "stdio"),
    ],
)
def test_malformed_problems_name_the_field(runner: JudgeRunner, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(RecordError) as caught:
        runner.judge(program(**fields), "def f(x):\n    return x\n")
    assert caught.value.field == field


def humaneval_items() -> Iterator[Item]:
    for record in benchmark("humaneval", "HumanEval.jsonl.gz"):
        fields = {name: record[name] for name in ("entry_point", "test")}
        yield Item(Problem(record["task_id"], "program", record["prompt"], fields), record["canonical_solution"], True)


def mbpp_problem(record: dict[str, Any]) -> Problem:
    setup = record["test_setup_code"] if "test_setup_code" in record else "\n".join(record["test_imports"])
    text = record.get("text") or record["prompt"]
    return Problem(str(record["task_id"]), "program", text, {"tests": record["test_list"], "setup": setup})


def mbpp_items(*parts: str) -> Iterator[Item]:
    for record in benchmark("mbpp", *parts):
        yield Item(mbpp_problem(record), record["code"], expected=True)


def recorded_items(field: str) -> Iterator[Item]:
    problems = {record["task_id"]: record for record in benchmark("mbpp", "sanitized-mbpp.json.gz")}
    accepted = {record["task_id"]: record["accepted"] for record in benchmark("mbpp", "recorded", "verdicts.jsonl")}
    for record in benchmark("mbpp", "recorded", "chatgpt_temp_0.0.jsonl.gz"):
        task = record["task_id"]
        yield Item(mbpp_problem(problems[task]), record[field], accepted[task])


def test_all_canonical_solutions_of_humaneval_pass(runner: JudgeRunner) -> None:
    items = list(humaneval_items())
    assert sum(ProgramProblem.of(item.problem).plan is not None for item in items) == 158
    judged = runner.judge_all(items, seconds=3)
    assert len(judged) == 164
    assert unexpected(judged) == []


def test_the_sample_completions_of_humaneval(runner: JudgeRunner) -> None:
    (record,) = benchmark("humaneval", "example_problem.jsonl")
    problem = Problem(
        record["task_id"], "program", record["prompt"], {name: record[name] for name in ("entry_point", "test")}
    )
    verdicts = [
        runner.judge(problem, sample["completion"], seconds=1).passed
        for sample in benchmark("humaneval", "example_samples.jsonl")
    ]
    assert verdicts == [False, False, False, True, True, True]


def test_a_sample_of_mbpp_passes(runner: JudgeRunner) -> None:
    special = {"367", "596", "601", "927"}  # classes of the candidate, sys.getsizeof: not compiled
    items = [item for i, item in enumerate(mbpp_items("mbpp.jsonl.gz")) if i % 20 == 0 or item.problem.id in special]
    assert {item.problem.id for item in items if ProgramProblem.of(item.problem).plan is None} == special
    assert unexpected(runner.judge_all(items, seconds=10)) == []


def test_a_sample_of_the_recorded_completions_gets_the_recorded_verdicts(runner: JudgeRunner) -> None:
    items = list(recorded_items("full_content"))[::6]
    assert {item.expected for item in items} == {True, False}
    assert unexpected(runner.judge_all(items, seconds=3)) == []


@pytest.mark.slow
def test_all_references_of_mbpp_pass() -> None:
    runner = JudgeRunner()
    full = runner.judge_all(mbpp_items("mbpp.jsonl.gz"), seconds=10)
    sanitized = runner.judge_all(mbpp_items("sanitized-mbpp.json.gz"), seconds=10)
    runner.close()
    assert (len(full), len(sanitized)) == (974, 427)
    # Task 123 adds up amicable numbers and needs several seconds; on a loaded machine more than ten.
    assert [words for words in unexpected(full) + unexpected(sanitized) if not words.startswith("123 ")] == []


@pytest.mark.slow
@pytest.mark.parametrize("field", ["completion", "full_content"])
def test_all_recorded_completions_get_the_recorded_verdicts(field: str) -> None:
    runner = JudgeRunner()
    judged = runner.judge_all(recorded_items(field), seconds=3)
    runner.close()
    assert sum(verdict.passed for _, verdict in judged) == 337
    assert unexpected(judged) == []
