"""Judges of what models write: puzzles, programs and more, each candidate run where it can harm nothing.

    from verifiers import Problem, VerifierRegistry
    from verifiers.sandbox import Limits, SandboxPool

    async with SandboxPool() as sandbox:
        verdict = await VerifierRegistry(sandbox).verify(problem, "def sol(): return 3", Limits(wall_seconds=2))

This package imports nothing of `reasoning` and is useful alone, as a reward library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifiers.late_imports import lazy_exports

if TYPE_CHECKING:
    from verifiers.records import Candidate, Problem, RecordError, Status, Verdict
    from verifiers.registry import UnknownKindError, Verifier, VerifierRegistry, kinds

__all__ = [
    "Candidate",
    "Problem",
    "RecordError",
    "Status",
    "UnknownKindError",
    "Verdict",
    "Verifier",
    "VerifierRegistry",
    "kinds",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "records": ("Candidate", "Problem", "RecordError", "Status", "Verdict"),
        "registry": ("UnknownKindError", "Verifier", "VerifierRegistry", "kinds"),
    },
)
