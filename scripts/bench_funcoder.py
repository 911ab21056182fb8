"""Does growing many function trees at once keep an engine busy?

    python scripts/bench_funcoder.py --trees 164 --concurrency 16 --latency 0.2 --out timeline.svg

An engine that answers every sample after a fixed time stands in for a model; its replies are scripted: each root splits
into two functions, the candidates of each function differ, and run in the sandbox on five inputs. Counted is how many
samples are under way at each moment, between the first request and the last reply. Printed are the timeline and the
share of the allowed concurrency that was used.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from reasoning.backends import Execution
from reasoning.engines.base import Completion, Request
from reasoning.evaluation.evaluating import Settings, evaluate

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


def timeline(changes: list[tuple[float, int]], concurrency: int) -> tuple[float, list[float]]:
    """Length of the run in seconds, and for each of `BUCKETS` equal parts the share of the concurrency in use."""
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
    return end - start, [used / width / concurrency for used in area]


def show(seconds: float, shares: list[float], concurrency: int) -> None:
    """Print the timeline."""
    for bucket, share in enumerate(shares):
        at = bucket * seconds / len(shares)
        print(f"{at:7.1f} s  {'#' * round(share * BAR):<{BAR}}  {100 * share:5.1f} %")
    busy = sum(shares) / len(shares)
    print(f"engine busy {100 * busy:.1f} % of {concurrency} samples at once, over {seconds:.1f} s")


def plot(seconds: float, shares: list[float], concurrency: int) -> str:
    """The timeline as SVG: a bar for each part, a line at 95 %."""
    width, height, left, top = 600, 200, 44, 30
    step = width / len(shares)
    busy = sum(shares) / len(shares)
    parts = [f'<text x="{left}" y="18">{concurrency} samples at once, {100 * busy:.1f} % in use</text>']
    for bucket, share in enumerate(shares):
        x, tall = left + bucket * step, share * height
        place = f'x="{x:.1f}" y="{top + height - tall:.1f}" width="{step - 1:.1f}" height="{tall:.1f}"'
        parts.append(f'<rect {place} fill="#1b6ca8"/>')
    line = top + 0.05 * height
    parts.append(f'<path d="M{left} {line}h{width}" stroke="#c26b1e" stroke-dasharray="4"/>')
    parts.append(f'<text x="4" y="{line + 4}">95 %</text><text x="14" y="{top + height}">0 %</text>')
    parts.append(f'<text x="{left}" y="{top + height + 20}">0 s</text>')
    parts.append(f'<text x="{left + width - 40}" y="{top + height + 20}">{seconds:.0f} s</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width + left + 20} {top + height + 30}" '
        f'font-family="sans-serif" font-size="12">{"".join(parts)}</svg>\n'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trees", type=int, default=164)
    parser.add_argument("--concurrency", type=int, default=16, help="samples that the engine takes at once")
    parser.add_argument("--latency", type=float, default=0.2, help="seconds for each sample")
    parser.add_argument("--jobs", type=int, default=None, help="sandbox workers; default: one a processor")
    parser.add_argument("--out", type=Path, help="writes the timeline to this SVG file")
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
            evaluate(
                settings,
                run,
                engine=engine,
                execution=Execution(jobs=options.jobs, concurrency=options.concurrency, quiet=True),
            )
        )
        costs = [json.loads(line)["cost"]["calls"] for line in (run / "records.jsonl").read_text().splitlines()]
    seconds, shares = timeline(engine.changes, options.concurrency)
    show(seconds, shares, options.concurrency)
    used = os.times()
    own, children = used.user + used.system, used.children_user + used.children_system
    print(f"CPU seconds a tree: {own / options.trees:.3f} here, {children / options.trees:.3f} in the sandbox")
    if options.out is not None:
        options.out.write_text(plot(seconds, shares, options.concurrency))
        print(f"written: {options.out}")
    print(f"{options.trees} trees, {sum(costs)} samples; {outcome.results.solved} problems solved")


if __name__ == "__main__":
    main()
