r"""Problems that lack one piece of information, with the question that makes them solvable (QuestBench style).

$ reasoning generate clarify --count 1000 --out runs/clarify
$ reasoning generate clarify --domains logic --count 200 --out runs/logic

Li, Kim and Wang 2025: what is given leaves the target open, and one question settles it whatever its answer is. The
problems are generated, and solvers prove that they are so (`reasoning.evaluation.questbench`): they find every question
that settles the target, and that at least one other does not. The completion says so and asks; it is read and
judged as a model's reply would be. Problems that the generated benchmarks hold word for word are thrown away.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from reasoning.evaluation.benchmarks.base import Benchmark, Entry
from reasoning.evaluation.benchmarks.locate import locate
from reasoning.evaluation.benchmarks.questbench_equations import EQUATIONS, generated_equations
from reasoning.evaluation.benchmarks.questbench_logic import BENCHMARK as LOGIC
from reasoning.evaluation.benchmarks.questbench_logic import generated_logic
from reasoning.evaluation.benchmarks.questbench_planning import BENCHMARK as PLANNING
from reasoning.evaluation.benchmarks.questbench_planning import generated_planning
from reasoning.evaluation.benchmarks.questbench_records import GENERATED, NO_QUESTION
from reasoning.evaluation.questbench import equations, logic, planning
from reasoning.pipelines.base import Discarded, Outcome, Pipeline, PipelineError, Row, option
from reasoning.pipelines.job import Job
from reasoning.pipelines.solutions import steps_of
from verifiers.records import Problem

__all__ = ["DOMAINS", "PIPELINE", "ClarifyOptions", "Domain", "run"]


@dataclass(frozen=True, slots=True)
class Domain:
    """A kind of problem.

    Attributes:
        benchmark: whose problems are of this kind; its first style asks and reads.
        generate: a problem with its right questions from an id and a random source.
        version: of the generator.
        end: how a reply asks its question, given the question's label and text.
    """

    benchmark: Benchmark
    generate: Callable[[str, random.Random], Entry]
    version: int
    end: Callable[[str, str], str]


def _numbered(label: str, question: str) -> str:
    return f"Choice: {label}"


def _spoken(label: str, question: str) -> str:
    return question


DOMAINS: dict[str, Domain] = {
    "equations": Domain(EQUATIONS, generated_equations, equations.VERSION, _numbered),
    "logic": Domain(LOGIC, generated_logic, logic.VERSION, _spoken),
    "planning": Domain(PLANNING, generated_planning, planning.VERSION, _numbered),
}


@dataclass(frozen=True, slots=True)
class ClarifyOptions:
    """Which kinds of problems, and how many."""

    domains: str = option(",".join(DOMAINS), "Kinds of problems, separated by commas.")
    count: int = option(300, "Problems of each kind.", low=1)


@dataclass(frozen=True, slots=True)
class _Item:
    domain: str
    index: int


def run(job: Job, options: ClarifyOptions) -> AsyncIterator[Outcome]:
    """Generate, judge and keep.

    Raises:
        PipelineError: a domain is unknown or named twice.
    """
    names = [name.strip() for name in options.domains.split(",") if name.strip()]
    for name in names:
        if name not in DOMAINS or names.count(name) > 1:
            raise PipelineError(f"--domains {options.domains}: '{name}': expected each of {', '.join(DOMAINS)} once")
    known = {name: _statements(DOMAINS[name]) for name in names}
    work = partial(_outcomes, job, known)
    return job.map("problems", _items(names, options.count), work)


def _items(names: list[str], count: int) -> Iterator[_Item]:
    """The kinds in turn, so that a run that ends early has some of each."""
    return (_Item(name, index) for index in range(count) for name in names)


def _statements(domain: Domain) -> frozenset[str]:
    """What the generated benchmark asks."""
    paths = locate(domain.benchmark, GENERATED, None)
    return frozenset(entry.problem.prompt for entry in domain.benchmark.read(paths, GENERATED))


async def _outcomes(job: Job, known: dict[str, frozenset[str]], item: _Item) -> list[Outcome]:
    domain = DOMAINS[item.domain]
    seed = job.seed(item.domain, domain.version, item.index)
    entry = domain.generate(f"clarify/{item.domain}/{job.settings.seed}/{item.index}", random.Random(seed))
    problem = entry.problem
    if problem.prompt in known[item.domain]:
        return [Discarded(problem.id, "contamination", f"a problem of {domain.benchmark.name}", problem.prompt)]
    completion = _reply(domain, entry)
    style = domain.benchmark.style("")
    verdict = await job.verdict(problem, style.read(problem, completion))
    if not verdict.passed:
        return [Discarded(problem.id, "verdict", f"{verdict.status.value}: {verdict.detail}", completion)]
    return [_row(item, entry, replace(problem, prompt=style.write(problem).messages[0].content), completion)]


def _reply(domain: Domain, entry: Entry) -> str:
    """A reply that says which questions settle the matter, and asks the first of them."""
    asked = _questions(entry.problem)
    right = [asked[label] for label in entry.references]
    others = "" if len(right) == 1 else f" So would the answer to {_listed(right[1:])}."
    return (
        "What is given does not settle the matter: it goes one way or another, depending on what is not said.\n"
        f"The answer to {_listed(right[:1])} settles it, whatever it is.{others}\n"
        f"The other questions ({len(asked) - len(right)}) leave it open.\n\n"
        f"{domain.end(entry.references[0], asked[entry.references[0]])}"
    )


def _questions(problem: Problem) -> dict[str, str]:
    """Label -> text of the questions that may be asked, but for asking nothing."""
    options: Any = problem.fields["options"]
    nothing = (NO_QUESTION, "End questioning")
    return {label: text for label, text in options.items() if text not in nothing}


def _listed(questions: list[str]) -> str:
    quoted = [f'"{text}"' for text in questions]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _row(item: _Item, entry: Entry, problem: Problem, completion: str) -> Row:
    asked = len(_questions(entry.problem))
    return Row(
        problem=problem,
        group=problem.id,
        completion=completion,
        topic=item.domain,
        difficulty=round(1 - len(entry.references) / asked, 4),
        steps=steps_of(completion),
        source=f"clarify ({item.domain})",
        stream=str(item.index),
        meta={**entry.problem.meta, "questions": asked, "right": len(entry.references)},
    )


PIPELINE = Pipeline(
    name="clarify",
    summary="Problems that lack one piece, and the question to ask (QuestBench).",
    options=ClarifyOptions,
    run=run,
    sized=lambda rows: ClarifyOptions(count=rows // 3 + 2),
    description=(
        "Generated problems from which one piece of information is missing: linear equations, logic, plans for blocks. "
        "Solvers proved that what is given leaves the target open and which questions settle it; the answer names all "
        "right ones, and any of them is accepted. `difficulty` is the share of the questions that are wrong."
    ),
    references=("Li, Kim and Wang 2025, QuestBench",),
    kept_apart=tuple(domain.benchmark.name for domain in DOMAINS.values()),
    examples=(
        "reasoning generate clarify --count 1000 --out runs/clarify",
        "reasoning generate clarify --domains logic --splits train=0.9,test=0.1 --out runs/logic",
    ),
)
