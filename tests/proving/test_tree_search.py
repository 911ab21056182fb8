"""Best-first proof search on a scripted prover: order, transpositions, budgets, and what is kept of the tree."""

import asyncio
import math

import pytest

from reasoning.proving.best_first import Budget, Proposal, Proposals, tree_search
from verifiers.proofs.lean.tactics import TacticError, TacticState
from verifiers.proofs.records import ProofTask

TASK = ProofTask("lean", "theorem scripted : True := by")


class Script:
    """A prover whose goals are single words: `moves` says where a tactic leads from a goal; `done` is the end."""

    def __init__(self, moves):
        self.moves = moves
        self.applied = []

    async def start(self, task):
        return TacticState(task, (), ("start",))

    async def apply(self, state, tactic):
        self.applied.append((state.goals[0], tactic))
        goal = self.moves.get((state.goals[0], tactic))
        if goal is None:
            return TacticError(f"{tactic}\n  fails")
        return TacticState(state.task, (*state.tactics, tactic), () if goal == "done" else (goal,))


class Table:
    """A policy that proposes the same tactics for a goal whenever it is asked, at `tokens` tokens."""

    def __init__(self, proposals, tokens=10):
        self.proposals = proposals
        self.tokens = tokens
        self.asked = []

    async def propose(self, state, visit):
        self.asked.append(state.goals[0])
        known = self.proposals.get(state.goals[0], {})
        return Proposals(tuple(Proposal(tactic, math.log(p)) for tactic, p in known.items()), self.tokens)


def search(script, table, budget=None, alpha=0.0):
    return asyncio.run(tree_search(script, TASK, table, budget or Budget(), alpha=alpha))


def test_the_likeliest_path_is_followed_first_and_its_proof_is_whole():
    script = Script({("start", "a"): "left", ("start", "b"): "right", ("right", "c"): "done"})
    table = Table({"start": {"a": 0.2, "b": 0.7, "x": 0.1}, "right": {"c": 0.9}, "left": {"d": 1.0}})
    found = search(script, table)
    assert found.proof == "  b\n  c"
    assert found.reason == "proved"
    assert table.asked == ["start", "right"]
    assert script.applied == [("start", "b"), ("start", "a"), ("start", "x"), ("right", "c")]
    assert (found.checks, found.tokens) == (4, 20)
    assert found.nodes[0].failed == {"x": "x fails"}


def test_alpha_decides_between_long_likely_and_short_unlikely_paths():
    # After "a" (0.5) and "c" (0.5) the path has log 0.25 in two steps, "b" has log 0.3 in one.
    moves = {("start", "a"): "one", ("one", "c"): "deep", ("start", "b"): "flat"}
    proposals = {"start": {"a": 0.5, "b": 0.3}, "one": {"c": 0.5}}
    by_sum, by_mean = Table(proposals), Table(proposals)
    search(Script(moves), by_sum, alpha=0.0)
    search(Script(moves), by_mean, alpha=1.0)
    assert by_sum.asked[:4] == ["start", "one", "flat", "deep"]
    assert by_mean.asked[:4] == ["start", "one", "deep", "flat"]


def test_the_same_goals_are_one_state_and_keep_the_better_path():
    moves = {
        ("start", "a"): "one",
        ("start", "b"): "two",
        ("one", "loop"): "start",
        ("one", "c"): "shared",
        ("two", "d"): "shared",
        ("shared", "e"): "done",
    }
    proposals = {
        "start": {"a": 0.6, "b": 0.4},
        "one": {"c": 0.01, "loop": 0.5},
        "two": {"d": 0.9},
        "shared": {"e": 1.0},
    }
    table = Table(proposals)
    found = search(Script(moves), table)
    assert found.proof == "  b\n  d\n  e"
    assert found.transpositions == 2
    assert table.asked.count("shared") == 1
    assert [node.state.goals for node in found.nodes].count(("shared",)) == 1
    nodes = found.to_json()["nodes"]
    assert [nodes[place]["tactic"] for place in (nodes[-1]["parent"], nodes[nodes[-1]["parent"]]["parent"])] == [
        "d",
        "b",
    ]


def test_a_policy_with_nothing_new_ends_the_search():
    table = Table({"start": {"a": 1.0}})
    found = search(Script({}), table)
    assert (found.proof, found.reason, found.checks) == (None, "exhausted", 1)
    assert table.asked == ["start", "start"]


def test_a_sampling_policy_is_asked_again_with_its_visit():
    visits = []

    class Sampling:
        async def propose(self, state, visit):
            visits.append(visit)
            return Proposals((Proposal(f"try {visit}", -1.0),), 1)

    found = asyncio.run(tree_search(Script({("start", "try 3"): "done"}), TASK, Sampling(), Budget()))
    assert found.proof == "  try 3"
    assert visits == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("budget", "reason", "checks"), [(Budget(checks=5), "checks", 5), (Budget(tokens=25), "tokens", 9)]
)
def test_budgets_end_the_search(budget, reason, checks):
    class Endless:
        async def propose(self, state, visit):
            return Proposals(tuple(Proposal(f"{visit}.{number}", -number) for number in range(3)), 10)

    script = Script({})
    found = asyncio.run(tree_search(script, TASK, Endless(), budget))
    assert (found.proof, found.reason, found.checks, len(script.applied)) == (None, reason, checks, checks)


def test_what_is_kept_for_people_is_bounded():
    long = "⊢ " + "x" * 5_000
    found = search(Script({("start", "a"): long}), Table({"start": {"a": 0.5, "b" * 9: 0.5}}))
    record = found.to_json()
    assert len(record["nodes"][1]["goals"][0]) == 1_000
    assert record["reason"] == "exhausted"
