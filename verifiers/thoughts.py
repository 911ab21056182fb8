r"""A model's thoughts in its reply: `<think> ... </think>` before the answer.

>>> without_thoughts("<think>5? No.</think>\n42")
'\n42'
>>> without_thoughts("Count the words <think> and </think>.")
'Count the words <think> and </think>.'
"""

from __future__ import annotations

__all__ = ["without_thoughts"]

_OPEN, _CLOSE = "<think>", "</think>"


def without_thoughts(text: str) -> str:
    """What follows the thoughts that a reply begins with; all of it where it has none, or nothing but them.

    The opening mark may be missing, since many chat templates write it themselves.
    """
    thoughts, mark, answer = text.rpartition(_CLOSE)
    if not mark or not answer.strip():
        return text
    opened = thoughts.find(_OPEN)
    return answer if opened < 0 or not thoughts[:opened].strip() else text
