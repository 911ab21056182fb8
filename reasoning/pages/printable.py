r"""Texts from outside made harmless for a terminal and for the eye.

>>> printable("a\x1b[2Jb")
'a\\x1b[2Jb'
"""

from __future__ import annotations

__all__ = ["printable"]


def printable(text: str) -> str:
    """`text` with everything but line ends that is not printable written as an escape.

    So nothing steers the terminal, is invisible, or turns the direction of writing.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape", "backslashreplace").decode()
        for char in text.replace("\t", "    ")
    )
