"""Splits that cannot leak: a group, and whatever says the same about other numbers, lies in one split only.

>>> plan = SplitPlan.parse("train=0.9,test=0.1")
>>> plan.split_of(0, "a group's name")
'train'

Which split a key falls into is a hash of it, so it depends on nothing else: not on order, nor on how many rows there
are. By `group` the key is the row's group. By `stream` it is the single row: variants of one problem then lie in
several splits, but never the same problem, since duplicates were removed before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reasoning.engines.base import derive_seed
from reasoning.pipelines.backend.forms import key_of
from reasoning.pipelines.backend.index import KeyIndex
from reasoning.pipelines.base import PipelineError, Row

__all__ = ["INDEX_NAMES", "SplitPlan", "Splitter", "empty_splits"]

INDEX_NAMES = ("split_of_group", "split_of_form")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SCALE = 1 << 63


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """How rows are divided.

    Attributes:
        shares: names of the splits with their shares, which add up to 1.
        by_group: whether a group is never divided; otherwise rows are divided singly.
    """

    shares: tuple[tuple[str, float], ...]
    by_group: bool = True

    @classmethod
    def parse(cls, text: str, by: str = "group") -> SplitPlan:
        """Read `train=0.9,test=0.1`.

        Args:
            text: names and shares.
            by: `group` or `stream`.

        Raises:
            PipelineError: it has another form, a name comes twice, the shares do not add up to 1, or `by` is unknown.
        """
        if by not in ("group", "stream"):
            raise PipelineError(f"--split-by {by}: expected group or stream")
        shares: list[tuple[str, float]] = []
        for part in text.split(","):
            name, _, share = part.strip().partition("=")
            try:
                value = float(share)
            except ValueError:
                value = -1.0
            if not _NAME.fullmatch(name) or not 0 < value <= 1:
                raise PipelineError(f"--splits {text}: '{part.strip()}': expected NAME=SHARE with a share in (0, 1]")
            if any(name == other for other, _ in shares):
                raise PipelineError(f"--splits {text}: '{name}' comes twice")
            shares.append((name, value))
        if abs(sum(share for _, share in shares) - 1) > 1e-6:
            raise PipelineError(f"--splits {text}: the shares add up to {sum(share for _, share in shares):g}, not 1")
        return cls(tuple(shares), by == "group")

    def split_of(self, seed: int, key: str) -> str:
        """The split into which a key falls."""
        place = derive_seed(seed, "split", key) / _SCALE
        for name, share in self.shares:
            place -= share
            if place < 0:
                return name
        return self.shares[-1][0]


def empty_splits(manifest: Mapping[str, Any]) -> list[str]:
    """The splits that a dataset was to have and that got no row, in the plan's order.

    Args:
        manifest: of the dataset.
    """
    plan = SplitPlan.parse(manifest["settings"]["splits"], manifest["settings"]["split_by"])
    held = {split for splits in manifest["statistics"]["rows"].values() for split in splits}
    return [name for name, _ in plan.shares if name not in held]


class Splitter:
    """Assigns rows to splits, and names those that would leak."""

    def __init__(self, plan: SplitPlan, seed: int, index: KeyIndex) -> None:
        """Split by a plan; `index` has the maps `INDEX_NAMES`."""
        self._plan = plan
        self._seed = seed
        self._index = index

    def assign(self, row: Row, form: int) -> str | None:
        """The split of a row; None when it would leak.

        Args:
            row: to be assigned.
            form: key of its masked text: what two problems that differ only in their numbers have in common.

        A row's form and its group both want it where they were first seen. Where they disagree it must go.
        """
        if not self._plan.by_group:
            return self._plan.split_of(self._seed, f"{row.group}\x1f{row.stream}\x1f{row.problem.prompt}")
        if len(self._plan.shares) == 1:
            return self._plan.shares[0][0]
        group = key_of(row.group)
        of_form: str | None = self._index.get("split_of_form", form)
        of_group: str | None = self._index.get("split_of_group", group)
        if of_form is not None and of_group is not None and of_form != of_group:
            return None
        split = of_group or of_form or self._plan.split_of(self._seed, row.group)
        if of_form is None:
            self._index.put("split_of_form", form, split)
        if of_group is None:
            self._index.put("split_of_group", group, split)
        return split
