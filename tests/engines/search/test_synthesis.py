"""Whole searches: small puzzles of every answer type, repeatability, and hostile puzzles."""

from __future__ import annotations

import gc
import sys
import time

import pytest

from reasoning.engines.search import Budget, synthesize
from reasoning.engines.search.answer_types import parse_answer_type

SOLVABLE = [
    ("bool", "def sat(b: bool, n=10):\n    return b == (n % 2 == 0)"),
    ("int", "def sat(x: int, a=93252338, b=17):\n    return b - x == a"),
    ("int", "def sat(x: int, n=1234567890123456789012345678901):\n    return x // 7 == n"),
    ("int", "def sat(n: int):\n    return n % 31 == 4 and n % 37 == 5 and n > 0"),
    ("float", "def sat(x: float, a=77):\n    return abs(x ** 2 - a) < 1e-4 and x < 0"),
    ("str", "def sat(s: str, t='wonderland'):\n    return s[::-1] + 'x' == t.upper() + 'x'"),
    ("str", "def sat(s: str, n=12):\n    return len(s) == n and s.count('ab') == 3 and s == s[::-1]"),
    ("List[int]", "def sat(xs: List[int], a=[5, -2, 8]):\n    return [x * 3 for x in xs] == [y * 6 for y in a]"),
    ("List[int]", "def sat(p: List[int], s='mississippi'):\n    return p == [i for i in range(11) if s[i] == 's']"),
    ("List[int]", "def sat(q: List[int], n=6):\n    assert sorted(q) == list(range(n))\n"
     "    return all(abs(q[i] - q[j]) != i - j for i in range(n) for j in range(i))"),
    ("List[bool]", "def sat(b: List[bool], w=['aa', 'b', 'xyx']):\n    return [len(x) > 1 for x in w] == b"),
    ("List[str]", "def sat(w: List[str], s='one three five'):\n    return ' '.join(w) == s and len(w) == 3"),
    ("List[float]", "def sat(r: List[float]):\n    a, b = r\n"
     "    return abs(a + b - 3) + abs(a * b - 2) < 1e-6"),
    ("List[List[int]]", "def sat(moves: List[List[int]], jugs=[7, 4], start=[7, 0], goal=[5, 2]):\n"
     "    now = start[:]\n    for [i, j] in moves:\n        assert i != j\n        assert min(i, j) >= 0\n"
     "        n = min(now[i], jugs[j] - now[j])\n        now[i] -= n\n        now[j] += n\n"
     "    return now[0] in (3, 6)"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "source"), SOLVABLE, ids=[f"{i}-{kind}" for i, (kind, _) in enumerate(SOLVABLE)])
def test_small_puzzles_are_solved_and_the_program_really_satisfies_them(kind: str, source: str) -> None:
    result = synthesize(source, None, Budget(steps=600_000, seconds=None))
    assert result.source is not None
    scope: dict[str, object] = {"List": list}
    exec(source, scope)
    exec(result.source, scope)
    value = scope["sol"]()  # type: ignore[operator]
    assert parse_answer_type(kind).accepts(value)
    assert scope["sat"](value) is True  # type: ignore[operator]


@pytest.mark.parametrize("index", [2, 6, 9])
def test_a_search_limited_by_steps_takes_the_same_course_every_time(index: int) -> None:
    source = SOLVABLE[index][1]
    first = synthesize(source, None, Budget(steps=100_000, seconds=None))
    second = synthesize(source, None, Budget(steps=100_000, seconds=None))
    assert (first.expression, first.steps, first.strategy) == (second.expression, second.steps, second.strategy)


def test_steps_stop_a_search_that_cannot_succeed() -> None:
    result = synthesize("def sat(x: int):\n    return x != x", "int", Budget(steps=5_000, seconds=None))
    assert result.expression is None
    assert 5_000 <= result.steps < 10_000


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "while True:\n        try:\n            while True: pass\n        except BaseException: pass",
        "return sum(range(10 ** 15)) == x",
        "return 9 ** 9 ** 9 ** 9 == x",
        "return 'a' * 10 ** 13 == x",
        "return (1 << 10 ** 12) == x",
        "def f(n):\n        return f(n + 1)\n    return f(x)",
        "raise SystemExit(0)",
        "raise BaseException('no')",
        "return 1",
        "a = []\n    while True:\n        a.append(a * 2)",
    ],
)
def test_hostile_puzzles_end_within_the_budget_and_without_an_answer(body: str) -> None:
    started = time.process_time()
    result = synthesize(f"def sat(x: int):\n    {body}", None, Budget(steps=40_000, seconds=1.0))
    assert result.expression is None
    assert time.process_time() - started < 10


@pytest.mark.parametrize("mistake", [False, True])
def test_a_deadline_within_a_callback_of_the_collector_ends_the_search_and_is_not_told(
    mistake: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda about: told.append(about.exc_type.__name__))
    end = time.process_time() + 0.2
    caught: list[str] = []

    def callback(phase: str, info: object) -> None:
        if phase == "start" and not caught:
            try:
                while time.process_time() < end + 5.0:
                    pass
            except BaseException as error:
                caught.append(type(error).__name__)
                if mistake:
                    raise KeyError("of the callback's own") from None
                raise

    gc.callbacks.append(callback)
    try:
        result = synthesize("def sat(x: int):\n    return x != x", None, Budget(steps=None, seconds=0.2))
    finally:
        gc.callbacks.remove(callback)
    assert result.expression is None
    assert caught == ["DeadlineError"]
    assert told == (["KeyError"] if mistake else [])


def test_a_puzzle_that_changes_its_arguments_gets_fresh_ones_each_time() -> None:
    source = "def sat(x: int, a=[1, 2, 3]):\n    a.append(x)\n    return len(a) == 4 and sum(a) == 96 and a.pop() == x"
    result = synthesize(source, None, Budget(steps=100_000, seconds=None))
    assert result.expression is not None
    assert eval(result.expression, {"a": [1, 2, 3]}) == 90


@pytest.mark.parametrize(
    "source",
    ["x = 1", "def sat(): return True", "def sat(x: Set[int]): return True", "def sat(x: int, y): return True",
     "def sat(x): return True", "def sat(x: int:"],
)  # fmt: skip
def test_what_is_not_a_puzzle_is_refused(source: str) -> None:
    with pytest.raises(ValueError):
        synthesize(source, None, Budget(steps=100, seconds=None))


def test_the_answer_keeps_the_exact_type() -> None:
    result = synthesize("def sat(x: float, a=3):\n    return x == a", None, Budget(steps=50_000, seconds=None))
    assert result.expression is not None
    assert type(eval(result.expression, {"a": 3})) is float


@pytest.mark.parametrize(
    "source",
    [
        "def sat(x: List[int], w=[[4, 3], [5, 2]]):\n    return sum(a * b[0] - b[1] / 2 for a, b in zip(x, w)) == 7.25",
        "def sat(x: int, a=2.5):\n    return x * a - a / 3 == 10 ** 9 + 0.1",
        "def sat(s: str, t='one two six'):\n    return sorted(s.split()) == sorted(t.split()) and s.split()[5] == 'x'",
    ],
)
def test_unsolvable_puzzles_with_fractions_and_words_exhaust_the_budget_quietly(source: str) -> None:
    assert synthesize(source, None, Budget(steps=60_000, seconds=None)).expression is None
