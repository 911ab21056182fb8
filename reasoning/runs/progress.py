"""Shows how far a run is: a bar on a terminal, one plain line at intervals elsewhere.

    with progress_display(total=1000, label="p3") as progress:
        progress.advance(passed=True)

Off a terminal it prints, on standard error, lines such as

    p3: 312/1000 items, 41.0/s, 17 s left, 64.1 % passed
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

from verifiers.wording import counted

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

__all__ = ["BAR_INTERVAL_SECONDS", "LINE_INTERVAL_SECONDS", "ProgressDisplay", "progress_display"]

BAR_INTERVAL_SECONDS = 0.25
LINE_INTERVAL_SECONDS = 10.0


class ProgressDisplay:
    """Counts finished items and shows the counts now and then.

    Args:
        total: items in all; None: not known.
        label: what they are, for people.
        surface: where counts are shown; None: nowhere.
        before_showing: called first, so that what is shown is kept.
    """

    def __init__(
        self, total: int | None, label: str, surface: _Surface | None, before_showing: Callable[[], None]
    ) -> None:
        self.done = 0
        self._total = total
        self._label = label
        self._surface = surface
        self._before_showing = before_showing
        self._fresh = 0
        self._judged = 0
        self._passed = 0
        self._started = time.monotonic()
        self._shown = self._started
        self._shown_done = 0

    def skip(self, count: int) -> None:
        """Count items that an earlier attempt finished; they do not enter the speed."""
        self.done += count

    def advance(self, passed: bool | None = None) -> None:
        """Count one finished item; `passed` is None where nothing was judged."""
        self.done += 1
        self._fresh += 1
        if passed is not None:
            self._judged += 1
            self._passed += passed
        # Looking at the clock for each of a million items costs more than some items.
        if self._surface is not None and (self._fresh & 15 == 0 or self._total is None or self._total < 10_000):
            now = time.monotonic()
            if now - self._shown >= self._surface.interval:
                self._shown = now
                self.show()

    def show(self) -> None:
        """Show the counts as they are now; what is shown as finished has been committed before."""
        if self._surface is not None:
            self._before_showing()
            self._surface.show(self.done, self.summary())
            self._shown_done = self.done

    def finish(self) -> None:
        """Show the last counts where they have not been shown."""
        if self.done != self._shown_done:
            self.show()

    def summary(self) -> str:
        """The counts in one line."""
        rate = self._fresh / max(time.monotonic() - self._started, 1e-9)
        parts = [f"{self._label}: {_items(self.done, self._total)}", f"{rate:.1f}/s"]
        if self._total is not None and rate > 0 and self.done < self._total:
            parts.append(f"{_duration((self._total - self.done) / rate)} left")
        if self._judged:
            parts.append(f"{100 * self._passed / self._judged:.1f} % passed")
        return ", ".join(parts)


@contextmanager
def progress_display(
    *,
    total: int | None,
    label: str,
    quiet: bool = False,
    stream: TextIO | None = None,
    before_showing: Callable[[], None] = lambda: None,
) -> Iterator[ProgressDisplay]:
    """A display that ends with the block.

    Args:
        total: number of items, None where it is not known.
        label: first words of the line.
        quiet: show nothing.
        stream: where to; standard error by default.
        before_showing: called before every showing (commits what is about to be called finished).
    """
    out = sys.stderr if stream is None else stream
    surface: _Surface | None = None
    if not quiet:
        surface = _Bar(total, out, label) if out.isatty() else _Lines(out)
    display = ProgressDisplay(total, label, surface, before_showing)
    try:
        yield display
    finally:
        display.finish()
        if surface is not None:
            surface.close()


class _Surface(Protocol):
    interval: float

    def show(self, done: int, summary: str) -> None: ...

    def close(self) -> None: ...


class _Lines:
    interval = LINE_INTERVAL_SECONDS

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def show(self, done: int, summary: str) -> None:
        print(summary, file=self._stream, flush=True)

    def close(self) -> None:
        self._stream.flush()


class _Bar:
    interval = BAR_INTERVAL_SECONDS

    def __init__(self, total: int | None, stream: TextIO, label: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._progress: RichProgress = Progress(
            BarColumn(), TextColumn("{task.description}"), console=Console(file=stream), auto_refresh=False
        )
        self._progress.start()
        # A model may take minutes before the first item is finished.
        self._task: TaskID = self._progress.add_task(f"{label}: {_items(0, total)}", total=total)
        self._progress.refresh()

    def show(self, done: int, summary: str) -> None:
        self._progress.update(self._task, completed=done, description=summary)
        self._progress.refresh()

    def close(self) -> None:
        self._progress.stop()


def _items(done: int, total: int | None) -> str:
    return counted(done, "item") if total is None else f"{done}/{counted(total, 'item')}"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
