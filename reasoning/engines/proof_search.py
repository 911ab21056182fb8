"""Proves theorems with no model: tactics that close a goal, templates, premises of the library, then steps, best first.

    found = await search_proof(attempt, problem.text("statement"), Budget(attempts=60, seconds=10.0))
    found.proof         # "  induction xs <;> simp_all"

`attempt` tries one proof and tells which goals are left. Nothing here decides whether a theorem is proved: whoever gets
the proof has it judged.
"""

from __future__ import annotations

import heapq
import itertools
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final

from verifiers.proofs.lean.bridge import Attempt

__all__ = ["FAST", "SLOW", "Budget", "Found", "search_proof", "steps_for", "templates"]

FAST: Final = ("rfl", "assumption", "omega", "decide", "(simp; done)", "(simp_all; done)")
SLOW: Final = ("grind", "(simp +arith; done)", "ac_rfl", "(intros; simp_all; done)", "(intros; grind)")
_CLOSE_FAST: Final = "first | " + " | ".join(FAST)
_CLOSE_SLOW: Final = "first | " + " | ".join(SLOW)
_BINDER: Final = re.compile(r"[({]([^(){}:]+):\s*([^(){}]+?)\s*[)}]")
_RESIDUE: Final = re.compile(r"% (\d+)|\b(\d+) ∣")
_LARGEST_MODULUS: Final = 9
_MOST_STEPS: Final = 6
"""Longest chain of steps."""
_HYPOTHESIS: Final = re.compile(r"^(\w[\w'₀-₉]*(?: \w[\w'₀-₉]*)*) : (.+)$", re.MULTILINE)
_PLAIN_STEPS: Final = ("constructor", "left", "right", "funext x", "exists 0", "exists 1")

Try = Callable[[str], Awaitable[Attempt]]


@dataclass(frozen=True, slots=True)
class Budget:
    """What one search may use: proofs tried, and seconds in the prover."""

    attempts: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Found:
    """The end of a search.

    Attributes:
        proof: what follows `:= by`; None where none was found.
        strategy: `closer`, `template`, `premises` or `steps`.
        attempts: proofs tried.
        seconds: time in the prover.
    """

    proof: str | None
    strategy: str
    attempts: int
    seconds: float


class _Spent(Exception):
    """The budget is used up."""


class _Meter:
    """Counts what the tries use."""

    def __init__(self, attempt: Try, budget: Budget) -> None:
        self._attempt = attempt
        self._budget = budget
        self.attempts = 0
        self.seconds = 0.0

    async def __call__(self, proof: str) -> Attempt:
        if self.attempts >= self._budget.attempts or self.seconds >= self._budget.seconds:
            raise _Spent
        self.attempts += 1
        tried = await self._attempt(proof)
        self.seconds += tried.seconds
        return tried


async def search_proof(attempt: Try, statement: str, budget: Budget) -> Found:
    """Look for a proof in tactic mode.

    Args:
        attempt: tries what follows `:= by`.
        statement: of the theorem.
        budget: when to give up.
    """
    meter = _Meter(attempt, budget)
    strategy = "closer"
    try:
        for strategy, proof in _whole_proofs(statement):
            if (await meter(proof)).proved:
                return Found(proof, strategy, meter.attempts, meter.seconds)
        strategy = "steps"
        found = await _best_first(meter)
    except _Spent:
        found = None
    return Found(found, strategy, meter.attempts, meter.seconds)


def _whole_proofs(statement: str) -> Iterator[tuple[str, str]]:
    yield "closer", f"  {_CLOSE_FAST}"
    yield "closer", f"  {_CLOSE_SLOW}"
    for proof in templates(statement):
        yield "template", proof
    for proof in _PREMISE_FED:
        yield "premises", proof


def templates(statement: str) -> Iterator[str]:
    """Proofs by cases, residues and induction over what the statement binds."""
    bound = [(name, kind) for names, kind in _BINDER.findall(statement) for name in names.split()]
    booleans = [name for name, kind in bound if kind == "Bool"]
    if booleans:
        yield "  " + " <;> ".join([*(f"cases {name}" for name in booleans), f"({_CLOSE_FAST})"])
    propositions = [name for name, kind in bound if kind == "Prop"]
    if propositions:
        yield "  " + " <;> ".join([*(f"by_cases {name}" for name in propositions), "(simp_all; done)"])
    moduli = sorted({int(a or b) for a, b in _RESIDUE.findall(statement)})
    for name, kind in bound:
        for modulus in moduli:
            if kind in ("Nat", "Int") and 2 <= modulus <= _LARGEST_MODULUS:
                yield _residues(name, kind, modulus)
    for name, kind in bound:
        if kind == "Nat":
            yield f"  induction {name} with\n  | zero => {_CLOSE_FAST} | grind\n  | succ n ih => {_STEP_NAT}"
        elif kind.startswith("List"):
            yield f"  induction {name} with\n  | nil => {_CLOSE_FAST}\n  | cons x xs ih => {_STEP_LIST}"


_PREMISE_FED: Final = (
    "  intros; exact?",
    "  intros; (repeat' first | assumption | constructor) <;> exact?",
)
"""Lean looks the premise up in its library."""
_STEP_NAT: Final = (
    "first | omega | (simp_all; done) | (rw [Nat.pow_succ]; omega) | grind | (simp_all; omega)"
    " | (simp_all [List.range_succ]; grind)"
)
_STEP_LIST: Final = "first | (simp_all; done) | (simp_all; omega) | grind | (simp; omega)"


def _residues(name: str, kind: str, modulus: int) -> str:
    """All residues of a variable, each computed."""
    cases = " ∨ ".join(f"{name} % {modulus} = {residue}" for residue in range(modulus))
    pattern = " | ".join(["residue"] * modulus)
    rules = f"{kind}.{'mul_mod' if kind == 'Nat' else 'mul_emod'}, {kind}.{'add_mod' if kind == 'Nat' else 'add_emod'}"
    power = ", Nat.pow_mod" if kind == "Nat" else ""
    divides = f"{kind}.{'dvd_of_mod_eq_zero' if kind == 'Nat' else 'dvd_of_emod_eq_zero'}"
    return (
        f"  try apply {divides}\n  have residue : {cases} := by omega\n"
        f"  rcases residue with {pattern} <;> simp [{rules}{power}, residue]"
    )


async def _best_first(meter: _Meter) -> str | None:
    """Grow chains of steps, always the one whose goals are smallest; each is tried with the closers behind it."""
    order = itertools.count()
    start = await meter("  skip")
    queue: list[tuple[int, int, tuple[str, ...], tuple[str, ...]]] = [(0, next(order), (), start.goals)]
    seen = {start.goals}
    while queue:
        _, _, steps, goals = heapq.heappop(queue)
        for step in steps_for(goals[0] if goals else ""):
            chain = (*steps, step)
            proof = _text((*chain, f"all_goals try ({_CLOSE_FAST} | grind)"))
            tried = await meter(proof)
            if tried.proved:
                return proof
            if not tried.goals or len(chain) >= _MOST_STEPS:
                continue
            if tried.goals not in seen:
                seen.add(tried.goals)
                size = sum(len(goal) for goal in tried.goals)
                heapq.heappush(queue, (size + 20 * len(chain), next(order), chain, tried.goals))
    return None


def _text(steps: tuple[str, ...]) -> str:
    return "\n".join(f"  {step}" for step in steps)


def steps_for(goal: str) -> Iterator[str]:
    """Steps that fit the first goal as the prover prints it."""
    context, _, target = goal.partition("⊢")
    if "→" in target or "∀" in target or "¬" in target:
        yield "intro h"
        yield "intro x"
    hypotheses = [
        (name, kind) for names, kind in _HYPOTHESIS.findall(context) for name in names.split() if name != "case"
    ]
    for name, kind in hypotheses:
        if kind.startswith("∃") or " ∧ " in kind:
            yield f"obtain ⟨x, y⟩ := {name}"
        elif " ∨ " in kind:
            yield f"rcases {name} with h | h"
        elif "→" in kind or "∀" in kind:
            yield f"apply {name}"
        elif kind in ("Nat", "Bool") or kind.startswith("List"):
            yield f"cases {name}"
    yield from _PLAIN_STEPS
