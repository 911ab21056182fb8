"""Measures the search prover: how many theorems it proves within 10 processor seconds each, by level.

    python scripts/bench_prover.py --out prover.jsonl [--only core-lean] [--sample 25] [--seconds 10] [--workers 1]
    python scripts/bench_prover.py --out prover.jsonl --resume      # goes on after Ctrl-C or a kill

The sets: `core-lean` by level, and the statements of miniF2F that core Lean can read (with ℕ, ℤ and ℚ defined as its
own types), where REASONING_BENCHMARKS is set. Every proof found is judged by the kernel; seconds are processor seconds
of the elaborating process. The order is drawn at random (`--seed`), so that the table of a run that was stopped is that
of a random part. `--out` gets a line for each theorem as soon as it is done. A try that other programs keep from its
processor seconds is cut off; `--resume` takes the theorems with such tries that were not proved up again.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import random
import re
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasoning.data_files import data_file
from reasoning.engines.proof_search import Budget, search_proof
from reasoning.evaluation.benchmarks.base import find_benchmark
from reasoning.evaluation.benchmarks.locate import locate
from reasoning.runs.progress import progress_display
from verifiers.proofs import ProofTask
from verifiers.proofs.lean.bridge import Attempt, LeanBridge
from verifiers.records import RecordError
from verifiers.sandbox import Limits, SandboxPool

CORE_TYPES = 'local notation "ℕ" => Nat\nlocal notation "ℤ" => Int\nlocal notation "ℚ" => Rat\n'


@dataclass(frozen=True, slots=True)
class Theorem:
    """One theorem of a set.

    Attributes:
        set: name of the set, with its level.
        id: of the problem.
        task: what is to be proved.
        headers: those to try in turn; the first one behind which the statement can be read is taken.
    """

    set: str
    id: str
    task: ProofTask
    headers: tuple[str, ...] = ()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sample", type=int, default=0, help="theorems drawn from each set (0: all)")
    parser.add_argument("--only", default="", help="sets whose name begins so: core-lean, miniF2F")
    parser.add_argument("--seconds", type=float, default=10.0, help="processor seconds for each theorem")
    parser.add_argument("--attempts", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=1, help="theorems at once")
    parser.add_argument(
        "--load", type=float, default=6.0, help="wall seconds that a try may take for each of --seconds"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="a line for each theorem")
    parser.add_argument("--resume", action="store_true", help="keep the lines of --out, and go on behind them")
    arguments = parser.parse_args()
    settings = {"seconds": arguments.seconds, "attempts": arguments.attempts, "seed": arguments.seed}
    rows = finished(arguments.out, settings) if arguments.resume else []
    theorems = [*drawn(arguments)]
    if not arguments.resume:
        arguments.out.write_text(json.dumps({"settings": settings}) + "\n", encoding="utf-8")
    try:
        asyncio.run(prove_all(theorems, rows, arguments))
    except KeyboardInterrupt:
        print("stopped; --resume goes on", file=sys.stderr)
    print_table(theorems, rows)


def finished(out: Path, settings: dict[str, float]) -> list[dict[str, Any]]:
    """The lines of an earlier run, without a last one that was cut off and theorems that are to be tried again."""
    text = out.read_text(encoding="utf-8") if out.is_file() else ""
    first, *lines = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()] or [None]
    if first != {"settings": settings}:
        sys.exit(f"{out}: not of a run with {settings}")
    rows = [row for row in lines if row.get("proved") or not row.get("cut")]
    kept = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in (first, *rows))
    part = out.with_name(f"{out.name}.part")
    part.write_text(kept, encoding="utf-8")
    part.replace(out)
    return rows


def drawn(arguments: argparse.Namespace) -> Iterator[Theorem]:
    """The theorems of core-lean in random order, then those of miniF2F."""
    for name, theorems in (("core-lean", core_lean()), ("miniF2F", minif2f())):
        mixed = [theorem for theorem in theorems if theorem.set.startswith(arguments.only)]
        random.Random(f"{arguments.seed} {name}").shuffle(mixed)
        taken: dict[str, int] = defaultdict(int)
        for theorem in mixed:
            taken[theorem.set] += 1
            if not arguments.sample or taken[theorem.set] <= arguments.sample:
                yield theorem


def core_lean() -> Iterator[Theorem]:
    for entry in find_benchmark("core-lean").read((data_file("core_lean/theorems.jsonl"),), "all"):
        yield Theorem(f"core-lean {entry.problem.meta['level']}", entry.problem.id, ProofTask.of(entry.problem))


def minif2f() -> Iterator[Theorem]:
    if not os.environ.get("REASONING_BENCHMARKS"):
        return
    benchmark = find_benchmark("minif2f")
    for split in ("valid", "test"):
        for entry in benchmark.read(locate(benchmark, split, None, download=False), split):
            task = ProofTask.of(entry.problem)
            opened = "\n".join(re.findall(r"^open .*$", task.header, re.MULTILINE))
            yield Theorem(f"miniF2F {split}, core only", entry.problem.id, task, (CORE_TYPES + opened, CORE_TYPES))


async def prove_all(theorems: list[Theorem], rows: list[dict[str, Any]], arguments: argparse.Namespace) -> None:
    done = {(row["set"], row["id"]) for row in rows}
    budget = Budget(arguments.attempts, arguments.seconds)
    slots = asyncio.Semaphore(arguments.workers)
    with (
        open(arguments.out, "a", encoding="utf-8") as file,
        progress_display(total=len(theorems), label="prover") as progress,
    ):
        progress.skip(len(rows))
        async with SandboxPool(workers=arguments.workers) as sandbox, asyncio.TaskGroup() as group:
            bridge = LeanBridge(sandbox, workers=arguments.workers)

            async def one(theorem: Theorem) -> None:
                async with slots:
                    row = await prove(bridge, theorem, budget, arguments.load * budget.seconds)
                rows.append(row)
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                file.flush()
                progress.advance(passed=row["proved"] if row["readable"] else None)

            for theorem in theorems:
                if (theorem.set, theorem.id) not in done:
                    group.create_task(one(theorem))


async def prove(bridge: LeanBridge, theorem: Theorem, budget: Budget, wall_seconds: float) -> dict[str, Any]:
    row: dict[str, Any] = {"set": theorem.set, "id": theorem.id, "statement": theorem.task.statement}
    task = await readable(bridge, theorem)
    if task is None:
        return {**row, "readable": False}

    cut = 0

    async def attempt(proof: str) -> Attempt:
        nonlocal cut
        tried = await bridge.attempt(task, proof, wall_seconds)
        cut += tried.seconds >= wall_seconds and tried.cpu_seconds < budget.seconds
        return dataclasses.replace(tried, seconds=tried.cpu_seconds)

    found = await search_proof(attempt, task.statement, budget)
    proved = False
    if found.proof is not None and found.seconds <= budget.seconds:
        proved = (await bridge.check(task, found.proof, Limits(wall_seconds=60))).passed
    row |= {"readable": True, "proved": proved, "proof": found.proof, "strategy": found.strategy}
    return {**row, "attempts": found.attempts, "seconds": round(found.seconds, 3), "cut": cut}


async def readable(bridge: LeanBridge, theorem: Theorem) -> ProofTask | None:
    """The task behind the first header with which the embedded Lean can read it; None: it cannot."""
    for header in theorem.headers:
        task = dataclasses.replace(theorem.task, header=header)
        try:
            # A wrong proof: only a statement that cannot be read raises.
            await bridge.check(task, "  exact (0 : Empty)", Limits(wall_seconds=30))
        except RecordError:
            continue
        return task
    return None if theorem.headers else theorem.task


def print_table(theorems: list[Theorem], rows: list[dict[str, Any]]) -> None:
    print(
        f"{'set':26} {'theorems':>8} {'done':>5} {'tried':>6} {'proved':>7} {'share':>6} {'median s':>9} {'total s':>8}"
    )
    for name in dict.fromkeys(theorem.set for theorem in theorems):
        size = sum(theorem.set == name for theorem in theorems)
        done = [row for row in rows if row["set"] == name]
        tried = [row for row in done if row["readable"]]
        proved = [row["seconds"] for row in tried if row["proved"]]
        middle = f"{statistics.median(proved):.2f}" if proved else "-"
        share = f"{len(proved) / len(tried):.0%}" if tried else "-"
        total = sum(row["seconds"] for row in tried)
        print(
            f"{name:26} {size:8} {len(done):5} {len(tried):6} {len(proved):7} {share:>6} {middle:>9} {total:8.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
