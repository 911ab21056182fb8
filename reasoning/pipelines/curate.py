"""A pool of problems made fit for training, as DeepMath-103K was: decontaminated, rated, checked, labelled.

$ reasoning generate curate --problems pool.jsonl --out runs/curated
$ reasoning generate curate --problems pool.jsonl --engine vllm:Qwen/Qwen3-8B --solutions 3 --ratings 6 --level 5 \
    --topics engine --embedder transformers:MODEL --nearest 5 --out runs/deep

He et al. 2025. The steps, each optional and cheapest first: problems that give away a benchmark are dropped before
any engine is asked; the engine says whether one of the `--nearest` benchmark problems, by an embedding model, is the
same problem, in both orders since it may favour one; it rates the difficulty `--ratings` times on a scale from 1 to 10,
and problems with a mean below `--level` are dropped; `--solutions` independent solutions must all end in one answer (or
a share `--agree` of them), and in the known answer where there is one; a topic is named by an engine or by the
problem's words. With no engine the pool is cleaned, deduplicated, decontaminated, labelled by words, and split.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from reasoning.engines.base import Message
from reasoning.evaluation.benchmarks.base import Entry
from reasoning.methods import Prompt
from reasoning.pipelines.agreement import agreed_answer
from reasoning.pipelines.backend.duplicates import forms_of
from reasoning.pipelines.backend.forms import problem_text
from reasoning.pipelines.base import Discarded, Outcome, Pipeline, PipelineError, Row, option
from reasoning.pipelines.job import Job
from reasoning.pipelines.solutions import discarded_sample, solution_row, topic_of
from reasoning.pipelines.topics import OTHER, TOPICS, topic_by_words
from verifiers.records import Problem
from verifiers.together import all_or_first_error

__all__ = ["PIPELINE", "CurateOptions", "rating_in", "run"]

NONE, WORDS, ENGINE = "none", "words", "engine"
HARDEST = 10.0
_RATE = """Rate how difficult this mathematics problem is, on a scale from 1 (primary school) over 4 (first rounds of
school contests), 6 (national contests for the ablest pupils) and 8 (the easier problems of international olympiads)
to 10 (problems that hardly any contestant solves). Half steps are allowed.

{problem}

Give the reasons in a few words, then the rating as \\boxed{{number}}."""
_SAME = """Here are two problems.

First problem: {one}

Second problem: {two}

Are they the same problem, perhaps in other words or in another language? Problems with other numbers or other questions
are not the same. Reply with \\boxed{{yes}} or \\boxed{{no}}."""
_LABEL = """Which of these topics is this problem about: {topics}?

{problem}

Reply with the topic as \\boxed{{topic}}."""
_BOX = re.compile(r"\\boxed\{([^{}]*)\}")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class CurateOptions:
    """Which steps are taken."""

    solutions: int = option(0, "Independent solutions that must agree (DeepMath: 3); 0: none are asked for.", low=0)
    agree: float = option(1.0, "Share of the solutions that must agree.", low=0.0, high=1.0)
    nearest: int = option(
        0, "With --embedder: so many nearest benchmark problems that the engine compares with each problem.", low=0
    )
    ratings: int = option(0, "Difficulty ratings whose mean counts (DeepMath: 6); 0: none are asked for.", low=0)
    level: float = option(0.0, "Problems rated below are dropped (DeepMath: 5).", low=0.0, high=HARDEST)
    topics: str = option(
        WORDS, "Topic labels: none, words (by the problem's words) or engine.", known=(NONE, WORDS, ENGINE)
    )


def run(job: Job, options: CurateOptions) -> AsyncIterator[Outcome]:
    """Take each problem through the steps.

    Raises:
        PipelineError: `nearest` is asked for without an embedder or benchmarks.
    """
    if options.nearest and job.protected.nearness is None:
        raise PipelineError("--nearest needs --embedder, and benchmarks to decontaminate against")

    async def work(entry: Entry) -> list[Outcome]:
        return await _curated(job, entry, options)

    return job.map("problems", job.seeds(), work)


async def _curated(job: Job, entry: Entry, options: CurateOptions) -> list[Outcome]:
    problem = entry.problem
    (match,) = await job.protected.check([problem], [forms_of(problem)])
    if match is not None:
        return [Discarded(problem.id, "contamination", match.reason(), problem.prompt)]
    if options.nearest and (same := await _same_as(job, problem, options.nearest)):
        return [Discarded(problem.id, "contamination", f"judged the same: as {same}", problem.prompt)]
    level: float | None = None
    if options.ratings:
        ratings = await _ratings(job, problem, options.ratings)
        if not ratings:
            return [Discarded(problem.id, "rating", "no rating in any reply", problem.prompt)]
        level = sum(ratings) / len(ratings)
        if level < options.level:
            return [Discarded(problem.id, "rating", f"below the level: {level:.2f}", problem.prompt)]
    topic = await _topic(job, problem, options.topics)
    notes: dict[str, Any] = {} if level is None else {"level": round(level, 4)}
    if options.solutions:
        return [_labelled(one, topic, level, notes) for one in await _agreeing(job, entry, options)]
    return [_labelled(await _with_own_solution(job, entry), topic, level, notes)]


async def _with_own_solution(job: Job, entry: Entry) -> Outcome:
    """The problem with the solution that its pool has, once the verifier has accepted that; alone where it has none.

    A solution of a problem without a gold answer cannot be judged, and is left out.
    """
    problem, solution = entry.problem, next(iter(entry.references), "")
    if problem.kind == "answer" and not problem.fields.get("gold"):
        solution = ""
    if solution and not (verdict := await job.verdict(problem, solution)).passed:
        reason = f"{verdict.status.value}: the pool's own solution"
        return Discarded(problem.id, "verdict", reason, f"{problem.prompt}\n{solution}")
    return Row(problem, problem.id, solution, source=job.settings.problems)


def _labelled(outcome: Outcome, topic: str, level: float | None, notes: dict[str, Any]) -> Outcome:
    if isinstance(outcome, Discarded):
        return outcome
    difficulty = outcome.difficulty if level is None else level / HARDEST
    return replace(outcome, topic=topic, difficulty=difficulty, meta={**outcome.meta, **notes})


async def _same_as(job: Job, problem: Problem, count: int) -> str:
    """The id of a near benchmark problem that the engine takes for the same one, in either order, or an empty text."""
    assert job.protected.nearness is not None
    text = problem_text(problem)
    for id, known in await job.protected.nearness.nearest(text, count):
        replies = await all_or_first_error(
            job.ask(
                "same", f"{problem.id} {id}", order, Prompt(messages=(Message("user", _SAME.format(one=one, two=two)),))
            )
            for order, (one, two) in enumerate(((text, known), (known, text)))
        )
        if any((_BOX.findall(reply.text.lower()) or [""])[-1].strip() == "yes" for reply in replies):
            return id
    return ""


async def _ratings(job: Job, problem: Problem, count: int) -> list[float]:
    prompt = Prompt(messages=(Message("user", _RATE.format(problem=problem.prompt)),))
    replies = await all_or_first_error(job.ask("rating", problem.id, sample, prompt) for sample in range(count))
    return [rating for reply in replies if (rating := rating_in(reply.text)) is not None]


def rating_in(reply: str) -> float | None:
    """The rating that a reply gives in its last box, or as its last number; None when there is none from 1 to 10."""
    boxes = _BOX.findall(reply)
    numbers = _NUMBER.findall(boxes[-1] if boxes else reply)
    return float(numbers[-1]) if numbers and 1 <= float(numbers[-1]) <= HARDEST else None


async def _topic(job: Job, problem: Problem, how: str) -> str:
    known = topic_of(problem)
    if known or how == NONE:
        return known
    if how == WORDS:
        return topic_by_words(problem.prompt)
    text = _LABEL.format(topics=", ".join(TOPICS), problem=problem.prompt)
    reply = (await job.ask("topic", problem.id, 0, Prompt(messages=(Message("user", text),)))).text.lower()
    named = (_BOX.findall(reply) or [reply])[-1]
    return next((topic for topic in TOPICS if topic in named), OTHER)


async def _agreeing(job: Job, entry: Entry, options: CurateOptions) -> list[Outcome]:
    """Rows for the solutions that agree, or why there are none."""
    problem = entry.problem
    attempts = await all_or_first_error(job.attempt(problem, sample) for sample in range(options.solutions))
    agreement = agreed_answer([one.candidate.text if one.candidate is not None else "" for one in attempts])
    if agreement is None or len(agreement.samples) < options.agree * options.solutions:
        count = 0 if agreement is None else len(agreement.samples)
        return [Discarded(problem.id, "agreement", f"too few solutions agree: {count}", problem.prompt)]
    known = problem
    if not problem.fields.get("gold"):
        known = replace(problem, fields={**problem.fields, "gold": agreement.answer})
    elif not (await job.verdict(problem, f"\\boxed{{{agreement.answer}}}")).passed:
        return [Discarded(problem.id, "agreement", "the solutions agree on another answer", problem.prompt)]
    outcomes: list[Outcome] = []
    difficulty = 1 - len(agreement.samples) / options.solutions
    for judged in await job.judged_attempts(known, range(options.solutions)):
        right = judged.verdict.passed
        outcomes.append(solution_row(job, known, judged, difficulty) if right else discarded_sample(known, judged))
    return outcomes


PIPELINE = Pipeline(
    name="curate",
    summary="Clean a pool: decontaminate, rate, check agreement, label (DeepMath).",
    options=CurateOptions,
    run=run,
    engine=True,
    asks=lambda options: bool(options.solutions or options.ratings or options.nearest or options.topics == ENGINE),
    seeds=True,
    description=(
        "A pool of problems, decontaminated and deduplicated; a solution that came with one was judged. Where an "
        "engine was asked, its mean difficulty rating is `level` in `meta` (and a tenth of it `difficulty`), and "
        "several of its solutions had to agree on one answer."
    ),
    references=("He et al. 2025, DeepMath-103K",),
    examples=(
        "reasoning generate curate --problems gsm8k:train --splits train=0.95,validation=0.05 --out runs/curated",
        "reasoning generate curate --problems pool.jsonl --engine vllm:Qwen/Qwen3-8B --solutions 3 --ratings 6 "
        "--level 5 --out runs/deep",
    ),
)
