r"""New theorems by symbolic mutation of library theorems, each proved and judged by real Lean (Alchemy).

$ reasoning generate mutate --targets 200 --out runs/mutations

Wu et al. 2024 (arXiv 2410.15748): a library theorem R rewrites the conclusion or a hypothesis of a theorem T (`rw`), or
implies one of its hypotheses (`apply`); the changed theorem is proved by undoing the change with R and using T. Here T
and R are theorems of core Lean. A process of Lean finds the changes and writes statement and proof as text; the proof
verifier judges the text, which loses those whose statement does not read back as what was printed. Each accepted
theorem is then tried by `rfl` and `simp` alone, with all hypotheses: what neither proves counts as hard.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from reasoning.pipelines.base import Discarded, Outcome, Pipeline, PipelineError, Row, option
from reasoning.pipelines.job import Job
from reasoning.pipelines.library_mutations import Effort, LibraryMutator, Mutation, MutatorError
from reasoning.proving.held_out import statement_key
from verifiers.proofs.lean.install import LeanMissingError
from verifiers.records import Problem, RecordError, Status

__all__ = ["PIPELINE", "MutateOptions", "run"]

_MODES: Final = ("rw", "apply", "both")
_ALONE: Final = "  first\n    | (intros; rfl)\n    | (intros; simp_all; done)"
"""What a theorem must resist to count as hard. `simp` on a statement as it stands uses its hypotheses in part: it may
refute one, or find the conclusion among them. `simp_all` uses all of them, for less time than that takes."""
_RESISTED: Final = (Status.WRONG, Status.TIMEOUT)
_MOST_CHARACTERS: Final = 1_000
"""Longer statements are left out: they are of no use to a model."""


@dataclass(frozen=True, slots=True)
class MutateOptions:
    """What is mutated, and how often."""

    targets: int = option(200, "Library theorems that are mutated; 0: all.", low=0)
    mode: str = option("both", "Tactic of the mutation: rw, apply or both.", known=_MODES)
    tries: int = option(40, "Rules tried for a theorem's conclusion and for each hypothesis.", low=1)
    most: int = option(3, "Mutations of a conclusion, and of each hypothesis by each tactic.", low=1)
    uses: int = option(300, "Accepted mutations by one rule; a few rules fit nearly everywhere.", low=1)


async def run(job: Job, options: MutateOptions) -> AsyncIterator[Outcome]:
    """Mutate, judge, and drop what was there before.

    Raises:
        PipelineError: Lean is not there, or the mutating process failed.
    """
    effort = Effort(options.mode, options.tries, options.most)
    seen: set[str] = set()
    used: Counter[str] = Counter()
    try:
        async with LibraryMutator(job.pool) as mutator:
            numbers = await _chosen(job, mutator, options.targets)

            async def work(number: int) -> list[Outcome]:
                return await _of_theorem(job, mutator, number, effort)

            async with aclosing(job.map("theorems", numbers, work)) as outcomes:
                async for outcome in outcomes:
                    yield _kept(outcome, seen, used, options.uses)
    except (MutatorError, LeanMissingError) as error:
        raise PipelineError(str(error)) from None


async def _chosen(job: Job, mutator: LibraryMutator, count: int) -> list[int]:
    """Numbers of the theorems, drawn without replacement."""

    async def size(_: str) -> int:
        return await mutator.size()

    known = [result async for result in job.each("library", ["size"], size)]
    order = list(range(known[0]))
    random.Random(job.seed("theorems")).shuffle(order)
    return order[: count or None]


async def _of_theorem(job: Job, mutator: LibraryMutator, number: int, effort: Effort) -> list[Outcome]:
    try:
        target, mutations = await mutator.mutations(number, effort)
    except MutatorError as error:
        return [Discarded(f"theorem-{number}", "mutation", str(error))]
    if not mutations:
        return [Discarded(target, "mutation", "no rule changes it")]
    different = {mutation.statement: mutation for mutation in reversed(mutations)}
    return [
        await _judged(job, f"mutation_{number}_{place}", mutation)
        for place, mutation in enumerate(reversed(different.values()))
    ]


async def _judged(job: Job, name: str, mutation: Mutation) -> Outcome:
    """The mutation as a row, when Lean accepts its proof."""
    if len(mutation.statement) > _MOST_CHARACTERS:
        return Discarded(name, "length", f"longer than {_MOST_CHARACTERS} characters", mutation.statement)
    statement = f"theorem {name}{mutation.universes} : {mutation.statement} := by"
    problem = Problem(name, "proof", statement, {"system": "lean", "statement": statement})
    both = f"{statement}\n{mutation.proof}"
    try:
        verdict = await job.judge.verdict(problem, mutation.proof)
    except RecordError as error:
        return Discarded(name, "statement", f"does not read back: {error}", both)
    if not verdict.passed:
        return Discarded(name, "verdict", f"{verdict.status.value}: {verdict.detail}", both, _meta(mutation))
    alone = await job.judge.verdict(problem, _ALONE)
    if not alone.passed and alone.status not in _RESISTED:
        return Discarded(name, "alone", f"{alone.status.value}: {alone.detail}", both, _meta(mutation))
    hard = not alone.passed
    return Row(
        problem=problem,
        group=mutation.target,
        completion=mutation.proof,
        topic=mutation.target.partition(".")[0] if "." in mutation.target else "logic",
        difficulty=1.0 if hard else 0.0,
        steps=mutation.proof.count("\n") + 1,
        source="core Lean",
        stream=name,
        meta={**_meta(mutation), "hard": hard},
    )


def _meta(mutation: Mutation) -> dict[str, Any]:
    return {"target": mutation.target, "rule": mutation.rule, "form": mutation.form}


def _kept(outcome: Outcome, seen: set[str], used: Counter[str], most: int) -> Outcome:
    """The row, unless it was there before, under these names or others, or is one of too many by its rule."""
    if isinstance(outcome, Discarded):
        return outcome
    name, statement = outcome.problem.id, str(outcome.problem.fields["statement"])
    key = statement_key(statement)
    if key in seen:
        return Discarded(name, "duplicate", "the same statement as one before", statement, outcome.meta)
    seen.add(key)
    rule = str(outcome.meta["rule"])
    if used[rule] == most:
        return Discarded(name, "surplus", f"{rule} made {most} already", statement, outcome.meta)
    used[rule] += 1
    return outcome


PIPELINE = Pipeline(
    name="mutate",
    summary="Change theorems of Lean's library by rw and apply, and prove what comes out.",
    options=MutateOptions,
    run=run,
    description=(
        "Theorems of core Lean, changed by other theorems of core Lean: a conclusion or hypothesis rewritten, or a "
        "hypothesis replaced by what implies it. Every proof undoes the change and uses the theorem that was changed; "
        "the kernel of a second Lean process checked it at the very statement. Statements that the library has "
        "already are left out. `hard` says that neither `rfl` nor `simp` with all hypotheses (`simp_all`) proves it."
    ),
    references=("Wu et al. 2024, Alchemy: amplifying theorem-proving capability by mutation (arXiv 2410.15748)",),
    examples=(
        "reasoning generate mutate --targets 200 --out runs/mutations",
        "reasoning generate mutate --targets 0 --mode rw --out runs/corpus",
    ),
)
