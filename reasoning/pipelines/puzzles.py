"""New programming puzzles, kept when they can be solved and are not trivial (P3's way of making more of them).

$ reasoning generate puzzles --proposals 50 --out runs/puzzles
$ reasoning generate puzzles --proposer engine --engine vllm:Qwen/Qwen3-4B --problems p3:train --out runs/p3-new

A puzzle is *proposed*: by mutation (no model), which gives the inputs of a known puzzle other values of the same kinds
and solves it by the known solution; or by an engine, which is shown a known puzzle and writes a new one with its
solution (Haluptzok, Bowers and Kalai 2023: the model writes puzzles, solves them, and the interpreter decides). Kept is
what the puzzle verifier accepts and what no trivial answer (0, 1, "", [], an input itself ...) solves as well.
"""

from __future__ import annotations

import ast
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from reasoning.engines.base import Message
from reasoning.evaluation.benchmarks.base import Entry
from reasoning.methods import Prompt
from reasoning.pipelines.base import Discarded, Outcome, Pipeline, Row, option
from reasoning.pipelines.job import Job
from reasoning.pipelines.puzzle_inputs import InputError, mutated, with_inputs
from reasoning.pipelines.solutions import steps_of, topic_of
from verifiers.extraction import extract_program, is_safe_to_parse
from verifiers.puzzles import Puzzle
from verifiers.records import Problem, RecordError

__all__ = ["PIPELINE", "TRIVIAL_ANSWERS", "PuzzleOptions", "run"]

MUTATION, ENGINE = "mutation", "engine"
TRIVIAL_ANSWERS = (
    "0", "1", "-1", "2", "10", "100", "0.0", "1.0", "True", "False", "''", "' '", "'a'", "[]", "[0]", "[1]", "['']",
    "[[]]", "[0, 0]", "[0, 1]", "[1, 1]", "[1, 2]",
)  # fmt: skip
"""Tried, where they have the right type, before a puzzle is kept; and each input of the puzzle as it stands."""
_PROPOSE = """A puzzle is a Python function that says whether an answer is right. Here is one:

```python
{sat}
```

and its solution:

```python
{solution}
```

Write another puzzle, different from it but of the same kind, with an annotated first argument and with defaults for all
others, and its solution `def sol(...)` with these same other arguments. `sat` must return exactly True for the
solution. Reply with one Python code block that holds both functions."""


@dataclass(frozen=True, slots=True)
class PuzzleOptions:
    """Who proposes puzzles, and how many."""

    proposer: str = option(
        MUTATION, "mutation (other inputs, no model) or engine (a new puzzle).", known=(MUTATION, ENGINE)
    )
    proposals: int = option(20, "Puzzles proposed from each known one.", low=1)
    solution_seconds: float = option(
        2.0, "Seconds of processor time for a puzzle's own solution; a slower one is left out.", low=0.01
    )


@dataclass(frozen=True, slots=True)
class _Proposal:
    sat: str
    solution: str


def run(job: Job, options: PuzzleOptions) -> AsyncIterator[Outcome]:
    """Propose puzzles from each known one, and keep those that hold."""
    # Well below what judges of the dataset allow, so that its solutions pass on slower machines, too.
    job = job.within(options.solution_seconds)

    async def work(item: tuple[int, Entry]) -> list[Outcome]:
        number, entry = item
        return [await _judged(job, entry, number, proposed) for proposed in await _proposals(job, item, options)]

    # One unit proposes one puzzle of each seed in turn, so that a bounded number of rows holds many kinds.
    items = ((number, entry) for number in range(options.proposals) for entry in job.seeds())
    return job.map("proposals", items, work)


async def _proposals(job: Job, item: tuple[int, Entry], options: PuzzleOptions) -> list[_Proposal | Discarded]:
    number, entry = item
    problem = entry.problem
    if problem.kind != "puzzle" or not entry.references:
        return [Discarded(problem.id, "seed", "not a puzzle with a known solution")]
    if options.proposer == MUTATION:
        draw = random.Random(job.seed("inputs", problem.id, number))
        try:
            inputs = mutated(problem.text("sat"), draw)
            return [_Proposal(with_inputs(problem.text("sat"), inputs), with_inputs(entry.references[0], inputs))]
        except InputError as error:
            return [Discarded(problem.id, "seed", str(error))]
    text = _PROPOSE.format(sat=problem.text("sat"), solution=entry.references[0])
    completion = await job.ask("propose", problem.id, number, Prompt(messages=(Message("user", text),)))
    return [_read_proposal(problem.id, completion.text)]


def _read_proposal(id: str, reply: str) -> _Proposal | Discarded:
    """The two functions of a reply."""
    source = extract_program(reply, entry_point="sat")
    if source is None or not is_safe_to_parse(source):
        return Discarded(id, "proposal", "no code in the reply", reply)
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Discarded(id, "proposal", "the code does not parse", reply)
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    if not {"sat", "sol"} <= functions.keys():
        return Discarded(id, "proposal", "sat or sol is missing", reply)
    imports = [ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    head = "".join(f"{line}\n" for line in imports)
    return _Proposal(ast.unparse(functions["sat"]), head + ast.unparse(functions["sol"]))


async def _judged(job: Job, entry: Entry, number: int, proposed: _Proposal | Discarded) -> Outcome:
    """The proposed puzzle as a row, when its solution holds and nothing trivial does."""
    if isinstance(proposed, Discarded):
        return proposed
    seed = entry.problem
    id = f"{seed.id}/proposal-{number}"
    problem = Problem(id, "puzzle", seed.prompt, {"sat": proposed.sat})
    both = f"{proposed.sat}\n\n{proposed.solution}"
    try:
        verdict = await job.judge.verdict(problem, proposed.solution)
        if not verdict.passed:
            return Discarded(id, "verdict", f"not solved: {verdict.status.value}", both)
        trivial = await _is_trivial(job, problem)
    except RecordError as error:
        return Discarded(id, "proposal", f"no puzzle: {error}", both)
    if trivial:
        return Discarded(id, "trivial", "a trivial answer solves it", both)
    return Row(
        problem=problem,
        group=seed.id,
        completion=proposed.solution,
        topic=topic_of(seed),
        difficulty=_difficulty(seed),
        steps=steps_of(proposed.solution),
        source=job.settings.problems,
        stream=f"proposal {number}",
    )


async def _is_trivial(job: Job, problem: Problem) -> bool:
    """Whether a trivial answer of the right type solves the puzzle."""
    has_type = Puzzle.of(problem).has_type
    answers = [text for text, value in _literals(problem.text("sat")) if has_type(value)]
    if not answers:
        return False
    # One child looks for an answer that solves it; what it finds is judged like any other.
    search = (
        f"def sol():\n    for answer in [{', '.join(answers)}]:\n        try:\n            if sat(answer) is True:\n"
        "                return answer\n        except Exception:\n            pass\n    raise LookupError('none')"
    )
    return (await job.judge.verdict(problem, f"{problem.text('sat')}\n\n{search}")).passed


def _literals(sat: str) -> Iterator[tuple[str, object]]:
    """Trivial answers, and the puzzle's inputs as they stand, as text and as values."""
    function = next(node for node in ast.parse(sat).body if isinstance(node, ast.FunctionDef))
    for text in (*TRIVIAL_ANSWERS, *map(ast.unparse, function.args.defaults)):
        try:
            yield text, ast.literal_eval(text)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            continue


def _difficulty(seed: Problem) -> float | None:
    level = seed.meta.get("level")
    return (level - 1) / 2 if isinstance(level, int) and 1 <= level <= 3 else None


PIPELINE = Pipeline(
    name="puzzles",
    summary="New puzzles, kept when they can be solved and are not trivial.",
    options=PuzzleOptions,
    run=run,
    engine=True,
    asks=lambda options: options.proposer == ENGINE,
    seeds=True,
    sized=lambda rows: PuzzleOptions(proposals=rows // 120 + 2),
    default_problems="puzzles",
    description=(
        "Programming puzzles made from known ones: with other inputs, or written anew by a model. Each was solved by "
        "code that the puzzle verifier accepted in a sandbox, and no trivial answer solves it."
    ),
    references=(
        "Schuster et al. 2021, Programming Puzzles",
        "Haluptzok, Bowers and Kalai 2023, Language Models Can Teach Themselves to Program Better",
    ),
    examples=(
        "reasoning generate puzzles --limit 10 --proposals 5 --out runs/puzzles-new",
        "reasoning generate puzzles --proposer engine --engine vllm:Qwen/Qwen3-4B --problems p3:train --out runs/p3",
    ),
)
