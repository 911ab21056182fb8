"""The files of a self-play run: records as JSON lines, written whole or appended line by line.

OUT/config.json                     the experiment and the environment
OUT/log.jsonl                       one line for each finished round
OUT/lemmas.jsonl                    library theorems that proofs refer to
OUT/initial/model/                  behind a supervised stage, where there is one
OUT/rounds/000/inputs.jsonl         what the conjecturer was shown
OUT/rounds/000/conjecturing/        its completions
OUT/rounds/000/conjectures.jsonl    new statements that Lean can read
OUT/rounds/000/targets.jsonl        what the prover was asked
OUT/rounds/000/proving/             its samples and the verdicts, a line for each batch and each check
OUT/rounds/000/attempts.jsonl       success rates
OUT/rounds/000/proofs.jsonl         correct proofs
OUT/rounds/000/conjecturer.jsonl    what the conjecturer learned from, with weights
OUT/rounds/000/prover.jsonl         what the prover learned from, with weights
OUT/rounds/000/model/               behind the round; only the newest one is kept
OUT/rounds/000/held_out/            samples and verdicts of the measurement behind the round
OUT/rounds/000/summary.json         the round is finished
OUT/model/                          the finished model
OUT/metrics.json, curve.svg, report.md

A step is finished when its file is there. What is appended is read back up to the last whole line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol, Self, TextIO, TypeVar

from reasoning.json_lines import json_lines
from reasoning.runs.files import replaced_file

__all__ = ["Appended", "SelfPlayError", "read_lines", "read_records", "round_directory", "write_records"]


class SelfPlayError(RuntimeError):
    """Self-play cannot go on; one clear line that says what is kept."""


class _Written(Protocol):
    def to_json(self) -> dict[str, Any]: ...


class _Readable(Protocol):
    @classmethod
    def from_json(cls, values: Any) -> Self: ...


Record = TypeVar("Record", bound=_Readable)


def round_directory(run: Path, number: int) -> Path:
    """The directory of a round."""
    return run / "rounds" / f"{number:03}"


def write_records(path: Path, records: Iterable[_Written]) -> None:
    """Write records as JSON lines, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replaced_file(path) as file:
        for record in records:
            file.write(_line(record.to_json()))


def read_records(path: Path, kind: type[Record]) -> Iterator[Record]:
    """The records of a file that `write_records` wrote."""
    return (kind.from_json(values) for values in read_lines(path))


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file of JSON lines.

    Raises:
        SelfPlayError: a line is no object: the file was changed by something else.
    """
    return (record for _, record in json_lines(path, SelfPlayError))


class Appended:
    """A file that grows line by line; a line torn by a kill is cut off when it is opened again.

    Args:
        path: of the file; its directory is made.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.lines = _whole_lines(path)
        self._file: TextIO = open(path, "a", encoding="utf-8", newline="\n")  # noqa: SIM115 - closed by `close`

    def add(self, values: dict[str, Any]) -> None:
        """Append an object; it survives a kill of this process."""
        self._file.write(_line(values))
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _whole_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of the whole lines; what stands behind the last of them is cut off the file."""
    if not path.exists():
        return []
    found, end = [], 0
    with open(path, "rb+") as file:
        for line in file:
            try:
                values = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                values = None
            if not isinstance(values, dict):
                break
            found.append(values)
            end += len(line)
        file.truncate(end)
    return found


def _line(values: dict[str, Any]) -> str:
    # ASCII, so that lone surrogates of a model's text survive.
    return json.dumps(values) + "\n"
