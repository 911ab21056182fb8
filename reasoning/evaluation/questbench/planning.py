r"""Blocks whose start is only partly seen: which fact decides the plan?

>>> [show(state) for state in states(2)]
['a b', 'ab', 'ba']
>>> sorted(plans((("a", "b"),), (("b", "a"),)))    # stacks from the bottom up: a below b, to b below a
[(('b', 'table'), ('a', 'b'))]

A state is a set of stacks, an action moves one free block onto another free block or the table. What is known of the
start leaves a set of possible starts. It is enough when one sequence of actions is a shortest plan from each of them;
shortest plans are found by breadth-first search, all of them. A question about a fact is right when both answers are
possible and each leaves enough.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

__all__ = [
    "Fact",
    "PlanningProblem",
    "enough",
    "facts",
    "generate",
    "holds",
    "plans",
    "possible",
    "questions",
    "show",
    "states",
    "sufficient",
]

VERSION = 1
TABLE = "table"
BLOCKS = "abcdefgh"
_MIN_OPTIONS = 3
_MAX_TRIES = 10_000

Stack = tuple[str, ...]
"""Blocks from the bottom up."""

State = tuple[Stack, ...]
"""Stacks, sorted."""

Action = tuple[str, str]
"""(block, where it is put: a block or the table)."""


@dataclass(frozen=True, slots=True, order=True)
class Fact:
    """`below` is a block or the table: block stands directly on it; `below` empty: nothing stands on the block."""

    block: str
    below: str = ""


@dataclass(frozen=True, slots=True)
class PlanningProblem:
    """What is known of the start, and the goal.

    Attributes:
        blocks: number of blocks, named a, b, c ...
        known: facts of the start, each true or false.
        goal: the state to reach.
    """

    blocks: int
    known: tuple[tuple[Fact, bool], ...]
    goal: State


def show(state: State) -> str:
    """Stacks from the bottom up, parted by spaces."""
    return " ".join("".join(stack) for stack in state)


@lru_cache(maxsize=8)
def states(blocks: int) -> tuple[State, ...]:
    """All states of so many blocks, in a fixed order."""
    found: set[State] = {()}
    for name in BLOCKS[:blocks]:
        found = {_sorted(grown) for state in found for grown in _with_block(state, name)}
    return tuple(sorted(found))


def _with_block(state: State, name: str) -> Iterator[Iterable[Stack]]:
    yield (*state, (name,))
    for index, stack in enumerate(state):
        for place in range(len(stack) + 1):
            yield (*state[:index], (*stack[:place], name, *stack[place:]), *state[index + 1 :])


def _sorted(stacks: Iterable[Stack]) -> State:
    return tuple(sorted(stack for stack in stacks if stack))


def holds(fact: Fact, state: State) -> bool:
    """Whether the fact is true in a state."""
    for stack in state:
        if fact.block in stack:
            place = stack.index(fact.block)
            if not fact.below:
                return place == len(stack) - 1
            return (stack[place - 1] if place else TABLE) == fact.below
    return False


@lru_cache(maxsize=20_000)
def _moves(state: State) -> tuple[tuple[Action, State], ...]:
    return tuple(_all_moves(state))


def _all_moves(state: State) -> Iterator[tuple[Action, State]]:
    for stack in state:
        *rest, block = stack
        others = [other for other in state if other is not stack]
        if rest:
            yield (block, TABLE), _sorted([*others, tuple(rest), (block,)])
        for target in others:
            kept = [other for other in others if other is not target]
            yield (block, target[-1]), _sorted([*kept, tuple(rest), (*target, block)])


@lru_cache(maxsize=20_000)
def plans(start: State, goal: State) -> frozenset[tuple[Action, ...]]:
    """All shortest sequences of actions from `start` to `goal`; empty when they have other blocks."""
    if start == goal:
        return frozenset([()])
    left = _distances(goal)
    if start not in left:
        return frozenset()
    nearer = [(action, reached) for action, reached in _moves(start) if left[reached] == left[start] - 1]
    return frozenset((action, *rest) for action, reached in nearer for rest in plans(reached, goal))


@lru_cache(maxsize=500)
def _distances(goal: State) -> dict[State, int]:
    """State -> number of actions from there to the goal; each action can be taken back, so it is the same from it."""
    found = {goal: 0}
    layer = [goal]
    while layer:
        following = []
        for state in layer:
            for _, reached in _moves(state):
                if reached not in found:
                    found[reached] = found[state] + 1
                    following.append(reached)
        layer = following
    return found


def possible(problem: PlanningProblem) -> tuple[State, ...]:
    """The starts that agree with what is known."""
    return _members(problem.blocks, _possible(problem))


@lru_cache(maxsize=8)
def _where(blocks: int) -> dict[Fact, int]:
    """Fact -> the states in which it is true, a bit each."""
    return {
        fact: sum(1 << place for place, state in enumerate(states(blocks)) if holds(fact, state))
        for fact in facts(blocks)
    }


def _possible(problem: PlanningProblem) -> int:
    """As `possible`, a bit for each state."""
    where = _where(problem.blocks)
    starts = (1 << len(states(problem.blocks))) - 1
    for fact, value in problem.known:
        starts &= where[fact] if value else ~where[fact]
    return starts


def _members(blocks: int, bits: int) -> tuple[State, ...]:
    return tuple(state for place, state in enumerate(states(blocks)) if bits >> place & 1)


def enough(starts: Iterable[State], goal: State) -> bool:
    """Whether one sequence of actions is a shortest plan from every start."""
    common: frozenset[tuple[Action, ...]] | None = None
    for start in starts:
        found = plans(start, goal)
        common = found if common is None else common & found
        if not common:
            return False
    return common is not None


@lru_cache(maxsize=8)
def facts(blocks: int) -> tuple[Fact, ...]:
    """Everything that can be asked about so many blocks."""
    names = BLOCKS[:blocks]
    on = [Fact(block, below) for block in names for below in (*names, TABLE) if block != below]
    return (*on, *(Fact(block) for block in names))


def questions(problem: PlanningProblem) -> tuple[Fact, ...]:
    """The facts that may be asked: those that what is known leaves open."""
    starts = _possible(problem)
    return tuple(fact for fact, true in _where(problem.blocks).items() if starts & true and starts & ~true)


def sufficient(problem: PlanningProblem) -> frozenset[Fact]:
    """The questions of which each answer leaves enough."""
    starts, where = _possible(problem), _where(problem.blocks)
    halves = {fact: (starts & where[fact], starts & ~where[fact]) for fact in questions(problem)}
    return frozenset(
        fact
        for fact, both in halves.items()
        if all(enough(_members(problem.blocks, half), problem.goal) for half in both)
    )


def generate(source: random.Random) -> PlanningProblem:
    """A problem that what is known does not decide and one question does, among at least three.

    Args:
        source: where its randomness comes from; the same state gives the same problem.
    """
    for _ in range(_MAX_TRIES):
        blocks = source.choice((3, 4, 4))
        start, goal = source.choice(states(blocks)), source.choice(states(blocks))
        every = facts(blocks)
        known = sorted(source.sample(every, source.randint(1, len(every) // 3)))
        problem = PlanningProblem(blocks, tuple((fact, holds(fact, start)) for fact in known), goal)
        starts = possible(problem)
        if not 2 <= len(starts) <= 8 or enough(starts, goal) or len(questions(problem)) < _MIN_OPTIONS:
            continue
        right = sufficient(problem)
        if right and len(right) < len(questions(problem)):
            return problem
    raise RuntimeError(f"no underspecified problem in {_MAX_TRIES} tries")
