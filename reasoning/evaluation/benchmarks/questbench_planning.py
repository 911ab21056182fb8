r"""Planning-Q: blocks whose start is only partly seen, and the one fact to ask for.

generated    up to four blocks, with the questions proved by breadth-first search
heldout      the published CSV: lists of facts in `conditions` (known), `goals`, `all_qs` and `gt_qs`
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from reasoning.evaluation.benchmarks.answer_records import TIMEOUT_SECONDS
from reasoning.evaluation.benchmarks.base import Benchmark, Entry, SourceFile
from reasoning.evaluation.benchmarks.questbench_records import (
    GENERATED,
    NUMBERED,
    archive,
    csv_rows,
    generation,
    numbered_entry,
    texts_in,
)
from reasoning.evaluation.questbench import planning

__all__ = ["BENCHMARK", "generated_planning"]

_NAME = "questbench-planning"
_RULES = (
    "Blocks stand on a table or on each other, one on one. A move takes a block on which nothing stands and puts it on "
    "the table or on another block on which nothing stands."
)
_PDDL_RULES = (
    "A hand moves blocks. When it is empty, it can pick up a clear block from the table or unstack one from another "
    "block; it can put down the block it holds or stack it on a clear block. Only some facts of the start are known."
)


def _read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    if split == GENERATED:
        for id, source in generation(paths[0], _NAME, planning.VERSION).sources():
            yield generated_planning(id, source)
        return
    for number, (place, record) in enumerate(csv_rows(paths[0])):
        known, goals = (texts_in(record, name, place) for name in ("conditions", "goals"))
        statement = f"{_PDDL_RULES}\n\nKnown facts of the start:\n{_lines(known)}\n\nTo be reached:\n{_lines(goals)}"
        questions = [_is_true(fact) for fact in texts_in(record, "all_qs", place)]
        right = [_is_true(fact) for fact in texts_in(record, "gt_qs", place)]
        meta = {"questions": len(questions)}
        yield numbered_entry(f"{_NAME}/{split}/{number}", statement, questions, right, place=place, meta=meta)


def generated_planning(id: str, source: random.Random) -> Entry:
    """A generated problem of this id, with its proved questions."""
    problem = planning.generate(source)
    known = [_said(fact, value) for fact, value in problem.known]
    blocks = ", ".join(planning.BLOCKS[: problem.blocks])
    statement = (
        f"{_RULES}\n\nThe blocks are {blocks}. Known of the start:\n{_lines(known)}\n\nTo be reached, in as few "
        f"moves as possible: {'; '.join(map(_stack, problem.goal))}."
    )
    meta = {"blocks": problem.blocks, "starts": len(planning.possible(problem))}
    questions = [_question(fact) for fact in planning.questions(problem)]
    return numbered_entry(id, statement, questions, map(_question, planning.sufficient(problem)), meta=meta)


def _lines(texts: Sequence[str]) -> str:
    return "\n".join(texts) or "(nothing)"


def _said(fact: planning.Fact, value: bool) -> str:
    no = "" if value else "not "
    if not fact.below:
        return f"Nothing stands on {fact.block}." if value else f"Some block stands on {fact.block}."
    return f"Block {fact.block} is {no}on {_place(fact)}."


def _question(fact: planning.Fact) -> str:
    return f"Is block {fact.block} on {_place(fact)}?" if fact.below else f"Does nothing stand on block {fact.block}?"


def _place(fact: planning.Fact) -> str:
    return "the table" if fact.below == planning.TABLE else f"block {fact.below}"


def _stack(stack: planning.Stack) -> str:
    return f"{stack[0]} on the table" + "".join(f", {block} on {below}" for below, block in itertools.pairwise(stack))


def _is_true(fact: str) -> str:
    return f"Is it true that {fact.strip('() ')}?"


BENCHMARK = Benchmark(
    name=_NAME,
    summary="Which fact to ask for before planning: generated blocks worlds, or QuestBench's Planning-Q",
    files={
        GENERATED: (SourceFile("questbench/planning.json"),),
        "heldout": (archive("Planning-Q/planning_heldout_7500.csv"),),
    },
    styles=NUMBERED,
    timeout_seconds=TIMEOUT_SECONDS,
    read=_read,
    groups=("blocks",),
    folder="questbench",
)
