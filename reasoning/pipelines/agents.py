"""Orca-Math's agents: new problems from seeds, harder ones by suggestion, a teacher, and a student that practises.

$ reasoning generate agents --problems gsm8k:train --engine vllm:Qwen/Qwen3-8B --out runs/orca
$ reasoning generate agents --problems gsm8k:train --task practice --engine vllm:Qwen/Qwen3-0.6B --out runs/practice

Mitra et al. 2024. `--task problems`: *Ask Me Anything* turns a problem and its answer into statements and writes new
problems from them; *Suggester and Editor*, `--rounds` times: the one says how the problem could be made harder without
writing it, the other rewrites it so. Every new problem is solved `--solutions` times; it becomes a row when enough of
the solutions agree on its answer, since nobody knows it otherwise. `--task practice`: a student solves given problems
`--attempts` times; the verifier judges; right and wrong attempts become preference pairs (DPO) and labelled single ones
(KTO). Problems that were solved always or never give no pair, unless the seed's own solution is used as a right one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from reasoning.engines.base import Message
from reasoning.evaluation.benchmarks.base import Entry
from reasoning.methods import Prompt
from reasoning.pipelines.base import Discarded, Outcome, Pipeline, Row, option
from reasoning.pipelines.job import Job
from reasoning.pipelines.new_problems import solved_rows, statements_in
from reasoning.pipelines.solutions import discarded_sample, steps_of, topic_of
from verifiers.records import Problem
from verifiers.together import all_or_first_error

__all__ = ["PIPELINE", "AgentOptions", "run"]

PROBLEMS, PRACTICE = "problems", "practice"
_ASK = """Here is a problem and its answer.

Problem: {problem}
Answer: {answer}

First turn the problem and its answer into a list of true statements. Then write {count} new word problems that can be
solved from some of these statements, each complete in itself, with one number as answer. Put each new problem between
<problem> and </problem>."""
_SUGGEST = """Here is a problem:

{problem}

List three ways to make it harder, such as one more step, a condition, or a quantity that has to be found first. Do not
write the new problem."""
_EDIT = """Here is a problem:

{problem}

and how it could be made harder:

{suggestion}

Write the harder problem, complete in itself, with one number as answer, between <problem> and </problem>."""


@dataclass(frozen=True, slots=True)
class AgentOptions:
    """Which part of the flow runs, and how much of it."""

    task: str = option(
        PROBLEMS, "problems (write new ones and solve them) or practice (preference pairs).", known=(PROBLEMS, PRACTICE)
    )
    questions: int = option(3, "New problems that Ask Me Anything is asked for.", low=0)
    rounds: int = option(2, "Rounds of Suggester and Editor.", low=0)
    solutions: int = option(4, "Solutions of each new problem.", low=1)
    agree: float = option(0.75, "Share of them that must agree on the answer.", low=0.0, high=1.0)
    attempts: int = option(4, "Of practice: attempts at each problem.", low=2)
    pairs: int = option(1, "Of practice: most pairs of each problem.", low=0)
    teacher: bool = option(False, "Of practice: the seed's own solution is a right attempt where there is none.")


def run(job: Job, options: AgentOptions) -> AsyncIterator[Outcome]:
    """Write and solve new problems, or practise on given ones."""

    async def work(entry: Entry) -> list[Outcome]:
        if options.task == PRACTICE:
            return await _practise(job, entry, options)
        written = await _write(job, entry, options)
        solved = await all_or_first_error(
            solved_rows(job, one, entry.problem.id, options.solutions, options.agree)
            for one in written
            if isinstance(one, Problem)
        )
        return [*(one for one in written if isinstance(one, Discarded)), *(row for rows in solved for row in rows)]

    return job.map(options.task, job.seeds(), work)


async def _write(job: Job, entry: Entry, options: AgentOptions) -> list[Problem | Discarded]:
    """New problems from a seed, and replies that held none."""
    seed = entry.problem
    written: list[Problem | Discarded] = []
    if options.questions:
        answer = str(seed.fields.get("gold", ""))
        text = _ASK.format(problem=seed.prompt, answer=answer, count=options.questions)
        reply = await _reply(job, "ask-me-anything", seed.id, 0, text)
        found = statements_in(reply)[: options.questions]
        if not found:
            written.append(Discarded(seed.id, "ask-me-anything", "no problem in the reply", reply))
        written += [_new(seed, f"ask-{number}", statement, "ask-me-anything") for number, statement in enumerate(found)]
    statement = seed.prompt
    for number in range(options.rounds):
        suggestion = await _reply(job, "suggester", seed.id, number, _SUGGEST.format(problem=statement))
        text = _EDIT.format(problem=statement, suggestion=suggestion)
        reply = await _reply(job, "editor", seed.id, number, text)
        found = statements_in(reply)
        if not found:
            written.append(Discarded(seed.id, "editor", "no problem in the reply", reply))
            break
        statement = found[-1]
        written.append(_new(seed, f"edit-{number + 1}", statement, "editor"))
    return written


def _new(seed: Problem, name: str, statement: str, agent: str) -> Problem:
    return Problem(f"{seed.id}/{name}", "answer", statement, {"gold": ""}, {"topic": topic_of(seed), "agent": agent})


async def _reply(job: Job, step: str, id: str, number: int, text: str) -> str:
    return (await job.ask(step, id, number, Prompt(messages=(Message("user", text),)))).text


async def _practise(job: Job, entry: Entry, options: AgentOptions) -> list[Outcome]:
    """Preference pairs and labelled attempts of one problem."""
    problem = entry.problem
    attempts = await job.judged_attempts(problem, range(options.attempts))
    outcomes: list[Outcome] = [
        discarded_sample(problem, one) for one in attempts if not one.verdict.status.judged or one.text is None
    ]
    usable = [one for one in attempts if one.verdict.status.judged and one.text is not None]
    right = [one.text for one in usable if one.verdict.passed and one.text is not None]
    wrong = [one.text for one in usable if not one.verdict.passed and one.text is not None]
    difficulty = len(wrong) / len(usable) if usable else None

    def row(text: str, number: int, **more: str | bool) -> Row:
        return Row(
            problem=problem, group=problem.id, completion=text, topic=topic_of(problem), difficulty=difficulty,
            steps=steps_of(text), source=job.settings.problems, stream=f"practice {number}", **more,  # type: ignore[arg-type]
        )  # fmt: skip

    outcomes += [row(text, number, label=True) for number, text in enumerate(right)]
    outcomes += [row(text, number, label=False) for number, text in enumerate(wrong)]
    if not right and options.teacher:
        right = [text for text in entry.references if (await job.verdict(problem, text)).passed]
    pairs = list(zip(dict.fromkeys(right), dict.fromkeys(wrong), strict=False))[: options.pairs]
    outcomes += [row(good, number, rejected=bad) for number, (good, bad) in enumerate(pairs)]
    if not pairs:
        outcomes.append(Discarded(problem.id, "pair", "all attempts right" if not wrong else "no right attempt"))
    return outcomes


PIPELINE = Pipeline(
    name="agents",
    summary="New problems by agents, or preference pairs by practice (Orca-Math).",
    options=AgentOptions,
    run=run,
    engine=True,
    seeds=True,
    description=(
        "Made by the agents of Orca-Math. New problems: written from seeds by Ask Me Anything, or made harder by "
        "Suggester and Editor, and kept when several solutions agree on the answer, which is then taken as gold. "
        "Practice: attempts at given problems, judged by a verifier, as preference pairs (`dpo`) and as labelled "
        "attempts (`kto`)."
    ),
    references=("Mitra et al. 2024, Orca-Math: Unlocking the potential of SLMs in Grade School Math",),
    examples=(
        "reasoning generate agents --problems gsm8k:train --engine vllm:Qwen/Qwen3-8B --out runs/orca",
        "reasoning generate agents --problems gsm8k:train --task practice --engine vllm:Qwen/Qwen3-0.6B "
        "--out runs/practice",
    ),
)
