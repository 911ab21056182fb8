"""MAP-Elites over kinds of problems: an engine writes new ones where the grid of kinds is still empty.

$ reasoning generate explore --engine vllm:Qwen/Qwen3-8B --rounds 20 --batch 64 --out runs/explore

Each round chooses empty cells, those beside filled ones first, and asks for a problem that fits each, with the best
problem of a neighbour as an example. A new problem is solved several times, kept when enough solutions agree on its
answer, and put into the cell where it really belongs, which need not be the one it was written for; a cell that is full
takes no more. The coordinates are topic, difficulty, length of the text and depth of the solution.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import product

from reasoning.engines.base import Message
from reasoning.methods import Prompt
from reasoning.pipelines.base import Discarded, Outcome, Pipeline, Row, option
from reasoning.pipelines.descriptors import DEPTHS, DIFFICULTIES, LENGTHS, Cell, cell_of
from reasoning.pipelines.job import Job
from reasoning.pipelines.new_problems import solved_rows, statements_in
from reasoning.pipelines.topics import TOPICS
from verifiers.records import Problem

__all__ = ["PIPELINE", "Archive", "ExploreOptions", "run"]

_WORDS = (
    ("very easy", "easy", "of middling difficulty", "hard", "very hard"),
    ("at most 15 words", "15 to 40 words", "40 to 80 words", "more than 80 words"),
    ("one step", "two to four steps", "five to nine steps", "ten steps or more"),
)
_ASK = """Write a new mathematics problem about {topic}. It should be {difficulty}, its text should have {length}, and
its solution should need {depth}. It must be complete in itself and have one number as answer.
{example}
Put the problem between <problem> and </problem>."""


@dataclass(frozen=True, slots=True)
class ExploreOptions:
    """How long is searched, and what a cell holds."""

    rounds: int = option(4, "Rounds; each sees what the ones before have filled.", low=1)
    batch: int = option(16, "Problems asked for in a round.", low=1)
    capacity: int = option(1, "Problems that a cell takes.", low=1)
    topics: str = option(",".join(TOPICS), "Topics, separated by commas.")
    solutions: int = option(4, "Solutions of each new problem.", low=1)
    agree: float = option(0.75, "Share of them that must agree on the answer.", low=0.0, high=1.0)


@dataclass(slots=True)
class Archive:
    """The grid: how many problems each cell holds, and one of them as an example.

    Attributes:
        topics: the first coordinate's values.
        capacity: problems that a cell takes.
        counts: problems by cell.
        examples: statement of the first problem of each cell.
    """

    topics: tuple[str, ...]
    capacity: int
    counts: dict[Cell, int] = field(default_factory=dict)
    examples: dict[Cell, str] = field(default_factory=dict)

    def place(self, row: Row) -> bool:
        """Put a row into its cell; False when that is full."""
        cell = cell_of(row)
        if self.counts.get(cell, 0) >= self.capacity:
            return False
        self.counts[cell] = self.counts.get(cell, 0) + 1
        self.examples.setdefault(cell, row.problem.prompt)
        return True

    def targets(self, count: int, draw: random.Random) -> list[tuple[Cell, str]]:
        """`count` cells that are not full, each with an example from a neighbour (empty where there is none).

        Cells that have a filled neighbour come first; within both kinds the choice is random.
        """
        sizes = (len(DIFFICULTIES) + 1, len(LENGTHS) + 1, len(DEPTHS) + 1)
        cells = [Cell(topic, *place) for topic in self.topics for place in product(*map(range, sizes))]
        free = [cell for cell in cells if self.counts.get(cell, 0) < self.capacity]
        draw.shuffle(free)
        free.sort(key=lambda cell: self.neighbour(cell) == "")
        return [(cell, self.neighbour(cell)) for cell in free[:count]]

    def neighbour(self, cell: Cell) -> str:
        """The example of this cell, or of one that differs by one step in one coordinate; empty for none."""
        steps = [(0, 0, 0)] + [tuple(sign * (axis == one) for one in range(3)) for axis in range(3) for sign in (-1, 1)]
        for difficulty, length, depth in steps:
            near = Cell(cell.topic, cell.difficulty + difficulty, cell.length + length, cell.depth + depth)
            if near in self.examples:
                return self.examples[near]
        return ""


async def run(job: Job, options: ExploreOptions) -> AsyncIterator[Outcome]:
    """Fill the grid, round by round."""
    topics = tuple(topic.strip() for topic in options.topics.split(",") if topic.strip())
    archive = Archive(topics, options.capacity)

    async def work(item: tuple[str, Cell, str]) -> list[Outcome]:
        return await _written(job, *item, options)

    for number in range(options.rounds):
        draw = random.Random(job.seed("targets", number))
        targets = archive.targets(options.batch, draw)
        items = [(f"round-{number}/{place}", cell, example) for place, (cell, example) in enumerate(targets)]
        async with aclosing(job.map(f"round-{number}", items, work)) as outcomes:
            async for outcome in outcomes:
                if isinstance(outcome, Row) and not archive.place(outcome):
                    yield Discarded(outcome.problem.id, "elite", "its cell is full", outcome.problem.prompt)
                else:
                    yield outcome


async def _written(job: Job, id: str, cell: Cell, example: str, options: ExploreOptions) -> list[Outcome]:
    """One new problem for a cell, solved; at most one row."""
    shown = f"\nHere is a problem close to what is wanted:\n\n{example}\n" if example else ""
    difficulty, length, depth = (
        words[place] for words, place in zip(_WORDS, (cell.difficulty, cell.length, cell.depth), strict=True)
    )
    text = _ASK.format(topic=cell.topic, difficulty=difficulty, length=length, depth=depth, example=shown)
    reply = (await job.ask("explore", id, 0, Prompt(messages=(Message("user", text),)))).text
    found = statements_in(reply)
    if not found:
        return [Discarded(id, "explore", "no problem in the reply", reply)]
    meta = {"topic": cell.topic, "agent": "explore"}
    problem = Problem(f"explore/{job.settings.seed}/{id}", "answer", found[0], {"gold": ""}, meta)
    outcomes = await solved_rows(job, problem, problem.id, options.solutions, options.agree)
    first = next((outcome for outcome in outcomes if isinstance(outcome, Row)), None)
    return [outcome for outcome in outcomes if outcome is first or isinstance(outcome, Discarded)]


PIPELINE = Pipeline(
    name="explore",
    summary="New problems where the grid of kinds is empty (MAP-Elites).",
    options=ExploreOptions,
    run=run,
    engine=True,
    description=(
        "New problems written by a model for cells of a grid of topic, difficulty, length and depth that were still "
        "empty. Each was kept when several solutions agree on its answer, which is then taken as gold."
    ),
    references=("Mouret and Clune 2015, Illuminating search spaces by mapping elites (arXiv 1504.04909)",),
    examples=("reasoning generate explore --engine vllm:Qwen/Qwen3-8B --rounds 20 --batch 64 --out runs/explore",),
)
