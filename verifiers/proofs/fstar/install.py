"""Where F* is on this machine, and the project whose checked files it continues.

found = find()
found.program, found.version        # ("/opt/fstar/bin/fstar.exe", "2024.09.05")
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from verifiers.proofs.installed import said

__all__ = ["INSTALL_HINT", "PROGRAM_VARIABLE", "PROJECT_VARIABLE", "Installation", "find"]

PROGRAM_VARIABLE: Final = "REASONING_FSTAR"
PROJECT_VARIABLE: Final = "REASONING_FSTAR_PROJECT"
INSTALL_HINT: Final = (
    "F* is not installed: fetch a release (fstar-lang.org, github.com/FStarLang/FStar/releases; it brings its Z3) or "
    f"`opam install fstar`, and put fstar.exe on PATH or name it in {PROGRAM_VARIABLE}; folders of sources and checked "
    f"files go into {PROJECT_VARIABLE}"
)
_SOLVERS: Final = ("z3-4.13.3", "z3-4.8.5", "z3")
"""Names under which F* looks for its solver, or finds any."""


@dataclass(frozen=True, slots=True)
class Installation:
    """An F* that was found.

    Attributes:
        program: its path.
        version: as it tells.
        solvers: Z3 programs beside it or on PATH.
        projects: folders that it includes.
        paths: files and folders that it reads, beside the system's libraries.
    """

    program: str
    version: str
    solvers: tuple[str, ...]
    projects: tuple[str, ...]
    paths: tuple[str, ...]

    @property
    def environment(self) -> dict[str, str]:
        """Variables with which its solver is found."""
        folders = dict.fromkeys([os.path.dirname(self.program), *map(os.path.dirname, self.solvers)])
        return {"PATH": os.pathsep.join([*folders, "/usr/bin", "/bin"])}

    def command(self, file: str) -> tuple[str, ...]:
        """The command that converses about the source file of this name."""
        included = (part for folder in self.projects for part in ("--include", folder))
        return (self.program, "--ide", file, "--report_assumes", "warn", *included)


def find(environment: Mapping[str, str] = os.environ) -> Installation | None:
    """The F* that `REASONING_FSTAR` names, or `fstar.exe` on PATH; None where there is none that answers.

    Args:
        environment: where both variables are read; `REASONING_FSTAR_PROJECT` holds folders, parted as in PATH.
    """
    named = environment.get(PROGRAM_VARIABLE, "").strip()
    program = shutil.which(named) if named else shutil.which("fstar.exe") or shutil.which("fstar")
    if program is None:
        return None
    folders = environment.get(PROJECT_VARIABLE, "").split(os.pathsep)
    return _installation(os.path.abspath(program), tuple(os.path.abspath(one) for one in folders if one.strip()))


@cache
def _installation(program: str, projects: tuple[str, ...]) -> Installation | None:
    version = re.search(r"\d+[\w.+~-]*", said(program, "--version"))
    if version is None:
        return None
    real = os.path.realpath(program)
    beside = [os.path.join(folder, name) for folder in {os.path.dirname(program), os.path.dirname(real)}
              for name in _SOLVERS]  # fmt: skip
    on_path = [found for name in _SOLVERS if (found := shutil.which(name))]
    solvers = tuple(dict.fromkeys(path for path in [*beside, *on_path] if os.access(path, os.X_OK)))
    home = Path(real).parent.parent
    library = said(program, "--locate_lib").strip()
    libraries = [library, *(str(home / name) for name in ("ulib", "lib/fstar", "share/fstar"))]
    wanted = [program, real, *libraries, *solvers, *map(os.path.realpath, solvers), *projects]
    paths = (path for path in wanted if path and os.path.exists(path))
    return Installation(program, version.group(), solvers, projects, tuple(dict.fromkeys(paths)))
