"""What several commands share.

run_interruptible(work(), hint="run it again")      # Ctrl-C: "stopped; run it again", exit 130
run_interruptible(work(), going_on("reasoning evaluate", Path("runs/first")))   # "stopped; go on with: reasoning ..."
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from shlex import quote
from typing import Any, TypeVar

import typer

__all__ = [
    "EXIT_INTERRUPTED",
    "EXIT_UNJUDGED",
    "Hint",
    "going_on",
    "run_interruptible",
    "say",
    "until_interrupted",
]

EXIT_UNJUDGED = 1
"""Exit status of a command that ran to its end with something left unjudged, or with nothing to show for it."""
EXIT_INTERRUPTED = 130

Result = TypeVar("Result")
Hint = str | Callable[[], str]
"""What to do after an interrupt; a function is asked when there was one."""

_BEGUN = ("config.json", "methods.json")
"""Files by which a directory is known to hold something to go on with."""


def going_on(command: str, directory: Path) -> Callable[[], str]:
    """How to go on with the run in `directory` by `command`; one that has not begun yet is given anew."""

    def hint() -> str:
        if any((directory / name).exists() for name in _BEGUN):
            return f"go on with: {command} --resume {quote(str(directory))}"
        return "nothing was begun; give the command again"

    return hint


def run_interruptible(work: Coroutine[Any, Any, Result], hint: Hint) -> Result:
    """Run `work` to its end; Ctrl-C lets it clean up, prints `hint` and exits with status 130."""
    return until_interrupted(lambda: asyncio.run(work), hint)


def until_interrupted(work: Callable[[], Result], hint: Hint = "") -> Result:
    """Call `work`; Ctrl-C says so, with the hint, and exits with status 130."""
    try:
        return work()
    except KeyboardInterrupt:
        advice = hint if isinstance(hint, str) else hint()
        say(f"stopped; {advice}" if advice else "stopped")
        raise typer.Exit(EXIT_INTERRUPTED) from None


def say(text: str) -> None:
    """One line, or a few, on standard error; what is not printable in it, such as a model's or a file's, is escaped."""
    if not text.isprintable():
        from reasoning.pages.printable import printable

        text = printable(text)
    print(text, file=sys.stderr, flush=True)
