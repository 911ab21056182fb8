"""Judges of machine-written proofs: a proof passes only if it proves exactly the given statement, from allowed axioms.

    from verifiers.proofs import verify
    verdict = await verify("theorem two : 1 + 1 = 2 := by", "  rfl")

`ProofVerifier` judges problems of kind `proof`; `verifiers.proofs.lean` holds the bridge to Lean.
"""

from __future__ import annotations

from verifiers.proofs.records import STANDARD_AXIOMS, Bridge, ProofMessage, ProofReport, ProofStep, ProofTask
from verifiers.proofs.verifier import BRIDGES, ProofVerifier, verify

__all__ = [
    "BRIDGES",
    "STANDARD_AXIOMS",
    "Bridge",
    "ProofMessage",
    "ProofReport",
    "ProofStep",
    "ProofTask",
    "ProofVerifier",
    "verify",
]
