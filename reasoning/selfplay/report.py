"""What came of self-play: the curve of proved statements over verified proofs, and the conjectures of each round.

curve(Path("runs/stp"))          # [(12, 1), (15, 2), ...]: after 12 verdicts one statement was proved
write_report(run, config, before, summaries, state)          # OUT/report.md and OUT/curve.svg
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reasoning.pages.charts import chart
from reasoning.runs.files import replaced_file
from reasoning.selfplay.config import METHODS, SelfPlayConfig
from reasoning.selfplay.conjecturer_set import within_window
from reasoning.selfplay.records import Attempts, Conjecture, Example
from reasoning.selfplay.state import State
from reasoning.selfplay.store import read_lines, read_records, round_directory
from verifiers.wording import counted

__all__ = ["ACROSS", "curve", "finished_rounds", "held_out_curve", "round_summary", "write_report"]

ACROSS = "verdicts"
SHOWN = 12
"""Conjectures that a report shows of a round."""


def curve(run: Path) -> list[tuple[float, float]]:
    """(verdicts, statements of the data set that are proved), at each verdict that proves one and at the end of rounds.

    Verdicts on proofs of conjectures, and on whether a conjecture can be read, count like those on the data set.
    """
    points: list[tuple[float, float]] = [(0, 0)]
    proved: set[str] = set()
    checks = 0
    for directory in finished_rounds(run):
        summary = round_summary(directory)
        conjectures = {one.id for one in read_records(directory / "conjectures.jsonl", Conjecture)}
        checks += summary["conjecturing"]["checks"]
        end = checks + summary["proving"]["checks"]
        for line in read_lines(directory / "proving" / "checks.jsonl"):
            checks = min(checks + 1, end)
            if line["kind"] == "passed" and line["statement"] not in conjectures | proved:
                proved.add(line["statement"])
                points.append((checks, len(proved)))
        checks = end
        points.append((checks, len(proved)))
    return points


def held_out_curve(run: Path) -> list[tuple[float, float]]:
    """(verdicts in training, held-out statements proved in any measurement so far); empty where none was made."""
    before = run / "before" / "held_out.json"
    if not before.exists():
        return []
    proved = set(json.loads(before.read_text(encoding="utf-8"))["proved"])
    points: list[tuple[float, float]] = [(0, len(proved))]
    checks = 0
    for directory in finished_rounds(run):
        summary = round_summary(directory)
        checks += summary["checks"]
        proved.update(summary["held_out"]["proved"])
        points.append((checks, len(proved)))
    return points


def write_report(
    run: Path,
    config: SelfPlayConfig,
    before: Mapping[str, Any] | None,
    summaries: Sequence[Mapping[str, Any]],
    state: State,
) -> None:
    """Write `curve.svg` and `report.md`.

    Args:
        run: its directory, where both files go.
        config: the experiment.
        before: the measurement before the first round, if any.
        summaries: of the finished rounds.
        state: what is known after them.
    """
    if summaries:
        drawn = chart("proved statements", {config.method: curve(run)}, ACROSS)
        with replaced_file(run / "curve.svg") as file:
            file.write(drawn)
    with replaced_file(run / "report.md") as file:
        file.write("\n".join(_report(run, config, before, summaries, state)) + "\n")


def _report(
    run: Path,
    config: SelfPlayConfig,
    before: Mapping[str, Any] | None,
    summaries: Sequence[Mapping[str, Any]],
    state: State,
) -> list[str]:
    proved = len(state.dataset) - len(state.unproved)
    lines = [
        f"# Self-play: {config.method}, seed {config.seed}",
        "",
        f"{METHODS[config.method].summary.capitalize()}. {proved} of {len(state.dataset)} statements proved in "
        f"{counted(len(summaries), 'round')} and {state.checks} {ACROSS}.",
        "",
        "![proved statements](curve.svg)",
        "",
    ]
    if before is not None:
        lines += [f"Held out, before: {len(before['proved'])} of {before['statements']}.", ""]
    lines += [
        "| round | verdicts | proved | new | conjectures made, readable and new, kept | in the window | "
        "examples: conjecturer, prover | sampler idle | checker idle | held-out proved |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in summaries:
        made, fit, timing = one["conjecturing"], one["fit"], one["proving"]["timing"]
        held_out = "" if one["held_out"] is None else len(one["held_out"]["proved"])
        lines.append(
            f"| {one['round']} | {one['checks']} | {one['proved']} | {len(one['new'])} | "
            f"{made['sampled']}, {made['distinct']}, {made['kept']} | {_in_window(run, one['round'])} | "
            f"{fit['conjecturer_examples']}, {fit['prover_examples']} | {timing['sampler_idle']:.0%} | "
            f"{timing['checker_idle']:.0%} | {held_out} |"
        )
    lines += ["", "## Verdicts by kind", "", "| round | on proofs | on conjectures |", "| --- | --- | --- |"]
    lines += [
        f"| {one['round']} | {_kinds(one['proving']['kinds'])} | {_kinds(one['conjecturing']['kinds'])} |"
        for one in summaries
    ]
    for one in summaries:
        lines += _conjectures(run, one["round"])
    return lines


def _conjectures(run: Path, number: int) -> list[str]:
    """Conjectures of a round with their rates, those of the training set first."""
    directory = round_directory(run, number)
    rates = {one.statement: one for one in read_records(directory / "attempts.jsonl", Attempts)}
    weights = {one.statement: one.weight for one in read_records(directory / "conjecturer.jsonl", Example)}
    made = [one for one in read_records(directory / "conjectures.jsonl", Conjecture) if one.id in rates]
    if not made:
        return []
    made.sort(key=lambda one: (one.id not in weights, not rates[one.id].correct, one.id))
    lines = [
        "",
        f"## Conjectures of round {number}",
        "",
        "| proved | weight | lemma | conjecture |",
        "| --- | --- | --- | --- |",
    ]
    for one in made[:SHOWN]:
        fared, weight = rates[one.id], weights.get(one.id)
        text = " ".join(one.text.split()).replace("|", "\\|").replace("`", "'")
        lines.append(
            f"| {fared.correct}/{fared.samples} | {'' if weight is None else f'{weight:.2f}'} | {one.lemma} | "
            f"`{text}` |"
        )
    return lines


def _in_window(run: Path, number: int) -> int:
    directory = round_directory(run, number)
    made = {one.id for one in read_records(directory / "conjectures.jsonl", Conjecture)}
    attempts = read_records(directory / "attempts.jsonl", Attempts)
    return sum(one.statement in made and within_window(one.rate) for one in attempts)


def _kinds(kinds: Mapping[str, int]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in kinds.items())


def finished_rounds(run: Path) -> list[Path]:
    """Directories of the rounds that are finished, in order."""
    return sorted(path.parent for path in (run / "rounds").glob("*/summary.json"))


def round_summary(directory: Path) -> dict[str, Any]:
    """Content of a finished round's `summary.json`."""
    made: dict[str, Any] = json.loads((directory / "summary.json").read_text(encoding="utf-8"))
    return made
