"""Which Lean judges: the embedded one, a REPL process, or a Kimina server.

REASONING_LEAN=embedded                              the default: core library, kernel replay
REASONING_LEAN=kimina:http://127.0.0.1:8000          a Kimina server; its key in LEAN_SERVER_API_KEY
REASONING_LEAN="repl:lake env ../repl/.lake/build/bin/repl"     with REASONING_LEAN_PROJECT as its directory
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from verifiers.proofs.lean.install import LeanMissingError
from verifiers.proofs.records import Bridge

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["lean_bridge"]


def lean_bridge(sandbox: SandboxPool, environment: Mapping[str, str] = os.environ) -> Bridge:
    """The bridge that the environment names.

    Raises:
        LeanMissingError: it names none.
    """
    name, _, rest = environment.get("REASONING_LEAN", "").partition(":")
    if name in ("", "embedded"):
        from verifiers.proofs.lean.bridge import LeanBridge

        return LeanBridge.of(sandbox)
    from verifiers.proofs.lean.text_backends.guarded import TextBridge, TextProver

    prover: TextProver
    if name == "kimina" and rest:
        from verifiers.proofs.lean.text_backends.kimina import KiminaProver

        prover = KiminaProver(rest, environment.get("LEAN_SERVER_API_KEY", ""))
    elif name == "repl" and rest.strip():
        from verifiers.proofs.lean.text_backends.repl import ReplProver

        project = environment.get("REASONING_LEAN_PROJECT")
        prover = ReplProver(shlex.split(rest), Path(project) if project else None, sandbox.workers)
    else:
        raise LeanMissingError("REASONING_LEAN: expected embedded, kimina:URL or repl:COMMAND")
    sandbox.call_on_close(prover.close)
    return TextBridge(prover)
