"""Metamath: a verifier of our own, and the bridge that also asks the C program.

task = ProofTask("metamath", "th $p |- A $=", "$c |- A $. ax $a |- A $.")
report = await MetamathBridge(sandbox).check(task, "ax", Limits())
read_database("$c |- A $. ax $a |- A $.").prove(("|-", "A"), ["ax"])        # our own verifier alone
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifiers.late_imports import lazy_exports

if TYPE_CHECKING:
    from verifiers.proofs.metamath.bridge import INSTALL_HINT, MetamathBridge, find
    from verifiers.proofs.metamath.kernel import Database, DatabaseError, ProofError, read_database

__all__ = ["INSTALL_HINT", "Database", "DatabaseError", "MetamathBridge", "ProofError", "find", "read_database"]

__getattr__ = lazy_exports(
    __name__,
    {
        "bridge": ("INSTALL_HINT", "MetamathBridge", "find"),
        "kernel": ("Database", "DatabaseError", "ProofError", "read_database"),
    },
)
