r"""The Python code blocks of a reply.

>>> python_blocks("Like this:\n```python\nx = 1\n```\nor\n```sh\nls\n```\n")
['x = 1\n']
"""

from __future__ import annotations

import re

__all__ = ["python_blocks"]

MAX_REPLY_CHARACTERS = 200_000
"""Longest reply that is read; what stands behind is not looked at."""
MAX_BLOCKS = 32
"""Most blocks that are taken from one reply."""

_FENCE = re.compile(r"^[ \t]*(```+)[ \t]*([^\n`]*)$", re.MULTILINE)
_PYTHON_TAGS = frozenset({"", "py", "python", "python3"})


def python_blocks(reply: str) -> list[str]:
    """The contents of all fenced blocks whose tag is empty or names Python; an unclosed last one runs to the end."""
    reply = reply[:MAX_REPLY_CHARACTERS].replace("\r\n", "\n")
    blocks: list[str] = []
    opening: re.Match[str] | None = None
    for fence in _FENCE.finditer(reply):
        if opening is None:
            opening = fence
        elif fence[1].startswith(opening[1]) and not fence[2].strip():
            _keep(blocks, opening, reply[opening.end() + 1 : fence.start()])
            opening = None
    if opening is not None:
        _keep(blocks, opening, reply[opening.end() + 1 :])
    return blocks[:MAX_BLOCKS]


def _keep(blocks: list[str], opening: re.Match[str], body: str) -> None:
    if opening[2].strip().lower() in _PYTHON_TAGS and body.strip():
        blocks.append(body)
