"""What a model may state in Isabelle, what makes statements the same, and the prompts of both roles."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning.proving.isabelle_prompts import (
    TRIVIAL_LEMMA,
    conjecture_target,
    conjecturer_prompt,
    prover_prompt,
    statement_from_conjecture,
)
from reasoning.proving.isabelle_statements import read_statement, statement_key
from reasoning.proving.prompts import cut_proof, proof_target
from verifiers.records import RecordError

LONG = (
    "theorem aime:\n  fixes x y :: real\n    and f :: \"nat \\<Rightarrow> 'a list\" and z::'b\n"
    '  assumes h0 : "x 1 = 211" "y > 0"\n    and "f x = {x. x \\<le> y}"\n    and h\\<epsilon>: "\\<forall>n\\<^sub>1. '
    'g -` {0} = \\<lbrakk>1\\<rbrakk>"\n  shows "x = (2::real)" and last: "fold (*) [x] 1 = y"'
)
SHORT = 'lemma "1 + 1 = (2::nat)"'


@pytest.mark.parametrize("statement", [LONG, SHORT, 'theorem a: fixes n shows "n = n"', 'lemma a: shows "True" "True"'])
@pytest.mark.parametrize(
    "behind", ["", " by simp", "\n  using assms\n  by (auto simp: \\<open>x\\<close>)", "\nproof - \u200b"]
)
def test_a_plain_statement_is_read_up_to_its_proof(statement, behind):
    assert read_statement(statement + behind) == statement


@pytest.mark.parametrize(
    "text",
    [
        "",
        "by simp",
        'definition x where "x = 1"',
        'corollary a: "True"',
        "theorem a: True",
        'theorem a "True"',
        'theorem a [simp]: "True"',
        'theorem (in group) a: "True"',
        'theorem a: fixes x (infixl "+" 65) shows "True"',
        'theorem a: assumes h [simp]: "False" shows "True"',
        'theorem a: assumes "False" obtains "True"',
        'theorem a: defines "x == 1" shows "x = 1"',
        'theorem a: includes lifting_syntax shows "True"',
        'theorem a: shows "True" (is "?P")',
        'theorem a: shows "True" if "False"',
        'theorem a: fixes x :: nat list shows "True"',
        'theorem a: fixes shows :: nat shows "True"',
        'theorem a: fixes text :: nat shows "True"',
        'theorem\nML: "True"',
        'theorem end: "True"',
        'theorem a: "True" lemma b: "False"',
        'theorem a: "True"\nend\ntheory B imports Main begin',
        'theorem a: "True" axiomatization where b: "False"',
        'theorem a: "True" ML \\<open>OS.Process.exit OS.Process.failure\\<close>',
        'theorem a: "True" (* and more *)',
        'theorem a: "True (* hidden *)"',
        'theorem a: "\\<open>x\\<close> = y"',
        'theorem a: "‹x› = y"',
        'theorem a: "x = \\<^term>\\<open>1\\<close>"',
        'theorem a: "x = \\<^ML>"',
        'theorem a: "x = @{ML 1}"',
        'theorem a: "x = {* 1 *}"',
        'theorem a: "x = \\065"',
        'theorem a: "x = \\"',
        'theorem a: "x = y',
        'theorem a: "x\u200b = y"',
        'theorem a: "x\r = y"',
        'theorem h\\<epsilon>: "True"',
        'theorem a.b: "True" and',
    ],
)
def test_anything_else_is_no_statement(text):
    assert read_statement(text) is None


PIECES = (
    "theorem", "lemma", "a", "x y", ":", "::", "nat", "'a", '"', '"x = y"', "fixes", "assumes", "shows", "and", "by", "simp",
    "ML", "end", "(*", "*)", "\\<open>", "\\<close>", "‹", "›", "\\<^ML>", "\\<le>", "@{", "\\", "[simp]", "\n", "\r", "`", "\u200b",
    "obtains", "axiomatization", "is", "where", "(", ")", "h1",
)  # fmt: skip
OUTER = re.compile(r"(theorem|lemma|fixes|assumes|shows|and|a|x|y|nat|simp|h1|'a|::|:|\\<le>|\s)*")


@given(st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join))
def test_whatever_is_read_is_names_marks_and_quoted_text(text):
    for start in ("", 'theorem a: "x = y" ', "lemma fixes x shows "):
        statement = read_statement(start + text)
        if statement is not None:
            assert (start + text).startswith(statement)
            assert OUTER.fullmatch(re.sub(r'"[^"]*"', " ", statement))
            assert not re.search(r"open>|close>|[‹›@\r\u200b]|\^ML|\(\*|\\(?!<)", statement)
            assert read_statement(statement) == statement


def test_names_labels_and_blanks_make_no_other_statement():
    one = 'theorem a: fixes m n :: nat assumes h0: "m = n" and "\\<forall>x. x = m" shows "\\<exists>k>m. k = n + x0"'
    two = 'lemma\n  fixes p q :: "nat"\n  assumes "p = q" and other: "\\<forall> y. y  = p"\n  shows c: "\\<exists> i > p. i = q+x0"'
    assert statement_key(one) == statement_key(two)
    assert statement_key('theorem t: shows "P x"') == statement_key('lemma "P x"')
    for other in (one.replace("m = n", "n = m"), one.replace(":: nat", ":: int"), one.replace("x0", "x1")):
        assert statement_key(other) != statement_key(one)
    # `\<le>` is no variable that could be called `le`.
    assert statement_key('lemma fixes le :: nat shows "le \\<le> 1"') == statement_key(
        'lemma fixes k :: nat shows "k \\<le> 1"'
    )
    with pytest.raises(RecordError):
        statement_key("by simp")


def test_both_prompts_and_how_completions_are_read():
    header = "theory Problem imports Main\nbegin"
    assert prover_prompt(SHORT, header) == (
        "Complete the following Isabelle/HOL code:\n\n```isabelle\ntheory Problem imports Main\nbegin\n\n" + SHORT
    )
    shown = conjecturer_prompt('lemma X.y: "a = b"', 'theorem a: "True" sorry', "\n  by simp\n\n", header)
    assert shown.endswith(
        'begin\n\n<lemma>\nlemma X.y: "a = b"\n<easy theorem>\ntheorem a: "True"\n  by simp\n<hard theorem>\n theorem'
    )
    assert TRIVIAL_LEMMA in conjecturer_prompt(TRIVIAL_LEMMA, SHORT, "by simp")
    assert cut_proof(proof_target("  by simp\n")) == "  by simp"
    for statement in (LONG, 'theorem "x = x"'):
        assert statement_from_conjecture(conjecture_target(statement)) == statement
    with pytest.raises(RecordError):
        conjecture_target(SHORT)
    assert statement_from_conjecture(' b: "x = x" by (simp)\n</hard theorem> ML') == 'theorem b: "x = x"'
    assert statement_from_conjecture('s b: "x = x"\n</hard theorem>') is None
    assert statement_from_conjecture(' b: "x = x" sorry axiomatization where c: "False"') == 'theorem b: "x = x"'
    assert statement_from_conjecture(' b: "x = x" end') is None
