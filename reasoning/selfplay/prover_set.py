"""Which proofs the prover learns from, and how much each counts (STP, section 4, step 7, and section 5).

examples = prover_examples(statements, proofs, rates)            # a round: the last three rounds' proofs
examples = final_examples(statements, proofs, rates)             # from the base model, on everything
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import exp
from typing import Final

from reasoning.proving.prompts import proof_target
from reasoning.selfplay.records import Example, Proof, Statement
from reasoning.selfplay.systems import LEAN, System

__all__ = ["BUFFER_ROUNDS", "final_examples", "final_weight", "in_buffer", "prover_examples", "prover_weight"]

BUFFER_ROUNDS: Final = 3
HIGHEST_RATE: Final = 0.5
HIGHEST_FINAL_RATE: Final = 0.25
"""Of conjectures; proofs of the data set's statements all count."""
MOST_PROOFS: Final = 16
"""Distinct proofs of one statement in the final training."""
LENGTH_RATE: Final = 0.001
SECONDS_RATE: Final = 0.01

Rates = Mapping[tuple[str, int], float]
"""(statement, round) -> success rate of the statement in that round."""


def in_buffer(proof: Proof, round: int, emptied: int) -> bool:
    """Whether a proof is of this round or one of the two before, and not from before the last refresh.

    Args:
        proof: with the round in which it was found.
        round: now.
        emptied: the first round since the buffer was emptied.
    """
    return max(round - BUFFER_ROUNDS + 1, emptied) <= proof.round <= round


def prover_weight(length: int, seconds: float, proofs: int) -> float:
    """exp(-0.001 length) exp(-0.01 seconds) / proofs, of a proof of so many characters."""
    return exp(-LENGTH_RATE * length) * exp(-SECONDS_RATE * seconds) / proofs


def final_weight(length: int) -> float:
    """exp(-0.001 length)."""
    return exp(-LENGTH_RATE * length)


def prover_examples(
    statements: Mapping[str, Statement], proofs: Iterable[Proof], rates: Rates, system: System = LEAN
) -> list[Example]:
    """Examples of a round: correct proofs of statements that were proved in at most half of the samples.

    Args:
        statements: by id.
        proofs: in the buffer.
        rates: of their statements, in the round in which the proof was found.
        system: whose prompts they are; and in Lean alone a proof's seconds count.
    """
    return _examples(
        statements,
        (proof for proof in proofs if rates[proof.statement, proof.round] <= HIGHEST_RATE),
        lambda proof, count: prover_weight(len(proof.text), proof.seconds if system.timed else 0.0, count),
        most=None,
        system=system,
    )


def final_examples(
    statements: Mapping[str, Statement],
    proofs: Iterable[Proof],
    rates: Rates,
    most: int | None = MOST_PROOFS,
    system: System = LEAN,
) -> list[Example]:
    """Examples for training from the base model: everything proved so far but conjectures of a rate above 1/4.

    Args:
        statements: by id.
        proofs: of all rounds.
        rates: of their statements, in the round in which the proof was found.
        most: distinct proofs of a statement; None: all.
        system: whose prompts they are.
    """
    return _examples(
        statements,
        (
            proof
            for proof in proofs
            if not statements[proof.statement].conjecture or rates[proof.statement, proof.round] <= HIGHEST_FINAL_RATE
        ),
        lambda proof, count: final_weight(len(proof.text)),
        most=most,
        system=system,
    )


def _examples(
    statements: Mapping[str, Statement],
    proofs: Iterable[Proof],
    weight: Callable[[Proof, int], float],
    most: int | None,
    system: System,
) -> list[Example]:
    """One example for each distinct (prompt, target), in the order of the proofs."""
    distinct: dict[str, dict[tuple[str, str], Proof]] = {}
    for proof in proofs:
        if not proof.passed:
            continue
        statement = statements[proof.statement]
        pair = (system.prover_prompt(statement.text, statement.header), proof_target(proof.text))
        own = distinct.setdefault(proof.statement, {})
        if pair not in own and (most is None or len(own) < most):
            own[pair] = proof
    return [
        Example(prompt, target, weight(proof, len(own)), "prover", name)
        for name, own in distinct.items()
        for (prompt, target), proof in own.items()
    ]
