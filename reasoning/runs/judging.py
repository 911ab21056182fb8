"""A judge that remembers: every verdict is kept in the run's store, and the same text is judged once for a problem.

judge = RecordingJudge(pool, run.store, Limits(wall_seconds=10))
verdict = await judge.verdict(problem, "def sol(): return 3")       # judged in the sandbox, kept
verdict = await judge.verdict(problem, "def sol(): return 3")       # read from the store, also after kill -9
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from copy import copy
from typing import Protocol

from reasoning.runs.recording import KEY_BYTES
from reasoning.runs.store import RunStore
from reasoning.slots import Slots
from verifiers.records import Problem, Verdict
from verifiers.registry import VerifierRegistry
from verifiers.sandbox import Limits, SandboxPool

__all__ = ["JUDGED_AT_ONCE_FACTOR", "Judges", "RecordingJudge", "judgement_key", "problem_digest", "without_addresses"]

JUDGED_AT_ONCE_FACTOR = 2
"""Judgements under way for each sandbox worker: enough that none is idle, few enough that the answers of candidates,
which may be tens of MiB, do not pile up between the child that gave them and the one that judges them."""

_ADDRESS = re.compile(r"\b0x[0-9a-f]{8,16}\b")


def without_addresses(detail: str) -> str:
    """A verdict's detail without the addresses of objects, which differ from run to run."""
    return _ADDRESS.sub("0x...", detail)


def judgement_key(problem: bytes, candidate: str | None, note: str = "") -> bytes:
    """The content key of a judgement: of a problem's digest and a candidate, or the reason why there is none."""
    hashed = hashlib.sha256(problem)
    hashed.update(b"none\x1f" + note.encode() if candidate is None else candidate.encode("utf-8", "surrogatepass"))
    return hashed.digest()[:KEY_BYTES]


def problem_digest(number: int, problem: Problem) -> bytes:
    """What a verifier sees of a problem, as 32 bytes."""
    seen = [number, problem.id, problem.kind, problem.prompt, dict(problem.fields)]
    return hashlib.sha256(json.dumps(seen).encode()).digest()


class Judges(Protocol):
    """The verifiers, wherever they work; `VerifierRegistry` is the one of this process."""

    async def verify(self, problem: Problem, candidate: str, limits: Limits) -> Verdict:
        """Judge a candidate.

        Raises:
            RecordError: the problem is malformed or of an unknown kind.
        """


class RecordingJudge:
    """Judges candidates with the registered verifiers, a bounded number at once."""

    def __init__(self, pool: SandboxPool, store: RunStore, limits: Limits, judges: Judges | None = None) -> None:
        """Judge with `judges` (None: this process's, in `pool`) within `limits`; keep the verdicts in `store`."""
        self._judges = judges or VerifierRegistry(pool)
        self._store = store
        self._limits = limits
        self._slots = Slots(JUDGED_AT_ONCE_FACTOR * pool.workers)
        self._under_way: dict[bytes, asyncio.Future[tuple[int, Verdict]]] = {}

    def within(self, limits: Limits) -> RecordingJudge:
        """This judge with other limits: the same store, and no more judgements under way than it has alone."""
        other = copy(self)
        other._limits = limits
        return other

    async def verdict(self, problem: Problem, candidate: str) -> Verdict:
        """The verdict on a candidate, where problems have no numbers.

        Raises:
            RecordError: the problem is malformed or of an unknown kind.
        """
        return (await self.judge(problem, problem_digest(0, problem), 0, candidate))[1]

    async def judge(self, problem: Problem, digest: bytes, number: int, candidate: str) -> tuple[int, Verdict]:
        """Id in the store and verdict.

        Args:
            problem: what the candidate answers.
            digest: its `problem_digest`.
            number: of the problem in its benchmark.
            candidate: what is judged.

        Raises:
            RecordError: the problem is malformed or of an unknown kind.
        """
        key = judgement_key(digest, candidate)
        # The same text for the same problem is judged once, also when it comes again while being judged.
        if (under_way := self._under_way.get(key)) is not None:
            return await asyncio.shield(under_way)
        if (known := self._store.judgement(key)) is not None:
            return known
        promise: asyncio.Future[tuple[int, Verdict]] = asyncio.get_running_loop().create_future()
        self._under_way[key] = promise
        try:
            async with self._slots:
                verdict = await self._judges.verify(problem, candidate, self._limits)
            judged = self._store.add_judgement(key, number, candidate, verdict), verdict
            promise.set_result(judged)
            return judged
        finally:
            del self._under_way[key]
            promise.cancel()
