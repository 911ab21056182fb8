"""Mutates the theorems of Lean's library until enough are kept, and says what comes of it and what it takes.

    python scripts/bench_mutate.py --rows 20000 --out runs/bench-mutate
    python scripts/bench_mutate.py --rows 20000 --out runs/bench-mutate    # goes on, or reads a finished run again

Prints two tables and some of the hard theorems, as Markdown. Processor seconds are those of the whole process tree, in
all attempts, looked at every two seconds (what a process uses after the last look is missed); memory is the largest sum
of proportional set sizes, so that shared pages count once. `--minutes` ends an attempt early, as a kill would; the run
can then be gone on with, and the table shows what is there so far, before duplicates and benchmark problems go.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench_mixture import COMMAND, processes_below, tree_mib

from reasoning.pipelines.base import Discarded, Outcome, outcome_from_json
from reasoning.runs.store import RunStore

STAGE = "theorems"
"""Of the pipeline's work in a run's store."""
LOOK_SECONDS = 2.0
LOOKS_AT_MEMORY = 10
"""Looks at processor time for each look at memory, which takes longer."""
_TICKS = os.sysconf("SC_CLK_TCK")


class Meter:
    """Adds up the processor time of all processes that were ever below one."""

    def __init__(self) -> None:
        self._seconds: dict[tuple[int, int], float] = {}

    def look(self, root: int) -> None:
        """Note what each process below `root` has used so far."""
        for pid in processes_below(root):
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            # A number may be used again; the time of birth tells the two apart.
            self._seconds[pid, int(fields[19])] = (int(fields[11]) + int(fields[12])) / _TICKS

    @property
    def seconds(self) -> float:
        """User and system time together."""
        return sum(self._seconds.values())


def attempt(command: list[str], minutes: float) -> dict[str, float]:
    """Run the command, to its end or for so many minutes (0: to its end); what it took."""
    meter, most, began = Meter(), 0.0, time.monotonic()
    loads = []
    process = subprocess.Popen(command)
    looks = 0
    while process.poll() is None:
        meter.look(process.pid)
        if looks % LOOKS_AT_MEMORY == 0:
            most = max(most, tree_mib(process.pid))
            loads.append(os.getloadavg()[0])
        looks += 1
        if minutes and time.monotonic() - began > 60 * minutes:
            process.terminate()
            minutes = 0
        time.sleep(LOOK_SECONDS)
    return {
        "wall_seconds": round(time.monotonic() - began, 1),
        "cpu_seconds": round(meter.seconds, 1),
        "memory_mib": round(most),
        "mean_load": round(sum(loads) / max(1, len(loads)), 1),
        "exit_status": process.returncode,
    }


def outcomes_of(directory: Path) -> Iterator[Outcome]:
    """Everything that was judged so far."""
    store = RunStore(directory / "run.sqlite")
    try:
        for records in store.outcomes(STAGE):
            yield from map(outcome_from_json, records)
    finally:
        store.close()


def rows_of(directory: Path) -> Iterator[dict[str, Any]]:
    """The rows of a finished dataset."""
    import pyarrow.parquet as pq

    for path in sorted((directory / "dataset" / "data").glob("*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches():
            yield from batch.to_pylist()


def finished(directory: Path) -> tuple[list[dict[str, Any]], Counter[str]]:
    """Statement, proof and notes of each row that was kept, and how many fell for which reason."""
    kept = [
        {"statement": row["prompt"], "proof": row["completion"], **json.loads(row["meta"])}
        for row in rows_of(directory)
    ]
    with open(directory / "discarded.jsonl", encoding="utf-8") as file:
        thrown = Counter(_reason(Discarded(**json.loads(line))) for line in file)
    return kept, thrown


def unfinished(directory: Path) -> tuple[list[dict[str, Any]], Counter[str]]:
    """As `finished`, of what is judged, where nothing has been compared yet."""
    kept, thrown = [], Counter[str]()
    for outcome in outcomes_of(directory):
        if isinstance(outcome, Discarded):
            thrown[_reason(outcome)] += 1
        else:
            kept.append({"statement": outcome.problem.prompt, "proof": outcome.completion, **outcome.meta})
    return kept, thrown


def _reason(thrown: Discarded) -> str:
    """Stage, and the kind of reason where a stage has several."""
    if thrown.stage in ("verdict", "duplicate", "alone", "mutation"):
        kind = thrown.reason.partition(":")[0]
        return f"{thrown.stage}: {kind}" if len(kind) < 60 else thrown.stage
    return thrown.stage


def table(title: str, rows: Sequence[tuple[str, object]]) -> str:
    """A Markdown table of two columns."""
    lines = [f"| {title} | |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| {name} | {value} |" for name, value in rows)])


def report(directory: Path, attempts: list[dict[str, float]], examples: int) -> str:
    """The tables and the examples."""
    done = (directory / "metrics.json").is_file()
    kept, thrown = finished(directory) if done else unfinished(directory)
    hard = [row for row in kept if row["hard"]]
    forms = Counter(str(row["form"]) for row in kept)
    cpu, wall = (sum(one[name] for one in attempts) for name in ("cpu_seconds", "wall_seconds"))
    came = [
        ("kept" if done else "judged and accepted, not compared yet", f"{len(kept):,}"),
        ("of these hard: neither `rfl` nor `simp` proves it alone", f"{len(hard):,}"),
        ("of these proved by `rfl` or `simp` alone", f"{len(kept) - len(hard):,}"),
        ("theorems that were mutated, of those kept", f"{len({row['target'] for row in kept}):,}"),
        ("rules, of those kept", f"{len({row['rule'] for row in kept}):,}"),
        *((f"form `{form}`", f"{count:,}") for form, count in forms.most_common()),
        *((f"thrown away, {reason}", f"{count:,}") for reason, count in thrown.most_common()),
    ]
    took = [
        ("attempts", len(attempts)),
        ("processor seconds, all processes", f"{cpu:,.0f}"),
        ("processor seconds a kept row", f"{cpu / max(1, len(kept)):.3f}"),
        ("rows an hour on two processors, by processor time", f"{7200 * len(kept) / max(1.0, cpu):,.0f}"),
        ("seconds by the clock", f"{wall:,.0f}"),
        ("mean load of the machine", "; ".join(f"{one['mean_load']:.1f}" for one in attempts)),
        ("memory at most, MiB, all processes", f"{max((one['memory_mib'] for one in attempts), default=0):,.0f}"),
    ]
    short = [row for row in hard if len(row["statement"]) + len(row["proof"]) < 300]
    drawn = random.Random(0).sample(short, min(examples, len(short)))
    shown = "\n\n".join(
        f"-- {row['form']}: {row['target']} by {row['rule']}\n{row['statement']}\n{row['proof']}" for row in drawn
    )
    return f"{table('what came of it', came)}\n\n{table('what it took', took)}\n\n```lean\n{shown}\n```"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument(
        "--targets", type=int, default=0, help="library theorems that are mutated; 0: as many as it takes"
    )
    parser.add_argument("--minutes", type=float, default=0.0, help="end this attempt after so long; 0: when it is done")
    parser.add_argument("--examples", type=int, default=6)
    parser.add_argument("--out", type=Path, default=Path("runs/bench-mutate"))
    options = parser.parse_args()
    notes = options.out.with_name(options.out.name + ".attempts.jsonl")
    if not (options.out / "metrics.json").is_file():
        fresh = ["mutate", "--rows", str(options.rows), "--targets", str(options.targets), "--out", str(options.out)]
        again = ["--resume", str(options.out)]
        begun = (options.out / "config.json").is_file()
        if not begun:
            notes.unlink(missing_ok=True)
        took = attempt([*COMMAND, *(again if begun else fresh), "--quiet"], options.minutes)
        notes.parent.mkdir(parents=True, exist_ok=True)
        with open(notes, "a", encoding="utf-8") as file:
            file.write(json.dumps(took) + "\n")
    attempts = [json.loads(line) for line in notes.read_text(encoding="utf-8").splitlines()]
    print(report(options.out, attempts, options.examples))
    sys.exit(0 if (options.out / "metrics.json").is_file() else 1)


if __name__ == "__main__":
    main()
