"""Runs many proof checks in one event loop, so that one set of embedded Lean processes serves all tests of a session."""

from __future__ import annotations

import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

from verifiers.proofs import ProofReport, ProofTask
from verifiers.proofs.lean import guard
from verifiers.proofs.lean.bridge import LeanBridge
from verifiers.sandbox import Limits, SandboxPool

TABLES = Path(__file__).resolve().parents[1] / "tables"
CHECK_SECONDS = 60.0
SHORT_SECONDS = 4.0


def table(name: str) -> list[dict[str, str]]:
    with open(TABLES / name, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


CASES = [*table("lean_cases.jsonl"), *table("lean_honest.jsonl"), *table("lean_cheats.jsonl")]


@dataclass
class Session:
    """What the checks of a session said.

    Attributes:
        reports: by case id.
        unguarded: of the cheats, with the scan of the text switched off.
        disturbed: of some cases, while processes were killed.
        stuck: report of a check whose process was stopped at first.
        endless: report of a check that does not end, and the seconds that it took.
        deep: report of a check that brings its process down.
        ready: processor seconds that the first process used until it was ready.
        resident_mib: largest resident memory seen.
        starts: processes started until the disturbances began.
    """

    reports: dict[str, ProofReport] = field(default_factory=dict)
    unguarded: dict[str, ProofReport] = field(default_factory=dict)
    disturbed: dict[str, ProofReport] = field(default_factory=dict)
    endless: tuple[ProofReport, float] | None = None
    deep: ProofReport | None = None
    after: ProofReport | None = None
    starts: int = 0
    kills: int = 0


def task(case: dict[str, str]) -> ProofTask:
    return ProofTask("lean", case["statement"], case.get("header", ""))


def run_session() -> Session:
    return asyncio.run(_run())


async def _run() -> Session:
    session = Session()
    async with SandboxPool(workers=2) as sandbox:
        bridge = LeanBridge(sandbox, workers=2)

        async def check(case: dict[str, str], seconds: float = CHECK_SECONDS) -> ProofReport:
            return await bridge.check(task(case), case["proof"], Limits(wall_seconds=seconds))

        async def all_of(cases: list[dict[str, str]], into: dict[str, ProofReport]) -> None:
            slots = asyncio.Semaphore(2)

            async def one(case: dict[str, str]) -> None:
                async with slots:
                    into[case["id"]] = await check(case)

            await asyncio.gather(*(one(case) for case in cases))

        await all_of(CASES, session.reports)
        session.starts = bridge.pool.starts
        scan = guard.refusal
        guard.refusal = lambda code, open_scopes=0: ""
        try:
            refused = [case for case in CASES if case["expected"] == "rejected"]
            await all_of(refused, session.unguarded)
        finally:
            guard.refusal = scan
        session.kills = await _disturb(sandbox, all_of, session)
        began = time.monotonic()
        report = await check(ENDLESS, SHORT_SECONDS)
        session.endless = report, time.monotonic() - began
        session.deep = await check(DEEP)
        session.after = await check(CASES[0])
    return session


async def _disturb(sandbox: SandboxPool, all_of, session: Session) -> int:
    """Check some cases while the processes under one server after another are killed."""
    cases = [case for case in CASES if case["id"].startswith(("good", "wrong", "honest"))]
    generator = random.Random(0)
    work = asyncio.create_task(all_of(cases, session.disturbed))
    kills = 0
    while not work.done():
        if kills < 3 and len(session.disturbed) >= (kills + 1) * len(cases) // 5:
            victims = [worker for worker in sandbox._all if worker.alive and worker.busy]
            if victims:
                generator.choice(sorted(victims, key=lambda worker: worker.pid)).kill()
                kills += 1
        await asyncio.sleep(0.001)
    await work
    return kills


ENDLESS = {
    "statement": "theorem endless (a b : Nat) : a + b = b + a + 0 * a * b := by",
    "proof": "  set_option maxHeartbeats 0 in\n  repeat rw [Nat.add_comm]",
}
DEEP = {"statement": "theorem deep : True := by", "proof": "  exact " + "(" * 20_000 + "trivial" + ")" * 20_000}
