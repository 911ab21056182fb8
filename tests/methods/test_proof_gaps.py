"""Gaps in proofs: where they are, and what a proof looks like once it stands there."""

import pytest

from reasoning.methods.proof_gaps import filled, isabelle_gaps, lean_gaps


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        ("  have h : p := by sorry\n  exact h", "  have h : p := by one\n                   two\n  exact h"),
        ("  have h : p := by\n    sorry\n  exact h", "  have h : p := by\n    one\n    two\n  exact h"),
        ("  sorry", "  one\n  two"),
        ("  constructor\n  · sorry\n  · rfl", "  constructor\n  · one\n    two\n  · rfl"),
        ("  cases n with\n  | zero => sorry", "  cases n with\n  | zero => one\n            two"),
        ("  have h : p := sorry", "  have h : p := (by one\n                    two)"),
        ("  exact f x sorry", "  exact f x (by one\n                two)"),
        ("  exact f\n    (sorry)", "  exact f\n    ((by one\n         two))"),
        ("  have h : p :=\n    sorry", "  have h : p :=\n    (by one\n        two)"),
        ("  exact ⟨sorry, hq⟩", "  exact ⟨(by one\n             two), hq⟩"),
        ("  induction n <;> sorry", "  induction n <;> (one\n                   two)"),
        ("  rfl", "  rfl"),
    ],
)
def test_a_proof_of_two_lines_in_a_gap_of_lean(draft, expected):
    gaps = lean_gaps(draft)
    assert len(gaps) == draft.count("sorry")
    assert filled(draft, gaps, dict.fromkeys(range(len(gaps)), "  one\n  two\n")) == expected


def test_words_in_comments_strings_and_names_are_no_gaps():
    draft = '  -- sorry\n  /- sorry -/\n  exact sorry_free.sorry "sorry" «sorry»\n  admit'
    (gap,) = lean_gaps(draft)
    assert draft[gap.start : gap.end] == "admit"
    assert gap.line(draft) == 4


def test_a_gap_on_a_line_behind_another_is_indented_where_it_comes_to_stand():
    draft = "  exact ⟨sorry, sorry⟩"
    text = filled(draft, lean_gaps(draft), {0: "omega", 1: "simp\nrfl"})
    first, second = text.split("\n")
    assert first == "  exact ⟨(by omega), (by simp"
    assert second.index("rfl") == first.index("simp")


def test_only_the_gaps_that_are_given_are_filled():
    draft = "  have a : p := by sorry\n  have b : q := by sorry\n  exact ⟨a, b⟩"
    gaps = lean_gaps(draft)
    assert [gap.step for gap in gaps] == ["have a : p", "have b : q"]
    assert filled(draft, gaps, {1: "trivial"}) == draft.replace("q := by sorry", "q := by trivial")


def test_gaps_of_isabelle():
    draft = 'proof -\n  have a: "sorry"\n    by sledgehammer\n  show ?thesis sorry (* sorry *)\nqed'
    gaps = isabelle_gaps(draft)
    assert [draft[gap.start : gap.end] for gap in gaps] == ["by sledgehammer", "sorry"]
    assert [gap.step for gap in gaps] == ['have a: "sorry"', "show ?thesis"]
    assert isabelle_gaps('have "sorry') == []
