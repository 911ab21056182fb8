"""`reasoning engines`: what can answer a prompt."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

__all__ = ["engines"]


def engines(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the engines, how each is written, and whether it is installed.

    \b
    Examples:
      reasoning engines
      reasoning engines --json
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.engines.registry import list_engines

    listed = list_engines()
    if as_json:
        print(json.dumps([asdict(engine) for engine in listed], indent=2))
        return
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    table = Table(*(Column(head, overflow="fold") for head in ("engine", "written", "what it is", "installed")))
    for engine in listed:
        table.add_row(*(Text(cell) for cell in (engine.name, engine.form, engine.summary, engine.install or "yes")))
    Console().print(table)
