"""The report of a study on families: the shares with their intervals, in all and by grade, and the seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from reasoning.pages import Bar, bars, facts, section, table
from reasoning.report.base import RunKind, mapping, number, percent, read_json, read_lines, share_text
from reasoning.report.items import ItemTable
from reasoning.runs.run import METRICS_NAME, RECORDS_NAME

__all__ = ["KIND"]


def _body(directory: Path, config: Mapping[str, Any]) -> str:
    settings = mapping(config.get("settings"))
    metrics = read_json(directory / METRICS_NAME)
    names = ("study", "families", "problems", "engine", "second", "method", "variants", "samples", "seed")
    told = {name: settings.get(name) for name in names}
    told["state"] = "" if metrics else "not finished; go on with the same command and --resume"
    grades = [
        (grade, name, share_text(mapping(share)), f"{mapping(share).get('count')} of {mapping(share).get('total')}")
        for grade, shares in mapping(metrics.get("by_grade")).items()
        for name, share in mapping(shares).items()
    ]
    return "".join(
        (
            section("Summary", facts(told), bars("shares", _shares(metrics), 1.0)),
            section("By grade", table(("grade", "what", "share (95 %)", "count"), grades)),
            section("Seeds", _seeds(directory)),
        )
    )


def _compared(runs: Mapping[str, Path]) -> str:
    """The shares of all runs with their intervals."""
    found = [
        replace(bar, name=f"{name}: {bar.name}")
        for name, directory in runs.items()
        for bar in _shares(read_json(directory / METRICS_NAME))
    ]
    return section("Shares", bars("shares", sorted(found, key=lambda bar: bar.name.partition(": ")[2]), 1.0))


def _shares(metrics: Mapping[str, Any]) -> list[Bar]:
    found = []
    for name, share in mapping(metrics.get("metrics")).items():
        one = mapping(share)
        value = number(one.get("value"))
        if value is not None:
            note = f"{percent(value)}, {one.get('count')} of {one.get('total')}"
            found.append(Bar(str(name), value, number(one.get("low")), number(one.get("high")), note))
    return found


def _seeds(directory: Path) -> str:
    items = ItemTable()
    for place, record in read_lines(directory / RECORDS_NAME):
        right = record.get("right")
        detail = f"{sum(map(bool, right))} of {len(right)} variants solved" if isinstance(right, list) else ""
        failed = record.get("failed")
        texts = (
            [str(mapping(mapping(one).get("problem")).get("prompt", "")) for one in failed]
            if isinstance(failed, list)
            else []
        )
        rest = {name: value for name, value in record.items() if isinstance(value, str | int | float)}
        shown = {**rest, "title": str(record.get("seed", "")), "detail": detail, "text": "\n\n".join(texts) or None}
        items.offer(str(record.get("grade") or "seeds"), place, shown)
    return items.html()


def _headline(directory: Path) -> str:
    metrics = mapping(read_json(directory / METRICS_NAME).get("metrics"))
    return (
        ", ".join(f"{name} {percent(mapping(share).get('value'))}" for name, share in metrics.items()) or "not finished"
    )


def _holds(directory: Path, config: Mapping[str, Any]) -> bool:
    return "study" in mapping(config.get("settings"))


KIND: Final = RunKind("study on families", _holds, _body, _headline, compared=_compared)
