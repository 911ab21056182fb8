r"""Fenced code blocks in a text, found in time that grows with its length alone, however many fences it holds.

>>> first_block("So:\n```lean\n  rfl\n```\nDone.", ("lean", "lean4"))
Block(text='  rfl\n', start=12, language='lean', begin=4, closed=True)
>>> fenced("print('```')", "python")
"````python\nprint('```')\n````"

A fence is a line of three or more backticks or tildes; behind an opening one may stand words, of which the first is
the language. It is closed by a line of the same marks, as many or more, with nothing behind (CommonMark 0.31.2,
section 4.5, but for the indentation, which may be any).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["Block", "code_blocks", "declaring_block", "fenced", "first_block"]

_FENCE_LINE: Final = re.compile(r"^[ \t]*+(`{3,}+|~{3,}+)([^\n`]*+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A code block.

    Attributes:
        text: between its fences, with its last line end.
        start: where the text begins in the whole.
        language: named behind the opening fence, in lower case; empty where none is.
        begin: where the line of the opening fence begins in the whole.
        closed: whether a closing fence ends it; otherwise it runs to the end of the whole.
    """

    text: str
    start: int
    language: str
    begin: int
    closed: bool


def code_blocks(text: str) -> Iterator[Block]:
    """The blocks in order; only the last can be open."""
    opening: re.Match[str] | None = None
    for fence in _FENCE_LINE.finditer(text):
        if opening is None:
            opening = fence
        elif fence[1].startswith(opening[1]) and not fence[2].strip():
            yield _block(text, opening, fence.start(), closed=True)
            opening = None
    if opening is not None:
        yield _block(text, opening, len(text), closed=False)


def declaring_block(reply: str, languages: Collection[str], declaration: re.Pattern[str]) -> Block | None:
    """The last closed block that holds a declaration, else the first closed block; None where there is none.

    Replies often sketch a proof in one block, with gaps, and give it whole in a later one.

    Args:
        reply: any text.
        languages: those that may be named, beside none at all.
        declaration: what the wanted block holds.
    """
    first = last = None
    for block in code_blocks(reply):
        if block.closed and (not block.language or block.language in languages):
            first = first or block
            if declaration.search(block.text):
                last = block
    return last or first


def first_block(reply: str, languages: Collection[str] | None) -> Block | None:
    """The first closed block; None where there is none.

    Args:
        reply: any text.
        languages: those that may be named, beside none at all; None: any.
    """
    for block in code_blocks(reply):
        if block.closed and (languages is None or not block.language or block.language in languages):
            return block
    return None


def fenced(text: str, language: str) -> str:
    """`text` as a block, between fences that it cannot close."""
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _block(text: str, opening: re.Match[str], end: int, *, closed: bool) -> Block:
    start = min(opening.end() + 1, len(text))
    words = opening[2].split(maxsplit=1)
    return Block(text[start:end], start, words[0].lower() if words else "", opening.start(), closed)
