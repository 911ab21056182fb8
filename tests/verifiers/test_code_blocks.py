"""Code blocks in a reply, also where a reply is made to take long."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoning.families.extraction import ExtractionError, extract_class
from reasoning.methods.code.blocks import python_blocks
from reasoning.methods.programs import programs_in
from verifiers.code_blocks import Block, code_blocks, declaring_block, fenced, first_block
from verifiers.extraction import extract_program
from verifiers.proofs.coq import bridge as coq
from verifiers.proofs.fstar.guard import refusal
from verifiers.proofs.fstar.text import Definition, UnreadableText, split_statement


def list_of_blocks(text):
    return list(code_blocks(text))


MARKS = ("lean", "lean4")


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("```lean\nrfl\n```", "rfl\n"),
        ("Say:\n  ```lean4  \nrfl\n\n  ```\n```lean\nother\n```", "rfl\n\n"),
        ("~~~\nrfl\n~~~", "rfl\n"),
        ("```python\n1\n```\n```lean\nrfl\n```", "rfl\n"),
        ("```Lean title=x\nrfl\n```", "rfl\n"),
        ("````lean\n```\nrfl\n~~~~\n`````", "```\nrfl\n~~~~\n"),
        ("```lean\nrfl", None),
        ("```lean", None),
        ("``lean\nrfl\n``", None),
        ("rfl", None),
    ],
)
def test_the_first_closed_block_is_found(reply, text):
    found = first_block(reply, MARKS)
    assert (found and found.text) == text
    assert found is None or reply[found.start :].startswith(found.text)


@pytest.mark.parametrize(
    ("blocks", "chosen"),
    [
        (["theorem t : p := by\n  sorry\n", "theorem t : p := by\n  rfl\n"], 1),
        (["theorem t : p := by\n  rfl\n", "#print axioms t\n"], 0),
        (["theorem other : q := rfl\n", "theorem t : p := rfl\n", "theorem t2 : p := rfl\n"], 1),
        (["rfl\n", "omega\n"], 0),
    ],
)
def test_the_last_block_that_declares_is_found_else_the_first(blocks, chosen):
    reply = "So:\n".join(f"```lean\n{block}```\n" for block in blocks) + "```lean\ntheorem t : p := open"
    found = declaring_block(reply, MARKS, re.compile(r"theorem t\b"))
    assert found is not None
    assert found.text == blocks[chosen]
    assert declaring_block("```python\ntheorem t\n```\n```lean\n", MARKS, re.compile("theorem t")) is None


def test_any_mark_will_do_where_none_is_named():
    assert first_block("```python\n1\n```", None) == Block("1\n", 10, "python", 0, True)


def by_lines(text):
    """The blocks, found line by line."""
    found, opening, place = [], None, 0
    for line in text.split("\n"):
        fence = re.fullmatch(r"[ \t]*(```+|~~~+)([^`]*)", line)
        end = place + len(line)
        if opening is None and fence:
            opening = (fence[1], (fence[2].lower().split() or [""])[0], place, min(end + 1, len(text)))
        elif opening and fence and not fence[2].strip() and fence[1].startswith(opening[0]):
            found.append(Block(text[opening[3] : place], opening[3], opening[1], opening[2], True))
            opening = None
        place = end + 1
    if opening:
        found.append(Block(text[opening[3] :], opening[3], opening[1], opening[2], False))
    return found


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="`~ lean4\n\t", max_size=60))
def test_blocks_are_those_that_lines_give(text):
    assert list(code_blocks(text)) == by_lines(text)


@given(st.text(alphabet="`~ a\n\t", max_size=40))
def test_what_is_fenced_is_found_again(text):
    (block,) = code_blocks(fenced(text, "python"))
    assert (block.text, block.language, block.closed) == (f"{text}\n", "python", True)


@pytest.mark.parametrize("read", [extract_program, extract_class, programs_in, python_blocks, list_of_blocks])
@pytest.mark.parametrize(
    "reply", ["```" + " " * 100_000 + "`", "`" * 100_000 + " `", ("```" + " " * 300 + "`\n") * 300, "```\n" * 30_000]
)
def test_fences_made_to_be_slow_are_read_at_once(read, reply):
    # With a pattern that gives blanks back one by one the suite would not end.
    with suppress(ExtractionError):
        read(reply)


STATEMENT = split_statement("val a : int")
LONG = {
    "fences that are never closed": "```fstar\n" * 11_000,
    "backticks": "`" * 99_000 + " x y",
    "empty lines": "\n" * 99_000 + "x",
    "blanks": "let " + " " * 99_000,
    "comments": "(*" * 49_000,
    "attributes": "[@@" * 33_000,
    "nested attributes": "[@@ [" * 19_000,
    "local opens": "let a = " + "let open " * 11_000,
    "strings": '"' * 99_001,
    "quotes": "'" * 99_000,
    "slashes": "/" * 99_000,
    "qualifiers": "unfold " * 14_000,
    "pragmas": "let a = " + "#" * 90_000 + "set-options",
}


@pytest.mark.parametrize("name", LONG)
def test_long_replies_are_refused_at_once(name):
    # With patterns that look at every pair of places the suite would not end.
    try:
        reason = refusal(Definition.of(LONG[name], STATEMENT).text)
    except UnreadableText as error:
        reason = str(error)
    assert reason


def test_a_coq_reply_of_open_fences_is_read_at_once():
    assert not coq.declaring_block("```coq\n" * 14_000, ("coq",), re.compile("Theorem"))
