"""`reasoning samples`: a run's candidates as a sample file of EvalPlus or HumanEval."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reasoning.cli.execution import Quiet
from reasoning.cli.support import run_interruptible, say
from verifiers.wording import counted

__all__ = ["samples"]


def samples(
    run: Annotated[Path, typer.Argument(help="Directory of a finished run on a benchmark of programs.")],
    out: Annotated[Path, typer.Option(help="The file to write, .jsonl.")],
    form: Annotated[str, typer.Option(help="solution (whole programs), or completion (they follow the prompt).")] = (
        "solution"
    ),
    quiet: Quiet = False,
) -> None:
    """Write the candidates of a run as samples that other checkers read.

    EvalPlus reads both forms, HumanEval's checker completions. `reasoning verify --benchmark NAME --in FILE` judges
    such a file here.

    \b
    Examples:
      reasoning samples runs/he --out samples.jsonl
      reasoning samples runs/he --out samples.jsonl --form completion
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.evaluation.sample_files import FORMS, write_samples

    chosen = next((known for known in FORMS if known == form), None)
    if chosen is None:
        raise typer.BadParameter(f"--form {form}: is none of {', '.join(FORMS)}")
    if not out.absolute().parent.is_dir():
        raise typer.BadParameter(f"--out {out}: its folder does not exist")
    count = run_interruptible(write_samples(run, out, chosen, quiet=quiet), "nothing was written; run it again")
    if not quiet:
        say(f"{counted(count, 'sample')}: {out}")
