"""Writes what the data folder says of the built-in families: their index and the benchmark drawn from them.

python scripts/generate_families_data.py [--out data/families] [--draws 1000]

index.jsonl      one line a family: topic, grade, summary, the seed problem with its answer, and how many different
                 problems `--draws` draws give
benchmark.jsonl  one problem of the test split for each family and level
"""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from reasoning.families import LEVELS, Family, FamilyError, built_in_families, draw
from reasoning.families.checking import check_family
from reasoning.families.probing import ProbeLimits, run_probe
from reasoning.runs import progress_display
from reasoning.runs.files import replaced_file
from verifiers.sandbox import SandboxPool

BENCHMARK_SEED = 0


async def index_line(pool: SandboxPool, family: Family, draws: int) -> dict[str, Any]:
    probe = await run_probe(pool, family, draws=0, limits=ProbeLimits())
    report = await check_family(pool, family, count=draws)
    if probe.original is None or report.faults:
        raise FamilyError(f"family '{family.id}': {probe.failure or report.faults[0]}")
    return {
        "id": family.id,
        "topic": family.topic,
        "grade": family.grade,
        "version": family.version,
        "summary": family.summary,
        "problem": probe.original.text,
        "answer": probe.original.answer,
        "distinct": report.distinct,
        "draws": draws,
    }


async def benchmark_lines(pool: SandboxPool, family: Family) -> list[dict[str, Any]]:
    lines = []
    for level in LEVELS:
        drawn = await draw(pool, family, [0], split="test", seed=BENCHMARK_SEED, level=level)
        if drawn.failures:
            raise FamilyError(f"family '{family.id}': {drawn.failures[0]}")
        record = family.problem(f"{family.id}/{level}", drawn.instances[0]).to_json()
        record["meta"]["reference"] = drawn.instances[0].solution
        lines.append(record)
    return lines


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("data/families"), help="folder of the two files")
    parser.add_argument("--draws", type=int, default=1000, help="draws for counting different problems")
    arguments = parser.parse_args()
    families = built_in_families().values()
    async with SandboxPool() as pool:
        with (
            replaced_file(arguments.out / "index.jsonl") as index,
            replaced_file(arguments.out / "benchmark.jsonl") as benchmark,
            progress_display(total=len(families), label="families") as progress,
        ):
            for family in families:
                index.write(json.dumps(await index_line(pool, family, arguments.draws), ensure_ascii=False) + "\n")
                for line in await benchmark_lines(pool, family):
                    benchmark.write(json.dumps(line, ensure_ascii=False) + "\n")
                progress.advance()


if __name__ == "__main__":
    asyncio.run(main())
