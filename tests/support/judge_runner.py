"""Judges candidates from tests: one pool for a test module, one verdict or many at once.

verdicts = JudgeRunner().judge_all([Item(problem, candidate, expected=True)], seconds=10)
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from verifiers.records import Problem, Verdict
from verifiers.registry import VerifierRegistry
from verifiers.sandbox import Limits, SandboxPool


@dataclass(frozen=True, slots=True)
class Item:
    """A candidate whose verdict is known."""

    problem: Problem
    candidate: str
    expected: bool
    source: str = ""


class JudgeRunner:
    """A pool with its own event loop."""

    def __init__(self, workers: int | None = None) -> None:
        self._loop = asyncio.new_event_loop()
        self._pool = SandboxPool(workers=workers)
        self._registry = VerifierRegistry(self._pool)

    def judge(self, problem: Problem, candidate: str, seconds: float = 10.0, **limits: Any) -> Verdict:
        """One verdict."""
        bounds = Limits(wall_seconds=seconds, **limits)
        return self._loop.run_until_complete(self._registry.verify(problem, candidate, bounds))

    def judge_all(self, items: Iterable[Item], seconds: float) -> list[tuple[Item, Verdict]]:
        """Verdicts of all items, as many at once as the pool has workers."""
        return self._loop.run_until_complete(self._judge_all(iter(items), Limits(wall_seconds=seconds)))

    async def _judge_all(self, items: Iterator[Item], limits: Limits) -> list[tuple[Item, Verdict]]:
        judged: list[tuple[Item, Verdict]] = []

        async def work() -> None:
            for item in items:
                judged.append((item, await self._registry.verify(item.problem, item.candidate, limits)))

        await asyncio.gather(*(work() for _ in range(self._pool.workers)))
        return judged

    def close(self) -> None:
        self._loop.run_until_complete(self._pool.close())
        self._loop.close()


def unexpected(judged: list[tuple[Item, Verdict]]) -> list[str]:
    """The verdicts that are not the expected ones, in words."""
    return sorted(
        f"{item.problem.id} {item.source}: {verdict.status}: {verdict.detail[:200]}"
        for item, verdict in judged
        if verdict.passed is not item.expected
    )


def benchmark(*parts: str) -> Any:
    """A benchmark file: the list of its records."""
    root = os.environ.get("REASONING_BENCHMARKS")
    if root is None:
        pytest.skip("REASONING_BENCHMARKS is not set")
    path = Path(root, *parts)
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as stream:
        return [json.loads(line) for line in stream] if ".jsonl" in path.name else json.load(stream)
