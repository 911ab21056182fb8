"""The prover without a model, against a prover's double: budget, order, templates."""

from __future__ import annotations

import asyncio

import pytest

from reasoning.engines.proof_search import Budget, search_proof, templates
from verifiers.proofs.lean.bridge import Attempt

STATEMENT = "theorem t (xs : List Nat) (a b : Bool) (n m : Nat) (p : Prop) : n * n % 3 ≠ 2 := by"
ENOUGH = Budget(attempts=100, seconds=100.0)


def search(answer, statement=STATEMENT, budget=ENOUGH):
    tried = []

    async def attempt(proof):
        tried.append(proof)
        return answer(proof)

    return asyncio.run(search_proof(attempt, statement, budget)), tried


def test_a_closer_is_found_at_once():
    found, tried = search(lambda proof: Attempt("omega" in proof))
    assert (found.strategy, found.attempts) == ("closer", 1)
    assert found.proof == tried[0]


def test_templates_follow_what_is_bound():
    proofs = list(templates(STATEMENT))
    assert any("induction xs with" in proof and "| cons" in proof for proof in proofs)
    assert any(proof.startswith("  cases a <;> cases b") for proof in proofs)
    assert any("by_cases p" in proof for proof in proofs)
    assert any("n % 3 = 0 ∨ n % 3 = 1 ∨ n % 3 = 2" in proof for proof in proofs)
    assert not any("induction p" in proof or "n % 2" in proof for proof in proofs)


def test_a_template_is_found_after_the_closers():
    found, _ = search(lambda proof: Attempt("induction m" in proof))
    assert found.strategy == "template"
    assert "induction m" in found.proof


def test_a_premise_is_looked_up_after_the_templates():
    found, tried = search(lambda proof: Attempt("exact?" in proof))
    assert (found.strategy, found.proof) == ("premises", "  intros; exact?")
    assert any("induction m" in proof for proof in tried)


def test_steps_follow_the_goals_and_smaller_goals_go_first():
    def answer(proof):
        if "  obtain ⟨x, y⟩ := h" in proof and "  left" in proof:
            return Attempt(True)
        if "obtain" in proof:
            return Attempt(False, ("h : p\n⊢ q",))
        return Attempt(False, ("h : ∃ n, p n ∧ q n\n⊢ r ∨ r ∨ r ∨ r",))

    found, tried = search(answer, "theorem t (r : Prop) : r := by")
    assert found.strategy == "steps"
    assert found.proof.splitlines()[:2] == ["  obtain ⟨x, y⟩ := h", "  left"]
    assert found.proof == tried[-1]


@pytest.mark.parametrize("budget", [Budget(7, 100.0), Budget(100, 3.5)])
def test_the_budget_is_kept(budget):
    goals = iter(range(10_000))
    found, tried = search(lambda proof: Attempt(False, (f"h : p ∧ q\n⊢ {next(goals)}",), seconds=0.5), budget=budget)
    assert found.proof is None
    assert len(tried) == found.attempts == 7


def test_the_same_goals_are_not_searched_twice():
    found, tried = search(lambda proof: Attempt(False, ("h : p ∧ q\n⊢ r",)), "theorem t : r := by", Budget(10_000, 1e9))
    assert found.proof is None
    assert len(tried) < 30
