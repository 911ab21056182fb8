r"""Boxes: the last one of a text, nested, unclosed or side by side with others.

"... \\boxed{1} and $\\boxed{2}$."   ->   "1 and 2"
"... \\boxed{\\frac{1}{2}"          ->   "\\frac{1}{2}", which is not closed
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from verifiers.answers.limits import MAX_LITERAL_CHARACTERS

__all__ = ["Boxes", "last_boxes"]

_BOX = re.compile(r"\\(?:boxed|fbox|framebox)(?![A-Za-z])\s*")
_BOX_LAYOUT = re.compile(
    r"\\(?:q?quad|text|mathrm|left|right)(?![A-Za-z])|\\[\[\]()\\ ,;]|[$&{}]|,(?=\s*(?:and|or)\b)|\s+"
)
_BOX_NAME = re.compile(r"(and|or|,|;)\s*[A-Za-z](?: ?_ ?\w+)?(?:\(\w\))?\s*=")
_EDGE = " \t\r\n*_`"
_MAX_BRACE_STEPS = 200_000
"""Braces that are looked at until a box must be closed."""

_REGION = 2_000
"""Characters before the last box in which boxes of the same list are looked for."""


@dataclass(frozen=True, slots=True)
class Boxes:
    """What the last boxes of a text hold.

    Attributes:
        content: of the last box, or of several as a list.
        end: where they end in the text.
        rule: how they were found.
    """

    content: str
    end: int
    rule: str


def last_boxes(text: str) -> Boxes | None:
    """The last box of `text`, joined with boxes right before it; None when there is none."""
    start = max(text.rfind("\\boxed"), text.rfind("\\fbox"), text.rfind("\\framebox"))
    if start < 0:
        return None
    region_start = max(0, start - _REGION)
    starts = [match.start() + region_start for match in _BOX.finditer(text[region_start : start + 20])]
    boxes: list[tuple[int, int, str, bool]] = []
    for begin in starts:
        match = _BOX.match(text, begin)
        if match is None:
            continue
        content, end, closed = _box_content(text, match.end())
        boxes.append((begin, end, content, closed))
    boxes = [box for box in boxes if box[2].strip(_EDGE + "{}$")]
    if not boxes:
        return None
    # A box inside another box belongs to the outer one.
    outer = [box for index, box in enumerate(boxes) if not any(other[0] < box[0] < other[1] for other in boxes[:index])]
    last = outer[-1]
    parts = [last[2]]
    joiner = ""
    begin = last[0]
    for box in reversed(outer[:-1]):
        gap = text[box[1] : begin]
        word = _joining(gap)
        if word is None:
            break
        if box[2].strip() != parts[0].strip():
            parts.insert(0, box[2])
            joiner = word or joiner
        begin = box[0]
    if len(parts) > 1:
        separator = f" {joiner} " if joiner else " , "
        return Boxes(separator.join(parts), last[1], f"the last {len(parts)} boxes, side by side")
    return Boxes(last[2], last[1], "the last box" if last[3] else "the last box, which is not closed")


def _joining(gap: str) -> str | None:
    """The connective between two boxes of one list, empty for a comma; None when they do not belong together."""
    if len(gap) > 80 or "\n\n" in gap:
        return None
    bare = _BOX_LAYOUT.sub(" ", gap).strip()
    if _BOX_NAME.fullmatch(bare):
        bare = _BOX_NAME.sub(r"\1", bare).strip()
    if bare in ("and", "or", "和", "或"):
        return "or" if bare in ("or", "或") else "and"
    return "" if bare in ("", ",", ";", "、") else None


def _box_content(text: str, position: int) -> tuple[str, int, bool]:
    """What a box holds, from `position` right after its name: (content, end, whether it is closed)."""
    if position >= len(text):
        return "", position, False
    if text[position] != "{":
        match = re.compile(r"[^\s$,.;]+").match(text, position)
        return (match[0], match.end(), True) if match else ("", position, False)
    depth = 0
    brace = re.compile(r"\\.|[{}]", re.DOTALL)
    for step, match in enumerate(brace.finditer(text, position)):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return text[position + 1 : match.start()], match.end(), True
        if step > _MAX_BRACE_STEPS:
            break
    rest = text[position + 1 : position + 1 + MAX_LITERAL_CHARACTERS]
    end = re.search(r"(?<!\\)\$|\n", rest)
    content = rest[: end.start()] if end else rest
    return content, position + 1 + len(content), False
