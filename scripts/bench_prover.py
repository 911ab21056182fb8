"""Measures the search prover: how many theorems it proves within 10 processor seconds each, by level.

    python scripts/bench_prover.py [--only core-lean] [--sample 25] [--seconds 10] [--attempts 1000] [--out table.jsonl]

The sets: `core-lean` by level, and the statements of miniF2F that core Lean can read (with ℕ, ℤ and ℚ defined as its
own types), where REASONING_BENCHMARKS is set. Every proof found is judged by the kernel; seconds are processor seconds
of the elaborating process.
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
from collections import defaultdict
from pathlib import Path

from reasoning.data_files import data_file
from reasoning.engines.proof_search import Budget, search_proof
from reasoning.evaluation.benchmarks.base import find_benchmark
from reasoning.evaluation.benchmarks.locate import locate
from verifiers.proofs import ProofTask
from verifiers.proofs.lean.bridge import Attempt, LeanBridge
from verifiers.records import RecordError
from verifiers.sandbox import Limits, SandboxPool

CORE_TYPES = 'local notation "ℕ" => Nat\nlocal notation "ℤ" => Int\nlocal notation "ℚ" => Rat\n'
AT_ONCE = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sample", type=int, default=0, help="theorems drawn from each level (0: all)")
    parser.add_argument("--only", default="", help="sets whose name begins so: core-lean, miniF2F")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--attempts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="a line for each theorem")
    asyncio.run(bench(parser.parse_args()))


async def bench(arguments: argparse.Namespace) -> None:
    async with SandboxPool(workers=AT_ONCE) as sandbox:
        bridge = LeanBridge(sandbox, workers=AT_ONCE)
        sets = {name: tasks for name, tasks in core_lean().items() if name.startswith(arguments.only)}
        if os.environ.get("REASONING_BENCHMARKS") and "miniF2F".startswith(arguments.only[:7]):
            sets |= await minif2f(bridge)
        draw = random.Random(arguments.seed)
        print(f"{'set':28} {'theorems':>8} {'tried':>6} {'proved':>7} {'share':>6} {'median s':>9}")
        for name, tasks in sets.items():
            tried = (
                tasks
                if not arguments.sample or len(tasks) <= arguments.sample
                else draw.sample(tasks, arguments.sample)
            )
            rows = await prove_all(bridge, name, tried, Budget(arguments.attempts, arguments.seconds))
            proved = [row["seconds"] for row in rows if row["proved"]]
            middle = f"{statistics.median(proved):.2f}" if proved else "-"
            share = f"{len(proved) / len(rows):.0%}" if rows else "-"
            print(f"{name:28} {len(tasks):8} {len(rows):6} {len(proved):7} {share:>6} {middle:>9}", flush=True)
            if arguments.out:
                with open(arguments.out, "a", encoding="utf-8") as file:
                    file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def core_lean() -> dict[str, list[ProofTask]]:
    found: dict[str, list[ProofTask]] = defaultdict(list)
    for entry in find_benchmark("core-lean").read((data_file("core_lean/theorems.jsonl"),), "all"):
        found[f"core-lean {entry.problem.meta['level']}"].append(ProofTask.of(entry.problem))
    return dict(found)


async def minif2f(bridge: LeanBridge) -> dict[str, list[ProofTask]]:
    """The statements that the embedded Lean elaborates."""
    found = {}
    for split in ("valid", "test"):
        readable = []
        for entry in find_benchmark("minif2f").read(
            locate(find_benchmark("minif2f"), split, None, download=False), split
        ):
            task = ProofTask.of(entry.problem)
            opened = "\n".join(re.findall(r"^open .*$", task.header, re.MULTILINE))
            for header in (CORE_TYPES + opened, CORE_TYPES):
                core = dataclasses.replace(task, header=header)
                try:
                    # A wrong proof: only a statement that cannot be read raises.
                    await bridge.check(core, "  exact (0 : Empty)", Limits(wall_seconds=30))
                except RecordError:
                    continue
                readable.append(core)
                break
        found[f"miniF2F {split}, core only"] = readable
    return found


async def prove_all(bridge: LeanBridge, name: str, tasks: list[ProofTask], budget: Budget) -> list[dict[str, object]]:
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(task: ProofTask) -> dict[str, object]:
        async def attempt(proof: str) -> Attempt:
            tried = await bridge.attempt(task, proof, 6 * budget.seconds)
            return dataclasses.replace(tried, seconds=tried.cpu_seconds)

        async with slots:
            found = await search_proof(attempt, task.statement, budget)
            proved = False
            if found.proof is not None and found.seconds <= budget.seconds:
                proved = (await bridge.check(task, found.proof, Limits(wall_seconds=60))).passed
        row = {"set": name, "statement": task.statement, "proof": found.proof, "strategy": found.strategy}
        return {**row, "proved": proved, "attempts": found.attempts, "seconds": round(found.seconds, 3)}

    return list(await asyncio.gather(*(one(task) for task in tasks)))


if __name__ == "__main__":
    main()
