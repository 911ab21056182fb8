"""The code block in a reply, also where a reply is made to take long."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verifiers.proofs.coq import bridge as coq
from verifiers.proofs.fences import Block, first_block
from verifiers.proofs.fstar.guard import refusal
from verifiers.proofs.fstar.text import Definition, UnreadableText, split_statement

MARKS = ("lean", "lean4")
SLOW = re.compile(r"^[ \t]*(?:```+|~~~+)[ \t]*(?:lean|lean4)?[ \t]*\n(.*?)^[ \t]*(?:```+|~~~+)[ \t]*$", re.S | re.M)


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("```lean\nrfl\n```", "rfl\n"),
        ("Say:\n  ```lean4  \nrfl\n\n  ```\n```lean\nother\n```", "rfl\n\n"),
        ("~~~\nrfl\n~~~", "rfl\n"),
        ("```python\n1\n```\n```lean\nrfl\n```", "```lean\nrfl\n"),
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


def test_any_mark_will_do_where_none_is_named():
    assert first_block("```python\n1\n```", None) == Block("1\n", 10)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="`~ lean4\n\t", max_size=60))
def test_it_finds_what_the_plain_pattern_finds(reply):
    plain, found = SLOW.search(reply), first_block(reply, MARKS)
    assert (found and (found.text, found.start)) == (plain and (plain.group(1), plain.start(1)))


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
    assert not coq.first_block("```coq\n" * 14_000, ("coq",))
