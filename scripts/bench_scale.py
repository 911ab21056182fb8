"""A run of a hundred thousand problems with an engine that only pretends: memory, size of the store, resume and report.

    python scripts/bench_scale.py --problems 100000 --samples 8 --out runs/bench-scale
    python scripts/bench_scale.py --problems 2500 5000 10000

For each number of problems one process evaluates them from scratch and tells its memory at every tenth of the way, a
second one opens the finished run again (nothing is left to ask) and writes the report, and a third one does the same
for a run that was killed half-way, up to the first new answer. The engine answers at once and counts the seconds that a
server of `--rate` tokens a second would have taken; nobody waits for them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from reasoning.backends import Execution
from reasoning.engines.base import Completion, Request
from reasoning.evaluation.evaluating import Settings, evaluate

COLUMNS = (
    "problems", "samples", "CPU s", "ms a sample", "MiB at a tenth", "MiB at the end", "peak MiB", "store MiB",
    "store bytes a sample", "opened again with report, CPU s", "killed half-way, first answer after, CPU s",
)  # fmt: skip
TOKENS = 200
"""Of each completion."""


class PretendingEngine:
    """Answers four questions of five rightly, at once; `seconds` is what a real server would have taken.

    Args:
        rate: tokens a second of that server.
        told: called with the number of completions so far.
    """

    name = "pretending"

    def __init__(self, rate: float, told: Any) -> None:
        self.seconds = 0.0
        self.completions = 0
        self._rate = rate
        self._told = told

    async def complete(self, request: Request) -> list[Completion]:
        """See `Engine.complete`."""
        number = int(request.messages[-1].content.split("number ")[1].split(":")[0])
        replies = []
        for seed in request.seeds:
            right = seed % 5 > 0
            text = f"Twice {number} is asked.\n\\boxed{{{2 * number + (not right) * (1 + seed % 3)}}}"
            replies.append(Completion(text, "stop", prompt_tokens=40, completion_tokens=TOKENS))
            self.completions += 1
            self.seconds += TOKENS / self._rate
            self._told(self.completions)
        return replies

    async def close(self) -> None:
        """Nothing to close."""

    def describe(self) -> dict[str, Any]:
        """See `Engine.describe`."""
        return {"engine": self.name}


def rss_mib() -> float:
    """Memory of this process now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def write_problems(path: Path, count: int) -> None:
    with open(path, "w", encoding="utf-8") as file:
        for number in range(count):
            record = {"id": f"double/{number}", "kind": "answer", "gold": str(2 * number)}
            record["prompt"] = f"Here is number {number}: what is twice that number?"
            file.write(json.dumps(record) + "\n")


def work(problems: Path, samples: int, out: Path, rate: float, total: int, stop_at: int, resume: bool) -> None:
    """One process's part; prints JSON."""
    memory: list[float] = []
    first: list[float] = []
    started = time.monotonic()

    def told(count: int) -> None:
        if not first:
            first.append(time.monotonic() - started)
            if resume and stop_at == 1:
                print(json.dumps({"first_answer_s": first[0], "cpu_s": time.process_time()}), flush=True)
                os._exit(0)
        if count % max(total // 10, 1) == 0:
            memory.append(round(rss_mib(), 1))
        if not resume and count == stop_at:
            os.kill(os.getpid(), signal.SIGKILL)

    engine = PretendingEngine(rate, told)
    settings = Settings("families", engine.name, samples=samples, data=str(problems))
    outcome = asyncio.run(
        evaluate(settings, out, engine=engine, resume=resume, execution=Execution(jobs=1, quiet=True))
    )
    report = {
        "wall_s": round(time.monotonic() - started, 2),
        "cpu_s": round(time.process_time(), 2),
        "memory_mib": memory,
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "pretended_hours": round(engine.seconds / 3600, 2),
        "asked": engine.completions,
        "pass@1": outcome.results.metrics["pass@1"].value,
    }
    print(json.dumps(report))


def child(*arguments: object) -> dict[str, Any]:
    """Run one part in a process of its own; {} when it was killed."""
    command = [sys.executable, __file__, "--part", json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, -signal.SIGKILL):
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout) if done.stdout.strip() else {}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, nargs="+", default=[100_000], help="sizes, one run each")
    parser.add_argument("--samples", type=int, default=8)
    parser.add_argument("--rate", type=float, default=2000.0, help="tokens a second of the pretended server")
    parser.add_argument("--out", type=Path, default=Path("runs/bench-scale"))
    parser.add_argument("--part", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        problems, samples, out, rate, total, stop_at, resume = json.loads(options.part)
        work(Path(problems), samples, Path(out), rate, total, stop_at, resume)
        return
    print(f"| {' | '.join(COLUMNS)} |\n{'| --- ' * len(COLUMNS)}|")
    for count in options.problems:
        folder = options.out / str(count)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        problems, total = folder / "problems.jsonl", count * options.samples
        write_problems(problems, count)

        def run(name: str, stop_at: int, resume: bool) -> dict[str, Any]:
            return child(str(problems), options.samples, str(folder / name), options.rate, total, stop_at, resume)  # noqa: B023

        run("killed", total // 2, False)
        resumed = run("killed", 1, True)
        whole = run("whole", 0, False)
        size = sum(path.stat().st_size for path in (folder / "whole").glob("run.sqlite*"))
        again = run("whole", 0, True)
        assert again["asked"] == 0
        cells = [
            f"{count:,}", f"{total:,}", f"{whole['cpu_s']:.0f}", f"{1000 * whole['cpu_s'] / total:.2f}",
            f"{whole['memory_mib'][0]:.0f}", f"{whole['memory_mib'][-1]:.0f}", f"{whole['peak_mib']:.0f}",
            f"{size / 2**20:.0f}", f"{size / total:.0f}", f"{again['cpu_s']:.1f}", f"{resumed['cpu_s']:.1f}",
        ]  # fmt: skip
        print(f"| {' | '.join(cells)} |", flush=True)
        print(json.dumps({"whole": whole, "again": again, "resumed": resumed}), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
