"""From the store of a run to its records and metrics.

records.jsonl, one line a sample, in the order of the problems:
{"id": "Study_1:0", "sample": 0, "candidate": "def g(): ...", "passed": true, "score": 1.0, "status": "passed",
 "detail": "", "finish_reason": "stop", "cost": {"calls": 1, "prompt_tokens": 310, "completion_tokens": 42}}

A sample that was rated or checked by its method has a field `vote` as well: {"reward": 3.5469} or {"state": "true"}.
One whose model called tools has `tools`, [{"tool": "factor_integer", "arguments": "{...}", "status": "converged",
"result": "{...}"}, ...], and their number in its `cost` as `tool_calls`.

metrics.json:
{"pass@1": {"value": 0.149, "low": 0.121, "high": 0.178, "confidence": 0.95, "interval": "bootstrap", "problems": 397,
 "samples": 397000, "left_out": 0}, "pass@10": {...}, "solved": {...}, "statuses": {"passed": 59315, ...}, ...}

Both are made from the store alone and hold no times, hosts or dates, so they are the same bytes however often the run
was interrupted.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reasoning import __version__
from reasoning.evaluation.benchmarks.base import ExtraMetrics
from reasoning.evaluation.metrics import Metric, Tally, estimate_pass_at_k, metric_from_json, reported_ks
from reasoning.evaluation.votes import VoteCounter, vote_ks
from reasoning.runs.files import replaced_file, write_json
from reasoning.runs.judging import without_addresses
from reasoning.runs.run import METRICS_NAME, RECORDS_NAME, Run
from reasoning.runs.store import EXPORTED, FinishedItem, RunStore
from verifiers.records import Problem

__all__ = ["COUNTED_COSTS", "GroupResult", "Results", "export", "exported", "record_of", "results_from_json"]

COUNTED_COSTS = ("calls", "prompt_tokens", "completion_tokens")
"""Costs that are the same however often a run was interrupted; times are not."""
TOOL_CALLS = "tool_calls"
"""Likewise; shown where there were any."""


@dataclass(frozen=True, slots=True)
class GroupResult:
    """The problems that share a value of a group, such as level 2."""

    value: str
    problems: int
    solved: int
    pass_at_1: Metric


@dataclass(frozen=True, slots=True)
class Results:
    """What came out.

    Attributes:
        metrics: name -> estimate: `pass@k`, and with several samples `solved`, the share of problems with a right one.
        statuses: status -> number of samples.
        problems: number of problems.
        samples: number of finished samples.
        solved: number of problems with at least one right sample.
        first_unjudged: why the first of the samples that could not be judged could not.
        unrecorded: number of samples that the replayed file or run does not hold.
        groups: group -> its values, in order.
        per_sample: mean of each of `COUNTED_COSTS` over all finished samples, and of `tool_calls` where there were any.
        votes: name -> what several samples are worth together, see `reasoning.evaluation.votes`.
        first_k: the same, counted over the first k samples of each problem.
    """

    metrics: Mapping[str, Metric]
    statuses: Mapping[str, int]
    problems: int
    samples: int
    solved: int
    first_unjudged: str = ""
    unrecorded: int = 0
    groups: Mapping[str, Sequence[GroupResult]] = field(default_factory=dict)
    per_sample: Mapping[str, float] = field(default_factory=dict)
    votes: Mapping[str, Metric] = field(default_factory=dict)
    first_k: Mapping[str, Metric] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The form of `metrics.json`."""
        return {
            **{name: metric.to_json() for name, metric in {**self.votes, **self.metrics}.items()},
            "statuses": dict(self.statuses),
            "unjudged": sum(self.statuses.get(status, 0) for status in ("unavailable", "internal")),
            "problems": self.problems,
            "samples": self.samples,
            "problems_solved": self.solved,
            **({"unrecorded": self.unrecorded} if self.unrecorded else {}),
            "cost_per_sample": dict(self.per_sample),
            "groups": {
                name: {
                    row.value: {"problems": row.problems, "solved": row.solved, "pass@1": row.pass_at_1.to_json()}
                    for row in rows
                }
                for name, rows in self.groups.items()
            },
            **({"first_k": {name: metric.to_json() for name, metric in self.first_k.items()}} if self.first_k else {}),
        }


def results_from_json(data: Mapping[str, Any], samples: int) -> Results:
    """Results from their form in `metrics.json`; why a sample could not be judged does not stand there.

    Args:
        data: what `Results.to_json` gave.
        samples: samples of each problem.
    """
    first_k = data.get("first_k", {})
    estimates = {name: value for name, value in data.items() if isinstance(value, Mapping) and "estimator" in value}
    # Votes tell pass@k as well; where a metric has the same name, it is the metric that was written.
    votes = first_k.keys() - {f"pass@{k}" for k in reported_ks(samples)}
    return Results(
        metrics={name: metric_from_json(value) for name, value in estimates.items() if name not in votes},
        statuses=data["statuses"],
        problems=data["problems"],
        samples=data["samples"],
        solved=data["problems_solved"],
        unrecorded=data.get("unrecorded", 0),
        groups={
            name: [
                GroupResult(value, row["problems"], row["solved"], metric_from_json(row["pass@1"]))
                for value, row in rows.items()
            ]
            for name, rows in data["groups"].items()
        },
        per_sample=data["cost_per_sample"],
        votes={name: metric_from_json(value) for name, value in estimates.items() if name in votes},
        first_k={name: metric_from_json(value) for name, value in first_k.items()},
    )


def exported(run: Run, samples: int) -> Results | None:
    """What `export` found, where it has written it and nothing has changed since; else None.

    Args:
        run: whose store is asked.
        samples: samples of each problem.
    """
    mark = run.store.fact(EXPORTED)
    if mark is None or mark != _mark_of(run.directory):
        return None
    return results_from_json(json.loads((run.directory / METRICS_NAME).read_text(encoding="utf-8")), samples)


def _mark_of(directory: Path) -> str:
    """Tells the files that `export` writes, and the program that wrote them, from others."""
    try:
        records = (directory / RECORDS_NAME).stat()
        metrics = hashlib.sha256((directory / METRICS_NAME).read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
    return json.dumps([__version__, metrics, records.st_size, records.st_mtime_ns])


def export(
    run: Run,
    samples: int,
    groups: Sequence[str],
    extra: ExtraMetrics | None = None,
    problems: Iterable[tuple[int, Problem]] = (),
) -> Results:
    """Write `records.jsonl` and `metrics.json` of a run from its store.

    Args:
        run: whose store is read.
        samples: samples of each problem.
        groups: names in the problems' `meta` by which results are counted as well.
        extra: more metrics, of the benchmark's own.
        problems: number and problem, in order; needed for votes over several samples.
    """
    run.store.commit()
    counted = _Counted(by_sample=extra is not None)
    votes = VoteCounter(vote_ks(samples) if samples > 1 else [])
    with replaced_file(run.directory / RECORDS_NAME) as file:
        for item in counted.all(votes.watching(run.store.items(samples), problems)):
            file.write(json.dumps(record_of(item)))
            file.write("\n")
    results = replace(_results(counted, run.store, samples, groups), votes=votes.expected(), first_k=votes.first_k())
    if extra is not None:
        results = replace(results, metrics={**results.metrics, **extra(counted.samples)})
    write_json(run.directory / METRICS_NAME, results.to_json())
    run.store.set_fact(EXPORTED, _mark_of(run.directory))
    run.store.commit()
    return results


def record_of(item: FinishedItem) -> dict[str, Any]:
    """One line of `records.jsonl`."""
    verdict = item.judgement.verdict
    cost = {name: getattr(item.cost, name) for name in COUNTED_COSTS}
    if item.cost.tool_calls:
        cost[TOOL_CALLS] = item.cost.tool_calls
    return {
        "id": item.problem_id,
        "sample": item.sample,
        "candidate": item.judgement.candidate,
        "passed": verdict.passed,
        "score": verdict.score,
        "status": verdict.status.value,
        "detail": without_addresses(verdict.detail),
        "finish_reason": item.finish_reason,
        "cost": cost,
        **({"vote": dict(item.vote)} if item.vote else {}),
        **({"tools": list(item.tools)} if item.tools else {}),
    }


class _Counted:
    """Counts items as they pass by."""

    def __init__(self, *, by_sample: bool) -> None:
        self.samples: dict[str, list[bool]] = {}
        self._by_sample = by_sample
        self.statuses: Counter[str] = Counter()
        self.judged: Counter[int] = Counter()
        self.right: Counter[int] = Counter()
        self.spent: Counter[str] = Counter()
        self.first_unjudged = ""
        self.unrecorded = 0

    def all(self, items: Iterator[FinishedItem]) -> Iterator[FinishedItem]:
        for item in items:
            verdict = item.judgement.verdict
            self.statuses[verdict.status.value] += 1
            if not verdict.status.judged:
                self.first_unjudged = self.first_unjudged or verdict.detail
            self.unrecorded += item.finish_reason == "unrecorded"
            self.judged[item.problem] += verdict.status.judged
            self.right[item.problem] += verdict.passed
            for name in (*COUNTED_COSTS, TOOL_CALLS):
                self.spent[name] += getattr(item.cost, name)
            if self._by_sample:
                self.samples.setdefault(item.problem_id, []).append(verdict.passed)
            yield item

    def tally(self, problem: int) -> Tally:
        return Tally(self.judged[problem], self.right[problem])


def _results(counted: _Counted, store: RunStore, samples: int, groups: Sequence[str]) -> Results:
    problems = [(counted.tally(number), meta) for number, _, meta in store.problems()]
    tallies = [tally for tally, _ in problems]
    metrics = {f"pass@{k}": estimate_pass_at_k(tallies, k) for k in reported_ks(samples)}
    if samples > 1:
        metrics["solved"] = estimate_pass_at_k([_any_right(tally) for tally in tallies], 1)
    spent = (*COUNTED_COSTS, TOOL_CALLS) if counted.spent[TOOL_CALLS] else COUNTED_COSTS
    return Results(
        metrics=metrics,
        statuses=dict(sorted(counted.statuses.items())),
        problems=len(problems),
        samples=counted.statuses.total(),
        solved=sum(tally.c > 0 for tally in tallies),
        first_unjudged=counted.first_unjudged,
        unrecorded=counted.unrecorded,
        groups={name: rows for name in groups if (rows := _grouped(problems, name))},
        per_sample={name: counted.spent[name] / max(counted.statuses.total(), 1) for name in spent},
    )


def _any_right(tally: Tally) -> Tally:
    return Tally(min(tally.n, 1), min(tally.c, 1))


def _grouped(problems: Sequence[tuple[Tally, Mapping[str, Any]]], name: str) -> list[GroupResult]:
    members: dict[str, list[Tally]] = {}
    for tally, meta in problems:
        if meta.get(name) not in (None, ""):
            members.setdefault(str(meta[name]), []).append(tally)
    return [
        GroupResult(value, len(tallies), sum(tally.c > 0 for tally in tallies), estimate_pass_at_k(tallies, 1))
        for value, tallies in sorted(members.items())
    ]
