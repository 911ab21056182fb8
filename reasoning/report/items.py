"""The items of a run on its page: how many there are of each verdict, and some of each to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from reasoning.pages import facts, folded, paged, pre, text
from reasoning.report.base import Drawn

__all__ = ["CANDIDATE_CHARACTERS", "SHOWN", "ItemTable"]

SHOWN: Final = 150
"""Items of each verdict on a page."""
CANDIDATE_CHARACTERS: Final = 2_000
_DETAIL_CHARACTERS: Final = 1_000


class ItemTable:
    """Takes all items and keeps some of each verdict.

    Args:
        shown: items of each verdict.
    """

    def __init__(self, shown: int = SHOWN) -> None:
        self._shown = shown
        self._drawn: dict[str, Drawn[Mapping[str, Any]]] = {}

    def offer(self, verdict: str, name: str, item: Mapping[str, Any]) -> None:
        """Take one.

        Args:
            verdict: its group.
            name: unique; decides whether it is drawn.
            item: `title`, `detail`, `text` (the candidate), and whatever else is told of it.
        """
        if verdict not in self._drawn:
            self._drawn[verdict] = Drawn(self._shown)
        self._drawn[verdict].offer(name, item)

    def drawn(self) -> list[Mapping[str, Any]]:
        """The items that are shown."""
        return [item for drawn in self._drawn.values() for item in drawn.kept()]

    def html(self, more: Mapping[int, str] | None = None) -> str:
        """All groups, the largest first, each folded and in pages.

        Args:
            more: further HTML of an item, by the `id` of its object.
        """
        extra = more or {}
        groups = sorted(self._drawn.items(), key=lambda group: (-group[1].offered, group[0]))
        parts = []
        for verdict, drawn in groups:
            rows = [_item(item, extra.get(id(item), "")) for item in drawn.kept()]
            shown = f"{drawn.offered:,}"
            if len(rows) < drawn.offered:
                shown += f", of which {len(rows)} are here, drawn evenly"
            parts.append(folded(f"{verdict}: {shown}", paged(rows)))
        return "".join(parts)


def _item(item: Mapping[str, Any], more: str) -> str:
    rest = {name: value for name, value in item.items() if name not in ("title", "detail", "text", "head")}
    inside = f"<p>{text(item.get('detail') or '', _DETAIL_CHARACTERS)}</p>{facts(rest)}"
    if item.get("head"):
        inside += pre(str(item["head"]), CANDIDATE_CHARACTERS)
    if item.get("text") is not None:
        inside += pre(str(item["text"]), CANDIDATE_CHARACTERS)
    return folded(str(item.get("title", ""))[:200], inside + more)
