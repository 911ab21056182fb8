"""Runs of self-play side by side: at equal verdicts, by method over seeds, and what became of conjectures.

compared = Compared([Path("runs/stp-1"), Path("runs/stp-2"), Path("runs/expert-1")])
print(compared.markdown())        # each run, and each method over its seeds, at the verdicts that all reach
Path("proved.svg").write_text(compared.svg())
print(conjectures_markdown([Path("runs/stp-1"), Path("runs/stp-2")]))
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from reasoning.pages.charts import chart
from reasoning.selfplay.config import METHODS, SelfPlayConfig, self_play_config_from_json
from reasoning.selfplay.conjecturer_set import within_window
from reasoning.selfplay.records import Attempts, Conjecture
from reasoning.selfplay.report import ACROSS, curve, finished_rounds, held_out_curve, round_summary
from reasoning.selfplay.store import SelfPlayError, read_lines, read_records
from reasoning.training.session import CONFIG_NAME

__all__ = ["Compared", "conjectures_markdown"]

STEPS = 6
"""Places at which methods are compared, the last one where the shortest run ends."""


class Compared:
    """Several runs side by side.

    Args:
        runs: their directories.

    Attributes:
        checks: verdicts that all runs reach.
        conjecturing: those of the runs whose method conjectures.

    Raises:
        SelfPlayError: a directory holds no finished round.
    """

    def __init__(self, runs: Sequence[Path]) -> None:
        self._curves: dict[str, list[tuple[float, float]]] = {}
        self._held_out: dict[str, list[tuple[float, float]]] = {}
        self._methods: dict[str, list[str]] = {}
        self.conjecturing: list[Path] = []
        for run in runs:
            config = _config_of(run)
            name = f"{config.method}, seed {config.seed}"
            if name in self._curves:
                raise SelfPlayError(f"{run}: a second run of {name}")
            self._curves[name] = curve(run)
            if len(self._curves[name]) == 1:
                raise SelfPlayError(f"{run} holds no finished round")
            self._methods.setdefault(config.method, []).append(name)
            if METHODS[config.method].conjectures:
                self.conjecturing.append(run)
            held_out = held_out_curve(run)
            if held_out:
                self._held_out[name] = held_out
        self.checks = min(points[-1][0] for points in self._curves.values())

    def rows(self) -> list[tuple[str, int, int | None]]:
        """Method and seed, statements proved, held-out statements proved: at the verdicts that all runs reach."""
        return [
            (name, _at(points, self.checks) or 0, _at(self._held_out.get(name, ()), self.checks))
            for name, points in self._curves.items()
        ]

    def by_method(self, steps: int = STEPS) -> list[tuple[int, dict[str, tuple[int, ...]]]]:
        """At evenly spaced numbers of verdicts: of each method, statements proved in the run of each seed.

        Args:
            steps: how many places.
        """
        places = [round(self.checks * step / steps) for step in range(1, steps + 1)]
        return [
            (place, {method: tuple(_at(self._curves[name], place) or 0 for name in names)
                     for method, names in self._methods.items()})
            for place in places
        ]  # fmt: skip

    def markdown(self) -> str:
        """Two tables: the runs at the last place, and the methods at all of them, as mean (least to most)."""
        lines = [f"| at {self.checks:.0f} {ACROSS} | proved | held-out proved |", "| --- | --- | --- |"]
        lines += [f"| {name} | {proved} | {'' if other is None else other} |" for name, proved, other in self.rows()]
        lines += ["", f"| {ACROSS} | {' | '.join(self._methods)} |", f"| --- |{' --- |' * len(self._methods)}"]
        for place, found in self.by_method():
            cells = (f"{sum(one) / len(one):.1f} ({min(one)} to {max(one)})" for one in found.values())
            lines.append(f"| {place} | {' | '.join(cells)} |")
        return "\n".join(lines)

    def svg(self) -> str:
        """The curves of proved statements."""
        return chart("proved statements", self._curves, ACROSS)

    def held_out_svg(self) -> str:
        """The curves of proved held-out statements; empty where none was measured."""
        return chart("proved held-out statements", self._held_out, ACROSS)


def conjectures_markdown(runs: Iterable[Path]) -> str:
    """A table by round, summed over runs: how conjectures fared, and where the verdicts went."""
    rounds: dict[int, Counter[str]] = {}
    for run in runs:
        for directory in finished_rounds(run):
            number = int(directory.name)
            rounds.setdefault(number, Counter()).update(_fared(directory))
    lines = [
        "| round | conjectures sampled | readable and new | tried | proved | in the window | always proved | "
        "verdicts on statements | on their proofs | on proofs of the data set |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for number, counts in sorted(rounds.items()):
        tried = counts["tried"]
        lines.append(
            f"| {number} | {counts['sampled']} | {_share(counts['distinct'], counts['sampled'])} | {tried} | "
            f"{_share(counts['proved'], tried)} | {_share(counts['window'], tried)} | "
            f"{_share(counts['always'], tried)} | {counts['statements']} | {counts['theirs']} | {counts['data set']} |"
        )
    return "\n".join(lines)


def _fared(directory: Path) -> Mapping[str, int]:
    """Counts of a round's conjectures and verdicts."""
    made = round_summary(directory)["conjecturing"]
    ids = {one.id for one in read_records(directory / "conjectures.jsonl", Conjecture)}
    rates = [one.rate for one in read_records(directory / "attempts.jsonl", Attempts) if one.statement in ids]
    judged = Counter(line["statement"] in ids for line in read_lines(directory / "proving" / "checks.jsonl"))
    return {
        "sampled": made["sampled"],
        "distinct": made["distinct"],
        "tried": len(rates),
        "proved": sum(rate > 0 for rate in rates),
        "window": sum(within_window(rate) for rate in rates),
        "always": sum(rate == 1 for rate in rates),
        "statements": made["checks"],
        "theirs": judged[True],
        "data set": judged[False],
    }


def _share(part: int, whole: int) -> str:
    return f"{part} ({part / whole:.0%})" if whole else str(part)


def _config_of(run: Path) -> SelfPlayConfig:
    path = run / CONFIG_NAME
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))["settings"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SelfPlayError(f"{run} holds no self-play run: {error}") from None
    return self_play_config_from_json(settings, str(path))


def _at(points: Sequence[tuple[float, float]], checks: float) -> int | None:
    """The height of a curve at so many verdicts; None before its first point."""
    reached = [height for place, height in points if place <= checks]
    return int(reached[-1]) if reached else None
