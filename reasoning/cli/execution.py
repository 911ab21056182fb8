"""The options of commands that carry out a run, said once: where it lies, and how it is carried out.

def evaluate(out: ..., resume: Resume = None, jobs: Jobs = None, quiet: Quiet = False) -> None: ...
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = [
    "MOST_MIB",
    "MOST_SECONDS",
    "AllowWeak",
    "Backend",
    "CandidateMemory",
    "CandidateSeconds",
    "Concurrency",
    "Jobs",
    "Quiet",
    "Resume",
    "begun_run",
    "named_directory",
]

MOST_SECONDS = 1e6
"""Longest limit of time that can be asked for; some timers of a system end at two million seconds."""
MOST_MIB = 1 << 24
"""Largest limit of memory."""

Resume = Annotated[Path | None, typer.Option(help="Go on with the run in this directory.")]
Jobs = Annotated[int | None, typer.Option(min=1, help="Candidates judged at once. Default: one a processor.")]
CandidateSeconds = Annotated[
    float | None, typer.Option(min=0.01, max=MOST_SECONDS, help="Seconds for one candidate. Default: 10.")
]
CandidateMemory = Annotated[
    int | None, typer.Option(min=16, max=MOST_MIB, help="MiB for one candidate. Default: 1024.")
]
Concurrency = Annotated[
    int | None, typer.Option(min=1, help="Requests under way at once; default: what suits the engine.")
]
AllowWeak = Annotated[bool, typer.Option("--allow-weak", help="Accept weak isolation.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]
Backend = Annotated[str, typer.Option(help="Where it is computed: local, or ray[,address=HOST:PORT,gpus=N].")]


def named_directory(out: Path | None, resume: Path | None) -> Path | None:
    """The run directory that --out or --resume names; None: neither does.

    Raises:
        BadParameter: they name two.
    """
    if resume is not None and out is not None and out != resume:
        raise typer.BadParameter(f"--out {out} and --resume {resume} name two directories; give one")
    return resume or out


def begun_run(resume: Path | None, new: bool) -> dict[str, Any] | None:
    """What `config.json` says of the run to go on with; None: a run begins.

    Args:
        resume: the directory that --resume names.
        new: whether a run can begin with what is given. Killed before it had written its configuration, a run has
            nothing to go on with and begins anew.

    Raises:
        RunError: the directory holds no run.
    """
    from reasoning.runs.run import CONFIG_NAME, read_config

    if resume is None or (new and not (resume / CONFIG_NAME).exists()):
        return None
    return read_config(resume)
