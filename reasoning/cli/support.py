"""What several commands share.

run_interruptible(work(), hint="go on with: reasoning evaluate --resume runs/first")    # Ctrl-C: the hint, exit 130
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import typer

__all__ = ["EXIT_INTERRUPTED", "EXIT_UNJUDGED", "run_interruptible", "say", "until_interrupted"]

EXIT_UNJUDGED = 1
"""Exit status of a command that ran to its end with something left unjudged, or with nothing to show for it."""
EXIT_INTERRUPTED = 130

Result = TypeVar("Result")


def run_interruptible(work: Coroutine[Any, Any, Result], hint: str) -> Result:
    """Run `work` to its end; Ctrl-C lets it clean up, prints `hint` and exits with status 130."""
    return until_interrupted(lambda: asyncio.run(work), hint)


def until_interrupted(work: Callable[[], Result], hint: str = "") -> Result:
    """Call `work`; Ctrl-C says so, with the hint, and exits with status 130."""
    try:
        return work()
    except KeyboardInterrupt:
        say(f"stopped; {hint}" if hint else "stopped")
        raise typer.Exit(EXIT_INTERRUPTED) from None


def say(text: str) -> None:
    """One line, or a few, on standard error; what is not printable in it, such as a model's or a file's, is escaped."""
    if not text.isprintable():
        from reasoning.pages.printable import printable

        text = printable(text)
    print(text, file=sys.stderr, flush=True)
