"""The report of a generated dataset: rows kept and thrown away, coverage, difficulty, and some rows of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from reasoning.pages import Bar, bars, chart, columns, facts, picture, section, table
from reasoning.report.base import Drawn, ReportError, RunKind, mapping, number, read_json, read_lines
from reasoning.report.comparing import counts_table, overlap_table
from reasoning.report.items import ItemTable
from reasoning.runs.run import METRICS_NAME
from verifiers.wording import counted

__all__ = ["KIND"]

_DATASET: Final = "dataset"
_DISCARDED: Final = "discarded.jsonl"
_COVERAGE: Final = "coverage.svg"
_LENGTHS: Final = ("prompt_characters", "completion_characters")
_MOST_BARS: Final = 30
_ROWS: Final = 200
"""Rows on the page."""
_GROUP_ROWS: Final = 20
"""Rows that are looked at of each row group."""


def _body(directory: Path, config: Mapping[str, Any]) -> str:
    statistics = read_json(directory / METRICS_NAME)
    settings = mapping(config.get("settings"))
    names = ("pipeline", "problems", "engine", "method", "limit", "rows", "seed", "temperature")
    told = {name: settings.get(name) for name in names if not isinstance(settings.get(name), dict | list)}
    told["rows kept"] = f"{statistics.get('kept', 0):,}" if statistics else ""
    told["state"] = "" if statistics else f"not finished; go on with: reasoning generate --resume {directory}"
    return "".join(
        (
            section("Summary", facts(told), _tables(statistics), _lengths(statistics)),
            section("What was thrown away", _discarded(statistics)),
            section("Coverage", _coverage(directory), _difficulty(statistics), _counts(statistics)),
            section("Rows", _rows(directory)),
            section("Thrown away: some items", _thrown(directory)),
        )
    )


def _tables(statistics: Mapping[str, Any]) -> str:
    rows = [
        (name, split, f"{count:,}")
        for name, splits in mapping(statistics.get("rows")).items()
        for split, count in mapping(splits).items()
        if isinstance(count, int)
    ]
    return table(("table", "split", "rows"), rows)


def _lengths(statistics: Mapping[str, Any]) -> str:
    rows = []
    for name in _LENGTHS:
        found = mapping(statistics.get(name))
        if found:
            rows.append((name.replace("_", " "), found.get("mean", ""), found.get("longest", "")))
    return table(("text", "mean", "longest"), rows)


def _discarded(statistics: Mapping[str, Any]) -> str:
    stages = mapping(statistics.get("discarded_by_stage"))
    reasons = [
        (stage, reason, f"{count:,}")
        for stage, found in mapping(statistics.get("discarded")).items()
        for reason, count in sorted(mapping(found).items(), key=lambda pair: -(number(pair[1]) or 0))[:_MOST_BARS]
        if isinstance(count, int)
    ]
    return bars("thrown away, by stage", _bars(stages)) + table(("stage", "reason", "items"), reasons)


def _coverage(directory: Path) -> str:
    path = directory / _DATASET / _COVERAGE
    return picture(path.read_bytes(), "rows by topic and difficulty") if path.is_file() else ""


def _difficulty(statistics: Mapping[str, Any]) -> str:
    counts = statistics.get("difficulty")
    if not isinstance(counts, list):
        return ""
    size = max(len(counts), 1)
    return columns("rows by difficulty", [(f"{i / size:.1f}", number(count) or 0.0) for i, count in enumerate(counts)])


def _counts(statistics: Mapping[str, Any]) -> str:
    counts = ((name, mapping(statistics.get(f"{name}s"))) for name in ("kind", "topic", "source"))
    return "".join(bars(f"rows by {name}", _bars(found)) for name, found in counts)


def _bars(counts: Mapping[str, Any]) -> list[Bar]:
    known = [(str(name), value) for name, count in counts.items() if (value := number(count)) is not None]
    ranked = sorted(known, key=lambda pair: -pair[1])
    return [Bar(name, value, note=f"{value:,.0f}") for name, value in ranked[:_MOST_BARS]]


def _rows(directory: Path) -> str:
    items = ItemTable(_ROWS)
    for name, row in _sampled_rows(directory):
        text = row.get("completion") if isinstance(row.get("completion"), str) else row.get("chosen")
        rest = {
            key: value for key, value in row.items() if isinstance(value, str | int | float) and len(str(value)) <= 200
        }
        prompt = str(row.get("prompt", ""))
        shown = {**rest, "title": f"{row.get('id', name)}", "detail": "", "head": prompt, "text": text}
        items.offer(name.partition("#")[0], name, shown)
    return items.html()


def _sampled_rows(directory: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """`FILE#ROW` and row: the first rows of drawn row groups of each Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = directory / _DATASET
    for path in sorted(folder.rglob("*.parquet")):
        try:
            with pq.ParquetFile(path) as file:
                drawn: Drawn[int] = Drawn(max(1, _ROWS // _GROUP_ROWS))
                for group in range(file.num_row_groups):
                    drawn.offer(f"{path.name}/{group}", group)
                for group in drawn.kept():
                    rows = file.read_row_group(group).slice(0, _GROUP_ROWS).to_pylist()
                    for number_, row in enumerate(rows):
                        yield f"{path.relative_to(folder)}#{group}/{number_}", row
        except (OSError, pa.ArrowException) as error:
            raise ReportError(f"{path}: cannot be read: {error}") from None


def _thrown(directory: Path) -> str:
    items = ItemTable()
    for place, record in read_lines(directory / _DISCARDED):
        shown = {
            "title": str(record.get("id") or place.rpartition("/")[2]),
            "detail": str(record.get("reason", "")),
            "text": record.get("text"),
        }
        items.offer(str(record.get("stage", "")), place, shown)
    return items.html()


def _compared(runs: Mapping[str, Path]) -> str:
    """Rows, lengths, difficulty and what the rows are about, and how many prompts two datasets share."""
    statistics = {name: read_json(directory / METRICS_NAME) for name, directory in runs.items()}
    rows = {name: _in_tables(one) for name, one in statistics.items()}
    stages = {name: mapping(one.get("discarded_by_stage")) for name, one in statistics.items()}
    counted = (
        counts_table(
            f"rows by {part}", {name: mapping(one.get(f"{part}s")) for name, one in statistics.items()}, _MOST_BARS
        )
        for part in ("kind", "topic", "source")
    )
    shared = overlap_table("prompts", {name: _prompts(directory / _DATASET) for name, directory in runs.items()})
    return "".join(
        (
            section("Rows", counts_table("table and split", rows, _MOST_BARS), _lengths_beside(statistics)),
            section("Prompts in common", shared),
            section("Thrown away", counts_table("stage", stages, _MOST_BARS)),
            section("What the rows are", _difficulties(statistics), *counted),
        )
    )


def _prompts(folder: Path) -> Iterator[str]:
    """The column `prompt` of all Parquet files."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for path in sorted(folder.rglob("*.parquet")):
        try:
            with pq.ParquetFile(path) as file:
                if "prompt" in file.schema_arrow.names:
                    for batch in file.iter_batches(columns=["prompt"]):
                        yield from map(str, batch.column(0).to_pylist())
        except (OSError, pa.ArrowException) as error:
            raise ReportError(f"{path}: cannot be read: {error}") from None


def _in_tables(statistics: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{name}, {split}": count
        for name, splits in mapping(statistics.get("rows")).items()
        for split, count in mapping(splits).items()
    }


def _lengths_beside(statistics: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        [f"{name.replace('_', ' ')}, {which}", *(mapping(one.get(name)).get(which, "") for one in statistics.values())]
        for name in _LENGTHS
        for which in ("mean", "longest")
    ]
    return table(("length", *statistics), rows)


def _difficulties(statistics: Mapping[str, Mapping[str, Any]]) -> str:
    """Share of the rows with a known difficulty by difficulty, a line for each dataset."""
    curves = {}
    for name, one in statistics.items():
        counts = one.get("difficulty")
        found = [number(count) or 0.0 for count in counts] if isinstance(counts, list) else []
        total = sum(found)
        if total:
            curves[name] = [((place + 0.5) / len(found), count / total) for place, count in enumerate(found)]
    return chart("share of the rows", curves, "difficulty")


def _headline(directory: Path) -> str:
    statistics = read_json(directory / METRICS_NAME)
    return counted(statistics.get("kept", 0), "row", grouped=True) if statistics else "not finished"


def _holds(directory: Path, config: Mapping[str, Any]) -> bool:
    return "pipeline" in mapping(config.get("settings"))


KIND: Final = RunKind("generated dataset", _holds, _body, _headline, compared=_compared)
