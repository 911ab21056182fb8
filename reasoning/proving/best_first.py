r"""Best-first search over proof states: a policy proposes tactics with log-probabilities, Lean says what they lead to.

    found = await tree_search(TacticSession(bridge), task, policy, Budget(checks=100, tokens=20_000))
    found.proof          # "  intro h\n  exact h.2", or None
    found.nodes          # the tree: parent, tactic, log-probability and goals of each state

Source: Polu and Sutskever, arXiv 2009.03393 (best first by the log-probability of the path); Xin et al., BFS-Prover,
arXiv 2502.03438 (that sum divided by depth^alpha, so that long paths are not starved). States with the same goals are
one node: a transposition table on their text. Nothing here is a verdict: a proof that was found is judged as a whole by
the verifier.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from verifiers.proofs.lean.tactics import TacticError, TacticState
from verifiers.proofs.records import ProofTask

__all__ = ["Budget", "Found", "Node", "Policy", "Proposal", "Proposals", "Session", "tree_search"]

_REVISIT_COST: Final = 2.0
"""Nats by which a state falls back each time that it was expanded: it is asked again when nothing better is left."""
_LONGEST_ERROR: Final = 300
_LONGEST_GOAL: Final = 1_000
_MOST_GOALS: Final = 4
"""Of the goals and errors that are kept for people to read; characters and number."""


class Session(Protocol):
    """Tactic by tactic in a prover; see `verifiers.proofs.lean.tactics.TacticSession`."""

    async def start(self, task: ProofTask) -> TacticState:
        """The state before the first tactic."""

    async def apply(self, state: TacticState, tactic: str) -> TacticState | TacticError:
        """The state behind one more tactic."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A tactic to try and its natural-log probability."""

    tactic: str
    logprob: float


@dataclass(frozen=True, slots=True)
class Proposals:
    """What a policy proposes for one state, and the tokens that it spent on it."""

    tactics: tuple[Proposal, ...]
    tokens: int = 0


class Policy(Protocol):
    """Proposes tactics."""

    async def propose(self, state: TacticState, visit: int) -> Proposals:
        """Tactics for a state.

        Args:
            state: with at least one goal.
            visit: how often it was asked before: a sampling policy then draws others.
        """


@dataclass(frozen=True, slots=True)
class Budget:
    """What one search may use.

    Attributes:
        checks: tactics tried in the prover.
        tokens: tokens that the policy spends; the request that passes the bound is the last.
    """

    checks: int = 100
    tokens: int = 50_000


@dataclass(slots=True)
class Node:
    """One state of the tree.

    Attributes:
        state: its goals and the tactics that lead to it.
        parent: index of the node before it; None for the first.
        logprob: of its last tactic.
        total: sum over the path.
        visits: how often it was expanded.
        failed: tactics that failed here, with the prover's first error.
        tried: all tactics that were tried here.
    """

    state: TacticState
    parent: int | None = None
    logprob: float = 0.0
    total: float = 0.0
    visits: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)

    def priority(self, alpha: float) -> float:
        """Larger is better."""
        depth = max(len(self.state.tactics), 1)
        return self.total / float(depth**alpha) - _REVISIT_COST * self.visits


@dataclass(frozen=True, slots=True)
class Found:
    """The end of a search.

    Attributes:
        proof: what follows `:= by`; None where none was found.
        reason: why the search ended: `proved`, `checks`, `tokens`, or `exhausted` (nothing new to try).
        nodes: the tree, in the order in which its states were found.
        checks: tactics tried.
        tokens: tokens spent.
        transpositions: tactics that led to goals which were in the tree already.
    """

    proof: str | None
    reason: str
    nodes: tuple[Node, ...]
    checks: int
    tokens: int
    transpositions: int

    def to_json(self) -> dict[str, Any]:
        """The tree and the numbers, as plain JSON."""
        return {
            "reason": self.reason,
            "checks": self.checks,
            "tokens": self.tokens,
            "transpositions": self.transpositions,
            "nodes": [
                {
                    "parent": node.parent,
                    "tactic": node.state.tactics[-1] if node.state.tactics else "",
                    "logprob": round(node.logprob, 4),
                    "visits": node.visits,
                    "goals": [goal[:_LONGEST_GOAL] for goal in node.state.goals[:_MOST_GOALS]],
                    "failed": node.failed,
                }
                for node in self.nodes
            ],
        }


async def tree_search(
    session: Session, task: ProofTask, policy: Policy, budget: Budget, *, alpha: float = 0.5
) -> Found:
    """Search for a proof in tactic mode.

    Args:
        session: applies tactics.
        task: a statement that ends in `:= by`.
        policy: proposes tactics.
        budget: when to give up.
        alpha: 0 orders states by the log-probability of their path, 1 by its mean over the tactics.

    Raises:
        RecordError: the statement cannot be elaborated.
    """
    search = _Search(session, policy, budget, alpha, Node(await session.start(task)))
    reason = await search.run()
    last = search.nodes[-1].state
    return Found(
        last.proof if reason == "proved" else None,
        reason,
        tuple(search.nodes),
        search.checks,
        search.tokens,
        search.transpositions,
    )


class _Search:
    """The tree, its queue and its transposition table."""

    def __init__(self, session: Session, policy: Policy, budget: Budget, alpha: float, first: Node) -> None:
        self.nodes = [first]
        self.checks = self.tokens = self.transpositions = 0
        self._session, self._policy, self._budget, self._alpha = session, policy, budget, alpha
        self._places = {first.state.goals: 0}
        self._queue: list[tuple[float, int]] = []
        self._push(0)

    def _push(self, place: int) -> None:
        heapq.heappush(self._queue, (-self.nodes[place].priority(self._alpha), place))

    async def run(self) -> str:
        """Search until something ends it; says what. A proof's last state is then the last node."""
        if self.nodes[0].state.done:
            return "proved"
        while self._queue:
            if self.checks >= self._budget.checks:
                return "checks"
            if self.tokens >= self._budget.tokens:
                return "tokens"
            priority, place = heapq.heappop(self._queue)
            if priority != -self.nodes[place].priority(self._alpha):
                continue  # It was put in again with a better path.
            if await self._expand(place):
                return "proved"
        return "exhausted"

    async def _expand(self, place: int) -> bool:
        """Ask for tactics, try those that are new here, and hang what they lead to below; whether one proves it."""
        node = self.nodes[place]
        proposed = await self._policy.propose(node.state, node.visits)
        self.tokens += proposed.tokens
        node.visits += 1
        new = _distinct(proposed.tactics, node.tried)[: self._budget.checks - self.checks]
        if not new:
            return False
        node.tried.update(one.tactic for one in new)
        self.checks += len(new)
        results = await asyncio.gather(*(self._session.apply(node.state, one.tactic) for one in new))
        for one, result in zip(new, results, strict=True):
            if isinstance(result, TacticError):
                node.failed[one.tactic] = " ".join(result.message.split())[:_LONGEST_ERROR]
            elif self._add(Node(result, place, one.logprob, node.total + one.logprob)):
                return True
        self._push(place)
        return False

    def _add(self, node: Node) -> bool:
        """Put a state into the tree, unless its goals are there; whether it has none."""
        if node.state.done:
            self.nodes.append(node)
            return True
        known = self._places.get(node.state.goals)
        if known is None:
            self._places[node.state.goals] = len(self.nodes)
            self.nodes.append(node)
            self._push(len(self.nodes) - 1)
            return False
        self.transpositions += 1
        other = self.nodes[known]
        if not other.visits and node.priority(self._alpha) > other.priority(self._alpha):
            self.nodes[known] = node
            self._push(known)
        return False


def _distinct(proposals: Sequence[Proposal], tried: set[str]) -> list[Proposal]:
    """The proposals that were not tried, each once, the likeliest first."""
    best: dict[str, Proposal] = {}
    for one in sorted(proposals, key=lambda one: (-one.logprob, one.tactic)):
        if one.tactic not in tried:
            best.setdefault(one.tactic, one)
    return list(best.values())
