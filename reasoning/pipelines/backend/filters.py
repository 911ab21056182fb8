"""What stands between a pipeline's rows and the dataset: quality, contamination, duplicates, leaks, in this order.

    filters = Filters.of(settings, seeds)
    with filters.open(Path("index.sqlite")):
        async for decision in filters.decide(outcomes, limit=1000):     # Kept, or Discarded with the reason
            ...

Rows are taken in batches, because contamination is looked up fastest so; decisions come in the order of the rows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoning.embeddings import Embedder
from reasoning.evaluation.seeds import Seeds
from reasoning.pipelines.backend import duplicates, splits
from reasoning.pipelines.backend.columns import record_of
from reasoning.pipelines.backend.contamination import Match
from reasoning.pipelines.backend.duplicates import DuplicateFinder, TextForms, forms_of
from reasoning.pipelines.backend.forms import key_of
from reasoning.pipelines.backend.index import KeyIndex
from reasoning.pipelines.backend.nearness import Nearness
from reasoning.pipelines.backend.protected import Protected, protect
from reasoning.pipelines.backend.quality import fault_of
from reasoning.pipelines.backend.splits import SplitPlan, Splitter
from reasoning.pipelines.backend.statistics import Statistics
from reasoning.pipelines.base import Discarded, Outcome, Row, find_pipeline
from reasoning.pipelines.settings import Settings

__all__ = ["BATCH_ROWS", "Filters", "Kept"]

BATCH_ROWS = 256
_INDEX_NAMES = (*duplicates.INDEX_NAMES, *splits.INDEX_NAMES, "groups")


@dataclass(frozen=True, slots=True)
class Kept:
    """A row that goes into a table's split, as its columns."""

    table: str
    split: str
    record: dict[str, Any]


class Filters:
    """All filters of one run; `statistics` counts what passes and what does not."""

    def __init__(self, settings: Settings, protected: Protected) -> None:
        """Filter as the settings say; no row may give away a protected problem."""
        self.protected = protected
        self.statistics = Statistics()
        self._settings = settings
        self._index: KeyIndex | None = None

    @classmethod
    def of(
        cls,
        settings: Settings,
        sources: Sequence[Seeds],
        directory: Path,
        embedder: Embedder | None = None,
        *,
        quiet: bool = True,
    ) -> Filters:
        """The filters that a run wants.

        Args:
            settings: of the run.
            sources: where its problems come from; what they hold is not counted as contamination.
            directory: of the run.
            embedder: looks for benchmark problems as well; None: there is none.
            quiet: show no progress.
        """
        kept_apart = find_pipeline(settings.pipeline).kept_apart

        def near(texts: Sequence[tuple[str, str]]) -> Nearness:
            assert embedder is not None
            return Nearness(embedder, texts, settings.similar, directory / "protected")

        search = None if embedder is None else near
        return cls(settings, protect(settings.decontaminate, sources, kept_apart, search, quiet=quiet))

    @contextmanager
    def open(self, path: Path) -> Iterator[None]:
        """Begin a pass with an empty index at `path`, which is removed at its end."""
        self.statistics = Statistics()
        self._index = KeyIndex(path, _INDEX_NAMES)
        try:
            yield
        finally:
            self._index.close()
            self._index = None

    async def decide(self, outcomes: AsyncIterator[Outcome], limit: int | None) -> AsyncIterator[Kept | Discarded]:
        """What becomes of each outcome; ends when `limit` rows are kept."""
        assert self._index is not None, "open() first"
        settings = self._settings
        duplicates_of = DuplicateFinder(self._index, settings.near)
        splitter = Splitter(SplitPlan.parse(settings.splits, settings.split_by), settings.seed, self._index)
        waiting: list[Outcome] = []
        async for outcome in outcomes:
            waiting.append(outcome)
            if len(waiting) < BATCH_ROWS:
                continue
            for decision in self._batch(waiting, await self._looked_up(waiting), duplicates_of, splitter):
                yield decision
                if limit is not None and self.statistics.kept >= limit:
                    return
            waiting.clear()
        for decision in self._batch(waiting, await self._looked_up(waiting), duplicates_of, splitter):
            yield decision
            if limit is not None and self.statistics.kept >= limit:
                return

    async def _looked_up(self, outcomes: list[Outcome]) -> Iterator[tuple[TextForms, Match | None]]:
        """Forms of each row's problem, and the protected problem that it gives away."""
        problems = [outcome.problem for outcome in outcomes if isinstance(outcome, Row)]
        forms = [forms_of(problem) for problem in problems]
        return zip(forms, await self.protected.check(problems, forms), strict=True)

    def _batch(
        self,
        outcomes: list[Outcome],
        looked_up: Iterator[tuple[TextForms, Match | None]],
        duplicates_of: DuplicateFinder,
        splitter: Splitter,
    ) -> Iterator[Kept | Discarded]:
        for outcome in outcomes:
            if isinstance(outcome, Discarded):
                decision: Kept | Discarded = outcome
            else:
                decision = self._row(outcome, *next(looked_up), duplicates_of, splitter)
            if isinstance(decision, Discarded):
                self.statistics.discard(decision)
            yield decision

    def _row(
        self, row: Row, forms: TextForms, match: Match | None, duplicates_of: DuplicateFinder, splitter: Splitter
    ) -> Kept | Discarded:
        assert self._index is not None
        if (fault := fault_of(row, self._settings.max_characters)) is not None:
            return _thrown(row, "quality", fault)
        if match is not None:
            return _thrown(row, "contamination", match.reason())
        if (duplicate := duplicates_of.check(row, forms)) is not None:
            return _thrown(row, "duplicate", f"{duplicate.kind}: of {duplicate.of}")
        split = splitter.assign(row, forms.key)
        if split is None:
            return _thrown(row, "leak", "its text and its group lie in different splits")
        if self._index.first("groups", key_of(row.group), 1) is None:
            self.statistics.groups += 1
        self.statistics.count(row, split)
        number = self.statistics.rows[row.table, split] - 1
        return Kept(row.table, split, record_of(row, f"{row.problem.id}#{number}"))


def _thrown(row: Row, stage: str, reason: str) -> Discarded:
    text = "\n".join(part for part in (row.problem.prompt, row.completion) if part)
    return Discarded(row.problem.id, stage, reason, text, {"group": row.group, "source": row.source})
