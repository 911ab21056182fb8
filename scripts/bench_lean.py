"""Measures the embedded Lean: preparing, starting, checking, memory, two processes side by side.

    python scripts/bench_lean.py [--cases tests/tables/lean_cases.jsonl] [--rounds 5] [--prepare]

Times in brackets are processor seconds, which do not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path

from reasoning.json_lines import json_lines
from verifiers.proofs import ProofTask
from verifiers.proofs.lean import guard, install
from verifiers.proofs.lean.bridge import LeanBridge
from verifiers.sandbox import Limits, SandboxPool

TARGETS = {"start": 20.0, "median": 50.0, "p95": 500.0, "memory": 1_750.0}
"""CPU seconds, milliseconds, milliseconds, MB (1,000,000 bytes)."""
CASES = Path(__file__).resolve().parents[1] / "tests" / "tables" / "lean_cases.jsonl"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=Path, default=CASES, help="lines with statement, proof and header")
    parser.add_argument("--rounds", type=int, default=5, help="times that each case is checked")
    parser.add_argument("--prepare", action="store_true", help="measure preparing too (fetches 121 MB)")
    arguments = parser.parse_args()
    if arguments.prepare:
        bench_prepare()
    cases = [record for _, record in json_lines(Path(arguments.cases))]
    asyncio.run(bench(cases, arguments.rounds))


def bench_prepare() -> None:
    with tempfile.TemporaryDirectory() as folder:
        before = os.environ.get("XDG_CACHE_HOME")
        os.environ["XDG_CACHE_HOME"] = folder
        began, used = time.monotonic(), processor_seconds()
        install.prepare()
        print(f"prepare: {time.monotonic() - began:.1f} s [{processor_seconds() - used:.1f}], fetching included")
        if before is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = before


def processor_seconds() -> float:
    return sum(
        use.ru_utime + use.ru_stime
        for use in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


async def bench(cases: list[dict[str, str]], rounds: int) -> None:
    async with SandboxPool(workers=2) as sandbox:
        bridge = LeanBridge(sandbox, workers=2)
        began = time.monotonic()
        await bridge.pool.warm_up()
        judge, worker = bridge.pool.current()
        start = max(judge.cpu_seconds, worker[0].cpu_seconds)
        print(f"start to ready, judging and elaborating process together: {time.monotonic() - began:.1f} s")
        print(f"  processor seconds each: {judge.cpu_seconds:.1f}, {worker[0].cpu_seconds:.1f} {met(start, 'start')}")
        ready = max(judge.resident_mib, worker[0].resident_mib) * 1.048576
        print(f"  resident: {ready:.0f} MB {met(ready, 'memory')}")
        checked = [case for case in cases if not guard.refusal(case["proof"])]
        print(f"checks, {len(checked)} of {len(cases)} cases that are not rejected unseen, {rounds} rounds one by one:")
        wall: list[float] = []
        inside: list[float] = []
        processor: list[float] = []
        for number in range(rounds):
            for case in checked:
                began, used = time.monotonic(), processor_time(bridge)
                report = await bridge.check(task(case), case["proof"], Limits(wall_seconds=60))
                if number:  # the first round warms up caches of every tactic
                    wall.append(1000 * (time.monotonic() - began))
                    inside.append(1000 * report.seconds)
                    processor.append(1000 * (processor_time(bridge) - used))
        for name, values in (("as the caller sees them", wall), ("inside Lean", inside), ("processor time", processor)):
            middle, high = statistics.median(values), statistics.quantiles(values, n=20)[18]
            print(f"  {name}: median {middle:.0f} ms {met(middle, 'median')}, p95 {high:.0f} ms {met(high, 'p95')}")
        judge, worker = bridge.pool.current()
        memory = max(judge.resident_mib, *(one.resident_mib for one in worker)) * 1.048576
        print(f"  largest resident: {memory:.0f} MB {met(memory, 'memory')}")
        await side_by_side(bridge, checked, rounds)


def processor_time(bridge: LeanBridge) -> float:
    """Processor seconds of the processes that serve checks one by one."""
    judge, workers = bridge.pool.current()
    return judge.cpu_seconds + sum(worker.cpu_seconds for worker in workers)


async def side_by_side(bridge: LeanBridge, cases: list[dict[str, str]], rounds: int) -> None:
    """The same checks with one and with two elaborating processes."""
    for at_once in (1, 2):
        slots = asyncio.Semaphore(at_once)

        async def one(case: dict[str, str], slots: asyncio.Semaphore = slots) -> None:
            async with slots:
                await bridge.check(task(case), case["proof"], Limits(wall_seconds=60))

        await asyncio.gather(*(one(case) for case in cases[:2]))
        began = time.monotonic()
        await asyncio.gather(*(one(case) for case in cases * rounds))
        seconds = time.monotonic() - began
        print(f"{at_once} at once: {len(cases) * rounds / seconds:.1f} checks/s")


def task(case: dict[str, str]) -> ProofTask:
    return ProofTask("lean", case["statement"], case.get("header", ""))


def met(value: float, target: str) -> str:
    return f"(target {TARGETS[target]:g}: {'met' if value <= TARGETS[target] else 'missed'})"


if __name__ == "__main__":
    main()
