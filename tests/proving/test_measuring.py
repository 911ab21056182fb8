"""What a prover and a conjecturer are worth, counted by hand on scripted verdicts."""

import asyncio

import pytest

from reasoning.proving.held_out import statement_key
from reasoning.proving.measuring import count_conjectures, judge_proofs
from verifiers.records import Status

ONE, TWO = "theorem one : 1 = 1 := by", "theorem two : 2 = 2 := by"


def test_each_distinct_proof_is_judged_once_and_counted_as_often_as_sampled():
    asked = []

    async def check(statement, proof):
        asked.append((statement, proof))
        return Status.PASSED if statement == ONE and "rfl" in proof else Status.WRONG

    completions = {
        ONE: ["\n  rfl\n```", "\n  rfl\n```\nmore", "\n  exact rfl", "\n  omega"],
        TWO: ["\n  rfl", "\n  simp", "\n  simp", "\n  simp"],
    }
    found = asyncio.run(judge_proofs(check, completions))
    assert found.right == {ONE: 3, TWO: 0}
    assert (found.proved, found.samples, found.rate) == (1, 4, 3 / 8)
    assert found.proofs == {ONE: "  rfl"}
    assert found.statuses == {"passed": 2, "wrong": 3}
    assert sorted(asked) == sorted(
        [(ONE, "  rfl"), (ONE, "  exact rfl"), (ONE, "  omega"), (TWO, "  rfl"), (TWO, "  simp")]
    )


def test_uneven_numbers_of_samples_are_refused():
    async def check(statement, proof):
        return Status.WRONG

    with pytest.raises(ValueError, match="too many values"):
        asyncio.run(judge_proofs(check, {ONE: ["a"], TWO: ["a", "b"]}))


def test_of_no_statements_none_is_proved():
    """As when no conjecture of a model can be read."""

    async def check(statement, proof):
        raise AssertionError("nothing is to be judged")

    found = asyncio.run(judge_proofs(check, {}))
    assert (found.right, found.proved, found.samples, found.rate) == ({}, 0, 0, 0.0)


def test_conjectures_are_counted_step_by_step():
    async def elaborates(statement):
        return "bad" not in statement

    completions = [
        " one (n : Nat) : n = n\n</hard theorem>",
        " other (m : Nat) : m = m := by rfl",
        " known (k : Nat) : k + 0 = k",
        " bad : bad = bad",
        " two : True axiom cheat : False",
        "",
    ]
    known = frozenset({statement_key("theorem x (a : Nat) : a + 0 = a")})
    found = asyncio.run(count_conjectures(elaborates, completions, known))
    assert found.to_json() == {"sampled": 6, "read": 4, "distinct": 3, "new": 2, "elaborate": 1}
    assert found.statements == ("theorem other (m : Nat) : m = m := by",)
