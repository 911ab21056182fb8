"""Does growing many function trees at once keep an engine busy?

    python scripts/bench_funcoder.py --trees 164 --concurrency 16 --latency 0.2

An engine that answers every sample after a fixed time stands in for a model; its replies are scripted: each root splits
into two functions, the candidates of each function differ, and run in the sandbox on five inputs. Counted is how many
samples are under way at each moment, between the first request and the last reply. Printed are the timeline and the
share of the allowed concurrency that was used.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from reasoning.engines.base import Completion, Request
from reasoning.evaluation.evaluate import Settings, evaluate

BUCKETS = 40
BAR = 50


class FixedLatencyEngine:
    """Answers each sample after `latency` seconds, and notes how many were under way when."""

    name = "fixed"

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.changes: list[tuple[float, int]] = []

    async def complete(self, request: Request) -> list[Completion]:
        """One reply for each seed."""
        self.changes.append((time.monotonic(), len(request.seeds)))
        await asyncio.sleep(self.latency)
        self.changes.append((time.monotonic(), -len(request.seeds)))
        return [Completion(reply(request, seed), "stop", 800, 200) for seed in request.seeds]

    async def close(self) -> None:
        """Nothing to release."""

    def describe(self) -> dict[str, object]:
        """What decides the replies."""
        return {"engine": self.name, "latency": self.latency}


def reply(request: Request, seed: int) -> str:
    """What a model might have said; the seed picks one of several versions."""
    turn = request.messages[-1].content
    root = str(request.problem.fields["entry_point"]) if request.problem is not None else "f"
    name = next(name for name in (f"{root}_low", f"{root}_high", root) if f"`{name}`" in turn)
    if "Copy the examples" in turn:
        return fenced(f"assert {root}([3, 1, 2]) == 2")
    if "Write functions that call" in turn:
        arguments = "[random.randint(-9, 9) for _ in range(random.randint(1, 6))]"
        return fenced("import random\n" + "".join(
            f"def call_{number}(seed):\n    random.seed(seed + {number})\n    return {name}({arguments})\n"
            for number in range(5)
        ))  # fmt: skip
    if name != root:
        function = "min" if name.endswith("low") else "max"
        versions = (f"{function}(values)", f"sorted(values)[{0 if function == 'min' else -1}]", "values[0]")
        return fenced(f"def {name}(values: list) -> int:\n    return {versions[seed % 3]}")
    versions = (
        f"{root}_high(values) - {root}_low(values)",
        "max(values) - min(values)",
        f"{root}_high(values)",
        f"sum(values) - {root}_low(values)",
    )
    code = f"def {root}(values: list) -> int:\n    return {versions[seed % 4]}\n"
    if "Think step by step and complete" in turn:
        code = f"def {root}(values: list) -> int:\n    return {versions[0]}\n"
        for part in ("low", "high"):
            code += f"\ndef {root}_{part}(values: list) -> int:\n    '''The {part}est value.'''\n    pass\n"
    return fenced(code)


def fenced(code: str) -> str:
    return f"```python\n{code}\n```\n"


def write_problems(path: Path, count: int) -> None:
    with open(path, "w") as file:
        for number in range(count):
            name = f"spread_{number}"
            docstring = f'"""Largest minus least value.\n    >>> {name}([3, 1, 2])\n    2\n    """'
            prompt = f"def {name}(values: list) -> int:\n    {docstring}\n"
            row = {
                "task_id": f"bench/{number}",
                "entry_point": name,
                "prompt": prompt,
                "canonical_solution": "    return max(values) - min(values)\n",
                "test": "def check(candidate):\n    assert candidate([5, 9]) == 4\n",
            }
            file.write(json.dumps(row) + "\n")


def timeline(changes: list[tuple[float, int]], concurrency: int) -> float:
    """Print how many samples were under way; returns the used share of the concurrency."""
    ordered = sorted(changes)
    start, end = ordered[0][0], ordered[-1][0]
    area = [0.0] * BUCKETS
    width = (end - start) / BUCKETS
    level = 0
    for (at, change), (until, _) in pairwise(ordered):
        level += change
        first, last = int((at - start) / width), min(int((until - start) / width), BUCKETS - 1)
        for bucket in range(first, last + 1):
            left, right = start + bucket * width, start + (bucket + 1) * width
            area[bucket] += level * max(0.0, min(until, right) - max(at, left))
    for bucket, used in enumerate(area):
        share = used / width / concurrency
        print(f"{bucket * width:7.1f} s  {'#' * round(share * BAR):<{BAR}}  {100 * share:5.1f} %")
    share = sum(area) / (end - start) / concurrency
    print(f"engine busy {100 * share:.1f} % of {concurrency} samples at once, over {end - start:.1f} s")
    return share


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trees", type=int, default=164)
    parser.add_argument("--concurrency", type=int, default=16, help="samples that the engine takes at once")
    parser.add_argument("--latency", type=float, default=0.2, help="seconds for each sample")
    parser.add_argument("--jobs", type=int, default=None, help="sandbox workers; default: one a processor")
    options = parser.parse_args()
    engine = FixedLatencyEngine(options.latency)
    with tempfile.TemporaryDirectory() as folder:
        problems = Path(folder) / "problems.jsonl"
        write_problems(problems, options.trees)
        settings = Settings(
            "humaneval", "fixed", "funcoder", data=str(problems), prompt="chat", split="test", timeout=10
        )
        run = Path(folder) / "run"
        outcome = asyncio.run(
            evaluate(settings, run, engine=engine, jobs=options.jobs, concurrency=options.concurrency, quiet=True)
        )
        costs = [json.loads(line)["cost"]["calls"] for line in (run / "records.jsonl").read_text().splitlines()]
    timeline(engine.changes, options.concurrency)
    print(f"{options.trees} trees, {sum(costs)} samples; {outcome.results.solved} problems solved")


if __name__ == "__main__":
    main()
