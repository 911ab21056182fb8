"""Language models that prove: their prompts, and searches with a prover's goals.

policy = EnginePolicy(engine, question, samples=8, temperature=1.0, max_tokens=256)     # methods.tactic_policies
found = await tree_search(TacticSession(bridge), task, policy, Budget(checks=100, tokens=20_000))
found.proof             # the tactics, or None
prover_prompt("theorem two : 1 + 1 = 2 := by")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifiers.late_imports import lazy_exports

if TYPE_CHECKING:
    from reasoning.proving.best_first import Budget, Found, Node, Policy, Proposal, Proposals, Session, tree_search
    from reasoning.proving.held_out import core_theorems, is_held_out
    from reasoning.proving.measuring import Conjectures, Proofs, count_conjectures, judge_proofs
    from reasoning.proving.prompts import conjecturer_prompt, cut_proof, prover_prompt, statement_from_conjecture

__all__ = [
    "Budget",
    "Conjectures",
    "Found",
    "Node",
    "Policy",
    "Proofs",
    "Proposal",
    "Proposals",
    "Session",
    "conjecturer_prompt",
    "core_theorems",
    "count_conjectures",
    "cut_proof",
    "is_held_out",
    "judge_proofs",
    "prover_prompt",
    "statement_from_conjecture",
    "tree_search",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "best_first": ("Budget", "Found", "Node", "Policy", "Proposal", "Proposals", "Session", "tree_search"),
        "held_out": ("core_theorems", "is_held_out"),
        "measuring": ("Conjectures", "Proofs", "count_conjectures", "judge_proofs"),
        "prompts": ("conjecturer_prompt", "cut_proof", "prover_prompt", "statement_from_conjecture"),
    },
)
