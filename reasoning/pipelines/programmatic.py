r"""Problems with other numbers, their answers computed by a number-independent program (InfinityMATH).

$ reasoning generate programmatic --variants 50 --out runs/programmatic
$ reasoning generate programmatic --problems gsm8k:train --programs written --engine vllm:Qwen/Qwen3-4B --out runs/im

Zhang et al. 2024: the numbers of a problem are masked, a program that does not know them is written once, and any
number of variants follow at no further cost. Here the program is *induced* from a worked solution (no model; see
`reasoning.families.induction`), where seeds that differ in their numbers only are compared first
(`reasoning.pipelines.seed_agreement`), or *written* by a model, which gets its error back when the program fails.
Either way it runs in the sandbox, must give the seed's answer at the seed's numbers, and is run again for the new
numbers. A variant is kept when the results of its steps stay of the seed's kind: whole where they were whole, positive
where positive, not larger than `--widest` times as large.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from fractions import Fraction

from reasoning.evaluation.benchmarks.base import Entry
from reasoning.families.induction import InductionError, read, steps_program
from reasoning.families.induction.numbers import numbers_in
from reasoning.families.induction.program import ENTRY
from reasoning.pipelines.base import Discarded, Outcome, Pipeline, Row, option
from reasoning.pipelines.executing import Failure, call_many
from reasoning.pipelines.job import Job
from reasoning.pipelines.masking import Constant, Masked, mask_numbers
from reasoning.pipelines.seed_agreement import disagreeing
from reasoning.pipelines.solutions import topic_of
from reasoning.pipelines.written_programs import WrittenProgram, write_program
from verifiers.records import Problem

__all__ = ["PIPELINE", "Program", "ProgrammaticOptions", "gold_number", "run", "shown"]

INDUCED, WRITTEN = "induced", "written"
_DRAWS_A_VARIANT = 6
"""Sets of numbers drawn for each variant wanted; most that fall fail a test of the results."""
_MAX_DRAWS = 6_000
_PERCENTS = range(5, 100, 5)


@dataclass(frozen=True, slots=True)
class ProgrammaticOptions:
    """Where programs come from and how many variants are wanted."""

    programs: str = option(
        INDUCED, "induced (from worked solutions, no model) or written (by the engine).", known=(INDUCED, WRITTEN)
    )
    variants: int = option(20, "Variants of each problem.", low=1, high=1000)
    fixes: int = option(1, "Of written programs: times that a failing one is sent back with its error.", low=0)
    widest: int = option(5, "Largest factor between a number of the seed and its replacement.", low=2)


@dataclass(frozen=True, slots=True)
class Program:
    """A program for any numbers, and what it says for some.

    Attributes:
        source: Python text.
        entry: the function that takes the constants, in their order.
        used: indices of the constants that may vary.
        lines: of an induced one, the steps as templates; of a written one, nothing.
    """

    source: str
    entry: str
    used: tuple[int, ...]
    lines: tuple[str, ...] = ()


def run(job: Job, options: ProgrammaticOptions) -> AsyncIterator[Outcome]:
    """Find a program for each seed problem, and run it on other numbers."""
    doubtful = disagreeing(job.seeds) if options.programs == INDUCED else frozenset()

    async def work(entry: Entry) -> list[Outcome]:
        if entry.problem.id in doubtful:
            reason = "seeds of the same words disagree on the program"
            return [Discarded(entry.problem.id, "program", reason, entry.problem.prompt)]
        return await _variants_of(job, entry, options)

    return job.map("variants", job.seeds(), work)


async def _variants_of(job: Job, entry: Entry, options: ProgrammaticOptions) -> list[Outcome]:
    problem = entry.problem
    answer = gold_number(problem)
    masked = mask_numbers(problem.prompt)
    if answer is None or not masked.constants:
        return [Discarded(problem.id, "program", "no number as answer" if masked.constants else "no numbers to vary")]
    try:
        program = await _program(job, entry, masked, answer, options)
    except InductionError as error:
        return [Discarded(problem.id, "program", str(error), problem.prompt)]
    seed_values = [str(constant.value) for constant in masked.constants]
    (original,) = await call_many(job.pool, program.source, program.entry, [tuple(seed_values)], job.limits)
    steps = _numbers(original)
    if steps is None or steps[-1] != answer:
        return [Discarded(problem.id, "program", "does not give the seed's answer", program.source)]
    return await _filled(job, problem, masked, program, steps, options)


async def _program(job: Job, entry: Entry, masked: Masked, answer: Fraction, options: ProgrammaticOptions) -> Program:
    if options.programs == INDUCED:
        if not entry.references:
            raise InductionError("no worked solution")
        reading = read(entry.problem.prompt, entry.references[0], str(answer))
        induced = steps_program(reading, masked.constants)
        # A number that stands in a place which is not masked as well must not vary in the others alone.
        left = {number.value for number in numbers_in(masked.template)}
        used = tuple(place for place in induced.used if masked.constants[place].value not in left)
        if not used:
            raise InductionError("the answer uses no number that can vary")
        return Program(induced.source, ENTRY, used, induced.lines)
    written: WrittenProgram = await write_program(job, entry.problem, masked, answer, options.fixes)
    return Program(written.source, "solution", written.used)


async def _filled(
    job: Job, problem: Problem, masked: Masked, program: Program, steps: list[Fraction], options: ProgrammaticOptions
) -> list[Outcome]:
    """Variants with other numbers, as many as are wanted and can be had."""
    draw = random.Random(job.seed("numbers", problem.id))
    draws = min(options.variants * _DRAWS_A_VARIANT, _MAX_DRAWS)
    tried: dict[tuple[str, ...], None] = {}
    for _ in range(draws):
        tried.setdefault(_drawn(masked.constants, program.used, draw, options.widest))
    tried.pop(tuple(str(constant.value) for constant in masked.constants), None)
    answers = await call_many(job.pool, program.source, program.entry, list(tried), job.limits)
    rows: list[Row] = []
    refused = 0
    for values, returned in zip(tried, answers, strict=True):
        results = _numbers(returned)
        if results is None or not _alike(results, steps, options.widest):
            refused += 1
            continue
        rows.append(_row(job, problem, masked, program, values, results, len(rows)))
        if len(rows) == options.variants:
            break
    checked = [await _checked(job, row) for row in rows]
    if refused:
        meta = {"sets_of_numbers": refused}
        checked.append(Discarded(problem.id, "numbers", "results not of the seed's kind", masked.template, meta))
    return checked


async def _checked(job: Job, row: Row) -> Outcome:
    """The row, when the verifier accepts its own solution."""
    verdict = await job.verdict(row.problem, row.completion)
    return row if verdict.passed else Discarded(row.problem.id, "verdict", verdict.status.value, row.completion)


def _drawn(constants: tuple[Constant, ...], used: tuple[int, ...], draw: random.Random, widest: int) -> tuple[str, ...]:
    """New values for the used constants, of the seed's size and kind, as text."""
    values = []
    for number, constant in enumerate(constants):
        if number not in used:
            values.append(constant.value)
        elif constant.percent and constant.value in _PERCENTS:
            values.append(Fraction(draw.choice(_PERCENTS)))
        else:
            scale: int = 10**constant.decimals
            units = int(constant.value * scale)
            low = max(2 if scale == 1 else 1, units // widest)
            values.append(Fraction(draw.randint(low, max(units * widest, low + 3)), scale))
    return tuple(str(value) for value in values)


def _alike(results: list[Fraction], steps: list[Fraction], widest: int) -> bool:
    """Whether results are whole where the seed's are, positive where they are, and of their size."""
    for result, step in zip(results, steps, strict=True):
        if step.denominator == 1 and result.denominator != 1:
            return False
        if step.denominator != 1 and (100 * step).denominator == 1 and (100 * result).denominator != 1:
            return False
        if (step > 0) != (result > 0) or abs(result) > max(abs(step), Fraction(20)) * widest**2:
            return False
    return True


def _row(
    job: Job,
    problem: Problem,
    masked: Masked,
    program: Program,
    values: tuple[str, ...],
    results: list[Fraction],
    number: int,
) -> Row:
    numbers = [Fraction(value) for value in values]
    written = [constant.written(value) for constant, value in zip(masked.constants, numbers, strict=True)]
    answer = shown(results[-1])
    names = {f"n{place}": shown(value) for place, value in enumerate(numbers)}
    names |= {f"s{place}": shown(result) for place, result in enumerate(results, 1)}
    lines = [f"{place}. {line.format(**names)}" for place, line in enumerate(program.lines, 1)]
    if not lines:
        lines = ["```python", program.source.strip(), f"print({program.entry}({', '.join(values)}))", "```"]
    text = "\n".join(lines)
    fields = {"convention": "computed", **problem.fields, "gold": answer}
    return Row(
        problem=Problem(f"{problem.id}/variant-{number}", problem.kind, masked.fill(written), fields),
        group=problem.id,
        completion=f"{text}\n\nThe answer is $\\boxed{{{answer}}}$.",
        topic=topic_of(problem),
        difficulty=min(len(results) / 10, 1.0) if program.lines else None,
        steps=len(results) if program.lines else None,
        source=job.settings.problems,
        stream=f"variant {number}",
        meta={"program": program.source, "arguments": list(values)},
    )


def gold_number(problem: Problem) -> Fraction | None:
    """The gold answer of a problem as an exact number, or None where it is none."""
    gold = problem.fields.get("gold")
    text = gold[0] if isinstance(gold, list) and gold else gold
    try:
        return Fraction(str(text).replace(",", "").replace("$", "").strip())
    except (ValueError, ZeroDivisionError):
        return None


def shown(value: Fraction) -> str:
    """A number as people write it: whole, with a finite decimal part, or as a fraction."""
    if value.denominator == 1:
        return str(value.numerator)
    scaled = value * 10_000
    if scaled.denominator == 1:
        return f"{float(value):.4f}".rstrip("0")
    return f"{value.numerator}/{value.denominator}"


def _numbers(returned: object) -> list[Fraction] | None:
    """The results that a program returned, exactly; None where they are none."""
    if isinstance(returned, Failure):
        return None
    values = returned if isinstance(returned, list) else [returned]
    numbers: list[Fraction] = []
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        try:
            number = Fraction(str(value))
        except (ValueError, ZeroDivisionError):
            return None
        numbers.append(number)
    return numbers or None


PIPELINE = Pipeline(
    name="programmatic",
    summary="Other numbers for known problems, answers by program (InfinityMATH).",
    options=ProgrammaticOptions,
    run=run,
    engine=True,
    asks=lambda options: options.programs == WRITTEN,
    seeds=True,
    sized=lambda rows: ProgrammaticOptions(variants=min(1000, rows // 32 + 2)),
    default_problems="data:word_problems/word_problems.jsonl",
    description=(
        "The numbers of each seed problem were masked, a program that does not know them was found (induced from "
        "a worked solution, or written by a model), checked at the seed's numbers, and run in a sandbox for new ones. "
        "Variants whose results are of another kind than the seed's were dropped. `meta` holds the program "
        "and its arguments; `difficulty` is a tenth of the number of its steps, at most 1."
    ),
    references=(
        "Zhang et al. 2024, InfinityMATH: A Scalable Instruction Tuning Dataset in Programmatic Mathematical Reasoning",
    ),
    examples=(
        "reasoning generate programmatic --variants 50 --out runs/programmatic",
        "reasoning generate programmatic --problems gsm8k:train --programs written --engine vllm:Qwen/Qwen3-4B "
        "--out runs/infinity",
    ),
)
