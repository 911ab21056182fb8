r"""Equations or word problems with one value missing: which variable to ask for (GSME-Q, GSM-Q).

generated    2*x + y = 7 ... with the questions proved by exact elimination
heldout      the published CSV: `Rewritten Problem`, `Possible Questions` (a list), `GT Question`
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from reasoning.evaluation.benchmarks.answer_records import TIMEOUT_SECONDS
from reasoning.evaluation.benchmarks.base import Benchmark, Entry, SourceFile, text_field
from reasoning.evaluation.benchmarks.questbench_records import (
    GENERATED,
    NO_QUESTION,
    NUMBERED,
    archive,
    csv_rows,
    generation,
    numbered_entry,
    texts_in,
)
from reasoning.evaluation.questbench import equations

__all__ = ["EQUATIONS", "WORDS", "generated_equations"]


def _published(name: str) -> Callable[[Sequence[Path], str], Iterator[Entry]]:
    def read(paths: Sequence[Path], split: str) -> Iterator[Entry]:
        for number, (place, record) in enumerate(csv_rows(paths[0])):
            questions = [text for text in texts_in(record, "Possible Questions", place) if text != NO_QUESTION]
            right = text_field(record, "GT Question", place)
            statement = text_field(record, "Rewritten Problem", place)
            meta = {"questions": len(questions)}
            yield numbered_entry(f"{name}/{split}/{number}", statement, questions, [right], place=place, meta=meta)

    return read


def _read_equations(paths: Sequence[Path], split: str) -> Iterator[Entry]:
    if split != GENERATED:
        yield from _published(EQUATIONS.name)(paths, split)
        return
    for id, source in generation(paths[0], EQUATIONS.name, equations.VERSION).sources():
        yield generated_equations(id, source)


def generated_equations(id: str, source: random.Random) -> Entry:
    """A generated problem of this id, with its proved questions."""
    problem = equations.generate(source)
    shown = "\n".join(map(equations.show, problem.equations))
    statement = f"Equations:\n{shown}\n\nWhat is the value of {problem.target}?"
    meta = {"variables": len(problem.variables), "constraints": len(problem.equations)}
    right = map(_asking, equations.sufficient(problem))
    return numbered_entry(id, statement, [*map(_asking, equations.questions(problem))], right, meta=meta)


def _asking(name: str) -> str:
    return f"What is the value of {name}?"


EQUATIONS = Benchmark(
    name="questbench-equations",
    summary="Which value to ask for: generated linear equations, or QuestBench's GSME-Q",
    files={
        GENERATED: (SourceFile("questbench/equations.json"),),
        "heldout": (archive("GSM-Q/gsm_CSP_heldout_pilot.csv"),),
    },
    styles=NUMBERED,
    timeout_seconds=TIMEOUT_SECONDS,
    read=_read_equations,
    groups=("variables",),
    folder="questbench",
)
WORDS = Benchmark(
    name="questbench-words",
    summary="Which value to ask for in word problems: QuestBench's GSM-Q",
    files={"heldout": (archive("GSM-Q/gsm_verbal_heldout_pilot.csv"),)},
    styles=NUMBERED,
    timeout_seconds=TIMEOUT_SECONDS,
    read=_published("questbench-words"),
    folder="questbench",
)
