"""The report of a search for formulas: counts, how the fractions converge, and each conjecture with its plot."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from reasoning.discovery.catalogue import CATALOGUE_NAME
from reasoning.discovery.mathml import FORMULA_STYLE
from reasoning.pages import Bar, bars, dots, facts, paged, section, table, text
from reasoning.report.base import Drawn, ReportError, RunKind, mapping, number, read_json, read_lines
from reasoning.report.comparing import overlap_table
from reasoning.runs.run import METRICS_NAME
from verifiers.wording import counted

__all__ = ["KIND"]

_SHOWN: Final = 120
"""Conjectures with their plots on the page."""
_DOTS: Final = 1_500
_LISTS: Final = {"Families": "families.jsonl", "Clusters": "clusters.jsonl"}
"""Heading -> a file of plain records that some searches leave."""
_MOST_LISTED: Final = 300
_CELL_CHARACTERS: Final = 300


def _body(directory: Path, config: Mapping[str, Any]) -> str:
    settings = mapping(config.get("settings"))
    counts = read_json(directory / METRICS_NAME)
    told: dict[str, object] = {
        str(name): value if isinstance(value, str | int | float) else ", ".join(map(str, value))
        for name, value in settings.items()
        if isinstance(value, str | int | float | list) and value not in ("", [])
    }
    told["state"] = "" if counts else "not finished; go on with --resume"
    found = [Bar(str(name), value, note=f"{value:,.0f}") for name, one in counts.items() if (value := number(one))]
    return "".join(
        (
            section("Summary", facts(told), bars("what became of the candidates", found)),
            section("Convergence", *_convergence(directory)),
            section("Conjectures", *_conjectures(directory)),
            *(section(title, _listed(directory / name)) for title, name in _LISTS.items()),
        )
    )


def _convergence(directory: Path) -> list[str]:
    """How fast and how well the fractions converge, and how many each constant has."""
    constants: Counter[str] = Counter()
    points: Drawn[tuple[float, float, str]] = Drawn(_DOTS)
    for place, row in read_lines(directory / CATALOGUE_NAME):
        constants[str(row.get("constant") or row.get("value", ""))] += 1
        fast, delta = number(row.get("digits_per_term")), number(row.get("delta"))
        if fast is not None and delta is not None:
            points.offer(place, (fast, delta, f"{row.get('value')}: a = {row.get('a')}, b = {row.get('b')}"))
    ranked = [Bar(name, count, note=f"{count:,}") for name, count in constants.most_common(30)]
    return [bars("conjectures by constant", ranked), dots("irrationality measure δ", points.kept(), "digits a term")]


def _conjectures(directory: Path) -> list[str]:
    from reasoning.discovery.page import article

    drawn: Drawn[tuple[str, dict[str, Any]]] = Drawn(_SHOWN)
    for place, row in read_lines(directory / CATALOGUE_NAME):
        drawn.offer(place, (place, row))
    kept = drawn.kept()
    shown = counted(drawn.offered, "conjecture", grouped=True)
    if len(kept) < drawn.offered:
        shown += f", {len(kept)} of them here, drawn evenly; {CATALOGUE_NAME} holds all"
    parts = []
    for place, row in kept:
        try:
            parts.append(article(row))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise ReportError(f"{place}: no conjecture: {error}") from None
    return (
        [f"<p>{text(shown)}. Each plot shows the correct digits after each term.</p>", paged(parts, 20)]
        if parts
        else []
    )


def _listed(path: Path) -> str:
    """The first records of a file as a table."""
    rows: list[list[str]] = []
    heads: list[str] = []
    for _, record in read_lines(path):
        heads = heads or list(record)
        if len(rows) < _MOST_LISTED:
            rows.append([_cell(record.get(name, "")) for name in heads])
    return table(heads, rows)


def _cell(value: Any) -> str:
    return (value if isinstance(value, str) else json.dumps(value))[:_CELL_CHARACTERS]


def _compared(runs: Mapping[str, Path]) -> str:
    """What became of the candidates of each search, and how many formulas two searches share."""
    counts = {name: read_json(directory / METRICS_NAME) for name, directory in runs.items()}
    told = dict.fromkeys(what for one in counts.values() for what, count in one.items() if number(count) is not None)
    rows = [[what, *(_count(one.get(what)) for one in counts.values())] for what in told]
    shared = overlap_table("formulas", {name: _formulas(directory) for name, directory in runs.items()})
    return section("What became of the candidates", table(("", *runs), rows)) + section("Formulas in common", shared)


def _count(value: Any) -> str:
    found = number(value)
    return "" if found is None else f"{found:,.15g}"


def _formulas(directory: Path) -> Iterator[str]:
    for _, row in read_lines(directory / CATALOGUE_NAME):
        yield json.dumps([row.get(name) for name in ("a", "b", "value")])


def _headline(directory: Path) -> str:
    counts = read_json(directory / METRICS_NAME)
    if not counts:
        return "not finished"
    return counted(counts.get("conjectures", counts.get("verified", 0)), "conjecture", grouped=True)


def _holds(directory: Path, config: Mapping[str, Any]) -> bool:
    return "search" in mapping(config.get("settings")) or (directory / CATALOGUE_NAME).exists()


KIND: Final = RunKind("search for formulas", _holds, _body, _headline, FORMULA_STYLE, _compared)
