"""What several commands share.

run_interruptible(work(), hint="go on with: reasoning evaluate --resume runs/first")    # Ctrl-C: the hint, exit 130
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import typer

__all__ = ["EXIT_INTERRUPTED", "EXIT_UNJUDGED", "run_interruptible", "say"]

EXIT_UNJUDGED = 1
"""Exit status of a command that ran to its end with something left unjudged."""
EXIT_INTERRUPTED = 130

Result = TypeVar("Result")


def run_interruptible(work: Coroutine[Any, Any, Result], hint: str) -> Result:
    """Run `work` to its end; Ctrl-C lets it clean up, prints `hint` and exits with status 130."""
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        say(f"stopped; {hint}")
        raise typer.Exit(EXIT_INTERRUPTED) from None


def say(text: str) -> None:
    """One line, or a few, on standard error; what is not printable in it, such as a model's or a file's, is escaped."""
    if not text.isprintable():
        from reasoning.evaluation.explain_text import printable

        text = printable(text)
    print(text, file=sys.stderr, flush=True)
