r"""What a benchmark is: where its files come from, its problems with their reference answers, how they are asked.

    benchmark = find_benchmark("p3")
    paths = locate(benchmark, split="397", data=None)
    entry = next(benchmark.read(paths, "397"))
    entry.problem.id, entry.references[0]       # ("Study_1:0", "def sol():\\n    return ('h' + 'o') * 1000")

The reference answers stand beside the problem, not in it: an engine that is given the problem never sees them.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reasoning import json_lines as lines
from reasoning.evaluation.benchmarks.json_stream import array_items
from reasoning.evaluation.metrics import Metric
from reasoning.methods.base import PromptStyle
from verifiers.plugins import Plugins
from verifiers.records import Problem, RecordError

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = [
    "BENCHMARKS",
    "Benchmark",
    "BenchmarkError",
    "Entry",
    "ExtraMetrics",
    "SourceFile",
    "benchmark_names",
    "find_benchmark",
    "json_array",
    "json_lines",
    "prepared",
    "problem_from",
    "problem_lines",
    "proof_problem",
    "text_field",
]

BENCHMARKS: dict[str, str] = {
    "puzzles": "reasoning.evaluation.benchmarks.puzzles:BENCHMARK",
    "p3": "reasoning.evaluation.benchmarks.p3:BENCHMARK",
    "humaneval": "reasoning.evaluation.benchmarks.humaneval:BENCHMARK",
    "mbpp": "reasoning.evaluation.benchmarks.mbpp:BENCHMARK",
    "compound": "reasoning.evaluation.benchmarks.compound:BENCHMARK",
    "humaneval-plus": "reasoning.evaluation.benchmarks.humaneval_plus:BENCHMARK",
    "mbpp-plus": "reasoning.evaluation.benchmarks.mbpp_plus:BENCHMARK",
    "xcodeeval": "reasoning.evaluation.benchmarks.xcodeeval:BENCHMARK",
    "livecodebench": "reasoning.evaluation.benchmarks.livecodebench:BENCHMARK",
    "families": "reasoning.evaluation.benchmarks.families:BENCHMARK",
    "gsm8k": "reasoning.evaluation.benchmarks.gsm8k:BENCHMARK",
    "math": "reasoning.evaluation.benchmarks.hendrycks_math:BENCHMARK",
    "aime24": "reasoning.evaluation.benchmarks.contests:AIME24",
    "amc23": "reasoning.evaluation.benchmarks.contests:AMC23",
    "olympiadbench": "reasoning.evaluation.benchmarks.olympiadbench:BENCHMARK",
    "minerva": "reasoning.evaluation.benchmarks.minerva:BENCHMARK",
    "college_math": "reasoning.evaluation.benchmarks.expressions:COLLEGE_MATH",
    "gaokao2023en": "reasoning.evaluation.benchmarks.expressions:GAOKAO2023EN",
    "carp_en": "reasoning.evaluation.benchmarks.expressions:CARP_EN",
    "odyssey_math": "reasoning.evaluation.benchmarks.expressions:ODYSSEY_MATH",
    "cmath": "reasoning.evaluation.benchmarks.chinese:CMATH",
    "cn_middle_school": "reasoning.evaluation.benchmarks.chinese:CN_MIDDLE_SCHOOL",
    "gaokao2024": "reasoning.evaluation.benchmarks.chinese:GAOKAO2024",
    "gaokao_math_cloze": "reasoning.evaluation.benchmarks.chinese:GAOKAO_MATH_CLOZE",
    "gaokao_math_qa": "reasoning.evaluation.benchmarks.chinese:GAOKAO_MATH_QA",
    "mmlu_stem": "reasoning.evaluation.benchmarks.multiple_choice:MMLU_STEM",
    "sat_math": "reasoning.evaluation.benchmarks.multiple_choice:SAT_MATH",
    "aqua": "reasoning.evaluation.benchmarks.multiple_choice:AQUA",
    "theoremqa": "reasoning.evaluation.benchmarks.theoremqa:BENCHMARK",
    "svamp": "reasoning.evaluation.benchmarks.word_problems:SVAMP",
    "asdiv": "reasoning.evaluation.benchmarks.word_problems:ASDIV",
    "mawps": "reasoning.evaluation.benchmarks.word_problems:MAWPS",
    "gsm_hard": "reasoning.evaluation.benchmarks.word_problems:GSM_HARD",
    "wemath": "reasoning.evaluation.benchmarks.wemath:BENCHMARK",
    "questbench-logic": "reasoning.evaluation.benchmarks.questbench_logic:BENCHMARK",
    "questbench-planning": "reasoning.evaluation.benchmarks.questbench_planning:BENCHMARK",
    "questbench-equations": "reasoning.evaluation.benchmarks.questbench_equations:EQUATIONS",
    "questbench-words": "reasoning.evaluation.benchmarks.questbench_equations:WORDS",
    "optibench": "reasoning.evaluation.benchmarks.optibench:BENCHMARK",
    "core-lean": "reasoning.evaluation.benchmarks.core_lean:BENCHMARK",
    "minif2f": "reasoning.evaluation.benchmarks.minif2f:BENCHMARK",
    "proofnet": "reasoning.evaluation.benchmarks.proofnet:BENCHMARK",
    "putnambench": "reasoning.evaluation.benchmarks.putnambench:BENCHMARK",
    "fstar": "reasoning.evaluation.benchmarks.fstar:BENCHMARK",
    "own": "reasoning.evaluation.benchmarks.own:BENCHMARK",
}
"""Name -> `module:attribute`; imported when first used. Other packages add theirs with entry points in the group
`reasoning_toolkit.benchmarks` whose values are a `Benchmark`."""
PLUGINS = Plugins("benchmarks", "benchmark")
_WINDOW = re.compile(r"(?:\d{4}-\d{2}-\d{2})?\.\.(?:\d{4}-\d{2}-\d{2})?")


ExtraMetrics = Callable[[Mapping[str, Sequence[bool]]], Mapping[str, Metric]]
"""(problem id -> whether each of its samples was right) -> named metrics."""


class BenchmarkError(ValueError):
    """A benchmark is unknown, cannot be found or is malformed; one clear line that names file, line and field."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a benchmark.

    Attributes:
        name: its name in a local folder, where it may also end in `.gz`; for a built-in file, its path in the data
            folder; for one that another package holds, its whole path.
        url: where it is published, pinned to a revision; empty for a file that is there.
        sha256: of the file at that address, in hex.
        origin: for a file that cannot be downloaded by itself, where people get it.
    """

    name: str
    url: str = ""
    sha256: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A problem and the answers that its authors gave (texts that the verifier must accept)."""

    problem: Problem
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A set of problems.

    Attributes:
        name: as given on the command line; also the name of its folder in the cache.
        summary: one line for people.
        files: split -> the files that it is read from, the main one first; the first split is the default.
        styles: how it can be asked; the first is the default.
        timeout_seconds: default limit for judging one candidate.
        read: `(paths of the files, split)` -> the entries, in a fixed order; raises `BenchmarkError`.
        groups: names in a problem's `meta` by which results are shown.
        folder: of a local collection in which it lies; empty: the one that has its name.
        prepare: `(paths of the files, sandbox, show no progress)` -> those and further ones that `read` needs, which
            are computed by running the benchmark's own code in the sandbox; None: nothing is needed.
        dated: whether a split may also be a window of dates, `FIRST..LAST`, read from the default split's files.
        metrics: more metrics of a run, from (problem id -> whether each sample was right, in order).
        default_engine: asked where none is named: the built-in model, or `search` where no model is needed.
    """

    name: str
    summary: str
    files: Mapping[str, tuple[SourceFile, ...]]
    styles: tuple[PromptStyle, ...]
    timeout_seconds: float
    read: Callable[[Sequence[Path], str], Iterator[Entry]]
    groups: tuple[str, ...] = ()
    folder: str = ""
    prepare: Callable[[tuple[Path, ...], SandboxPool, bool], Awaitable[tuple[Path, ...]]] | None = None
    dated: bool = False
    metrics: ExtraMetrics | None = None
    default_engine: str = "nano"

    def style(self, name: str | None = None) -> PromptStyle:
        """The prompt style with this name; None or empty: the default one.

        Raises:
            BenchmarkError: there is none.
        """
        for style in self.styles:
            if not name or name == style.name:
                return style
        known = ", ".join(style.name for style in self.styles)
        raise BenchmarkError(f"{self.name} has no prompt style '{name}'; it has: {known}")

    def split(self, name: str | None = None) -> str:
        """`name`, checked; None or empty: the default split. A window of dates is a split of a dated benchmark.

        Raises:
            BenchmarkError: there is none.
        """
        if not name:
            return next(iter(self.files))
        if name not in self.files and not (self.dated and _WINDOW.fullmatch(name)):
            known = ", ".join(self.files) + (", or a window such as 2024-08-01..2025-02-01" if self.dated else "")
            raise BenchmarkError(f"{self.name} has no split '{name}'; it has: {known}")
        return name

    def source_files(self, split: str) -> tuple[SourceFile, ...]:
        """The files that a checked split is read from, the main one first."""
        return self.files[split if split in self.files else next(iter(self.files))]


def benchmark_names() -> list[str]:
    """All benchmarks, built in first, then those of other packages; imports none of them."""
    return [*BENCHMARKS, *PLUGINS.names(besides=BENCHMARKS)]


def find_benchmark(name: str) -> Benchmark:
    """The benchmark with this name.

    Raises:
        BenchmarkError: there is none.
        PluginError: another package's cannot be loaded.
    """
    found: Benchmark | None = PLUGINS.named(name, BENCHMARKS, Benchmark)
    if found is None:
        raise BenchmarkError(f"no benchmark '{name}'; known benchmarks: {', '.join(benchmark_names())}")
    return found


async def prepared(
    benchmark: Benchmark, paths: tuple[Path, ...], pool: SandboxPool, quiet: bool = True
) -> tuple[Path, ...]:
    """The paths from which `benchmark.read` reads: the given ones, and what it prepares from them.

    Args:
        benchmark: which one.
        paths: of its files.
        pool: the sandbox, for what is worked out there.
        quiet: show no progress.

    Raises:
        BenchmarkError: it cannot be prepared.
    """
    return paths if benchmark.prepare is None else await benchmark.prepare(paths, pool, quiet)


def json_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place (`FILE, line N`) and object of every line of a `.jsonl` or `.jsonl.gz` file.

    Raises:
        BenchmarkError: a line is not a JSON object, or the file cannot be read.
    """
    return lines.json_lines(path, BenchmarkError)


def json_array(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Place (`FILE, item N`) and object of every item of a `.json` or `.json.gz` file that holds one array; streamed.

    Raises:
        BenchmarkError: the file holds something else, or cannot be read.
    """
    number = 0
    try:
        with _open(path) as file:
            for number, item in enumerate(array_items(file), 1):
                yield f"{path}, item {number}", _object(item, f"{path}, item {number}")
    except (OSError, EOFError, ValueError, RecursionError, zlib.error) as error:
        if isinstance(error, BenchmarkError):
            raise
        place = f"{path}, behind item {number}" if number else f"{path}"
        raise BenchmarkError(f"{place}: cannot be read: {error}") from None


def text_field(record: Mapping[str, Any], name: str, place: str) -> str:
    """The string field `name` of a record found at `place`.

    Raises:
        BenchmarkError: it is missing or no string.
    """
    return lines.text_field(record, name, place, BenchmarkError)


def problem_from(record: Mapping[str, Any], place: str) -> Problem:
    """The problem in a record of the public form.

    Raises:
        BenchmarkError: a field is missing or wrong.
    """
    try:
        problem = Problem.from_json(record)
    except RecordError as error:
        raise BenchmarkError(f"{place}: {error}") from None
    if not problem.id:
        raise BenchmarkError(f"{place}: field 'id': missing")
    return problem


def problem_lines(path: Path, kind: str) -> Iterator[tuple[str, Entry]]:
    """Place and entry of each problem in a `.jsonl` file of the public form; `meta.reference` is the reference answer.

    Args:
        path: of the file.
        kind: that all its problems have.

    Raises:
        BenchmarkError: a line holds no problem of that kind, or an id occurs twice.
    """
    seen: set[str] = set()
    for place, record in json_lines(path):
        problem = problem_from(record, place)
        if problem.kind != kind:
            raise BenchmarkError(f"{place}: field 'kind': is '{problem.kind}', expected '{kind}'")
        if problem.id in seen:
            raise BenchmarkError(f"{place}: field 'id': '{problem.id}' occurs twice")
        seen.add(problem.id)
        meta = dict(problem.meta)
        reference = meta.pop("reference", None)
        yield place, Entry(replace(problem, meta=meta), (reference,) if isinstance(reference, str) else ())


def proof_problem(id: str, system: str, statement: str, header: str, place: str, *, prompt: str = "") -> Problem:
    """A problem of kind `proof` whose statement can be read, where the system is one whose statements are read here.

    Args:
        id: of the problem.
        system: `lean`, `isabelle` or another one.
        statement: up to the place where the proof begins.
        header: what stands before it.
        place: file and line, for messages.
        prompt: the problem in words.

    Raises:
        BenchmarkError: it cannot.
    """
    from verifiers.proofs.isabelle import text as isabelle
    from verifiers.proofs.lean import text as lean

    try:
        if system == "lean":
            lean.split_statement(statement)
        elif system == "isabelle":
            isabelle.split_statement(statement)
            isabelle.split_header(header)
    except RecordError as error:
        raise BenchmarkError(f"{place}: {error}") from None
    return Problem(id, "proof", prompt, {"system": system, "statement": statement, "header": header})


def _open(path: Path) -> Any:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8")


def _object(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BenchmarkError(f"{place}: expected an object, got {type(value).__name__}")
    return value
