"""Counts in messages, with the noun that fits.

>>> counted(1, "sample"), counted(3, "sample"), counted(0, "reply", "replies")
('1 sample', '3 samples', '0 replies')
>>> counted(1234, "row", grouped=True)
'1,234 rows'
"""

from __future__ import annotations

__all__ = ["counted"]


def counted(count: int, one: str, many: str = "", *, grouped: bool = False) -> str:
    """A count and its noun.

    Args:
        count: how many there are.
        one: the noun for one of them.
        many: the noun for any other number; by default the former with an s.
        grouped: write thousands with commas.
    """
    shown = f"{count:,}" if grouped else str(count)
    return f"{shown} {one if count == 1 else many or one + 's'}"
