"""Judges a file of lines, one verdict a line, in order and in constant memory: what `reasoning verify` runs.

in:   {"id": "a", "problem": {"id": "p", "kind": "puzzle", "sat": "def sat(x: int): return x == 3"}, "candidate": "3"}
out:  {"id": "a", "passed": true, "score": 1.0, "status": "passed", "detail": "", "seconds": 0.006, "isolation": [...]}

The output grows in `OUT.partial` and takes its own name when it is whole; a resume counts the complete lines there.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from reasoning.json_lines import numbered_lines, parse_object
from reasoning.runs.files import PARTIAL_SUFFIX
from reasoning.runs.judging import JUDGED_AT_ONCE_FACTOR
from reasoning.runs.mapping import stream
from reasoning.runs.progress import ProgressDisplay
from verifiers.answer_frames import readable
from verifiers.records import Problem, RecordError, Status, Verdict

__all__ = [
    "FLUSH_LINES",
    "JUDGED_AT_ONCE_FACTOR",
    "FileError",
    "JudgedLine",
    "LinesSummary",
    "judge_lines",
]

FLUSH_LINES = 256
"""Verdicts are handed to the operating system at least every so many lines."""
FLUSH_SECONDS = 0.05
"""And at least this often; a kill loses no more."""
SHOWN_BAD_LINES = 20
"""Bad lines that are named on standard error, one line each; the rest is counted."""

Judge = Callable[[Problem, str], Awaitable[Verdict]]
Explain = Callable[[Problem, str, Verdict], dict[str, Any]]
ReadLine = Callable[[dict[str, Any]], tuple[Problem, str | None]]
"""From a line's object to its problem and candidate; None where it has none."""


class FileError(RuntimeError):
    """A file cannot be read or written as asked; one clear line that names it."""


@dataclass(frozen=True, slots=True)
class JudgedLine:
    """What came of one line: its verdict, and what was wrong with the line (empty: nothing)."""

    number: int
    verdict: Verdict
    fault: str = ""
    explanation: dict[str, Any] | None = None

    def to_bytes(self) -> bytes:
        """The output line."""
        record = self.verdict.to_json()
        if self.explanation is not None:
            record["explanation"] = self.explanation
        return json.dumps(record).encode() + b"\n"


@dataclass(slots=True)
class LinesSummary:
    """Counts over all lines of one call.

    Attributes:
        statuses: number of verdicts by status.
        resumed: lines that an earlier call had judged; they are not in `statuses`.
        faults: the first bad lines, in words.
        bad: number of bad lines.
    """

    statuses: Counter[Status] = field(default_factory=Counter)
    resumed: int = 0
    faults: list[str] = field(default_factory=list)
    bad: int = 0

    @property
    def unjudged(self) -> int:
        """Lines that no verifier could judge."""
        return sum(count for status, count in self.statuses.items() if not status.judged)


async def judge_lines(
    source: str,
    target: str,
    kind: str,
    judge: Judge,
    *,
    concurrency: int,
    progress: ProgressDisplay,
    explain: Explain | None = None,
    resume: bool = False,
    read: ReadLine | None = None,
) -> LinesSummary:
    """Judge every line of `source` and write the verdicts to `target`, in the order of the lines.

    Args:
        source: path of a `.jsonl` or `.jsonl.gz` file, or `-` for standard input.
        target: likewise, `-` for standard output.
        kind: what the problems are; a problem that names another kind gets an `error` verdict.
        judge: gives the verdict; may raise `RecordError` for a malformed problem.
        concurrency: lines judged at once.
        progress: counts the lines.
        explain: says more about a verdict, put into the line as `explanation`.
        resume: go on after the complete lines of the partial output.
        read: finds problem and candidate of a line; None: they stand in it as `problem` and `candidate`.

    Returns:
        Counts over the lines.

    Raises:
        FileError: a file cannot be read or written, or the partial output belongs to other input.
    """
    summary = LinesSummary()
    work = _Work(judge, explain, read or _reader_of(kind))
    lines = numbered_lines(source, FileError)
    output = _Output(target)
    done = output.open(resume)
    flushing: asyncio.Task[None] | None = None
    try:
        for expected in done:
            number, line = next(lines, (0, None))
            found = _id_of(line, number) if number else None
            if found != expected:
                shown = "nothing" if found is None else f"'{readable(found)}'"
                raise FileError(
                    f"{output.partial}: verdict {summary.resumed + 1} is for '{readable(expected)}', but {source} has "
                    f"{shown} there; without --resume it is written anew"
                )
            summary.resumed += 1
        progress.skip(summary.resumed)
        flushing = asyncio.create_task(output.flush_now_and_then())
        async with aclosing(stream(lines, work.line, concurrency=concurrency)) as judged:
            async for item in judged:
                output.write(item.to_bytes())
                status = item.verdict.status
                summary.statuses[status] += 1
                if item.fault:
                    summary.bad += 1
                    if len(summary.faults) < SHOWN_BAD_LINES:
                        summary.faults.append(f"{source}, line {item.number}: {item.fault}")
                progress.advance(item.verdict.passed if status.judged else None)
        output.finish()
    finally:
        if flushing is not None:
            flushing.cancel()
        output.close()
    return summary


class _Work:
    """Turns one line into its verdict."""

    def __init__(self, judge: Judge, explain: Explain | None, read: ReadLine) -> None:
        self._judge = judge
        self._explain = explain
        self._read = read

    async def line(self, numbered: tuple[int, bytes | None]) -> JudgedLine:
        number, line = numbered
        id = str(number)
        try:
            record = _parse(line)
            id = _line_id(record, number)
            problem, candidate = self._read(record)
        except RecordError as error:
            return _bad_line(number, id, Status.ERROR, str(error))
        if candidate is None:
            return _bad_line(
                number, id, Status.UNPARSABLE, "field 'candidate' (of samples: 'solution' or 'completion'): missing"
            )
        try:
            verdict = (await self._judge(problem, candidate)).with_id(id)
        except RecordError as error:
            return _bad_line(number, id, Status.ERROR, f"problem: {error}")
        except (RecursionError, MemoryError):
            return _bad_line(number, id, Status.ERROR, "problem: nested too deeply, or too large, to be read")
        explanation = self._explain(problem, candidate, verdict) if self._explain is not None else None
        return JudgedLine(number, verdict, explanation=explanation)


def _reader_of(kind: str) -> ReadLine:
    """Reads lines that hold a problem of this kind and a candidate."""

    def read(record: dict[str, Any]) -> tuple[Problem, str | None]:
        fields = record.get("problem")
        if fields is None:
            raise RecordError("problem", "missing")
        if isinstance(fields, dict) and "kind" not in fields:
            fields = {**fields, "kind": kind}
        problem = Problem.from_json(fields)
        if problem.kind != kind:
            raise RecordError("problem.kind", f"is '{problem.kind}', expected '{kind}'")
        candidate = record.get("candidate")
        if candidate is not None and not isinstance(candidate, str):
            raise RecordError("candidate", f"expected a string, got {type(candidate).__name__}")
        return problem, candidate

    return read


def _parse(line: bytes | None) -> dict[str, Any]:
    try:
        return parse_object(line)
    except ValueError as error:
        raise RecordError("", str(error)) from None


def _line_id(record: dict[str, Any], number: int) -> str:
    id = record.get("id", record.get("task_id"))
    return id if isinstance(id, str) else str(number) if id is None else json.dumps(id)


def _id_of(line: bytes | None, number: int) -> str:
    try:
        return _line_id(_parse(line), number)
    except RecordError:
        return str(number)


def _bad_line(number: int, id: str, status: Status, fault: str) -> JudgedLine:
    fault = readable(fault)
    return JudgedLine(number, Verdict.of(id, status, f"line {number}: {fault}"), fault)


class _Output:
    """Verdict lines on their way to a file: first beside it, then in its place."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._file: BinaryIO | None = None
        self._unflushed = 0
        self.partial = Path(target + PARTIAL_SUFFIX)

    def open(self, resume: bool) -> Iterator[str]:
        """Open for writing; with `resume` the ids of the lines that are there already."""
        if self._target == "-":
            self._file = sys.stdout.buffer
            return iter(())
        try:
            if not resume:
                self._file = open(self.partial, "wb")  # noqa: SIM115 - closed by close()
                return iter(())
            if not self.partial.exists() and Path(self._target).exists():
                raise FileError(f"{self._target} is complete; nothing to resume")
            self._file = open(self.partial, "ab")  # noqa: SIM115 - closed by close()
            complete = _complete_bytes(self.partial)
            self._file.truncate(complete)
        except OSError as error:
            raise FileError(f"{self.partial}: cannot be written: {error.strerror}") from None
        return self._ids()

    def write(self, line: bytes) -> None:
        assert self._file is not None
        self._file.write(line)
        self._unflushed += 1
        if self._unflushed >= FLUSH_LINES:
            self.flush()

    def flush(self) -> None:
        if self._file is not None and self._unflushed:
            self._file.flush()
            self._unflushed = 0

    async def flush_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            self.flush()

    def finish(self) -> None:
        """All lines are written: give the file its name."""
        self.flush()
        if self._file is None or self._target == "-":
            return
        os.fsync(self._file.fileno())
        if self._target.endswith(".gz"):
            packed = Path(self._target + ".packed" + PARTIAL_SUFFIX)
            with open(self.partial, "rb") as plain, gzip.GzipFile(packed, "wb", mtime=0) as file:
                shutil.copyfileobj(plain, file)
            packed.replace(self._target)
            self.partial.unlink()
        else:
            self.partial.replace(self._target)

    def close(self) -> None:
        self.flush()
        if self._file is not None and self._target != "-":
            self._file.close()

    def _ids(self) -> Iterator[str]:
        with open(self.partial, "rb") as file:
            for line in file:
                try:
                    yield str(json.loads(line)["id"])
                except (ValueError, KeyError, TypeError):
                    raise FileError(f"{self.partial}: holds something that is not a verdict") from None


def _complete_bytes(path: Path) -> int:
    """Length of `path` up to the end of its last complete line."""
    complete = position = 0
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            end = block.rfind(b"\n")
            if end >= 0:
                complete = position + end + 1
            position += len(block)
    return complete
