"""Code out of completions."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifiers.extraction import MAX_PARSED_CHARACTERS, Extracted, extract_program, extract_solution

PROMPT = (
    'from typing import List\n\ndef half(x):\n    return x / 2\n\n\ndef add(a: int, b: int) -> int:\n    """Add."""\n'
)
SOURCE = "def add(a, b):\n    return a + b\n"
PREAMBLE = "from typing import List\n\ndef half(x):\n    return x / 2\n\n\n"


def runs(source: str | None) -> int:
    """What the program's add(2, 3) gives."""
    assert source is not None
    namespace: dict[str, object] = {"__name__": "candidate"}
    exec(source, namespace)
    result = namespace["add"](2, 3)  # type: ignore[operator]
    assert isinstance(result, int)
    return result


@pytest.mark.parametrize(
    "text",
    [
        SOURCE,
        f"```python\n{SOURCE}```",
        f"Here's the code:\n\n```python\n{SOURCE}```\n\nIt's simple, isn't it?",
        f"~~~py\n{SOURCE}~~~\n",
        f"```\n{SOURCE}",
        f"Use it so:\n```python\nprint(add(1, 2))\n```\nwhere\n```python\n{SOURCE}```\nor\n```\nadd(3, 4)\n```",
        f"```python\ndef add(a, b):\n    return 0\n```\nBetter:\n```python\n{SOURCE}```",
        f"  ```python\n{SOURCE}  ```",
        "```python\n" + "".join("    " + line + "\n" for line in SOURCE.splitlines()) + "```",
        f"[BEGIN]\n{SOURCE}[DONE]\nmore [DONE]",
        f"{SOURCE}[DONE]",
        f"\ufeff{SOURCE}".replace("\n", "\r\n"),
        f"Sure! Here is the function\n\n{SOURCE}",
        f"{SOURCE}\nThis function adds the two numbers.\nIt's short.",
        f"{SOURCE}\nExplanation:\n",
        f"{SOURCE}\nif __name__ == '__main__':\n    raise SystemExit(add(1, 2)",
        f"{SOURCE}\ndef other(x):\n    return (x +",
        f"import math\n\n{SOURCE}\nprint(add(1, 2)",
        PROMPT + "    return a + b\n",
        f"```python\n{PROMPT}    return a + b\n```",
    ],
)
def test_whole_sources_are_found(text: str) -> None:
    assert runs(extract_program(text, prompt="Write add.", entry_point="add")) == 5
    assert runs(extract_program(text, prompt=PROMPT, entry_point="add")) == 5


@pytest.mark.parametrize(
    "text",
    [
        "    return a + b\n",
        "    return a + b",
        "    return a + b\n\nThis adds the two.",
        "    return a + b\n```\nExplanation: it's easy.",
        "    c = a + b\n    return c\n\n\ndef other(x):\n    return (x +",
        "    return a + b\n\n\nif __name__ == '__main__':\n    print(add(",
        "    return a + b\n\nassert add(1, 2) == 3\nassert add(",
        "return a + b\n",
        "c = a + b\nreturn c\n",
        "c = a + b\n    return c\n",
        "\n    return a + b\n",
        "```python\n    return a + b\n```",
        "    if a:\n        return a + b\n    return b\n\ndef add_more(x):",
    ],
)
def test_bodies_continue_the_prompt(text: str) -> None:
    assert runs(extract_program(text, prompt=PROMPT, entry_point="add")) == 5


@pytest.mark.parametrize("indent", ["  ", "\t", "   ", "     "])
def test_bodies_keep_their_own_indentation(indent: str) -> None:
    prompt = "def add(a, b):\n"
    assert runs(extract_program(f"{indent}c = a + b\n{indent}return c\n", prompt=prompt, entry_point="add")) == 5


def test_a_whole_source_gets_the_prompts_helpers() -> None:
    text = "def add(a: List[int], b):\n    return int(half(2 * a)) + b\n"
    assert extract_program(text, prompt=PROMPT, entry_point="add") == PREAMBLE + text


@pytest.mark.parametrize(
    "text",
    [
        f"<think>\n```python\n{SOURCE.replace('+', '-')}```\n</think>\n{SOURCE}",
        f"a first try:\n{SOURCE.replace('+', '-')}</think>\n```python\n{SOURCE}```",
        "```python\ndef plus(a, b):\n    return a + b\n```\nand\n```python\ndef add(a, b):\n    return plus(a, b)\n```",
        "```python\ndef add(a, b):\n    return plus(a, b)\n```\nwith\n```python\ndef plus(a, b):\n    return a + b\n```",
        "```python\nimport math\n```\n```python\ndef add(a, b):\n    return math.floor(a + b)\n```\n```text\nmath = no\n```",
    ],
)
def test_thoughts_are_left_out_and_parts_in_other_blocks_are_brought(text: str) -> None:
    assert runs(extract_program(text, entry_point="add")) == 5


def test_blocks_that_nothing_asks_for_stay_out() -> None:
    text = f"```python\nraise SystemExit\n```\n```python\n{SOURCE}```\n```python\nprint(add(1, 2))\n```"
    assert extract_program(text, entry_point="add") == SOURCE


def test_thoughts_do_not_hide_a_body() -> None:
    assert runs(extract_program("<think>sum</think>\n    return a + b\n", prompt=PROMPT, entry_point="add")) == 5


def test_leading_white_space_is_never_stripped() -> None:
    text = "    return a + b\n"
    assert extract_program(text, prompt=PROMPT, entry_point="add") == PROMPT + text


@pytest.mark.parametrize("text", ["", "   \n", "I don't know.", "Sorry, no."])
def test_text_without_code_is_none(text: str) -> None:
    assert extract_program(text, prompt="Write add.", entry_point="add") is None
    assert extract_program(text, prompt=PROMPT, entry_point="add") is None
    assert extract_program(text) is None


def test_broken_code_is_returned_rather_than_nothing() -> None:
    text = "def add(a, b):\n    return a +\n"
    assert extract_program(text, entry_point="add") == text


def test_a_stub_of_the_prompt_is_not_taken_for_a_completion() -> None:
    source = extract_program("    return (a +\n", prompt=PROMPT, entry_point="add")
    assert source == PROMPT + "    return (a +\n"


def test_programs_without_an_entry_point() -> None:
    assert extract_program("```\nprint(input())\n```\n") == "print(input())\n"
    assert extract_program("n = int(input())\nprint(n)\nThat's it.") == "n = int(input())\nprint(n)\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def sol():\n    return 1\n", ("program", "def sol():\n    return 1\n")),
        ("def g(x=1):\n    return x", ("program", "def g(x=1):\n    return x")),
        ("sol = lambda: 3", ("program", "sol = lambda: 3")),
        ("```python\ndef sol():\n    return 1\n```\nDone.", ("program", "def sol():\n    return 1\n")),
        ("def sol():\n    return 1\n\nThat's all.", ("program", "def sol():\n    return 1\n\n")),
        ("[1, 2]", ("expression", "[1, 2]")),
        ("  'a' * 3\n", ("expression", "'a' * 3")),
        ("'oX' * 1000)", ("expression", "'oX' * 1000")),
        ("')' * 3 + str((1, 2)))  # done)", ("expression", "')' * 3 + str((1, 2))")),
        ("assert True == f([1, 2])", ("expression", "[1, 2]")),
        ("assert f7('a')", ("expression", "'a'")),
        ("```\n[1,\n 2]\n```", ("expression", "[1,\n 2]")),
        ("[1,\n 2]", ("expression", "[1,\n 2]")),
        ("x) or (y", ("expression", "x")),
        ("def sol():\n    return (1", ("program", "def sol():\n    return (1")),
    ],
)
def test_solutions_of_puzzles(text: str, expected: tuple[str, str]) -> None:
    assert extract_solution(text) == Extracted(*expected)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "I can't do this.", "def solve():\n    return 1", "x = 3\ny = 4", ")", "1 +"])
def test_text_without_a_solution_is_none(text: str) -> None:
    assert extract_solution(text) is None


HOSTILE = [
    "(" * 100_000,
    "-" * 150_000 + "1",
    "not " * 40_000 + "1",
    "1" + "+1" * 90_000,
    "a" + ".b" * 90_000,
    "[x " + "for x in y " * 15_000 + "]",
    "lambda:" * 20_000 + "1",
    "f'{" * 1_000,
    "'''" + "\\'''" * 30_000,
    '"' * 150_001,
    "```\n" * 50_000,
    "```\ndef add(\n" * 10_000,
    "def add(\n" * 20_000,
    "x = 1\n" * 20_000 + "def add(",
    "if 1:\n pass\n" + "elif 1:\n pass\n" * 10_000,
    "x" + "\n" * 190_000,
    " " * 190_000,
    "@a\n" * 60_000,
    "1" * 10_000,
    "\ud800def add(): pass",
    "\x00def add(): pass",
    "def add(a, b): return 1\n" + "x y\n" * 40_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_read_in_bounded_time(text: str) -> None:
    # A quadratic reading would not come to an end; one that generates code would overflow the stack.
    for part in (text, text[: MAX_PARSED_CHARACTERS - 1_000]):
        extract_program(part, prompt=PROMPT, entry_point="add")
        extract_program(part)
        extract_solution(part)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="()[]{}'\"\\\n `~#:=deflambda sol12") | st.text())
def test_arbitrary_text_raises_nothing(text: str) -> None:
    extract_program(text, prompt=PROMPT, entry_point="add")
    extract_solution(text)


def test_raw_chat_replies_give_the_code_that_was_extracted_from_them() -> None:
    root = os.environ.get("REASONING_BENCHMARKS")
    if root is None:
        pytest.skip("REASONING_BENCHMARKS is not set")
    path = Path(root, "mbpp", "recorded", "chatgpt_temp_0.0.jsonl.gz")
    with gzip.open(path, "rt") as stream:
        records = [json.loads(line) for line in stream]
    different = []
    for record in records:
        entry_point = record["prompt"].partition("assert ")[2].partition("(")[0].strip()
        found = extract_program(record["full_content"], prompt=record["prompt"], entry_point=entry_point)
        if found is None or found.split() != record["completion"].split():
            different.append(record["task_id"])
    assert len(records) == 420
    assert len(different) <= 40, different
