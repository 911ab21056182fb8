"""The prompts of prover and conjecturer (arXiv 2502.00212), and what is read from completions."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning.proving.prompts import (
    TRIVIAL_LEMMA,
    conjecture_target,
    conjecturer_prompt,
    cut_from_left,
    cut_proof,
    proof_target,
    prover_prompt,
    statement_from_conjecture,
)
from verifiers.records import RecordError

SEED = "theorem add_zero' (n : Nat) : n + 0 = n := by"


@pytest.mark.parametrize("statement", [SEED, SEED.removesuffix(" by"), SEED.removesuffix(" := by"), SEED + " sorry"])
def test_a_prover_prompt_ends_where_the_proof_begins(statement):
    assert prover_prompt(statement) == f"Complete the following Lean 4 code:\n\n```lean4\n{SEED}"


def test_a_header_stands_above_the_statement():
    assert prover_prompt(SEED, "import Init\nopen Nat\n").splitlines()[2:] == [
        "```lean4",
        "import Init",
        "open Nat",
        "",
        SEED,
    ]


def test_a_conjecturer_prompt_has_the_three_sections_in_order():
    prompt = conjecturer_prompt("theorem Nat.add_comm (n m : Nat) : n + m = m + n := by sorry", SEED, "\n  rfl\n")
    assert prompt == (
        "Complete the following Lean 4 code:\n\n```lean4\n<lemma>\ntheorem Nat.add_comm (n m : Nat) : n + m = m + n\n"
        f"<easy theorem>\n{SEED}\n  rfl\n<hard theorem>\n theorem"
    )
    assert f"<lemma>\n{TRIVIAL_LEMMA}\n<easy theorem>" in conjecturer_prompt(TRIVIAL_LEMMA, SEED, "  rfl")


def test_what_declares_nothing_is_no_statement():
    for make in (prover_prompt, lambda text: conjecturer_prompt(TRIVIAL_LEMMA, text, "  rfl"), conjecture_target):
        with pytest.raises(RecordError):
            make("1 + 1 = 2")


@pytest.mark.parametrize(
    ("completion", "proof"),
    [
        ("\n  rfl\n```\nThis holds by ```rfl```.", "  rfl"),
        ("\n\n  intro h\n  exact h", "  intro h\n  exact h"),
        (" rfl\n", " rfl"),
        ("```", ""),
    ],
)
def test_a_proof_ends_at_the_closing_fence(completion, proof):
    assert cut_proof(completion) == proof


def test_targets_are_read_back():
    assert cut_proof(proof_target("  intro h\n  exact h\n")) == "  intro h\n  exact h"
    assert statement_from_conjecture(conjecture_target(SEED)) == SEED


@pytest.mark.parametrize(
    ("completion", "statement"),
    [
        (
            " foo (n : Nat) :\n    n = n := by rfl\n</hard theorem> theorem bar",
            "theorem foo (n : Nat) :\n    n = n := by",
        ),
        (" foo : True\n</hard theorem>\n := x", "theorem foo : True := by"),
        (" foo : True", "theorem foo : True := by"),
        (" foo (xs : List Nat) : xs.endPos = xs.open", "theorem foo (xs : List Nat) : xs.endPos = xs.open := by"),
        (' foo : "a -> b" = "a" := by', 'theorem foo : "a -> b" = "a" := by'),
    ],
)
def test_a_conjecture_is_read(completion, statement):
    assert statement_from_conjecture(completion) == statement


@pytest.mark.parametrize(
    "completion",
    [
        "",
        " : 1 = 1",
        " foo : True axiom cheat : False theorem bar : False",
        " foo : True\ntheorem bar : False",
        " foo : 1 = 1 -- comment",
        " foo /- : False",
        " foo : by_elab = 1",
        " foo : True\n#eval 1",
        " foo : True set_option debug.skipKernelTC true",
        " foo : True instance : Add Nat",
        " foo : (sorry : Prop)",
    ],
)
def test_a_conjecture_is_one_statement_and_nothing_else(completion):
    assert statement_from_conjecture(completion) is None


class Words:
    """A tokenizer of words with the space before them; five letters are a token at most."""

    def __call__(self, text, **options):
        assert options == {"add_special_tokens": False, "return_offsets_mapping": True}
        return {"offset_mapping": [found.span() for found in re.finditer(r"\s*\S{1,5}|\s+", text)]}


def test_a_long_prompt_loses_its_beginning():
    assert cut_from_left("theorem one two three", Words(), 2) == " two three"
    assert cut_from_left("theorem one two three", Words(), 5) == "theorem one two three"


@given(st.text(alphabet="ab \n", max_size=60), st.integers(1, 8))
def test_what_is_left_is_an_end_within_the_limit(text, tokens):
    cut = cut_from_left(text, Words(), tokens)
    assert text.endswith(cut)
    assert len(Words()(cut, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]) <= tokens
    assert cut == text or len(cut) >= tokens
