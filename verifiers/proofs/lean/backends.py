"""Which Lean judges: the embedded one, an installed one, a REPL process, or a Kimina server.

REASONING_LEAN=embedded                              the default: core library, kernel replay
REASONING_LEAN=native                                lean on PATH, kernel replay; or native:/path/to/lean
REASONING_LEAN=native                                with REASONING_LEAN_PROJECT: what `lake env` shows there
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
    from verifiers.proofs.lean.bridge import LeanBridge
    from verifiers.proofs.lean.native import NativeLean
    from verifiers.sandbox import SandboxPool

__all__ = ["find_named", "kernel_bridge", "lean_bridge", "native_command", "shared_bridge"]


def lean_bridge(sandbox: SandboxPool, environment: Mapping[str, str] = os.environ) -> Bridge:
    """The bridge that the environment names.

    Raises:
        LeanMissingError: it names none.
    """
    name, _, rest = environment.get("REASONING_LEAN", "").partition(":")
    if name in ("", "embedded", "native"):
        # One for all who use the sandbox, where they all see the same environment.
        bridge = shared_bridge(sandbox) if environment is os.environ else kernel_bridge(sandbox, None, environment)
        if bridge is not None:
            return bridge
    from verifiers.proofs.lean.text_backends.guarded import TextBridge, TextProver

    prover: TextProver
    if name == "kimina" and rest:
        from verifiers.proofs.lean.text_backends.kimina import KiminaProver

        prover = KiminaProver(rest, environment.get("LEAN_SERVER_API_KEY", ""))
    elif name == "repl" and rest.strip():
        from verifiers.proofs.lean.text_backends.repl import ReplProver

        prover = ReplProver(shlex.split(rest), _project(environment), sandbox.workers)
    else:
        raise LeanMissingError("REASONING_LEAN: expected embedded, native, native:PATH, kimina:URL or repl:COMMAND")
    sandbox.call_on_close(prover.close)
    return TextBridge(prover)


def kernel_bridge(
    sandbox: SandboxPool, workers: int | None = None, environment: Mapping[str, str] = os.environ
) -> LeanBridge | None:
    """The bridge to the embedded or the installed Lean, which our kernel replay judges; None if another one is named.

    Args:
        sandbox: where its processes run.
        workers: elaborating processes at once; None: one a processor, as far as memory reaches.
        environment: what names it.
    """
    from verifiers.proofs.lean.bridge import LeanBridge
    from verifiers.proofs.lean.pool import LeanPool

    if environment.get("REASONING_LEAN", "") in ("", "embedded"):
        return LeanBridge(sandbox, workers)
    lean = native_command(environment)
    if lean is None:
        return None
    from verifiers.proofs.lean.native import ROOM_MIB, native_program

    project = _project(environment)
    return LeanBridge(sandbox, pool=LeanPool(sandbox, workers, lambda: native_program(lean, project), ROOM_MIB))


def shared_bridge(sandbox: SandboxPool) -> LeanBridge:
    """The one kernel bridge of a sandbox, so that a search and the verifier of its proofs share their processes.

    It leads to the Lean that the environment names where our kernel replay judges there, else to the embedded one.
    """
    return sandbox.shared(_kernel_or_embedded)


def native_command(environment: Mapping[str, str] = os.environ) -> str | None:
    """The installed Lean that the environment names, "" for the one on PATH; None if it names another back end."""
    name, _, command = environment.get("REASONING_LEAN", "").partition(":")
    return command if name == "native" else None


def find_named(environment: Mapping[str, str] = os.environ) -> NativeLean:
    """The installed Lean that the environment names, or the one on PATH.

    Raises:
        LeanMissingError: there is none, or it does not answer; the message says what to do.
    """
    from verifiers.proofs.lean.native import find_native

    return find_native(native_command(environment) or "", _project(environment))


def _kernel_or_embedded(sandbox: SandboxPool) -> LeanBridge:
    from verifiers.proofs.lean.bridge import LeanBridge

    return kernel_bridge(sandbox) or LeanBridge(sandbox)


def _project(environment: Mapping[str, str]) -> Path | None:
    project = environment.get("REASONING_LEAN_PROJECT")
    return Path(project) if project else None
