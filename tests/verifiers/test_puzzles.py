"""P3's rule, kept against candidates that would rather not solve the puzzle."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from judge_runner import Item, JudgeRunner, benchmark, unexpected

from verifiers.puzzles import Puzzle
from verifiers.records import Problem, RecordError, Status

SUM_TEN = "def sat(x: List[int], n=3):\n    return len(x) == n and sum(x) == 10"
HARD = "def sat(x: int, big=10 ** 40 + 7):\n    return 1 < x < big and big % x == 0 and x * x % 1000003 == 77"


@pytest.fixture(scope="module")
def runner() -> Iterator[JudgeRunner]:
    runner = JudgeRunner(workers=2)
    yield runner
    runner.close()


def puzzle(sat: str = SUM_TEN, ans_type: str | None = None) -> Problem:
    return Problem("p", "puzzle", fields={"sat": sat} | ({} if ans_type is None else {"ans_type": ans_type}))


@pytest.mark.parametrize(
    "candidate",
    [
        "def sol(n=3):\n    return [4, 3, 3]",
        "def sol(n):\n    return [10] + [0] * (n - 1)",
        "def g(n=3):\n    return [8, 1, 1]",
        "sol = lambda n=3: [8, 1, 1]",
        "def helper():\n    return [8, 1, 1]\n\ndef sol(**options):\n    return helper()",
        "[8, 1, 1]",
        "[8, 1, 1])",
        "next(x for x in ([1], [8, 1, 1]) if f(x))",
        "def g():\n    return next(x for x in ([1], [8, 1, 1]) if f(x))",
        "def sol():\n    return next(x for x in ([1], [8, 1, 1]) if sat(x))",
        "```python\ndef sol():\n    return [8, 1, 1]\n```\nThis works because...",
        "def sol() -> List[int]:\n    print('noise')\n    return [8, 1, 1]",
        "import threading\ndef sol():\n    r = []\n    t = threading.Thread(target=r.extend, args=([8, 1, 1],))\n"
        "    t.start(); t.join()\n    return r",
        "import threading, time\ndef sol():\n    threading.Thread(target=time.sleep, args=(60,)).start()\n    return [8, 1, 1]",
        "import tempfile\ndef sol():\n    with tempfile.TemporaryFile() as t:\n        t.write(b'8'); t.seek(0)\n"
        "        return [int(t.read()), 1, 1]",
        "def depth(n):\n    return 0 if n == 0 else 1 + depth(n - 1)\ndef sol():\n    return [depth(4500) - 4490, 0, 0]",
        "import numpy as np\ndef sol():\n    return [int(x) for x in np.array([8, 1, 1])]",
        "def sol():\n    block = bytearray(200 << 20)\n    return [8, 1, len(block) >> 20 == 200 and 1]",
        "import sys\nsys.stdout.write('x' * 5_000_000)\ndef sol():\n    return [8, 1, 1]",
    ],
)
def test_right_answers_pass(runner: JudgeRunner, candidate: str) -> None:
    verdict = runner.judge(puzzle(), candidate)
    assert verdict.status is Status.PASSED, verdict.detail
    assert verdict.isolation


@pytest.mark.parametrize(
    ("sat", "candidate"),
    [
        ("def sat(x: int):\n    return x % 10 ** 9 == 7 and x > 10 ** 20000", "10 ** 30000 + 7"),
        ("def sat(s: str):\n    return len(s) == 2 and '\\ud800' <= s[0] <= '\\udfff'", "'\\ud83d\\ude00'"),
        ("def sat(x: float):\n    return x != x", "float('nan')"),
        ("def sat(x: float):\n    return str(x) == '-0.0'", "-0.0"),
        ("def sat(x: Set[int]):\n    return x == {1, 2}", "{2, 1}"),
        ("def sat(x: List[int]):\n    x.pop()\n    return len(x) == 1", "[1, 2]"),
        (f"def sat(x: int):\n    return x > {'9' * 9000}", "10 ** 9001"),
        ("def sat(x: str):\n    return str(10 ** 9000).startswith(x)", "'1' + '0' * 8999"),
        ("def f(x: int):\n    return x == 3", "3"),
        ("def sat(x: 'List[int]'):\n    return x == []", "[]"),
    ],
)
def test_awkward_puzzles(runner: JudgeRunner, sat: str, candidate: str) -> None:
    verdict = runner.judge(puzzle(sat), candidate)
    assert verdict.status is Status.PASSED, verdict.detail


@pytest.mark.parametrize(
    ("candidate", "status"),
    [
        ("[1, 2, 3]", Status.WRONG),
        ("[]", Status.WRONG),
        ("[10.0, 0, 0]", Status.REJECTED),
        ("(8, 1, 1)", Status.REJECTED),
        ("[9, True, 0]", Status.REJECTED),
        ("None", Status.REJECTED),
        ("lambda: 1", Status.REJECTED),
        ("range(3)", Status.REJECTED),
        ("__import__('numpy').array([8, 1, 1])", Status.ERROR),
        ("import numpy\ndef sol():\n    return numpy.array([8, 1, 1])", Status.REJECTED),
        ("import numpy\ndef sol():\n    return list(numpy.array([8, 1, 1]))", Status.REJECTED),
        ("def sol():\n    x = []\n    x.append(x)\n    return x", Status.REJECTED),
        ("def sol():\n    x = []\n    for _ in range(4000):\n        x = [x]\n    return x", Status.REJECTED),
        ("def sol():\n    return [0] * 5_000_000", Status.LIMIT),
        ("def sol():\n    while True:\n        yield 1", Status.REJECTED),
        ("def sol():\n    return 1 / 0", Status.ERROR),
        ("def sol():\n    return [8, 1, 1", Status.ERROR),
        ("def sol(missing):\n    return [8, 1, 1]", Status.ERROR),
        ("def sol():\n    raise KeyboardInterrupt", Status.ERROR),
        ("def sol():\n    raise BaseException('x')", Status.ERROR),
        ("def sol():\n    raise SystemExit(0)", Status.ERROR),
        ("def sol():\n    import os\n    os._exit(0)", Status.ERROR),
        ("import sys\nsys.exit()\ndef sol():\n    return [8, 1, 1]", Status.ERROR),
        ("def sol():\n    return undefined", Status.ERROR),
        ("def sol():\n    while True:\n        pass", Status.TIMEOUT),
        ("def sol():\n    while True:\n        try:\n            while True:\n                pass\n"
         "        except BaseException:\n            pass", Status.TIMEOUT),
        ("def sol():\n    return bytearray(4 << 30)", Status.MEMORY),
        ("def sol():\n    import ctypes\n    ctypes.string_at(0)", Status.CRASH),
        ("I cannot solve this.", Status.UNPARSABLE),
        ("", Status.UNPARSABLE),
    ],
)  # fmt: skip
def test_other_answers_get_their_status(runner: JudgeRunner, candidate: str, status: Status) -> None:
    verdict = runner.judge(puzzle(), candidate, seconds=2.0)
    assert verdict.status is status, verdict
    assert (verdict.passed, verdict.score) == (False, 0.0)


FORGE = (
    "import os, struct\n"
    "def forge(*frames):\n"
    "    data = b''.join(struct.pack('!I', len(frame)) + frame for frame in frames)\n"
    "    for descriptor in range(3, 64):\n"
    "        try:\n            os.write(descriptor, data)\n        except OSError:\n            pass\n"
)
CHEATS = {
    "list that equals everything": "class L(list):\n    def __eq__(self, o): return True\n    def __len__(self): return 3\n"
    "    def __iter__(self): return iter([8, 1, 1])\ndef sol():\n    return L()",
    "lying class": "class L(list):\n    __class__ = list\ndef sol():\n    return L([8, 1, 1])",
    "int that equals everything": "class N(int):\n    def __eq__(self, o): return True\n"
    "    def __radd__(self, o): return 10\ndef sol():\n    return [N(), 1, 1]",
    "puzzle's code": "sat.__code__ = (lambda x, n=3: True).__code__\ndef sol():\n    return [1]",
    "puzzle's defaults": "sat.__defaults__ = (0,)\nsat.__globals__['sum'] = lambda x: 10\ndef sol():\n    return []",
    "builtins": "import builtins\nbuiltins.len = lambda x: 3\nbuiltins.sum = lambda x: 10\ndef sol():\n    return []",
    "json": "import json, json.encoder\njson.JSONEncoder.encode = lambda *a: '[8,1'\n"
    "json.encoder.c_make_encoder = None\ndef sol():\n    return [1]",
    "our own modules": "import verifiers.puzzle_entries as e, verifiers.plain_data as d\n"
    "e.run_puzzle = e.run_candidate = lambda channel: channel.send(b'T')\nd.decode = lambda *a: [8, 1, 1]\n"
    "e.SOLVED = b'V'\ndef sol():\n    return [1]",
    "frames of the caller": "import sys\ndef sol():\n    frame = sys._getframe()\n    while frame:\n"
    "        for name in list(frame.f_locals):\n            frame.f_locals[name] = b'T'\n"
    "        frame.f_globals['SOLVED'] = b''\n        frame = frame.f_back\n    return [1]",
    "collector": "import gc, types\ndef sol():\n    for x in gc.get_objects():\n"
    "        if isinstance(x, types.FunctionType) and x.__name__ in ('run_puzzle', '_decision', 'sat'):\n"
    "            x.__code__ = (lambda *a, **k: True).__code__\n    return [1]",
    "trace": "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)\ndef sol():\n    return [1]",
    "forged verdict": FORGE + "def sol():\n    forge(b'T')\n    os._exit(0)",
    "forged verdict and answer": FORGE + "def sol():\n    forge(b'T')\n    return [1]",
    "two answers": FORGE + "def sol():\n    forge(b'V[8,1,1]')\n    return [8, 1, 1]",
    "answer after fork": "import os, time\ndef sol():\n    if os.fork():\n        time.sleep(0.5)\n    return [8, 1, 1]",
    "answer of a thread": FORGE + "import threading, time\n"
    "def late():\n    while True:\n        forge(b'T')\n"
    "def sol():\n    threading.Thread(target=late).start()\n    time.sleep(0.2)\n    return [1]",
    "at exit": FORGE + "import atexit\natexit.register(forge, b'T')\ndef sol():\n    return [1]",
    "closed descriptors": "import os\ndef sol():\n    os.closerange(0, 64)\n    return [8, 1, 1]",
    "printed": "def sol():\n    print('T', True, 'passed')\n    raise SystemExit(0)",
    "frozen clock": "import time\ntime.time = time.monotonic = lambda: 0.0\ndef sol():\n    return [1]",
    "modules in the working directory": "open('typing.py', 'w').write('x=1')\nopen('sitecustomize.py', 'w').write('x=1')\n"
    "def sol():\n    return [1]",
    "own exit status": "import signal, os\ndef sol():\n    os.kill(os.getpid(), signal.SIGKILL)",
}


@pytest.mark.parametrize("candidate", CHEATS.values(), ids=CHEATS.keys())
def test_cheats_never_pass_nor_help_the_next(runner: JudgeRunner, candidate: str) -> None:
    verdict = runner.judge(puzzle(), candidate, seconds=2.0)
    assert not verdict.passed, verdict
    assert verdict.status.judged
    for _ in range(2):
        assert runner.judge(puzzle(), "[1]").status is Status.WRONG
        assert runner.judge(puzzle(), "[8, 1, 1]").passed


def test_a_puzzle_must_return_true_itself(runner: JudgeRunner) -> None:
    for result in ("1", "[0]", "'yes'", "None", "x"):
        verdict = runner.judge(puzzle(f"def sat(x: int):\n    return {result}"), "1")
        assert verdict.status is Status.WRONG
        assert "something other than True" in verdict.detail
    for statement in (
        "assert x == 2, 'two'",
        "raise SystemExit(0)",
        "raise KeyboardInterrupt",
        "import os; os._exit(0)",
    ):
        verdict = runner.judge(puzzle(f"def sat(x: int):\n    {statement}\n    return True"), "1")
        assert verdict.status is Status.WRONG
        assert "sat" in verdict.detail


def test_the_time_is_for_candidate_and_puzzle_together(runner: JudgeRunner) -> None:
    slow = puzzle("def sat(x: int):\n    import time\n    time.sleep(0.7)\n    return True")
    assert runner.judge(slow, "1", seconds=5).passed
    candidate = "import time\ndef sol():\n    time.sleep(0.7)\n    return 1"
    assert runner.judge(slow, candidate, seconds=1.2).status is Status.TIMEOUT


def test_hostile_messages_are_escaped_and_cut(runner: JudgeRunner) -> None:
    verdict = runner.judge(puzzle(), "def sol():\n    raise ValueError('\\x1b[31mred\\n\\u202e' + 'x' * 100000)")
    assert verdict.status is Status.ERROR
    assert verdict.detail.isprintable()
    assert verdict.detail.startswith("ValueError: \\x1b[31mred")
    assert len(verdict.detail) < 1000
    rude = "class E(Exception):\n    def __str__(self): raise SystemExit(0)\ndef sol():\n    raise E"
    assert runner.judge(puzzle(), rude).status is Status.ERROR
    name = "E = type('\\x1b]0;title\\x07' + 'n' * 5000, (Exception,), {})\ndef sol():\n    raise E"
    assert runner.judge(puzzle(), name).detail.isprintable()


@pytest.mark.parametrize(
    ("sat", "ans_type", "field"),
    [
        ("", None, "sat"),
        ("x = 1", None, "sat"),
        ("def sat(:", None, "sat"),
        ("def sat():\n    return True", None, "sat"),
        ("def sat(x):\n    return True", None, "ans_type"),
        ("def sat(x: Foo):\n    return True", None, "ans_type"),
        (SUM_TEN, "List[", "ans_type"),
        ("(" * 1000, None, "sat"),
    ],
)
def test_malformed_puzzles_name_the_field(runner: JudgeRunner, sat: str, ans_type: str | None, field: str) -> None:
    with pytest.raises(RecordError) as caught:
        runner.judge(puzzle(sat, ans_type), "1")
    assert caught.value.field == field


def test_the_type_may_stand_in_the_source_or_beside_it() -> None:
    assert Puzzle.of(puzzle()).annotation == "List[int]"
    assert Puzzle.of(puzzle("def sat(x):\n    return True", "Set[int]")).annotation == "Set[int]"


def reference_items() -> Iterator[Item]:
    for record in benchmark("p3", "puzzles.json.gz"):
        for body in record["sol_bodies"]:
            yield Item(of_record(record), f"{record['sol_header']}\n{body}", expected=True)


def of_record(record: dict[str, str]) -> Problem:
    return Problem(record["name"], "puzzle", fields={"sat": record["sat"], "ans_type": record["ans_type"]})


def recorded_items() -> Iterator[Item]:
    puzzles = benchmark("p3", "397puzzles.json.gz")
    for record in benchmark("p3", "recorded", "cushman_accepted_completions.jsonl.gz"):
        problem, candidate = puzzles[record["puzzle_index"]], record["completion"]
        if record["kind"] == "body":
            header = problem["sol_header"].replace("def sol(", "def g(")
            if record["experiment"] == "long":
                header += "\n" + problem["sol_docstring"]
            candidate = header + candidate
        yield Item(of_record(problem), candidate, expected=True, source=record["experiment"])


def transplanted_items() -> Iterator[Item]:
    puzzles = benchmark("p3", "397puzzles.json.gz")
    for record in benchmark("p3", "recorded", "transplanted_completions.jsonl.gz"):
        yield Item(of_record(puzzles[record["puzzle_index"]]), record["candidate"], record["expected"], record["why"])


def test_a_sample_of_the_reference_answers_passes(runner: JudgeRunner) -> None:
    wanted = {"FivePowers:0", "BoxVolume:1"}  # integers of more than 4,300 digits
    items = [item for i, item in enumerate(reference_items()) if i % 40 == 0 or item.problem.id in wanted]
    assert {item.problem.id for item in items} >= wanted
    assert unexpected(runner.judge_all(items, seconds=20)) == []


def test_a_sample_of_the_recorded_answers_passes(runner: JudgeRunner) -> None:
    items = list(recorded_items())[::300]
    assert {item.source for item in items} == {"short", "med", "long", "bootstrap"}
    assert unexpected(runner.judge_all(items, seconds=20)) == []


def test_a_sample_of_the_transplanted_answers_is_rejected(runner: JudgeRunner) -> None:
    items = [
        item for i, item in enumerate(transplanted_items()) if i % 15 == 0 or item.expected or " f(" in item.candidate
    ]
    assert unexpected(runner.judge_all(items, seconds=20)) == []


@pytest.mark.slow
def test_reference_answers_pass() -> None:
    runner = JudgeRunner()
    failed = unexpected(runner.judge_all(reference_items(), seconds=10))
    runner.close()
    assert len(failed) <= 5, failed  # Mastermind needs more than 10 s on a loaded machine


@pytest.mark.slow
def test_recorded_answers_pass() -> None:
    """One in eight; all 29,541 with REASONING_EVERY=1 (ten CPU minutes)."""
    items = list(recorded_items())
    assert len(items) == 29_541
    runner = JudgeRunner()
    judged = runner.judge_all(items[:: int(os.environ.get("REASONING_EVERY", "8"))], seconds=10)
    runner.close()
    failed = unexpected(judged)
    assert len(failed) <= 0.005 * len(judged), failed[:200]


@pytest.mark.slow
def test_transplanted_answers_are_judged_as_the_rule_says() -> None:
    runner = JudgeRunner()
    failed = unexpected(runner.judge_all(transplanted_items(), seconds=10))
    runner.close()
    assert failed == []
