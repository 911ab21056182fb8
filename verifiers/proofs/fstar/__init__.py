"""F*: the fragment checker over `fstar.exe --ide`, its guard, and the bridge over both.

task = ProofTask("fstar", "val add_zero (x:int) : Lemma (x + 0 == x)")
report = await FstarBridge(sandbox).check(task, "let add_zero x = ()", Limits(wall_seconds=60))
find()                  # where F* is on this machine, or None
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifiers.late_imports import lazy_exports

if TYPE_CHECKING:
    from verifiers.proofs.fstar.bridge import FstarBridge
    from verifiers.proofs.fstar.install import INSTALL_HINT, Installation, find

__all__ = ["INSTALL_HINT", "FstarBridge", "Installation", "find"]

__getattr__ = lazy_exports(__name__, {"bridge": ("FstarBridge",), "install": ("INSTALL_HINT", "Installation", "find")})
