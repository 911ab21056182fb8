"""Judges of what models write: puzzles, programs and more, each candidate run where it can harm nothing.

This package imports nothing of `reasoning` and is useful alone, as a reward library.
"""

from verifiers.records import Candidate, Problem, RecordError, Status, Verdict

__all__ = ["Candidate", "Problem", "RecordError", "Status", "Verdict"]
