"""The report of a training run: accuracy before and after, curves of reward, loss, KL and whatever else was logged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from reasoning.pages import Bar, bars, chart, facts, folded, section
from reasoning.report.base import RunKind, mapping, number, percent, read_json, read_lines
from reasoning.report.comparing import overlaid
from reasoning.report.items import ItemTable

__all__ = ["KIND"]

_LOG: Final = "log.jsonl"
_METRICS: Final = "metrics.json"
_SAMPLES: Final = "**/samples.jsonl"
_FIRST: Final = {
    "reward": "mean reward of the training samples",
    "evaluation.accuracy": "share of right greedy answers to held-out questions",
    "evaluation.policy.kl": "KL of the next token to the start, nats",
    "kl": "KL to the reference, nats",
    "loss": "loss",
    "evaluation.policy.entropy": "entropy of the next token, nats",
    "evaluation.policy.tokens": "tokens of a sample",
    "learning_rate": "learning rate",
}
"""Names in a line of the log that come first, and what their curves are called."""
_ACROSS: Final = ("step", "round", "epoch", "seconds")


def _body(directory: Path, config: Mapping[str, Any]) -> str:
    settings = mapping(config.get("settings"))
    metrics = read_json(directory / _METRICS)
    told = {name: settings.get(name) for name in ("recipe", "model", "seed", "steps")}
    told["seconds"] = f"{metrics['seconds']:.0f}" if number(metrics.get("seconds")) is not None else ""
    told["state"] = "" if metrics else f"not finished; go on with: reasoning train --resume {directory}"
    curves = _curves(directory)
    first = [chart(title, {title: curves.pop(name)}, "step") for name, title in _FIRST.items() if name in curves]
    rest = [chart(name, {name: curve}, "step") for name, curve in sorted(curves.items())]
    more = folded("everything else that was logged", "".join(rest)) if any(rest) else ""
    return "".join(
        (
            section("Summary", facts(told), bars("right answers to held-out questions", _accuracies(metrics), 1.0)),
            section("Curves", *first, more),
            section("Samples", _samples(directory)),
        )
    )


def _compared(runs: Mapping[str, Path]) -> str:
    """Right answers before and after, and the curves of all runs in one chart each."""
    found = [
        replace(bar, name=f"{name}: {bar.name}")
        for name, directory in runs.items()
        for bar in _accuracies(read_json(directory / _METRICS))
    ]
    first, rest = overlaid(_FIRST, {name: _curves(directory) for name, directory in runs.items()}, "step")
    return "".join(
        (
            section("Right answers", bars("right answers to held-out questions", found, 1.0)),
            section("Curves", *first, folded("everything else that was logged", "".join(rest)) if any(rest) else ""),
        )
    )


def _accuracies(metrics: Mapping[str, Any]) -> list[Bar]:
    found = []
    for when in ("before", "after"):
        one = mapping(metrics.get(when))
        value = number(one.get("accuracy"))
        if value is not None:
            note = f"{percent(value)}, {one.get('right')} of {one.get('asked')}"
            found.append(Bar(when, value, number(one.get("low")), number(one.get("high")), note))
    best = mapping(metrics.get("best_of_n"))
    for name, told in (("one", "one sample"), ("best", f"best of {best.get('n')}"), ("any", f"any of {best.get('n')}")):
        value = number(best.get(name))
        if value is not None:
            found.append(Bar(told, value, note=percent(value)))
    return found


def _curves(directory: Path) -> dict[str, list[tuple[float, float]]]:
    """Name -> points, of every number in the log. Rounds count their steps anew, so they are put behind each other."""
    curves: dict[str, list[tuple[float, float]]] = {}
    base, step, turn = 0.0, 0.0, None
    for _, line in read_lines(directory / _LOG):
        if line.get("round", turn) != turn:
            base, turn, step = base + step, line["round"], 0.0
        step = number(line.get("step")) or step
        for name, value in _numbers(line, ""):
            if name not in _ACROSS:
                curves.setdefault(name, []).append((base + step, value))
    return curves


def _numbers(record: Mapping[str, Any], before: str) -> Iterator[tuple[str, float]]:
    for name, value in record.items():
        if isinstance(value, Mapping) and before.count(".") < 4:
            yield from _numbers(value, f"{before}{name}.")
        elif (found := number(value)) is not None:
            yield f"{before}{name}", found


def _samples(directory: Path) -> str:
    items = ItemTable()
    for path in sorted(directory.glob(_SAMPLES)):
        for place, record in read_lines(path):
            texts = {name: value for name, value in record.items() if isinstance(value, str | int | float)}
            prompt, text = texts.pop("prompt", ""), texts.pop("completion", texts.pop("text", None))
            right = record.get("right")
            verdict = "not judged" if right is None else "right" if right else "wrong"
            title = str(texts.get("id") or place.rpartition("/")[2])
            items.offer(verdict, place, {**texts, "title": title, "detail": "", "head": prompt, "text": text})
    return items.html()


def _headline(directory: Path) -> str:
    metrics = read_json(directory / _METRICS)
    shares = [percent(mapping(metrics.get(when)).get("accuracy")) for when in ("before", "after")]
    return f"{shares[0]} right before, {shares[1]} after" if all(shares) else "not finished"


def _holds(directory: Path, config: Mapping[str, Any]) -> bool:
    return "recipe" in mapping(config.get("settings"))


KIND: Final = RunKind("training", _holds, _body, _headline, compared=_compared)
