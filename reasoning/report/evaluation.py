"""The report of an evaluation: metrics with intervals, curves, difficulty, calibration of votes, costs, items.

Records are read line by line; of the items, as many are kept as the page shows. Before a run has its records, it is
read from its store.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from reasoning.evaluation.explain_html import TREE_STYLE, tree_drawing
from reasoning.evaluation.explain_text import is_tree
from reasoning.evaluation.metrics import Tally, estimate_pass_at_k, pass_at_k
from reasoning.pages import Bar, bars, chart, columns, facts, section, table, text
from reasoning.report.base import ReportError, RunKind, mapping, number, percent, read_json, read_lines, share_text
from reasoning.report.calibration import Agreement, Rewards
from reasoning.report.items import SHOWN, ItemTable
from reasoning.report.scores import beside_html
from reasoning.runs.run import METRICS_NAME, RECORDS_NAME, STORE_NAME
from verifiers.records import Status
from verifiers.wording import counted

__all__ = ["KIND", "evaluation_body", "headline"]

_UNJUDGED: Final = frozenset(status.value for status in Status if not status.judged)
_AT: Final = re.compile(r"([a-z_]+)@(\d+)\Z")
_MOST_KS: Final = 60
_MOST_GROUPS: Final = 40
_MOST_TREES: Final = 8
_DIFFICULTIES: Final = 10
_WORDS: Final = {
    "pass": "any of k right",
    "maj": "majority of k",
    "weighted_maj": "majority by reward",
    "verified_maj": "majority by verification",
    "rm": "best of k by reward",
    "mean": "mean of k",
    "worst": "all of k right",
}
"""Rule -> what a curve is called."""


@dataclass(slots=True)
class _Counted:
    """What is counted of all records."""

    statuses: Counter[str] = field(default_factory=Counter)
    finishes: Counter[str] = field(default_factory=Counter)
    tallies: dict[str, list[int]] = field(default_factory=dict)
    tokens: dict[bool, Counter[int]] = field(default_factory=lambda: {True: Counter(), False: Counter()})
    rewards: Rewards = field(default_factory=Rewards)
    agreement: Agreement = field(default_factory=Agreement)

    @property
    def samples(self) -> int:
        return self.statuses.total()


def evaluation_body(directory: Path, config: Mapping[str, Any], shown: int = SHOWN) -> str:
    """The report without its head.

    Args:
        directory: of the run.
        config: its configuration.
        shown: items of each verdict.

    Raises:
        ReportError: a record is malformed.
    """
    metrics = read_json(directory / METRICS_NAME)
    settings = mapping(config.get("settings"))
    counted = _Counted()
    items = ItemTable(shown)
    votes = any(name.startswith("maj@") for name in metrics)
    for place, record in _records(directory, settings):
        try:
            _count(counted, record, votes)
            items.offer(record["status"], f"{record['id']}\0{record['sample']}", _item(record))
        except KeyError as error:
            raise ReportError(f"{place}: field {error}: missing") from None
        except (TypeError, ValueError, AttributeError) as error:
            raise ReportError(f"{place}: not a record of a sample: {error}") from None
    if not metrics:
        metrics = _metrics(counted)
    trees = _trees(directory, settings, items)
    return "".join(
        (
            section("Summary", _summary(directory, settings, counted, metrics)),
            section("Verdicts", _verdicts(counted)),
            section("What k samples are worth", _curves(counted, metrics)),
            section("Difficulty", _difficulty(counted), _groups(metrics)),
            section("Calibration", counted.agreement.html(), counted.rewards.html()),
            section("Cost", _costs(counted, metrics)),
            section("Items", _hint(directory), items.html(trees)),
        )
    )


def headline(directory: Path) -> str:
    """pass@1 and how many samples."""
    metrics = read_json(directory / METRICS_NAME)
    one = mapping(metrics.get("pass@1"))
    return (
        f"pass@1 {share_text(one)}, {counted(metrics.get('samples', 0), 'sample', grouped=True)}"
        if one
        else "not finished"
    )


def _records(directory: Path, settings: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if (directory / RECORDS_NAME).exists():
        yield from read_lines(directory / RECORDS_NAME)
    elif (directory / STORE_NAME).exists():
        from reasoning.evaluation.results import record_of
        from reasoning.runs.store import RunStore, StoreError

        try:
            store = RunStore(directory / STORE_NAME, reading=True)
        except StoreError as error:
            raise ReportError(str(error)) from None
        try:
            for item in store.items(int(settings.get("samples") or 1)):
                yield str(directory / STORE_NAME), record_of(item)
        finally:
            store.close()


def _count(counted: _Counted, record: Mapping[str, Any], votes: bool) -> None:
    status, passed = record["status"], bool(record["passed"])
    counted.statuses[status] += 1
    counted.finishes[str(record["finish_reason"])[:60]] += 1
    tally = counted.tallies.setdefault(str(record["id"]), [0, 0])
    if status in _UNJUDGED:
        return
    tally[0] += 1
    tally[1] += passed
    spent = int(record["cost"]["completion_tokens"])
    counted.tokens[passed][max(spent, 1).bit_length() - 1] += 1
    if "vote" in record and number(record["vote"].get("reward")) is not None:
        counted.rewards.add(float(record["vote"]["reward"]), passed)
    if votes:
        counted.agreement.add(str(record["id"]), record["candidate"], passed)


def _item(record: Mapping[str, Any]) -> dict[str, Any]:
    cost = record["cost"]
    return {
        "title": f"{record['id']}, sample {record['sample']}",
        "detail": record["detail"],
        "text": record["candidate"],
        "score": f"{float(record['score']):g}",
        "ended": record["finish_reason"],
        "cost": f"{counted(cost['calls'], 'call')}, {cost['prompt_tokens']} + {cost['completion_tokens']} tokens",
        "vote": ", ".join(f"{name} {value}" for name, value in record.get("vote", {}).items()),
        "tools": ", ".join(f"{call.get('tool')}: {call.get('status')}" for call in record.get("tools", ())),
        "id": record["id"],
        "sample": record["sample"],
    }


def _metrics(counted: _Counted) -> dict[str, Any]:
    """What can be said before the run has ended."""
    tallies = [Tally(n, c) for n, c in counted.tallies.values()]
    one = estimate_pass_at_k(tallies, 1)
    return {"pass@1": one.to_json(), "samples": counted.samples, "problems": len(tallies), "unfinished": True}


def _summary(directory: Path, settings: Mapping[str, Any], counted: _Counted, metrics: Mapping[str, Any]) -> str:
    names = ("benchmark", "split", "engine", "method", "prompt", "samples", "temperature", "seed", "budget")
    told = {name: settings.get(name) for name in names}
    told["problems"] = f"{len(counted.tallies):,}"
    told["samples in all"] = f"{counted.samples:,}"
    told["problems with a right sample"] = f"{sum(c > 0 for _, c in counted.tallies.values()):,}"
    if metrics.get("unfinished"):
        told["state"] = f"not finished; go on with: reasoning evaluate --resume {directory}"
    rows = [
        (name, percent(metric.get("value")), _between(metric), metric.get("interval", ""), metric.get("problems", ""),
         metric.get("left_out", ""))
        for name, metric in metrics.items()
        if isinstance(metric, Mapping) and "value" in metric
    ]  # fmt: skip
    heads = ("metric", "value", "95 %", "interval", "problems", "left out")
    return facts(told) + table(heads, rows)


def _between(metric: Mapping[str, Any]) -> str:
    low, high = percent(metric.get("low")), percent(metric.get("high"))
    return f"{low} - {high}" if low and high else ""


def _verdicts(counted: _Counted) -> str:
    total = max(counted.samples, 1)
    found = [
        Bar(name, count / total, note=f"{count:,} ({100 * count / total:.1f} %)")
        for name, count in counted.statuses.most_common()
    ]
    ends = [(name, f"{count:,}") for name, count in counted.finishes.most_common(12)]
    return bars("share of the samples", found, 1.0) + table(("how the last completion ended", "samples"), ends)


def _curves(counted: _Counted, metrics: Mapping[str, Any]) -> str:
    curves: dict[str, list[tuple[float, float]]] = {}
    most = max((n for n, _ in counted.tallies.values()), default=0)
    if most > 1:
        curves[_WORDS["pass"]] = _pass_curve(counted, most)
    for name, metric in metrics.items():
        found = _AT.match(name)
        if found is None or not isinstance(metric, Mapping):
            continue
        rule, k = found.group(1), int(found.group(2))
        value = number(metric.get("value"))
        if value is not None and rule != "pass":
            curves.setdefault(_WORDS.get(rule, rule), []).append((k, value))
        if rule == "pass" and most > 1:
            for end, told in (("low", "pass@k, lower end of the 95 %"), ("high", "pass@k, upper end of the 95 %")):
                value = number(metric.get(end))
                if value is not None:
                    curves.setdefault(told, []).append((k, value))
    return chart("share of the problems", {name: sorted(points) for name, points in curves.items()}, "k", shares=True)


def _pass_curve(counted: _Counted, most: int) -> list[tuple[float, float]]:
    """pass@k by the unbiased estimator, over the problems that have k judged samples."""
    shapes = Counter((n, c) for n, c in counted.tallies.values())
    step = max(1, math.ceil(most / _MOST_KS))
    points = []
    for k in sorted({1, *range(step, most + 1, step), most}):
        entering = {shape: count for shape, count in shapes.items() if shape[0] >= k}
        total = sum(entering.values())
        share = math.fsum(pass_at_k(n, c, k) * count for (n, c), count in entering.items()) / total
        points.append((float(k), share))
    return points


def _difficulty(counted: _Counted) -> str:
    """How many problems have which share of right samples; with one sample a problem that says nothing."""
    if max((n for n, _ in counted.tallies.values()), default=0) < 2:
        return ""
    places: Counter[int] = Counter()
    for n, c in counted.tallies.values():
        if n:
            places[math.ceil(_DIFFICULTIES * c / n)] += 1
    labels = ["0", *(f"≤ {place / _DIFFICULTIES:g}" for place in range(1, _DIFFICULTIES + 1))]
    return columns("problems by their share of right samples", [(label, places[i]) for i, label in enumerate(labels)])


def _groups(metrics: Mapping[str, Any]) -> str:
    parts = []
    for name, rows in mapping(metrics.get("groups")).items():
        found = []
        for value, row in list(mapping(rows).items())[:_MOST_GROUPS]:
            one = mapping(mapping(row).get("pass@1"))
            share = number(one.get("value"))
            if share is not None:
                note = f"{percent(share)}, {row.get('solved')} of {row.get('problems')} problems solved"
                found.append(Bar(str(value), share, number(one.get("low")), number(one.get("high")), note))
        parts.append(bars(f"pass@1 by {name}", found, 1.0))
    return "".join(parts)


def _costs(counted: _Counted, metrics: Mapping[str, Any]) -> str:
    means = mapping(metrics.get("cost_per_sample"))
    told = {f"{name.replace('_', ' ')} a sample": f"{value:.1f}" for name, value in means.items() if number(value)}
    parts = [facts(told)]
    for passed, word in ((True, "right"), (False, "other")):
        found = counted.tokens[passed]
        places = range(min(found, default=0), max(found, default=-1) + 1)
        parts.append(columns(f"{word} samples by completion tokens", [(f"{1 << p:,}+", found[p]) for p in places]))
    return "".join(parts)


def _trees(directory: Path, settings: Mapping[str, Any], items: ItemTable) -> dict[int, str]:
    """Function trees of some of the items that are shown, where the method has kept such."""
    if not str(settings.get("method", "")).startswith("funcoder") or not (directory / STORE_NAME).exists():
        return {}
    from reasoning.runs.store import RunStore

    store = RunStore(directory / STORE_NAME, reading=True)
    try:
        places = {id: number for number, id, _ in store.problems()}
        samples = int(settings.get("samples") or 1)
        found: dict[int, str] = {}
        for item in items.drawn():
            trace = store.trace(places[item["id"]] * samples + item["sample"]) if item["id"] in places else {}
            if is_tree(trace):
                found[id(item)] = f"<p>function tree</p>{tree_drawing(trace['tree'])}"
            if len(found) == _MOST_TREES:
                break
        return found
    finally:
        store.close()


def _hint(directory: Path) -> str:
    return f'<p class="note">{text(f"all that led to a verdict: reasoning explain {directory} ID --sample N")}</p>'


def _holds(directory: Path, config: Mapping[str, Any]) -> bool:
    return "benchmark" in mapping(config.get("settings"))


KIND: Final = RunKind("evaluation", _holds, evaluation_body, headline, TREE_STYLE, beside_html)
