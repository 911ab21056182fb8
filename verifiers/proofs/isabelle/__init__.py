"""Isabelle: a client of its server, a guard, and the bridge over both.

task = ProofTask("isabelle", 'theorem two: "1 + 1 = (2::nat)"')
report = await IsabelleBridge(sandbox).check(task, "by simp", Limits(wall_seconds=60))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifiers.late_imports import lazy_exports

if TYPE_CHECKING:
    from verifiers.proofs.isabelle.bridge import INSTALL_HINT, IsabelleBridge, MissingTheoryError, ServerUnusableError
    from verifiers.proofs.isabelle.client import Client, CommandFailed, PasswordRefused, ServerLost
    from verifiers.proofs.isabelle.session import Session

__all__ = [
    "INSTALL_HINT",
    "Client",
    "CommandFailed",
    "IsabelleBridge",
    "MissingTheoryError",
    "PasswordRefused",
    "ServerLost",
    "ServerUnusableError",
    "Session",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "bridge": ("INSTALL_HINT", "IsabelleBridge", "MissingTheoryError", "ServerUnusableError"),
        "client": ("Client", "CommandFailed", "PasswordRefused", "ServerLost"),
        "session": ("Session",),
    },
)
