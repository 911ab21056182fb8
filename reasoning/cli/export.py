"""`reasoning export`: a benchmark as a task of another evaluation framework."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reasoning.cli.execution import Quiet
from reasoning.cli.support import run_interruptible, say
from verifiers.wording import counted

__all__ = ["export"]

DEFAULT_MAX_TOKENS = 1024


def export(
    framework: Annotated[str, typer.Argument(help="lm-eval, lighteval or inspect.")],
    benchmark: Annotated[str, typer.Argument(help="See `reasoning benchmarks`.")],
    out: Annotated[Path, typer.Option(help="The folder to write; files of an earlier export are replaced.")],
    split: Annotated[str | None, typer.Option(help="Split of the benchmark. Default: its first.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder or file that the problems are read from.")] = None,
    prompt: Annotated[str, typer.Option(help="Prompt style. Default: the benchmark's first.")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many problems.")] = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="Longest reply.")] = DEFAULT_MAX_TOKENS,
    quiet: Quiet = False,
) -> None:
    """Write a benchmark as a task that another framework runs, with our verifier as its judge.

    This package has to be installed where the task is run.

    \b
    Examples:
      reasoning export lm-eval puzzles --out tasks/puzzles
      reasoning export lighteval gsm8k --split test --out tasks/gsm8k
      reasoning export inspect humaneval --limit 20 --out tasks/humaneval
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.interop.export import export as write

    work = write(
        framework,
        benchmark,
        out,
        split=split,
        data=data,
        prompt=prompt,
        limit=limit,
        max_tokens=max_tokens,
        quiet=quiet,
    )
    written = run_interruptible(work, "nothing is complete; run it again")
    if not quiet:
        say(f"{counted(written.problems, 'problem')}: {out}")
    print(written.command)
