"""Lean source as text: statements, candidates, comments and strings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifiers.proofs.lean.text import blank_comments_and_strings, source_of, split_statement
from verifiers.records import RecordError


@pytest.mark.parametrize(
    ("statement", "text", "opening", "name"),
    [
        ("theorem a (n : Nat) : n = n := by", "theorem a (n : Nat) : n = n", " := by", "a"),
        ("theorem a : 1 = 1 :=", "theorem a : 1 = 1", " :=", "a"),
        ("theorem a : 1 = 1", "theorem a : 1 = 1", "", "a"),
        ("theorem a : 1 = 1 := by sorry\n", "theorem a : 1 = 1", " := by", "a"),
        ("theorem a : 1 = 1 := sorry", "theorem a : 1 = 1", " :=", "a"),
        ("theorem a : 1 = 1 :=\n  by\n", "theorem a : 1 = 1", " := by", "a"),
        ("/-- of theorem b -/\n@[simp] theorem A.c.{u} (α : Sort u) : α = α := by", None, " := by", "A.c"),
        ("lemma _root_.x' : True :=", "lemma _root_.x' : True", " :=", "x'"),
        ("theorem «a b».c : True := by", "theorem «a b».c : True", " := by", "«a b».c"),
        ("theorem a : (fun x := by_ x) = y", "theorem a : (fun x := by_ x) = y", "", "a"),
    ],
)
def test_statements_are_split_before_their_proof(statement, text, opening, name):
    found = split_statement(statement)
    assert (found.opening, found.name) == (opening, name)
    assert text is None or found.text == text


@pytest.mark.parametrize("statement", ["", "example : True := by", "def a := 1", "-- theorem a : True"])
def test_a_statement_needs_a_named_theorem(statement):
    with pytest.raises(RecordError, match="statement"):
        split_statement(statement)


STATEMENT = split_statement("theorem foo : 1 = 1 := by")


@pytest.mark.parametrize(
    "candidate",
    [
        "  rfl",
        "rfl -- theorem foo",
        "exact foo'",
        "/- theorem foo : 1 = 1 -/ rfl",
        "have := foo.bar\n  rfl",
        "open Nat in rfl",
    ],
)
def test_a_proof_is_put_behind_the_statement(candidate):
    source = source_of(STATEMENT, candidate, "")
    assert source.code == f"theorem foo : 1 = 1 := by\n{candidate}\n"
    assert source.lines_before == 1


@pytest.mark.parametrize(
    "candidate",
    [
        "theorem foo : 1 = 1 := rfl",
        "def x := 1\ntheorem foo.{u} : 1 = 1 := rfl",
        "theorem _root_.A.foo : 1 = 1 := rfl",
        "def foo := 1",
        "namespace A\nend A",
        "@[simp] private theorem bar : True := trivial",
    ],
)
def test_a_file_is_taken_as_it_is(candidate):
    source = source_of(STATEMENT, candidate, "")
    assert source.code == candidate + "\n"
    assert source.lines_before == 0


def test_a_fence_is_taken_off():
    assert source_of(STATEMENT, "So:\n```lean4\n  rfl\n```\nDone.", "").own == "  rfl\n"


def test_of_a_sketch_and_a_whole_proof_the_whole_one_is_taken():
    statement = split_statement("theorem t (n : Nat) : n = n := by")
    whole = "theorem t (n : Nat) : n = n := by\n  rfl\n"
    reply = f"Plan:\n```lean4\n{whole.replace('rfl', 'sorry')}```\nNow in full:\n```lean4\n{whole}```\nCheck:\n```lean4\n#check t\n```\n"
    assert source_of(statement, reply, "").own.strip() == whole.strip()


def test_a_repeated_header_is_left_out_and_lines_stay():
    source = source_of(STATEMENT, "open Nat\n\ntheorem foo : 1 = 1 := rfl", "open Nat\n")
    assert source.repeats_header
    assert "open" not in source.code
    assert source.code.index("theorem") == len("open Nat\n\n")


def test_imports_of_the_header_may_be_repeated_and_others_stay():
    candidate = "import Init\nimport Evil\ntheorem foo : 1 = 1 := rfl"
    source = source_of(STATEMENT, candidate, "import Init\nopen Nat")
    assert "Init" not in source.own
    assert "import Evil" in source.own


@pytest.mark.parametrize(
    ("code", "visible"),
    [
        ("a -- b\nc", "a     \nc"),
        ("a /- b /- c -/ d -/ e", "a                   e"),
        ('f "x -- y" z', "f          z"),
        (r'f "a \" b" c', "f          c"),
        ("f 'x' y'", "f     y'"),
        ("f '\\'' g", "f      g"),
        ('f r#"a " b"# g', "f            g"),
        ("«-- a» b", "«-- a» b"),
        ("a /- b", "a /- b"),
        ('a "b', 'a "b'),
        ('s!"{sorry}" a', 's!"{sorry}" a'),
    ],
)
def test_what_is_blanked_and_what_stays_visible(code, visible):
    assert blank_comments_and_strings(code) == visible


@given(st.text(alphabet="ab-/\"'r#«»\\\n {}!"))
def test_blanking_keeps_length_and_lines(code):
    blanked = blank_comments_and_strings(code)
    assert len(blanked) == len(code)
    assert [i for i, c in enumerate(blanked) if c == "\n"] == [i for i, c in enumerate(code) if c == "\n"]
    assert all(b in (c, " ") for b, c in zip(blanked, code, strict=True))
