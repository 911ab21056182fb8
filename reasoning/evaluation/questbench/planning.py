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


def _moves(state: State) -> Iterator[tuple[Action, State]]:
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
    layer: dict[State, list[tuple[Action, ...]]] = {start: [()]}
    seen = {start}
    while layer:
        if goal in layer:
            return frozenset(layer[goal])
        following: dict[State, list[tuple[Action, ...]]] = {}
        for state, paths in layer.items():
            for action, reached in _moves(state):
                if reached not in seen:
                    following.setdefault(reached, []).extend((*path, action) for path in paths)
        seen |= following.keys()
        layer = following
    return frozenset()


def possible(problem: PlanningProblem) -> tuple[State, ...]:
    """The starts that agree with what is known."""
    return tuple(
        state for state in states(problem.blocks) if all(holds(fact, state) is value for fact, value in problem.known)
    )


def enough(starts: Iterable[State], goal: State) -> bool:
    """Whether one sequence of actions is a shortest plan from every start."""
    common: frozenset[tuple[Action, ...]] | None = None
    for start in starts:
        found = plans(start, goal)
        common = found if common is None else common & found
        if not common:
            return False
    return common is not None


def facts(blocks: int) -> tuple[Fact, ...]:
    """Everything that can be asked about so many blocks."""
    names = BLOCKS[:blocks]
    on = [Fact(block, below) for block in names for below in (*names, TABLE) if block != below]
    return (*on, *(Fact(block) for block in names))


def questions(problem: PlanningProblem) -> tuple[Fact, ...]:
    """The facts that may be asked: those that what is known leaves open."""
    starts = possible(problem)
    return tuple(fact for fact in facts(problem.blocks) if len({holds(fact, start) for start in starts}) > 1)


def sufficient(problem: PlanningProblem) -> frozenset[Fact]:
    """The questions of which each answer leaves enough."""
    starts = possible(problem)
    right = []
    for fact in questions(problem):
        halves = [[start for start in starts if holds(fact, start) is value] for value in (True, False)]
        if all(enough(half, problem.goal) for half in halves):
            right.append(fact)
    return frozenset(right)


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
