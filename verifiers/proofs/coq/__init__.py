"""Coq and Rocq: text, guard, processes, and the bridge over them.

task = ProofTask("coq", "Theorem two : 1 + 1 = 2.", axioms=())
report = await CoqBridge(sandbox).check(task, "Proof. reflexivity. Qed.", Limits())
find()                  # where Coq is on this machine, or None
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifiers.late_imports import lazy_exports

if TYPE_CHECKING:
    from verifiers.proofs.coq.bridge import CoqBridge
    from verifiers.proofs.coq.install import INSTALL_HINT, Installation, find

__all__ = ["INSTALL_HINT", "CoqBridge", "Installation", "find"]

__getattr__ = lazy_exports(__name__, {"bridge": ("CoqBridge",), "install": ("INSTALL_HINT", "Installation", "find")})
