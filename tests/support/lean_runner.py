"""Runs many proof checks in one event loop, so that one set of embedded Lean processes serves all tests of a session."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass, field
from pathlib import Path

from verifiers.proofs import ProofReport, ProofTask
from verifiers.proofs.lean import guard
from verifiers.proofs.lean.bridge import LeanBridge
from verifiers.proofs.lean.tactics import TacticError, TacticSession, TacticState
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
        endless: report of a check that does not end in time.
        deep: report of a check that may bring its process down.
        after: of an ordinary check behind these.
        shown: of a check that tells the goals after each step.
        states: what tactics made of a statement, one after another.
        judged: of the proof that they add up to.
        starts: processes started until the disturbances began.
        kills: how many processes were killed.
    """

    reports: dict[str, ProofReport] = field(default_factory=dict)
    unguarded: dict[str, ProofReport] = field(default_factory=dict)
    disturbed: dict[str, ProofReport] = field(default_factory=dict)
    endless: ProofReport | None = None
    deep: ProofReport | None = None
    after: ProofReport | None = None
    shown: ProofReport | None = None
    states: list[TacticState | TacticError] = field(default_factory=list)
    judged: ProofReport | None = None
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
        session.shown = await bridge.check(SHOWN, SHOWN_PROOF, Limits(wall_seconds=CHECK_SECONDS))
        await _apply_tactics(bridge, session)
        session.kills = await _disturb(sandbox, all_of, session)
        session.endless = await check(ENDLESS, SHORT_SECONDS)
        session.deep = await check(DEEP)
        session.after = await check(CASES[0])
    return session


async def _apply_tactics(bridge: LeanBridge, session: Session) -> None:
    tactics = TacticSession(bridge, CHECK_SECONDS)
    state = await tactics.start(SHOWN)
    session.states.append(state)
    for tactic in TACTICS:
        found = await tactics.apply(state, tactic)
        session.states.append(found)
        if isinstance(found, TacticState):
            state = found
    session.judged = await bridge.check(SHOWN, state.proof, Limits(wall_seconds=CHECK_SECONDS))


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


SHOWN = ProofTask("lean", "theorem shown (p q : Prop) (h : p ∧ q) : q ∧ p := by", goals=True)
SHOWN_PROOF = "  constructor\n  · exact h.2\n  · exact h.1"
TACTICS = [
    "constructor",
    "omega",
    "have : p := by\n  skip",
    "sorry",
    "#eval 1",
    "  have both : q := by\n    exact h.2\n  exact both",
    "exact h.1",
    "rfl",
]
"""Some work, the others leave the state as it is."""
NAMES = [f"x{number}" for number in range(20)]
ENDLESS = {
    "statement": f"theorem endless ({' '.join(NAMES)} : Nat) "
    + " ".join(f"(h{name} : {name} = 0 ∨ {name} = 1)" for name in NAMES)
    + f" : {' + '.join(NAMES)} ≤ {len(NAMES)} := by",
    "proof": "  set_option maxHeartbeats 0 in\n  omega",
}
"""A million cases."""
DEEP = {"statement": "theorem deep : True := by", "proof": "  exact " + "(" * 20_000 + "trivial" + ")" * 20_000}
