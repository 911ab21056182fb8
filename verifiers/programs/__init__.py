"""Judges programs by tests: JSON cases, assert statements, a `check(candidate)` function, or input and output.

    verdict = await ProgramVerifier(sandbox).verify(problem, "    return a + b", Limits(wall_seconds=3))

Whatever the form, the process that runs the candidate gets its text and the arguments of the calls, nothing else.
Tests that are calls with constant arguments and a comparison are taken apart (`assertions`), one child answers all
calls (`entries`) and the comparison is made on plain data (`evaluator`, `comparison`). Other tests run in a child of
their own (`judge_entries`), which asks the candidate's child call by call through the trusted side (`dialogue`).
Every test is judged apart: the score is the share that passed, and passed means all.

What differs from running everything in one process:
- code under `if __name__ == "__main__"` does not run;
- import lines of a problem's `setup` run before the candidate as well as before the tests, the rest of it only there;
- a NumPy number compares like the Python number that it holds, also under `is`;
- a value that is not plain data is equal to nothing, but can be passed back, called, iterated and asked for its
  attributes by tests that run in their own child.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifiers.late_imports import lazy_exports

if TYPE_CHECKING:
    from verifiers.programs.verifier import ProgramVerifier

__all__ = ["ProgramVerifier"]

__getattr__ = lazy_exports(__name__, {"verifier": ("ProgramVerifier",)})
