"""Counts the items of a run for which the engine gave no answer, and ends the run when the engine is down.

failures = EngineFailures(run.directory)
failures.add(error)         # raises EngineError after ENGINE_FAILURES_IN_A_ROW of them without `answered` between
failures.answered()
"""

from __future__ import annotations

from pathlib import Path

from reasoning.engines.base import EngineError

__all__ = ["ENGINE_FAILURES_IN_A_ROW", "EngineFailures"]

ENGINE_FAILURES_IN_A_ROW = 20
"""So many items without an answer, one after another, and the run stops: the engine is down."""


class EngineFailures:
    """Items without an answer; a resume tries them again.

    Attributes:
        count: how many there were.
        first: what the engine said of the first of them.
    """

    def __init__(self, directory: Path) -> None:
        """Count for the run in `directory`, which messages name."""
        self.count = 0
        self.first = ""
        self._in_a_row = 0
        self._directory = directory

    def answered(self) -> None:
        """An item was answered."""
        self._in_a_row = 0

    def add(self, error: EngineError) -> None:
        """An item was not answered.

        Raises:
            EngineError: it is one too many in a row.
        """
        self.count += 1
        self._in_a_row += 1
        self.first = self.first or str(error)
        if self._in_a_row >= ENGINE_FAILURES_IN_A_ROW:
            raise EngineError(
                f"the engine gave no answer {self._in_a_row} times in a row ({error}); when it is back, go on with "
                f"--resume {self._directory}"
            )
