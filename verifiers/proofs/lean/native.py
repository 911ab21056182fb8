"""An installed Lean 4: found on PATH or given, alone or in a Lake project (Mathlib, say).

    program = native_program()                                           # lean on PATH, core library
    program = native_program(project=Path("~/mathlib4").expanduser())    # what `lake env` of the project shows

What Lean and Lake are asked here is the user's own installation, outside the sandbox: where it is, which version, which
libraries. The processes that check proofs run inside, and see the toolchain and the libraries, read-only.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from verifiers.proofs.lean.engine import RUNTIME_PACKAGE
from verifiers.proofs.lean.install import LeanMissingError
from verifiers.proofs.lean.program import Program
from verifiers.sandbox import Profile

__all__ = ["INSTALL_HINT", "ROOM_MIB", "NativeLean", "find_native", "native_program"]

INSTALL_HINT: Final = "no lean on PATH: https://lean-lang.org/install"
_ASK_SECONDS: Final = 120.0
"""A toolchain manager may have to look around; `lake env` reads the project's configuration."""
_VERSION: Final = re.compile(r"version (\S+?)[,)\s]")
_MOST_REASON: Final = 300
_MEMORY_MIB: Final = 8_192
"""Library files that are mapped count as well; Mathlib's are 5 GB on disk."""
_RETIRE_MIB: Final = 6_144
ROOM_MIB: Final = 4_096
"""Free memory that one more elaborating process asks for."""


@dataclass(frozen=True, slots=True)
class NativeLean:
    """A Lean that was found.

    Attributes:
        lean: the program itself, not the one that picks a toolchain.
        prefix: the toolchain's folder.
        version: as it tells.
        libraries: folders of compiled modules beside the toolchain's own.
    """

    lean: Path
    prefix: Path
    version: str
    libraries: tuple[Path, ...] = ()


def find_native(lean: str = "", project: Path | None = None) -> NativeLean:
    """The Lean to use.

    Args:
        lean: its command; empty: `lean` on PATH.
        project: a Lake project, built: its toolchain and its libraries.

    Raises:
        LeanMissingError: there is none, or it does not answer; the message says what to do.
    """
    command = shutil.which(lean or "lean")
    if command is None:
        raise LeanMissingError(f"{lean}: no such program" if lean else INSTALL_HINT)
    if project is not None and not project.is_dir():
        raise LeanMissingError(f"{project}: no such directory")
    command = os.path.abspath(command)
    prefix = Path(_say([command, "--print-prefix"], project)).resolve()
    program = prefix / "bin" / "lean"
    if not program.is_file():
        raise LeanMissingError(f"{command} --print-prefix names {prefix}, where there is no bin/lean")
    version = _VERSION.search(_say([str(program), "--version"], project) + " ")
    if version is None:
        raise LeanMissingError(f"{program} --version: names no version")
    libraries = os.environ.get("LEAN_PATH", "")
    if project is not None:
        beside = prefix / "bin" / "lake"
        lake = str(beside) if beside.is_file() else shutil.which("lake")
        if lake is None:
            raise LeanMissingError(f"no lake beside {program}, which {project} needs")
        libraries = _say([lake, "env", "printenv", "LEAN_PATH"], project)
    folders = [Path(project or "", folder).resolve() for folder in libraries.split(os.pathsep) if folder]
    return NativeLean(program, prefix, version.group(1), tuple(folder for folder in folders if folder.is_dir()))


def native_program(lean: str = "", project: Path | None = None) -> Program:
    """How to start an installed Lean; see `find_native` for arguments and errors."""
    found = find_native(lean, project)
    return Program(
        name=f"Lean {found.version}",
        profile=Profile(
            "lean-native",
            read_only_paths=tuple(map(str, (found.prefix, *found.libraries))),
            packages=(RUNTIME_PACKAGE,),
        ),
        entry="verifiers.proofs.lean.entry:serve_program",
        argv=(str(found.lean), "--run", "{script}"),
        environment={
            "LEAN_NUM_THREADS": "1",
            "LEAN_SYSROOT": str(found.prefix),
            "LEAN_PATH": os.pathsep.join(map(str, found.libraries)),
        },
        memory_mib=_MEMORY_MIB,
        retire_mib=_RETIRE_MIB,
    )


def _say(command: list[str], directory: Path | None) -> str:
    """What a command of the user's installation prints.

    Raises:
        LeanMissingError: it fails.
    """
    try:
        done = subprocess.run(
            command,
            cwd=directory,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ASK_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LeanMissingError(f"{' '.join(command)}: {error}") from None
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[-_MOST_REASON:]
        raise LeanMissingError(f"{' '.join(command)}: {said or f'exit status {done.returncode}'}")
    return done.stdout.strip()
