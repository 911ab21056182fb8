"""The reference page of all tools, made from their definitions.

page = reference_page()     # Markdown; written to docs/tool_reference.md by scripts/generate_tools_page.py
"""

from __future__ import annotations

import json
from textwrap import dedent

from reasoning.solvers.registry import TOOLS, find_tool

__all__ = ["reference_page"]

_HEAD = """# Reference of the tools

Made by `python scripts/generate_tools_page.py` from the docstrings; `reasoning tools show NAME` prints the same. How to
call them: [tools](tools.md).
"""


def reference_page() -> str:
    """Markdown with one section for each built-in tool."""
    return "\n".join([_HEAD, *(_section(name) for name in sorted(TOOLS))])


def _section(name: str) -> str:
    found, entry = find_tool(name), TOOLS[name]
    parts = [f"## {name}", found.description]
    for title in ("Args", "Returns", "Raises", "Source"):
        if title in found.sections:
            parts += [f"{title}:", f"```text\n{dedent(found.sections[title])}\n```"]
    parts += [f"Limits: {entry.seconds:g} s, {entry.memory_mib} MiB. Example:"]
    parts += [f"```json\n{json.dumps(found.example)}\n```\n"]
    return "\n\n".join(parts)
