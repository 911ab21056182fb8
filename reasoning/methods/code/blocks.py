r"""The Python code blocks of a reply.

>>> python_blocks("Like this:\n```python\nx = 1\n```\nor\n```sh\nls\n```\n")
['x = 1\n']
"""

from __future__ import annotations

from itertools import islice

from verifiers.code_blocks import code_blocks

__all__ = ["python_blocks"]

MAX_REPLY_CHARACTERS = 200_000
"""Longest reply that is read; what stands behind is not looked at."""
MAX_BLOCKS = 32
"""Most blocks that are taken from one reply."""

_PYTHON = frozenset({"", "py", "python", "python3"})


def python_blocks(reply: str) -> list[str]:
    """The contents of all fenced blocks whose tag is empty or names Python; an unclosed last one runs to the end."""
    reply = reply[:MAX_REPLY_CHARACTERS].replace("\r\n", "\n")
    found = (block.text for block in code_blocks(reply) if block.language in _PYTHON and block.text.strip())
    return list(islice(found, MAX_BLOCKS))
