"""Which benchmark problems a dataset must not hold: all that this machine has, but for those meant for training.

protected = protect("all", [find_seeds("gsm8k:train")])
protected.names             # ["gsm8k:test", "math:test", ...]
protected.index             # reasoning.pipelines.backend.contamination.ContaminationIndex

A split whose name says that it is for training is not protected, nor is the one from which the dataset's own problems
come; problems of these splits that other splits of the same benchmark list as well (by id) are not protected either.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reasoning.data_files import DataFileError
from reasoning.evaluation.benchmarks import Benchmark, digest, find_benchmark, locate
from reasoning.evaluation.benchmarks.base import BenchmarkError, benchmark_names
from reasoning.evaluation.seeds import Seeds
from reasoning.pipelines.backend.contamination import ContaminationIndex, Match, problem_id
from reasoning.pipelines.backend.duplicates import TextForms
from reasoning.pipelines.backend.forms import problem_text
from reasoning.pipelines.backend.kept_index import kept_index
from reasoning.pipelines.backend.nearness import Nearness
from reasoning.pipelines.base import PipelineError
from reasoning.runs import progress_display
from reasoning.runs.progress import ProgressDisplay
from verifiers.records import Problem

__all__ = ["Protected", "protect"]


@dataclass(frozen=True, slots=True)
class Protected:
    """Problems that a dataset must not hold.

    Attributes:
        index: finds them by their words, and by their words but for numbers.
        sources: names of the splits, each with the hash of its files.
        nearness: finds them by an embedding model; None: there is none.
    """

    index: ContaminationIndex
    sources: tuple[tuple[str, str], ...]
    nearness: Nearness | None = None

    async def check(self, problems: Sequence[Problem], forms: Sequence[TextForms]) -> list[Match | None]:
        """Which protected problem each of these gives away, if any; `forms` are theirs.

        Raises:
            EngineError: the embedding model gives no vectors.
        """
        found = self.index.check(forms)
        if self.nearness is not None:
            rest = [place for place, match in enumerate(found) if match is None]
            near = await self.nearness.check([problem_text(problems[place]) for place in rest])
            for place, match in zip(rest, near, strict=True):
                found[place] = match
        return found

    @property
    def names(self) -> list[str]:
        """The splits, as `BENCHMARK:SPLIT`."""
        return [name for name, _ in self.sources]


def protect(
    wanted: str,
    sources: Sequence[Seeds],
    kept_apart: Collection[str] = (),
    near: Callable[[Sequence[tuple[str, str]]], Nearness] | None = None,
    *,
    quiet: bool = True,
) -> Protected:
    """The protected problems.

    Args:
        wanted: `all` that can be found without a download, `none`, or names separated by commas.
        sources: what the dataset is made from.
        kept_apart: benchmarks that `all` leaves out.
        near: makes the search by embeddings from (id, text) pairs; None: there is none.
        quiet: show no progress.

    Raises:
        PipelineError: a name is no benchmark.
        BenchmarkError: the files of one that was named cannot be had.
    """
    if wanted == "none":
        return Protected(ContaminationIndex([]), ())
    named, known = wanted != "all", benchmark_names()
    names = (
        [name.strip() for name in wanted.split(",")] if named else [name for name in known if name not in kept_apart]
    )
    for name in names:
        if name not in known:
            raise PipelineError(f"--decontaminate {wanted}: '{name}' is no benchmark (see `reasoning benchmarks`)")
    shelf = [shelved for name in names for shelved in _splits(find_benchmark(name), sources, named)]
    splits = tuple((one.name, one.sha256) for one in shelf if one.protected)
    nearness = None
    if near is not None:
        nearness = near([(problem_id(name, problem), problem_text(problem)) for name, problem in _problems(shelf)])

    def index() -> ContaminationIndex:
        with progress_display(total=None, label="benchmark problems to keep apart from", quiet=quiet) as progress:
            return ContaminationIndex(_counted(_problems(shelf), progress))

    depends_on = (f"{one.name} {one.sha256} {one.protected}" for one in shelf)
    return Protected(kept_index(depends_on, index), splits, nearness)


def _counted(problems: Iterator[tuple[str, Problem]], progress: ProgressDisplay) -> Iterator[tuple[str, Problem]]:
    for named in problems:
        yield named
        progress.advance()


@dataclass(frozen=True, slots=True)
class _Split:
    benchmark: Benchmark
    split: str
    paths: tuple[Path, ...]
    sha256: str
    protected: bool

    @property
    def name(self) -> str:
        return f"{self.benchmark.name}:{self.split}"

    def problems(self) -> Iterator[Problem]:
        return (entry.problem for entry in self.benchmark.read(self.paths, self.split))


def _splits(benchmark: Benchmark, sources: Sequence[Seeds], named: bool) -> list[_Split]:
    """The splits of a benchmark that can be found; `named`: they must be, and may be downloaded."""
    found = []
    for split in benchmark.files:
        own = any(source.benchmark is benchmark and source.split == split for source in sources)
        training = own or "train" in split
        try:
            paths = locate(benchmark, split, None, download=named and not training)
        except (BenchmarkError, DataFileError):
            if named and not training:
                raise
            continue
        found.append(_Split(benchmark, split, paths, digest(paths), not training))
    return found


def _problems(shelf: list[_Split]) -> Iterator[tuple[str, Problem]]:
    """Every protected problem once."""
    unprotected: set[tuple[str, str]] = set()
    for one in shelf:
        if not one.protected:
            unprotected.update((one.benchmark.name, problem.id) for problem in one.problems())
    seen: set[tuple[str, str]] = set()
    for one in shelf:
        if not one.protected:
            continue
        for problem in one.problems():
            key = (one.benchmark.name, problem.id)
            if key not in unprotected and key not in seen:
                seen.add(key)
                yield one.benchmark.name, problem
