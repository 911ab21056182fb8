"""The prompt style `prover` of the proof benchmarks, and the held-out part of the core-Lean theorems."""

import pytest

from reasoning.evaluation.benchmarks import find_benchmark, locate
from reasoning.evaluation.benchmarks.proof_prompts import PROVER
from reasoning.proving.held_out import core_theorems, is_held_out
from reasoning.proving.prompts import prover_prompt
from verifiers.records import Problem

STATEMENT = "theorem two : 1 + 1 = 2 :="


def problem(system="lean", statement=STATEMENT, header=""):
    return Problem("p", "proof", fields={"system": system, "statement": statement, "header": header})


def test_a_lean_statement_is_asked_for_as_in_stp():
    prompt = PROVER.write(problem(header="open Nat"))
    assert prompt.text == prover_prompt(STATEMENT, "open Nat")
    assert prompt.stop == ("```",)


@pytest.mark.parametrize(
    ("statement", "candidate"),
    [(STATEMENT, "by\n  rfl"), (f"{STATEMENT} by", "  rfl"), (f"{STATEMENT} by sorry", "  rfl")],
)
def test_the_reply_is_cut_and_fits_what_the_statement_ends_in(statement, candidate):
    assert PROVER.read(problem(statement=statement), "\n  rfl\n```\nDone.") == candidate
    assert PROVER.read(problem(statement=statement), "\n```") is None


def test_other_systems_are_asked_in_their_own_words():
    prompt = PROVER.write(problem("coq", "Theorem two : 1 + 1 = 2."))
    assert prompt.text == "Complete the following Coq code:\n\n```coq\nTheorem two : 1 + 1 = 2."
    assert PROVER.read(problem("coq", "Theorem two : 1 + 1 = 2."), "\nProof. reflexivity. Qed.\n```") == (
        "Proof. reflexivity. Qed."
    )


def test_the_held_out_split_is_the_held_out_quarter():
    benchmark = find_benchmark("core-lean")
    paths = locate(benchmark, "held-out", None, quiet=True)
    ids = [entry.problem.id for entry in benchmark.read(paths, "held-out")]
    assert ids == [one.id for one in core_theorems() if is_held_out(one.text("statement"))]
    assert len([*benchmark.read(paths, "all")]) == 389
