"""Where problems to start from come from: a benchmark's split, a file of problems, or a dataset made earlier.

source = find_seeds("gsm8k:train")
next(source.entries()).problem.prompt           # "Natalia sold clips to 48 of her friends ..."

FILE.jsonl[.gz]      problems in the public form; `meta.reference` may hold a worked solution
FILE.parquet         rows with a column `problem` (the same, as JSON text), as datasets of ours have; `completion` may
                     hold a worked solution
data:NAME            a file of problems that comes with the package
DIRECTORY            a dataset's folder: all Parquet files of its default table; or the folder of one of its tables
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoning.data_files import data_file
from reasoning.engines.base import Message
from reasoning.evaluation.benchmarks import Benchmark, digest, find_benchmark, locate
from reasoning.evaluation.benchmarks.base import BenchmarkError, Entry, benchmark_names, json_lines, problem_from
from reasoning.evaluation.benchmarks.program_prompts import whole_reply
from reasoning.methods.base import Prompt, PromptStyle
from reasoning.parquet_rows import parquet_rows
from verifiers.records import Problem

__all__ = ["PLAIN", "Seeds", "find_seeds", "problems_in", "styles_of"]


@dataclass(frozen=True, slots=True)
class Seeds:
    """Problems to start from.

    Attributes:
        name: as it was given.
        paths: the files.
        read: the entries, in a fixed order; can be called again.
        benchmark: whose split it is; None for files.
        split: of that benchmark.
    """

    name: str
    paths: tuple[Path, ...]
    read: Callable[[], Iterator[Entry]]
    benchmark: Benchmark | None = None
    split: str = ""

    @property
    def sha256(self) -> str:
        """Of all the files."""
        return digest(self.paths)

    def entries(self, limit: int | None = None) -> Iterator[Entry]:
        """The first `limit` entries, or all."""
        for number, entry in enumerate(self.read()):
            if limit is not None and number >= limit:
                return
            yield entry


def find_seeds(name: str) -> Seeds:
    """The problems that `name` means.

    Raises:
        BenchmarkError: it is neither a benchmark nor a file or folder that can be read, or the benchmark has no such
            split, or its files cannot be had.
        DataFileError: there is no such built-in file.
    """
    word, _, split = name.partition(":")
    if word in benchmark_names():
        benchmark = find_benchmark(word)
        chosen = benchmark.split(split)
        if benchmark.prepare is not None:
            raise BenchmarkError(f"--problems {name}: its expected outputs are computed by `reasoning evaluate` only")
        paths = locate(benchmark, chosen, None)
        return Seeds(name, paths, lambda: benchmark.read(paths, chosen), benchmark, chosen)
    path = data_file(split) if word == "data" else Path(name)
    if path.is_dir():
        # A dataset's folder has its default table in `data`; a folder of one table may also be named itself.
        files = tuple(sorted((path / "data").glob("*.parquet")) or sorted(path.glob("*.parquet")))
        if not files:
            tables = sorted({file.parent.name for file in path.glob("*/*.parquet")})
            there = f"; name one of its tables: {', '.join(f'{path}/{table}' for table in tables)}" if tables else ""
            raise BenchmarkError(f"--problems {name}: holds no data/*.parquet and no *.parquet{there}")
        return Seeds(name, files, lambda: problems_in(files))
    if not path.is_file():
        raise BenchmarkError(f"--problems {name}: neither a benchmark (see `reasoning benchmarks`) nor a file")
    return Seeds(name, (path,), lambda: problems_in((path,)))


def styles_of(kind: str) -> tuple[PromptStyle, ...]:
    """Prompt styles for a problem of this kind that stems from a file; the first is the default, the last `PLAIN`."""
    return (*_styles_of(kind), PLAIN)


def _styles_of(kind: str) -> tuple[PromptStyle, ...]:
    if kind == "answer":
        from reasoning.evaluation.benchmarks.answer_prompts import COMPETITION_STYLES

        return COMPETITION_STYLES
    if kind == "choice":
        from reasoning.evaluation.benchmarks.answer_prompts import CHOICE_STYLES

        return CHOICE_STYLES
    if kind == "puzzle":
        from reasoning.evaluation.benchmarks.puzzle_prompts import CHAT

        return (CHAT,)
    if kind == "program":
        from reasoning.evaluation.benchmarks.humaneval import BENCHMARK

        return BENCHMARK.styles
    if kind == "proof":
        from reasoning.evaluation.benchmarks.proof_prompts import STYLES

        return STYLES
    if kind == "efa":
        from reasoning.families.prompts import EFA_STYLE

        return (EFA_STYLE,)
    return ()


def _plain_prompt(problem: Problem) -> Prompt:
    if not problem.prompt.strip():
        raise BenchmarkError(f"problem '{problem.id}': field 'prompt': missing; nothing else says how to ask for it")
    return Prompt(messages=(Message("user", problem.prompt),))


PLAIN = PromptStyle("plain", "the problem's prompt as it stands; the whole reply is judged", _plain_prompt, whole_reply)
"""How any problem can be put."""


def problems_in(paths: Sequence[Path]) -> Iterator[Entry]:
    """The problems of `.jsonl[.gz]` and `.parquet` files, in their order, with a worked solution where there is one.

    Raises:
        BenchmarkError: a file cannot be read, or holds something else.
    """
    for path in paths:
        yield from _parquet(path) if path.suffix == ".parquet" else _lines(path)


def _lines(path: Path) -> Iterator[Entry]:
    for place, record in json_lines(path):
        problem = problem_from(record, place)
        reference = problem.meta.get("reference")
        yield Entry(problem, (reference,) if isinstance(reference, str) else ())


def _parquet(path: Path) -> Iterator[Entry]:
    for place, row in parquet_rows(path, ("problem", "completion"), BenchmarkError):
        if "problem" not in row:
            raise BenchmarkError(f"{path}: column 'problem': missing")
        yield _entry(row, place)


def _entry(row: dict[str, Any], place: str) -> Entry:
    try:
        record = json.loads(row["problem"])
    except (TypeError, ValueError):
        raise BenchmarkError(f"{place}: column 'problem': expected the JSON text of a problem") from None
    completion = row.get("completion")
    return Entry(problem_from(record, place), (completion,) if completion else ())
