r"""EFAGen: a model (or template induction) turns seed problems into executable families, tests decide which are kept.

$ reasoning generate efagen --problems gsm8k:train --limit 100 --out runs/efagen                 # no model: induction
$ reasoning generate efagen --problems math:train --engine vllm:Qwen/Qwen3-8B --candidates 50 --out runs/efagen-model

For each seed problem with its solution N candidates are sampled; each runs through the tests of
`reasoning.families.validity`; of those that pass all, the one with most different texts gives the rows: variants of
the seed with computed answers, or (`--keep families`) the prompt with the accepted reply, for fine-tuning (section 4 of
the paper: train on them, and run again with the new model). Every refused candidate is kept with the test that it
failed, from which the rates of the tests follow.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from reasoning.evaluation.benchmarks.base import Entry
from reasoning.families.drawing import draw
from reasoning.families.prompts import EFA_STYLE, KIND, efa_problem
from reasoning.families.records import Family
from reasoning.families.streams import content_key
from reasoning.families.validity import Report, Solver, ValidityRules, ValidityTester
from reasoning.families.verifier import seed_problem
from reasoning.methods import Question
from reasoning.methods.direct import NO_ANSWER
from reasoning.pipelines.base import Discarded, Outcome, Pipeline, Row, option
from reasoning.pipelines.job import Job
from reasoning.pipelines.solutions import steps_of, topic_of
from verifiers.records import Problem
from verifiers.together import all_or_first_error

__all__ = ["NO_CANDIDATE", "PIPELINE", "REPEATED", "STAGE", "SURPLUS", "EfagenOptions", "run"]

STAGE = "seeds"
"""Under this name the outcomes of each seed lie in the run's store."""
NO_CANDIDATE, REPEATED, SURPLUS = "no candidate", "repeated", "surplus"
"""Where a candidate falls that fails no test."""
_KEPT = ("variants", "families")
_DRAWS_PER_VARIANT = 3
"""So many draws for each variant wanted, since some repeat the seed or each other."""


@dataclass(frozen=True, slots=True)
class EfagenOptions:
    """How many candidates, and what is kept of the accepted ones."""

    candidates: int = option(4, "Candidates of each seed problem (the paper's experiments: 50).", low=1)
    keep: str = option(
        "variants", "variants (problems with answers) or families (prompt and accepted class).", known=_KEPT
    )
    variants: int = option(8, "Variants of each accepted family.", low=1)
    draws: int = option(20, "Draws for the tests.", low=2)
    extra: bool = option(True, "Run the tests that are not in the paper as well.")
    solve: int = option(
        0, "Samples by which the engine itself must confirm a variant's answer; 0: no such test.", low=0
    )


@dataclass(frozen=True, slots=True)
class _Candidate:
    sample: int
    reply: str
    report: Report


def run(job: Job, options: EfagenOptions) -> AsyncIterator[Outcome]:
    """Sample, test, keep and draw."""
    rules = ValidityRules(draws=options.draws, extra=options.extra)
    solver = _solver(job, options.solve) if options.solve else None
    tester = ValidityTester(job.pool, rules=rules, solver=solver)

    async def work(entry: Entry) -> list[Outcome]:
        return await _seed_outcomes(job, options, tester, entry)

    return job.map(STAGE, job.seeds(), work)


async def _seed_outcomes(job: Job, options: EfagenOptions, tester: ValidityTester, entry: Entry) -> list[Outcome]:
    problem = _efa_problem(entry)
    if isinstance(problem, Discarded):
        return [problem]
    replies = await all_or_first_error(_reply(job, problem, sample) for sample in range(options.candidates))
    outcomes: list[Outcome] = []
    accepted: list[_Candidate] = []
    first: dict[str, int] = {}
    for sample, (reply, reason) in enumerate(replies):
        if reason:
            outcomes.append(Discarded(problem.id, NO_CANDIDATE, reason, meta={"sample": sample}))
            continue
        if (before := first.setdefault(reply, sample)) != sample:
            again = {"sample": sample, "of": before}
            outcomes.append(Discarded(problem.id, REPEATED, "the same reply as an earlier sample", meta=again))
            continue
        report = await tester.test(reply, seed_problem(problem))
        if report.passed:
            accepted.append(_Candidate(sample, reply, report))
        else:
            meta = {"sample": sample, "passed_tests": list(report.passed_tests)}
            outcomes.append(Discarded(problem.id, report.failed, report.reason, reply, meta))
    best = max(accepted, key=lambda one: one.report.distinct_texts, default=None)
    if best is None:
        return outcomes
    outcomes += [
        Discarded(problem.id, SURPLUS, "another candidate has more different texts", one.reply, {"sample": one.sample})
        for one in accepted
        if one is not best
    ]
    return outcomes + await _rows(job, options, problem, best)


def _efa_problem(entry: Entry) -> Problem | Discarded:
    """The seed as a problem of kind `efa`."""
    problem = entry.problem
    if problem.kind == KIND:
        return problem
    gold = problem.fields.get("gold")
    gold = gold[0] if isinstance(gold, Sequence) and not isinstance(gold, str) and gold else gold
    if problem.kind != "answer" or not isinstance(gold, str):
        return Discarded(problem.id, "seed", f"a problem of kind '{problem.kind}' with no single answer")
    solution = entry.references[0] if entry.references else ""
    return efa_problem(problem.id, problem.prompt, solution, gold, problem.meta)


async def _reply(job: Job, problem: Problem, sample: int) -> tuple[str, str]:
    """A reply, or an empty one and the reason."""
    question = Question(problem, EFA_STYLE, sample, job.settings.seed, job.sampling)
    (completion,) = await job.engine.complete(question.request("efagen", EFA_STYLE.write(problem)))
    if completion.finish_reason in NO_ANSWER or not completion.text.strip():
        return "", str(completion.meta.get("reason") or completion.finish_reason)
    return completion.text, ""


async def _rows(job: Job, options: EfagenOptions, problem: Problem, best: _Candidate) -> list[Outcome]:
    family = best.report.family
    assert family is not None
    common: dict[str, Any] = {"group": problem.id, "topic": topic_of(problem), "source": job.settings.problems}
    if options.keep == "families":
        return [
            Row(
                problem=problem,
                completion=best.reply,
                stream=f"sample {best.sample}",
                steps=steps_of(best.reply),
                meta={"sample": best.sample},
                **common,
            )
        ]
    variants = await _variants(job, family, problem.text("seed"), options.variants)
    if not variants:
        return [Discarded(problem.id, SURPLUS, "every draw is the seed", best.reply, {"sample": best.sample})]
    outcomes: list[Outcome] = []
    for number, (text, answer, solution) in enumerate(variants):
        row = Row(
            problem=Problem(f"{problem.id}/variant/{number}", "answer", text, {"gold": answer}, {"seed": problem.id}),
            completion=solution,
            stream=f"variant {number}",
            meta={"efa": family.source if number == 0 else "", "sample": best.sample},
            **common,
        )
        outcomes.append(await _checked(job, row))
    return outcomes


async def _checked(job: Job, row: Row) -> Outcome:
    """The row, when the family's own solution, where it writes one, leads to its answer."""
    if not row.completion:
        return row
    verdict = await job.verdict(row.problem, row.completion)
    return row if verdict.passed else Discarded(row.problem.id, "verdict", verdict.status.value, row.completion)


async def _variants(job: Job, family: Family, seed: str, count: int) -> list[tuple[str, str, str]]:
    """Different variants, none of which is the seed."""
    drawn = await draw(job.pool, family, range(count * _DRAWS_PER_VARIANT), seed=job.settings.seed)
    seen = {content_key(seed)}
    variants: list[tuple[str, str, str]] = []
    for instance in drawn.instances:
        key = content_key(instance.text)
        if key not in seen and len(variants) < count:
            seen.add(key)
            variants.append((instance.text, instance.answer, instance.solution))
    return variants


def _solver(job: Job, samples: int) -> Solver:
    """The run's own engine, asked for answers by the run's method."""

    async def solve(problem: Problem) -> list[str]:
        attempts = await all_or_first_error(job.attempt(problem, sample) for sample in range(samples))
        return [attempt.candidate.text for attempt in attempts if attempt.candidate is not None]

    return solve


PIPELINE = Pipeline(
    name="efagen",
    summary="Turn seed problems into executable families, test them, and draw variants with answers.",
    options=EfagenOptions,
    run=run,
    engine=True,
    seeds=True,
    default_problems="gsm8k:train",
    description=(
        "For each seed problem a program for its whole family of problems was inferred (by a language model, or by "
        "template induction over the numbers of its solution) and examined by tests in a sandbox. The rows are "
        "variants of the seeds with computed answers, or the accepted programs themselves. The tests make a wrong "
        "answer unlikely, not impossible: a program can be right at the seed and wrong elsewhere."
    ),
    references=("Khan et al. 2025, Executable Functional Abstractions (arXiv 2504.09763)",),
    examples=(
        "reasoning generate efagen --problems gsm8k:train --limit 50 --out runs/efagen",
        "reasoning generate efagen --problems math:train --engine vllm:Qwen/Qwen3-8B --candidates 50 --out runs/model",
    ),
)
