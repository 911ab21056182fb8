"""Where Coq (or Rocq) is on this machine.

found = find()
found.toplevel, found.version       # (("/usr/bin/coqtop",), "8.16.1")
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from verifiers.proofs.installed import said

__all__ = ["INSTALL_HINT", "Installation", "find"]

INSTALL_HINT: Final = "Coq is not installed: apt-get install coq (Debian, Ubuntu), or opam install rocq-prover"


@dataclass(frozen=True, slots=True)
class Installation:
    """A Coq that was found.

    Attributes:
        toplevel: command of the interactive program.
        compiler: command of the compiler.
        checker: command of the independent checker; empty if there is none.
        version: as it tells.
        paths: files and folders that it reads, beside the system's libraries.
    """

    toplevel: tuple[str, ...]
    compiler: tuple[str, ...]
    checker: tuple[str, ...]
    version: str
    paths: tuple[str, ...]


@cache
def find() -> Installation | None:
    """The first of `coqtop` and `rocq` on PATH that answers; None if there is none."""
    toplevel, compiler = shutil.which("coqtop"), shutil.which("coqc")
    checker = shutil.which("coqchk") or shutil.which("rocqchk")
    if toplevel and compiler:
        commands: tuple[tuple[str, ...], tuple[str, ...]] = ((toplevel,), (compiler,))
    else:
        rocq = shutil.which("rocq")
        if rocq is None:
            return None
        commands = ((rocq, "repl"), (rocq, "compile"))
    version = re.search(r"\d+\.\d[\w.+-]*", said(*commands[1], "--version"))
    library = said(*commands[1], "-where").strip()
    if version is None or not os.path.isdir(library):
        return None
    programs = [command[0] for command in (*commands, (checker,)) if command[0]]
    real = [os.path.realpath(program) for program in programs if program]
    configuration = [path for path in ("/etc/ocamlfind.conf",) if os.path.exists(path)]
    beside = [str(Path(library).parent / name) for name in ("coq-core", "rocq-runtime", "findlib", "zarith")]
    paths = [library, *real, *configuration, *(path for path in beside if os.path.isdir(path))]
    return Installation(*commands, (checker,) if checker else (), version.group(), tuple(dict.fromkeys(paths)))
