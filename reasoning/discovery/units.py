"""Numbered, independent units of a search: worked off by all processors, each kept as soon as it is finished.

    finish_units(run, "chunk", total=40, make=partial(Searcher, settings), jobs=2, label="mitm", quiet=False)
    run.store.outcome("chunk", 7)       # what Searcher(settings).work(7) returned

A unit that is in the run's store is not done again, so a search goes on where it was stopped, by whatever.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from typing import Any, Final, Protocol

from reasoning.runs import Run, progress_display
from verifiers.sandbox.pool import available_processors

__all__ = ["DiscoveryError", "Worker", "finish_units"]

_AHEAD: Final = 4
"""Units that wait in the pool for each process."""


class DiscoveryError(ValueError):
    """The search cannot be done as asked; one clear line."""


class Worker(Protocol):
    """What works off units; holds what takes long to make."""

    def work(self, number: int) -> Any:
        """The outcome of one unit: plain JSON, not None, decided by the settings alone."""
        ...


def finish_units(
    run: Run, stage: str, total: int, make: Callable[[], Worker], *, jobs: int | None, label: str, quiet: bool
) -> None:
    """Work off the units 0 to total - 1 of a stage that are not in the run's store.

    Args:
        run: holds the store.
        stage: name of the outcomes in it.
        total: number of units.
        make: makes a worker; called once in each process, so it must be picklable.
        jobs: processes; None: one a processor.
        label: first words of the progress line.
        quiet: show no progress.
    """
    waiting = [number for number in range(total) if run.store.outcome(stage, number) is None]
    with progress_display(total=total, label=label, quiet=quiet) as progress:
        progress.skip(total - len(waiting))
        for number, found in _results(make, waiting, jobs or available_processors()):
            run.store.add_outcome(stage, number, found)
            run.store.commit()
            progress.advance()


def _results(make: Callable[[], Worker], numbers: Sequence[int], jobs: int) -> Iterator[tuple[int, Any]]:
    if jobs == 1 or len(numbers) < 2:
        worker = make() if numbers else None
        for number in numbers:
            assert worker is not None
            yield number, worker.work(number)
        return
    jobs = min(jobs, len(numbers))
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(jobs, context, initializer=_start, initargs=(make,)) as pool:
        try:
            rest = iter(numbers)
            pending = {pool.submit(_work, number) for _, number in zip(range(_AHEAD * jobs), rest, strict=False)}
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
                pending |= {pool.submit(_work, number) for _, number in zip(done, rest, strict=False)}
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_worker: Worker | None = None


def _start(make: Callable[[], Worker]) -> None:
    global _worker
    _worker = make()


def _work(number: int) -> tuple[int, Any]:
    assert _worker is not None
    return number, _worker.work(number)
