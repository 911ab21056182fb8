"""Which provers beside the embedded Lean are on this machine, and how to get those that are not.

[prover.name for prover in list_provers()]      # ['lean (native)', 'coq', ...]
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from verifiers.proofs.coq import install as coq
from verifiers.proofs.fstar import install as fstar
from verifiers.proofs.isabelle.bridge import INSTALL_HINT as ISABELLE_HINT
from verifiers.proofs.isabelle.session import SERVER_VARIABLE, Address
from verifiers.proofs.lean import backends as lean
from verifiers.proofs.lean.install import LeanMissingError
from verifiers.proofs.lean.native import INSTALL_HINT
from verifiers.proofs.metamath import bridge as metamath
from verifiers.smt.verifier import SOLVERS

__all__ = ["Prover", "list_provers"]

_CONNECT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Prover:
    """A prover.

    Attributes:
        name: as problems name it in `system`, or a solver of problems of kind `smt`.
        detail: version and place; empty if it is not here.
        hint: how to install it.
    """

    name: str
    detail: str
    hint: str


def list_provers() -> list[Prover]:
    """All of them, by name; asking the installed ones for their version takes a moment."""
    return [_native_lean(), _coq(), _metamath(), _isabelle(), _fstar(), *_solvers()]


def _native_lean() -> Prover:
    try:
        found = lean.find_named()
    except LeanMissingError as error:
        return Prover("lean (native)", "", str(error))
    libraries = f"; libraries in {len(found.libraries)} folders" if found.libraries else ""
    chosen = "" if lean.native_command() is not None else "; REASONING_LEAN=native chooses it"
    return Prover("lean (native)", f"{found.version}; {found.lean}{libraries}{chosen}", INSTALL_HINT)


def _coq() -> Prover:
    found = coq.find()
    if found is None:
        return Prover("coq", "", coq.INSTALL_HINT)
    checker = ", with coqchk" if found.checker else ", without coqchk"
    return Prover("coq", f"{found.version}{checker}; {found.toplevel[0]}", coq.INSTALL_HINT)


def _metamath() -> Prover:
    program = metamath.find()
    detail = f"built-in verifier, and {program}" if program else f"built-in verifier alone; {metamath.INSTALL_HINT}"
    return Prover("metamath", detail, metamath.INSTALL_HINT)


def _isabelle() -> Prover:
    try:
        address = Address.of(os.environ)
    except ValueError as error:
        return Prover("isabelle", "", str(error))
    if address is None:
        return Prover("isabelle", "", ISABELLE_HINT)
    try:
        socket.create_connection((address.host, address.port), _CONNECT_SECONDS).close()
    except OSError as error:
        return Prover("isabelle", "", f"{SERVER_VARIABLE}: nothing answers at {address}: {error}")
    return Prover("isabelle", f"a server listens at {address}; session {address.session}", ISABELLE_HINT)


def _fstar() -> Prover:
    found = fstar.find()
    if found is None:
        return Prover("fstar", "", fstar.INSTALL_HINT)
    solver = f"with {found.solvers[0]}" if found.solvers else "without a Z3"
    projects = f"projects {', '.join(found.projects)}" if found.projects else f"{fstar.PROJECT_VARIABLE} is not set"
    return Prover("fstar", f"{found.version} {solver}; {projects}; {found.program}", fstar.INSTALL_HINT)


def _solvers() -> Iterator[Prover]:
    for name in SOLVERS:
        try:
            detail = version({"z3": "z3-solver"}.get(name, name))
        except PackageNotFoundError:
            detail = ""
        yield Prover(f"{name} (smt)", detail, "pip install 'reasoning-toolkit[smt]'")
