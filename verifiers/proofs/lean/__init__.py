"""Lean 4 without an installation of Lean: a WebAssembly build in the sandbox, its kernel the judge.

    bridge = LeanBridge(sandbox)
    report = await bridge.check(ProofTask("lean", "theorem two : 1 + 1 = 2 := by"), "  rfl", Limits())
    state = await TacticSession(bridge).start(task)     # tactic by tactic

`prepare` brings the build onto this machine; `lean_bridge` chooses between it, an installed Lean and a server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifiers.late_imports import lazy_exports

if TYPE_CHECKING:
    from verifiers.proofs.lean.backends import kernel_bridge, lean_bridge
    from verifiers.proofs.lean.bridge import LeanBridge
    from verifiers.proofs.lean.install import Installation, LeanMissingError, find, prepare
    from verifiers.proofs.lean.native import NativeLean, find_native
    from verifiers.proofs.lean.pool import LeanPool
    from verifiers.proofs.lean.server import LeanServer
    from verifiers.proofs.lean.tactics import TacticError, TacticSession, TacticState
    from verifiers.proofs.lean.text import Statement, split_statement

__all__ = [
    "Installation",
    "LeanBridge",
    "LeanMissingError",
    "LeanPool",
    "LeanServer",
    "NativeLean",
    "Statement",
    "TacticError",
    "TacticSession",
    "TacticState",
    "find",
    "find_native",
    "kernel_bridge",
    "lean_bridge",
    "prepare",
    "split_statement",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "backends": ("kernel_bridge", "lean_bridge"),
        "bridge": ("LeanBridge",),
        "install": ("Installation", "LeanMissingError", "find", "prepare"),
        "native": ("NativeLean", "find_native"),
        "pool": ("LeanPool",),
        "server": ("LeanServer",),
        "tactics": ("TacticError", "TacticSession", "TacticState"),
        "text": ("Statement", "split_statement"),
    },
)
