"""The held-out quarter of the core-Lean theorems: fixed, and found again under other names."""

import hashlib

import pytest

from reasoning.proving.held_out import core_theorems, held_out_keys, is_held_out, statement_key, without_name
from verifiers.records import RecordError


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("theorem a (m n : Nat) : m + n = n + m := by", "theorem b  (x  y : Nat) :\n  x + y = y + x"),
        (
            "theorem a (p : Nat → Prop) (h : ∀ n, p n) : ∃ m, p m",
            "theorem b (q : Nat → Prop) (k : ∀ x, q x) : ∃ y, q y",
        ),
        ("theorem a (xs : List Nat) : xs.map (fun x => x) = xs", "theorem b (l : List Nat) : l.map (fun y => y) = l"),
        ("theorem a (m n : Nat) (h : m < n) : m ≤ n", "theorem b (y x : Nat) (h : y < x) : y ≤ x"),
    ],
)
def test_renamed_statements_have_one_key(one, other):
    assert statement_key(one) == statement_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("theorem a (m n : Nat) : m + n = n + m", "theorem a (m n : Int) : m + n = n + m"),
        ("theorem a (m n : Nat) : m + n = n + m", "theorem a (m n : Nat) : m + n = m + n"),
        ("theorem a (x : Nat) : x.succ = x + 1", "theorem a (x : Nat) : x.pred = x + 1"),
    ],
)
def test_different_statements_have_different_keys(one, other):
    assert statement_key(one) != statement_key(other)


def test_the_name_alone_is_taken_off():
    assert without_name("theorem h (h : 1 = 1) : h = h := by") == "(h : 1 = 1) : h = h"
    assert without_name("theorem foo : True") == ": True"
    with pytest.raises(RecordError):
        without_name("1 = 1")


def test_a_quarter_is_held_out_and_it_is_always_the_same():
    held_out = [problem.id for problem in core_theorems() if is_held_out(problem.text("statement"))]
    assert len(held_out) == len(held_out_keys()) == 100
    assert hashlib.sha256(" ".join(held_out).encode()).hexdigest()[:16] == "62f387e3e8e51d60"
    assert is_held_out("theorem other (u v w : Nat) : u + v + w = u + w + v := by")
    assert is_held_out("theorem other (w u v : Nat) : w + u + v = w + v + u := by")
