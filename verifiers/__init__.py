"""Judges of what models write: puzzles, programs and more, each candidate run where it can harm nothing.

    from verifiers import Problem, VerifierRegistry
    from verifiers.sandbox import Limits, SandboxPool

    async with SandboxPool() as sandbox:
        verdict = await VerifierRegistry(sandbox).verify(problem, "def sol(): return 3", Limits(wall_seconds=2))

This package imports nothing of `reasoning` and is useful alone, as a reward library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

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

_IN_REGISTRY = frozenset({"UnknownKindError", "Verifier", "VerifierRegistry", "kinds"})


def __getattr__(name: str) -> object:
    """Import on first use: the fork server shares this package, and every page it imports is copied with each task."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("verifiers.registry" if name in _IN_REGISTRY else "verifiers.records"), name)
