"""The report of self-play: proved statements over verdicts, conjectures by round, some conjectures and proofs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from reasoning.pages import chart, facts, section, table
from reasoning.report.base import ReportError, RunKind, mapping, number, read_json, read_lines
from reasoning.report.comparing import overlaid
from reasoning.report.items import ItemTable
from reasoning.selfplay.config import SELF_PLAY

__all__ = ["KIND"]

_METRICS: Final = "metrics.json"
_ACROSS: Final = "verdicts"
_FOUND: Final = ("proved", "statements", "conjectures_proved", "held_out_before", "held_out")
_MADE: Final = ("sampled", "distinct", "kept")
"""What is counted of the conjectures of a round."""
_HEADS: Final = (
    "round", "verdicts", "proved", "new", "conjectures made", "new and readable", "kept", "held-out proved",
    "verdicts on proofs", "verdicts on conjectures", "seconds",
)  # fmt: skip


def _body(directory: Path, config: Mapping[str, Any]) -> str:
    settings, metrics = mapping(config.get("settings")), read_json(directory / _METRICS)
    summaries = list(_summaries(directory))
    told = {name: settings.get(name) for name in ("method", "model", "rounds", "seed", "checks")}
    told |= {name.replace("_", " "): metrics.get(name) for name in _FOUND}
    told["verdicts"] = metrics.get("checks")
    told["state"] = "" if metrics else f"not finished; go on with: reasoning train --resume {directory}"
    plain = {name: value for name, value in told.items() if not isinstance(value, dict | list)}
    return "".join(
        (
            section("Summary", facts(plain)),
            section("Curves", *_curves(directory, summaries)),
            section("Rounds", table(_HEADS, [_row(one) for one in summaries])),
            section("Conjectures", _conjectures(directory)),
            section("Proofs", _proofs(directory)),
        )
    )


def _summaries(directory: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((directory / "rounds").glob("*/summary.json")):
        yield read_json(path)


def _curves(directory: Path, summaries: list[dict[str, Any]]) -> list[str]:
    proved, made = _proved(directory), _made(summaries)
    drawn = [chart(title, {title: points}, _ACROSS) for title, points in proved.items()]
    return [*drawn, chart("conjectures", {f"conjectures {name}": points for name, points in made.items()}, "round")]


def _proved(directory: Path) -> dict[str, list[tuple[float, float]]]:
    """Title -> (verdicts, statements), of the data set and of the held-out statements."""
    from reasoning.selfplay.report import curve, held_out_curve
    from reasoning.selfplay.store import SelfPlayError

    try:
        return {"proved statements": curve(directory), "proved held-out statements": held_out_curve(directory)}
    except (SelfPlayError, OSError, ValueError, KeyError, TypeError) as error:
        raise ReportError(f"{directory}: damaged: {error}") from None


def _made(summaries: list[dict[str, Any]]) -> dict[str, list[tuple[float, float]]]:
    """What is counted of conjectures -> (round, count)."""
    made: dict[str, list[tuple[float, float]]] = {}
    for place, one in enumerate(summaries):
        conjecturing = mapping(one.get("conjecturing"))
        for name in _MADE:
            value = number(conjecturing.get(name))
            if value is not None:
                made.setdefault(name, []).append((place, value))
    return made


def _compared(runs: Mapping[str, Path]) -> str:
    """What was proved in the end, and the curves of all runs in one chart each."""
    metrics = {name: read_json(directory / _METRICS) for name, directory in runs.items()}
    titles = {name: name.replace("_", " ") for name in _FOUND} | {"checks": "verdicts"}
    rows = [[title, *(one.get(name, "") for one in metrics.values())] for name, title in titles.items()]
    proved = {name: _proved(directory) for name, directory in runs.items()}
    first, _ = overlaid({title: title for one in proved.values() for title in one}, proved, _ACROSS)
    made = {name: _made(list(_summaries(directory))) for name, directory in runs.items()}
    second, _ = overlaid({name: f"conjectures {name}" for name in _MADE}, made, "round")
    return section("In the end", table(("", *runs), rows)) + section("Curves", *first, *second)


def _row(one: Mapping[str, Any]) -> list[object]:
    made, held_out = mapping(one.get("conjecturing")), mapping(one.get("held_out")).get("proved")
    new = one.get("new")
    return [
        one.get("round", ""),
        one.get("checks", ""),
        one.get("proved", ""),
        len(new) if isinstance(new, list) else "",
        *(made.get(name, "") for name in _MADE),
        len(held_out) if isinstance(held_out, list) else "",
        _kinds(mapping(one.get("proving"))),
        _kinds(made),
        one.get("seconds", ""),
    ]


def _kinds(part: Mapping[str, Any]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in mapping(part.get("kinds")).items())


def _conjectures(directory: Path) -> str:
    items = ItemTable()
    for path in sorted((directory / "rounds").glob("*/conjectures.jsonl")):
        rates = {str(one.get("statement")): one for _, one in read_lines(path.with_name("attempts.jsonl"))}
        for place, one in read_lines(path):
            fared = rates.get(str(one.get("id")))
            group, detail = "not tried", ""
            if fared is not None:
                group = "proved" if fared.get("correct") else "not proved"
                detail = f"{fared.get('correct')} of {fared.get('samples')} samples prove it"
            origin = {name: str(one.get(name, ""))[:200] for name in ("seed", "lemma")}
            shown = {"title": str(one.get("id", "")), "detail": detail, "text": str(one.get("text", "")), **origin}
            items.offer(group, place, {**shown, "round": path.parent.name})
    return items.html()


def _proofs(directory: Path) -> str:
    items = ItemTable()
    for path in sorted((directory / "rounds").glob("*/proofs.jsonl")):
        for place, one in read_lines(path):
            premises = one.get("premises")
            used = ", ".join(map(str, premises)) if isinstance(premises, list) else ""
            shown = {"title": str(one.get("statement", "")), "detail": f"sampled {one.get('count')} times",
                     "text": str(one.get("text", "")), "premises": used[:500], "round": path.parent.name}  # fmt: skip
            items.offer(str(one.get("kind", "")), place, shown)
    return items.html()


def _headline(directory: Path) -> str:
    metrics = read_json(directory / _METRICS)
    if not metrics:
        return "not finished"
    return f"{metrics.get('proved')} of {metrics.get('statements')} statements proved, {metrics.get('checks')} verdicts"


def _holds(directory: Path, config: Mapping[str, Any]) -> bool:
    return mapping(config.get("settings")).get("recipe") == SELF_PLAY


KIND: Final = RunKind("self-play", _holds, _body, _headline, compared=_compared)
