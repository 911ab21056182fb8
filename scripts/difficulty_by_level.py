"""Whether the difficulty dial of some families turns: pass rate by level, of nano after a lesson on the easy levels.

    .venv-vllm/bin/python scripts/difficulty_by_level.py --out runs/difficulty          # some minutes of one core

Nano is fine-tuned on the worked solutions of levels 1 and 2 of these families, from their training split; then it is
asked problems of every level from their test split, greedily. A family counts as monotone where no level has a higher
pass rate than the one before it; a rise counts as certain where Fisher's exact test (one-sided) gives less than 0.05.
Interrupted, the same command goes on. OUT/difficulty.json holds the table.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from math import comb
from pathlib import Path
from typing import Any

from reasoning.evaluation.benchmarks import find_benchmark
from reasoning.json_lines import json_lines
from verifiers.records import Problem

FAMILIES = (
    "arithmetic/column-addition",
    "arithmetic/percent-of",
    "word_problems/boxes-left",
)
"""Short problems with short solutions, since nano reads and writes letter by letter."""
LEVELS = (1, 2, 3, 4, 5)
TAUGHT = (1, 2)
SIGNIFICANT = 0.05
STYLE = "chat"


def reasoning(*arguments: object) -> None:
    """Run a command of the package; its output goes to the terminal."""
    print("$ reasoning", *arguments, flush=True)
    subprocess.run([sys.executable, "-m", "reasoning.cli.main", *map(str, arguments)], check=True)


def sample(families: Sequence[str], level: int, count: int, split: str, path: Path) -> list[dict[str, Any]]:
    """Problems of a level as records; the level is the stream's seed, so that ids differ."""
    if not path.exists():
        options = {"--level": level, "--count": count, "--split": split, "--seed": level, "--out": path}
        pairs = [part for item in options.items() for part in item]
        reasoning("families", "sample", *families, *pairs, "--quiet")
    return [record for _, record in json_lines(path)]


def train(data: Path, steps: int, out: Path) -> Path:
    """Fine-tune nano, or go on with it; returns the model's directory."""
    if not (out / "metrics.json").exists():
        changes = {
            "data.train": data, "data.evaluation": "", "data.count": 1_000_000, "steps": steps, "batch_size": 32,
            "max_length": 512, "threads": 1, "optimizer.name": "muon", "optimizer.learning_rate": 0.005,
            "optimizer.muon_learning_rate": 0.01, "schedule.warmup_steps": 20,
        }  # fmt: skip
        settings = [part for item in changes.items() for part in ("--set", "=".join(map(str, item)))]
        if (out / "config.json").exists():
            reasoning("train", "--resume", out, "--quiet")
        else:
            reasoning("train", "sft", *settings, "--out", out, "--quiet")
    return out / "model"


def rise(before: tuple[int, int], after: tuple[int, int]) -> float:
    """Probability that so many or more of the second would be right if both were equally hard (Fisher, one-sided).

    Args:
        before: right and asked at a level.
        after: right and asked at the next one.
    """
    (right, asked), (later, more) = before, after
    ways = comb(asked + more, right + later)
    return (
        sum(comb(more, k) * comb(asked, right + later - k) for k in range(later, min(more, right + later) + 1)) / ways
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/difficulty"))
    parser.add_argument("--families", default=",".join(FAMILIES), help="names, by commas")
    parser.add_argument("--lessons", type=int, default=1500, help="training problems of each family and level")
    parser.add_argument("--steps", type=int, default=500, help="of the lesson, 32 problems each")
    parser.add_argument("--asked", type=int, default=40, help="test problems of each family and level")
    options = parser.parse_args()
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    families = options.families.split(",")
    lessons = [
        one
        for level in TAUGHT
        for one in sample(families, level, options.lessons, "train", out / f"train-{level}.jsonl")
    ]
    style = find_benchmark("families").style(STYLE)
    rows = [
        {"prompt": style.write(Problem.from_json(one)).messages[0].content, "completion": one["meta"]["reference"]}
        for one in lessons
    ]
    (out / "lessons.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    model = train(out / "lessons.jsonl", options.steps, out / "model")
    level_of, tests = {}, []
    for level in LEVELS:
        for one in sample(families, level, options.asked, "test", out / f"test-{level}.jsonl"):
            level_of[one["id"]] = level
            tests.append(one)
    (out / "tests.jsonl").write_text("".join(json.dumps(one) + "\n" for one in tests), encoding="utf-8")
    run = out / "run"
    engine = f"transformers:{model},device=cpu,dtype=float32,batch_size=128"
    asked = ["--data", out / "tests.jsonl", "--engine", engine, "--prompt", STYLE, "--max-tokens", 300]
    if not (run / "records.jsonl").exists():
        reasoning("evaluate", "families", *asked, "--quiet", "--resume" if run.exists() else "--out", run)
    counts: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    for _, record in json_lines(run / "records.jsonl"):
        family = "/".join(record["id"].split("/")[:2])
        cell = counts[family, level_of[record["id"]]]
        cell[0] += record["passed"]
        cell[1] += 1
    report = []
    print(f"| family | {' | '.join(f'level {level}' for level in LEVELS)} | monotone |\n{'| --- ' * 7}|")
    for family in families:
        cells = [(counts[family, level][0], counts[family, level][1]) for level in LEVELS]
        rises = [rise(one, other) for one, other in itertools.pairwise(cells) if other[0] * one[1] > one[0] * other[1]]
        verdict = (
            "yes"
            if not rises
            else f"no (p = {min(rises):.2f})"
            if min(rises) >= SIGNIFICANT
            else f"NO (p = {min(rises):.3f})"
        )
        shares = " | ".join(f"{100 * right / max(total, 1):.0f} %" for right, total in cells)
        print(f"| {family} | {shares} | {verdict} |")
        report.append({"family": family, "levels": dict(zip(LEVELS, cells, strict=True)), "rises": rises})
    (out / "difficulty.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
