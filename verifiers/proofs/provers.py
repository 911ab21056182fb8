"""Which provers beside the embedded Lean are on this machine, and how to get those that are not.

>>> [prover.name for prover in list_provers()]
['coq', ...]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from verifiers.proofs.coq import install as coq
from verifiers.proofs.metamath import bridge as metamath
from verifiers.smt.verifier import SOLVERS

__all__ = ["Prover", "list_provers"]


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
    return [_coq(), _metamath(), *_solvers()]


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


def _solvers() -> Iterator[Prover]:
    for name in SOLVERS:
        try:
            detail = version({"z3": "z3-solver"}.get(name, name))
        except PackageNotFoundError:
            detail = ""
        yield Prover(f"{name} (smt)", detail, "pip install 'reasoning-toolkit[smt]'")
