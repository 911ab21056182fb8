"""Lean behind a REPL process or a Kimina server: text goes in, messages come out, and our own check pins the statement.

    bridge = TextBridge(KiminaProver("http://127.0.0.1:8000"))
    report = await bridge.check(ProofTask("lean", "theorem two : 1 + 1 = 2 := by"), "  rfl", Limits())

`guarded.py` says what such a verdict is worth; `repl.py` and `kimina.py` carry the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifiers.late_imports import lazy_exports

if TYPE_CHECKING:
    from verifiers.proofs.lean.text_backends.guarded import ProverTimeout, ProverUnavailable, TextBridge, TextProver
    from verifiers.proofs.lean.text_backends.kimina import KiminaProver
    from verifiers.proofs.lean.text_backends.repl import ReplProcess, ReplProver

__all__ = [
    "KiminaProver",
    "ProverTimeout",
    "ProverUnavailable",
    "ReplProcess",
    "ReplProver",
    "TextBridge",
    "TextProver",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "guarded": ("ProverTimeout", "ProverUnavailable", "TextBridge", "TextProver"),
        "kimina": ("KiminaProver",),
        "repl": ("ReplProcess", "ReplProver"),
    },
)
