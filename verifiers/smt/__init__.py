"""Claims judged by SMT solvers (z3, cvc5): a claim holds exactly if its negation cannot be satisfied.

from verifiers.smt import refute
found = await refute("x, y : int; x > 0, y > 0 => x + y > 2", sandbox)      # {"x": 1, "y": 1}
"""

from __future__ import annotations

from verifiers.smt.verifier import SmtVerifier, refute

__all__ = ["SmtVerifier", "refute"]
