"""What a Ray cluster costs: the same verdicts here and through Ray on this machine, in turn.

.venv/bin/python scripts/bench_backends.py --verdicts 5000 --rounds 3
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time

from reasoning.backends import open_backend
from reasoning.runs.mapping import stream
from verifiers.records import Problem, Verdict
from verifiers.sandbox import Limits


def problems(kind: str, count: int) -> list[tuple[Problem, str]]:
    """`count` problems of `kind` with candidates: `answer` costs the judge next to nothing, `program` two children."""
    if kind == "answer":
        return [(Problem(str(n), "answer", fields={"gold": str(n)}), f"\\boxed{{{n}}}") for n in range(count)]
    tests = {"entry_point": "f", "tests": ["assert f(2) == 4"]}
    return [(Problem(str(n), "program", fields=tests), f"def f(x):\n    return x * 2 + {n} * 0") for n in range(count)]


async def measure(backend: str, work: list[tuple[Problem, str]], concurrency: int) -> float:
    """Verdicts a second, the backend's start left out."""
    async with open_backend(backend) as place:

        async def judge(one: tuple[Problem, str]) -> Verdict:
            return await place.judges.verify(*one, Limits())

        await judge(work[0])
        started = time.monotonic()
        count = 0
        async for verdict in stream(work, judge, concurrency=concurrency, ordered=False):
            assert verdict.passed, verdict
            count += 1
        return count / (time.monotonic() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--verdicts", type=int, default=5000, help="answers; a tenth as many programs")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--concurrency", type=int, default=64)
    asked = parser.parse_args()
    for kind, count in (("answer", asked.verdicts), ("program", max(1, asked.verdicts // 10))):
        work = problems(kind, count)
        rates: dict[str, list[float]] = {"local": [], "ray": []}
        for _ in range(asked.rounds):
            for backend, found in rates.items():
                found.append(asyncio.run(measure(backend, work, asked.concurrency)))
        ratios = [one / other for one, other in zip(rates["ray"], rates["local"], strict=True)]
        print(
            f"{kind}: local {statistics.median(rates['local']):,.0f}/s, ray {statistics.median(rates['ray']):,.0f}/s, "
            f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} - {max(ratios):.2f}), {asked.rounds} rounds"
        )


if __name__ == "__main__":
    main()
