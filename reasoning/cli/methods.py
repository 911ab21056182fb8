"""`reasoning methods`: how an engine can be asked."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Annotated, Any

import typer

__all__ = ["methods"]


def methods(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the methods with what they do and the options that `--method NAME,option=value` takes.

    Every method takes tools=..., tool_rounds, tool_choice, tool_strict, tool_timeout, tool_memory and tool_characters
    as well (docs/tools.md).

    \b
    Examples:
      reasoning methods
      reasoning methods --json
    """  # noqa: D301 - \b is typer's mark, not text
    from reasoning.methods.registry import find_method_entry, known_methods, options_class

    listed: list[dict[str, Any]] = []
    for name in known_methods():
        entry = find_method_entry(name)
        options = options_class(entry)
        taken = [] if options is None else [field.name for field in fields(options)]
        listed.append({"name": name, "summary": entry.summary, "options": taken})
    if as_json:
        print(json.dumps(listed, indent=2))
        return
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    table = Table(*(Column(head, overflow="fold") for head in ("method", "what it does", "options")))
    for method in listed:
        table.add_row(Text(method["name"]), Text(method["summary"]), Text(", ".join(method["options"])))
    Console().print(table)
    print(
        "every method takes tools=NAME+NAME (see `reasoning tools`), tools=all or tools=python: the model may call them"
    )
