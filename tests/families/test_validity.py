"""The validity tests: broken families are refused for their own fault, sound ones pass in both layouts."""

from __future__ import annotations

import asyncio
import re

import pytest

from reasoning.families.extraction import ExtractionError, extract_class
from reasoning.families.validity import (
    EXTRA_TESTS,
    PAPER_TESTS,
    SeedProblem,
    ValidityRules,
    ValidityTester,
    numerals,
)
from verifiers.sandbox import SandboxPool

SEED = SeedProblem("s", "Noor has 3 pens and buys 4 boxes of 5 pens. How many pens are there?", "3 + 4 * 5 = 23", "23")

SOUND = """```python
from pydantic import BaseModel

class EFA(BaseModel):
    a: int
    b: int
    c: int

    @classmethod
    def original(cls):
        return cls(a=3, b=4, c=5)

    @classmethod
    def sample(cls, rng):
        return cls(a=rng.randint(2, 90), b=rng.randint(2, 9), c=rng.randint(3, 30))

    def render(self):
        return f"Noor has {self.a} pens and buys {self.b} boxes of {self.c} pens. How many pens are there?"

    def solve(self):
        return self.a + self.b * self.c
```"""


def changed(*replacements: tuple[str, str]) -> str:
    text = SOUND
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return text


FUNCTIONS = """
class Pens:
    original = {"a": 3, "b": 4, "c": 5}

    def sample(rng, level):
        return {"a": rng.randint(2, 90), "b": rng.randint(2, 9), "c": rng.randint(3, 30 * level)}

    def render(a, b, c):
        return f"Noor has {a} pens and buys {b} boxes of {c} pens. How many pens are there?"

    def solve(a, b, c):
        return a + b * c
"""
ONE_DICTIONARY = """
class Pens:
    @staticmethod
    def original():
        return {"a": 3, "b": 4, "c": 5}

    @staticmethod
    def sample(rng):
        return {"a": rng.randint(2, 90), "b": rng.randint(2, 9), "c": rng.randint(3, 30)}

    @staticmethod
    def render(params):
        return "Noor has %(a)d pens and buys %(b)d boxes of %(c)d pens. How many pens are there?" % params

    @staticmethod
    def solve(params):
        return params["a"] + params["b"] * params["c"]
"""
WITH_SELF = """
import random
class Pens:
    def original(self):
        return {"a": 3, "b": 4, "c": 5}

    def sample(self):
        return {"a": random.randint(2, 90), "b": random.randint(2, 9), "c": random.randint(3, 30)}

    def render(self, parameters):
        p = parameters
        return f"Noor has {p['a']} pens and buys {p['b']} boxes of {p['c']} pens. How many pens are there?"

    def solve(self, parameters):
        return parameters["a"] + parameters["b"] * parameters["c"]
"""

BROKEN = {
    "is_extractable": changed(("    def solve(self):", "    def compute(self):")),
    "is_executable": changed(("return self.a + self.b", "return 70 // (self.a % 7 - 6 or 0) * 0 + self.a + self.b")),
    "has_dof": changed(("a=rng.randint(2, 90), b=rng.randint(2, 9), c=rng.randint(3, 30)", "a=8, b=5, c=6")),
    "is_single_valued": changed(
        ("from pydantic", "import random\nfrom pydantic"),
        ("return self.a + ", "return (self.a if self.a == 3 else random.randint(1, 10**6)) + "),
    ),
    "matches_original": changed(("return self.a + self.b * self.c", "return (self.a + self.b) * self.c")),
}
WRONG_ELSEWHERE = changed(("return self.a + self.b * self.c", "return 23 + 7 * (self.a - 3) + self.b - 4"))


@pytest.fixture(scope="module")
def examine():
    with asyncio.Runner() as runner:
        pool = SandboxPool(workers=2)

        def run(reply, seed=SEED, **options):
            return runner.run(ValidityTester(pool, **options).test(reply, seed))

        yield run
        runner.run(pool.close())


async def calculate(problem):
    """An independent solver: reads the numbers and the story, knows nothing of the family."""
    a, b, c = map(int, re.findall(r"\d+", problem.prompt))
    return [f"There are {a} + {b} * {c} = {a + b * c} pens."]


@pytest.mark.parametrize(
    "reply", [SOUND, FUNCTIONS, ONE_DICTIONARY, WITH_SELF], ids=["object", "function", "dict", "self"]
)
def test_a_sound_family_passes_every_test_in_each_layout(examine, reply):
    report = examine(reply, solver=calculate)
    assert (report.failed, report.reason) == ("", "")
    assert report.passed_tests == PAPER_TESTS + EXTRA_TESTS
    assert report.score == 1.0
    assert report.distinct_texts > 10


@pytest.mark.parametrize("fault", PAPER_TESTS)
def test_a_broken_family_is_refused_by_the_test_for_its_fault(examine, fault):
    report = examine(BROKEN[fault])
    assert report.failed == fault, report.reason
    assert report.reason
    assert report.passed_tests == PAPER_TESTS[: PAPER_TESTS.index(fault)]
    assert report.score == PAPER_TESTS.index(fault) / 8


def test_right_at_the_seed_and_wrong_elsewhere_passes_the_five_and_fails_the_solver(examine):
    assert examine(WRONG_ELSEWHERE, rules=ValidityRules(extra=False)).passed
    assert examine(WRONG_ELSEWHERE).passed
    report = examine(WRONG_ELSEWHERE, solver=calculate)
    assert report.failed == "agrees_with_solver"
    assert report.passed_tests[:5] == PAPER_TESTS


def test_answers_that_depend_on_the_hash_seed_are_not_single_valued(examine):
    reply = changed(
        ("return self.a + self.b * self.c", "return list({'red', 'green', 'blue'}).index('red') * 9 + self.a + self.b")
    )
    report = examine(reply)
    assert report.failed == "is_single_valued"
    assert "two processes" in report.reason


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "return self.a + self.b",
            "while self.a != 3: pass\n        return self.a + self.b",
            "solve of draw 1: more than",
        ),
        ("return self.a + self.b", "import os; os._exit(3)", "exit status 3"),
        ("return self.a + self.b", "x = bytearray(1 << 31); return self.a + self.b", "MemoryError"),
        ("return cls(a=rng", "return None and cls(a=rng", "drew in vain"),
        ("return self.a + self.b", "return [{}] and object() or self.a + self.b", "an answer of type object"),
        ("return self.a + self.b", "return float('nan') + self.b", "the answer is nan"),
    ],
)
def test_what_cannot_be_executed_is_said(examine, old, new, words):
    from reasoning.families.probing import ProbeLimits

    report = examine(changed((old, new)), limits=ProbeLimits(call_seconds=1.0))
    assert report.failed == "is_executable"
    assert words in report.reason


@pytest.mark.parametrize(
    ("fault", "replacements"),
    [
        ("is_varied", [("return self.a + self.b * self.c", "return 23")]),
        ("is_filled", [("buys {self.b} boxes", "buys {self.b} boxes for {{name}}")]),
        ("hides_answer", [("How many", "(There are {self.solve()}.) How many")]),
    ],
)
def test_the_further_tests_refuse_what_the_paper_lets_pass(examine, fault, replacements):
    assert examine(changed(*replacements), rules=ValidityRules(extra=False)).passed
    assert examine(changed(*replacements)).failed == fault


def test_a_text_without_the_seeds_numbers_does_not_match(examine):
    report = examine(changed(("buys {self.b} boxes", "buys some boxes")), rules=ValidityRules(similarity=1.0))
    assert (report.failed, "4" in report.reason) == ("matches_original", True)


def test_classes_are_found_in_replies():
    assert extract_class("Sure!\n" + SOUND + "\nHope that helps.").name == "EFA"
    assert extract_class(SOUND.strip("`").removeprefix("python")).name == "EFA"
    with_base = "class Base:\n    def original(): return {}\n    def sample(rng): return {}\n"
    with_base += "class Sub(Base):\n    def render(): return ''\n    def solve(): return 1\n"
    assert extract_class(with_base).name == "Sub"
    with pytest.raises(ExtractionError, match="lacks solve"):
        extract_class(BROKEN["is_extractable"])
    with pytest.raises(ExtractionError, match="2 classes"):
        extract_class(SOUND + "\n" + FUNCTIONS.replace("\nclass", "```\nclass") + "```")
    with pytest.raises(ExtractionError, match="no code block"):
        extract_class("I cannot do that." + "(" * 100_000)


def test_numerals_are_compared_as_numbers():
    assert (
        numerals("1,250 apples at $0.50, 007") == numerals("1250 and 7 and .5 0.5".replace(".5 ", "")) != numerals("")
    )
