r"""The code block in a reply, found in time that grows with its length alone, however many fences it holds.

>>> first_block("So:\n```lean\n  rfl\n```\nDone.", ("lean", "lean4"))
Block(text='  rfl\n', start=12)
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

__all__ = ["Block", "first_block"]

_FENCE_LINE: Final = re.compile(r"^[ \t]*+(?:`{3,}+|~{3,}+)[ \t]*+(\S*+)[ \t]*+$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A code block.

    Attributes:
        text: between its fences, with its last line end.
        start: where it begins in the reply.
    """

    text: str
    start: int


def first_block(reply: str, languages: Collection[str] | None) -> Block | None:
    """The first closed block; None where there is none.

    Args:
        reply: any text.
        languages: marks that may stand behind an opening fence, beside none at all; None: any mark.
    """
    start: int | None = None
    for fence in _FENCE_LINE.finditer(reply):
        mark = fence.group(1)
        if start is None:
            if (languages is None or not mark or mark in languages) and fence.end() < len(reply):
                start = fence.end() + 1
        elif not mark:
            return Block(reply[start : fence.start()], start)
    return None
