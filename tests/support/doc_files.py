"""Small real files in the place of those that a reader of the docs would bring, in the formats that the pages name."""

from __future__ import annotations

import base64
import gzip
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

Content = str | Callable[[], bytes]


def recorded(name: str) -> Callable[[], bytes]:
    """A file of the collection of benchmarks, by its path there."""
    return lambda: (Path(os.environ["REASONING_BENCHMARKS"]) / name).read_bytes()


def beginning(name: str, count: int = 2) -> Callable[[], bytes]:
    """The first lines of a packed file of the collection."""
    return lambda: gzip.compress(b"".join(gzip.decompress(recorded(name)()).splitlines(keepends=True)[:count]))


def zipped(*records: Mapping[str, object]) -> Callable[[], bytes]:
    """JSON lines, packed."""
    return lambda: gzip.compress(lines(*records).encode())


def lines(*records: Mapping[str, object]) -> str:
    """JSON lines."""
    return "".join(json.dumps(record) + "\n" for record in records)


HALVES = {
    "task_id": "HumanEval/900",
    "entry_point": "halves",
    "prompt": 'def halves(values):\n    """Half of each value."""\n',
    "canonical_solution": "    return [value / 2 for value in values]\n",
    "base_input": [[[]], [[2]]],
    "plus_input": [[[10, 0.1]]],
    "atol": 0,
    "contract": "",
}
CONTEST = {
    "question_title": "half",
    "question_content": "Print half of the number.",
    "platform": "atcoder",
    "question_id": "half",
    "contest_id": "x",
    "contest_date": "2024-09-01T12:00:00",
    "starter_code": "",
    "difficulty": "easy",
    "public_test_cases": json.dumps([{"input": "4\n", "output": "2\n", "testtype": "stdin"}]),
    "private_test_cases": json.dumps([{"input": "5\n", "output": "2.5\n", "testtype": "stdin"}]),
    "metadata": "{}",
}
FOUND = lines(
    {"task_id": "HumanEval/0", "completion": "    return any(abs(a - b) < threshold for i, a in enumerate(numbers)"
                                             " for b in numbers[i + 1:])\n"},
    {"task_id": "HumanEval/3", "completion": "    return False\n"},
)  # fmt: skip
"""Samples of two problems of HumanEval, one right and one wrong."""

CLAIMS = lines(
    {"id": "a", "problem": {"kind": "proof", "system": "lean", "statement": "theorem two (n : Nat) : n ≤ n + 1 := by"},
     "candidate": "  omega"},
    {"id": "b", "problem": {"kind": "proof", "system": "lean", "statement": "theorem no : 1 = 2 := by"},
     "candidate": "  rfl"},
)  # fmt: skip
POOL = lines(
    {"id": "area", "kind": "answer", "prompt": "What is the area of a triangle with sides 3, 4 and 5?", "gold": "6"},
    {"id": "primes", "kind": "answer", "prompt": "How many prime numbers are below twenty?", "gold": "8"},
)

QUESTIONS = "\n".join(
    [
        "known_facts,known_untrue_facts,cannot_ask_facts,goal,rules,all_valid_qs,gt_qs,max_depth",
        "\"['brave']\",set(),[],idle,\"[['not brave', 'not bold', 'idle'], ['not idle', 'bold']]\","
        '"{\'bold\', \'calm\'}","[""bold""]",1',
    ]
)
"""QuestBench's Logic-Q, one row."""

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PICTURED = json.dumps(
    [
        {
            "ID": "2steps_1",
            "split": "testmini",
            "knowledge concept": "Lengths",
            "question": "According to the diagram, OA = ( ) m",
            "option": "A. 300;B. 400;C. 3000;D. 4000; E. No correct answer",
            "answer": "C",
            "image_path": "2steps/image/1-1.png",
            "key": "2steps_1",
            "question number": 1,
            "knowledge concept description": "Lengths:\n1. Conversion.",
        }
    ]
)

PENS = lines(
    {"id": "pens", "kind": "answer", "prompt": "Noor has 3 boxes of 8 pens and loses 5. How many are left?", "gold": "19",
     "meta": {"reference": "3 * 8 = 24, and 24 - 5 = 19"}}
)  # fmt: skip
FAMILY = """```python
class EFA:
    original = {"boxes": 3, "each": 8, "lost": 5}
    def sample(rng):
        return {"boxes": rng.randint(2, 9), "each": rng.randint(6, 30), "lost": rng.randint(1, 9)}
    def render(boxes, each, lost):
        return f"Noor has {boxes} boxes of {each} pens and loses {lost}. How many are left?"
    def solve(boxes, each, lost):
        return boxes * each - lost
```"""
BAKERY = """Here it is.
```python
import itertools
points = [(x, y) for x, y in itertools.product(range(81), range(49)) if 3 * x + 5 * y <= 240 and y <= MOST]
x, y = max(points, key=lambda point: 2.5 * point[0] + 6 * point[1])
print(f"The maximum of the objective: {2.5 * x + 6 * y:.5f}\\nnumber of rye loaves: {x}\\nnumber of plum cakes: {y}")
```"""


def writer(prompt: str) -> str:
    """What a model that can do these tasks would write: a family, an optimisation problem, a formal proof, an option."""
    from reasoning.pipelines.resocratic import DEMONSTRATIONS

    if "class EFA" in prompt:
        return FAMILY
    if prompt.startswith("Here are formatted scenarios"):
        return f"A new one:\n\n{DEMONSTRATIONS[0]}"
    if prompt.startswith("Write one Python program"):
        return BAKERY.replace("MOST", "30" if "Constraint-2" in prompt else "48")
    if "// Maximize 2.5x + 6y" in prompt:
        table = "\n| | flour |\n| --- | --- |\n| loaf | 3 |\n| cake | 5 |\n\n" if "Markdown" in prompt else ""
        return f"<problem>A bakery sells rye loaves and plum cakes.\n{table}What is the most it can earn?</problem>"
    if prompt.endswith("### Statement in Lean 4\n"):
        return "theorem even (n : Nat) : ∃ k, n + n = 2 * k := by"
    if "### Proof in Lean 4\n" in prompt:
        return "1. n + n is 2 n." if prompt.endswith("### Proof in steps\n") else "  exact ⟨n, by omega⟩"
    return "1. n + n is 2 n." if prompt.endswith("### Proof in steps\n") else "Answer: C"


def definition(name: str, statement: str) -> dict[str, object]:
    """One of FStarDataSet, that the double of F* accepts."""
    return {
        "file_name": "ulib/Math.Lemmas.fst",
        "name": f"Math.Lemmas.{name}",
        "original_source_type": statement,
        "source_type": statement,
        "source_definition": f"let {name} = right",
        "file_context": "module Math.Lemmas\n\nopen FStar.Mul\n",
        "opens_and_abbrevs": [{"open": "FStar.Mul"}],
        "vconfig": {},
        "interleaved": False,
        "source": {"project_name": "FStar"},
        "is_proof": True,
        "ideal_premises": [],
    }


FSTAR = json.dumps([definition("add_zero", "val add_zero (x:int) : Lemma (x + 0 == x)")])
FSTAR_TRAIN = json.dumps([definition("neutral", "val neutral (y:int) : Lemma (y + 0 == y)")])
PROGRAMS = lines(
    *({"id": str(n), "candidate": f"def twice(n):\n    return n * {n}\n",
       "problem": {"kind": "program", "entry_point": "twice", "tests": ["assert twice(3) == 6"]}} for n in (2, 3))
)  # fmt: skip
TWO_PROVED = lines({"id": "two", "completion": "  rfl"})
MATHLIB_LIKE = lines(
    {"name": "two", "split": "test", "header": "", "statement": "theorem two : 1 + 1 = 2 := by",
     "has_upstream_proof": False}
)  # fmt: skip
STP = """model = "nano"
method = "stp"
rounds = 2
threads = 1
[data]
targets = "core-lean:easy"
limit = 2
[sampling]
first_samples = 2
samples = 2
max_new_tokens = 8
max_statement_tokens = 8
prompt_tokens = 300
batch_size = 2
[training]
learning_rate = 1e-3
max_length = 400
[lean]
workers = 1
"""
"""A small experiment of self-play."""
