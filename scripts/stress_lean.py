"""Checks proofs while the processes of the embedded Lean are killed at random: no verdict may change.

    python scripts/stress_lean.py [--checks 1000] [--kills 40] [--seed 0]

First every case is checked undisturbed; then checks drawn at random from the cases run two at once, while every so
many of them a process of the embedded Lean (elaborating, judging or starting) or its fork server is killed.
Exit status 1 if a verdict differs.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from verifiers.proofs import ProofReport, ProofTask
from verifiers.proofs.lean.bridge import LeanBridge
from verifiers.sandbox import Limits, SandboxPool

TABLES = Path(__file__).resolve().parents[1] / "tests" / "tables"
FILES = ("lean_cases.jsonl", "lean_honest.jsonl", "lean_cheats.jsonl")
CHECK_SECONDS = 120.0
AT_ONCE = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checks", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    sys.exit(asyncio.run(stress(arguments.checks, arguments.kills, arguments.seed)))


async def stress(checks: int, kills: int, seed: int) -> int:
    cases = [json.loads(line) for name in FILES for line in (TABLES / name).read_text().splitlines()]
    draw = random.Random(seed)
    drawn = [draw.choice(cases) for _ in range(checks)]
    async with SandboxPool(workers=AT_ONCE) as sandbox:
        bridge = LeanBridge(sandbox, workers=AT_ONCE)
        began = time.monotonic()
        calm = dict(zip((case["id"] for case in cases), await check_all(bridge, cases), strict=True))
        starts = bridge.pool.starts
        print(f"undisturbed: {len(cases)} cases, {starts} starts, {time.monotonic() - began:.0f} s", flush=True)
        began = time.monotonic()
        killer = Killer(sandbox, sorted(draw.sample(range(checks), kills)), draw)
        reports = await check_all(bridge, drawn, killer)
        seconds = time.monotonic() - began
        starts = bridge.pool.starts - starts
    kinds = ", ".join(f"{number} of a {kind}" for kind, number in sorted(killer.killed.items()))
    print(f"disturbed: {checks} checks, kills: {kinds}; {starts} starts, {seconds:.0f} s")
    wrong = [
        (case["id"], report)
        for case, report in zip(drawn, reports, strict=True)
        if report.status is not calm[case["id"]].status
    ]
    print(f"{'verdict':14} {'undisturbed':>12} {'disturbed':>10}")
    expected, found = Counter(calm[case["id"]].status for case in drawn), Counter(report.status for report in reports)
    for status in sorted(expected | found):
        print(f"{status.value:14} {expected[status]:12} {found[status]:10}")
    print(f"verdicts that differ: {len(wrong)}")
    for id, report in wrong:
        print(f"  {id}: {calm[id].status.value}, then {report.status.value} ({report.detail})")
    return int(bool(wrong))


class Killer:
    """Kills one process below the sandbox when a check of a given number begins.

    Attributes:
        killed: how many, by kind.
    """

    def __init__(self, sandbox: SandboxPool, moments: Sequence[int], draw: random.Random) -> None:
        self._sandbox = sandbox
        self._moments = set(moments)
        self._draw = draw
        self.killed: Counter[str] = Counter()

    async def at(self, number: int) -> None:
        """Some of the time wait a little, so that kills fall into every stage of a check."""
        if number not in self._moments:
            return
        await asyncio.sleep(self._draw.random() * 0.5)
        lean = {
            server: [pid for pid in below(server) if command(pid).endswith("node")]
            for server in self._sandbox.server_pids()
        }
        processes = [pid for pids in lean.values() for pid in pids]
        servers = [server for server, pids in lean.items() if pids]
        kind, pids = self._draw.choice([("process", processes), ("process", processes), ("server", servers)])
        if pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._draw.choice(sorted(pids)), signal.SIGKILL)
                self.killed[kind] += 1


def below(root: int) -> list[int]:
    """Pids of all descendants."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                parents.setdefault(parent, []).append(int(entry.name))
    found, pending = [], [root]
    while pending:
        pending += (children := parents.get(pending.pop(), []))
        found += children
    return found


def command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode("utf-8", "replace")
    return ""


async def check_all(
    bridge: LeanBridge, cases: Sequence[dict[str, str]], killer: Killer | None = None
) -> list[ProofReport]:
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, case: dict[str, str]) -> ProofReport:
        async with slots:
            disturbance = asyncio.create_task(killer.at(number)) if killer else None
            task = ProofTask("lean", case["statement"], case.get("header", ""))
            report = await bridge.check(task, case["proof"], Limits(wall_seconds=CHECK_SECONDS))
            if disturbance:
                await disturbance
            return report

    return list(await asyncio.gather(*(one(number, case) for number, case in enumerate(cases))))


if __name__ == "__main__":
    main()
