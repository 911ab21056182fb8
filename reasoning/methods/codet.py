"""CodeT: programs and tests of the same model judge each other (dual execution agreement).

    reasoning evaluate humaneval --method codet,samples=10,test_samples=5 --engine ...

Source: Chen et al., "CodeT: Code Generation with Generated Tests", arXiv 2207.10397, section 2. Programs that pass
exactly the same tests form a consensus set; its score is the number of its programs times the number of tests that they
pass, and a program of the set with the highest score is the answer. Programs that are the same text count each.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from reasoning.engines.base import BudgetSpentError, derive_seed
from reasoning.methods.base import Attempt, Question, Workbench
from reasoning.methods.code.asking import Asker
from reasoning.methods.code.assertions import Assertion, assertions_about, assertions_in, check_assertions
from reasoning.methods.code.blocks import python_blocks
from reasoning.methods.code.single import program_in
from reasoning.methods.code.tasks import CodeTask, code_task, whole_program
from reasoning.methods.funcoder.prompts import assertions_ladder
from reasoning.methods.funcoder.trace import TextAllowance
from reasoning.methods.one_shot_code import one_shot_prompt
from reasoning.options import bounded, check_options
from verifiers.records import Candidate

__all__ = ["CodetOptions", "codet", "consensus_scores"]


@dataclass(frozen=True, slots=True)
class CodetOptions:
    """Options of the method `codet`.

    Attributes:
        samples: programs.
        test_samples: replies that hold tests.
        tests_per_sample: most tests that are taken from one of them.
        temperature: of both.
        timeout: seconds for one program on one test.
    """

    samples: int = bounded(10, low=1)
    test_samples: int = bounded(5, low=1)
    tests_per_sample: int = bounded(5, low=1)
    temperature: float = bounded(0.8, low=0)
    timeout: float = bounded(5.0, above=0)

    def __post_init__(self) -> None:
        check_options(self)


async def codet(question: Question, workbench: Workbench, options: CodetOptions) -> Attempt:
    """Sample programs and tests, run all programs on all tests, take from the best consensus set.

    Raises:
        EngineError: no answer could be had.
        MethodError: the problem asks for no function.
    """
    task = code_task(question.problem, "codet")
    asker = Asker(question, workbench, options.samples + options.test_samples)
    replies = await asker.ask(
        "codet programs", one_shot_prompt(task), samples=options.samples, temperature=options.temperature
    )
    programs = [program for reply in replies if (program := program_in(reply, task)) is not None]
    if not programs:
        return Attempt(None, "no reply held the function", {"method": "codet", "programs": 0})
    finish, tests = "stop", []
    try:
        tests = await _tests(asker, task, options)
    except BudgetSpentError:
        finish = "budget"
    outcomes = await check_assertions(workbench.sandbox, programs, tests, seconds=options.timeout)
    passed = [[outcome.passed for outcome in row] for row in outcomes]
    scores = consensus_scores(passed)
    best = [number for number, score in enumerate(scores) if score == max(scores)]
    seed = derive_seed(question.run_seed, question.problem.id, "codet choice", question.sample)
    chosen = random.Random(seed).choice(best)
    trace = _trace(programs, tests, passed, scores, best, chosen)
    program = whole_program(task, programs[chosen])
    return Attempt(Candidate(question.problem.id, program, question.sample), finish, trace)


def consensus_scores(passed: Sequence[Sequence[bool]]) -> list[int]:
    """For each program the size of its consensus set times the number of tests that the set passes.

    Args:
        passed: programs x tests.
    """
    rows = [tuple(row) for row in passed]
    return [rows.count(row) * sum(row) for row in rows]


async def _tests(asker: Asker, task: CodeTask, options: CodetOptions) -> list[Assertion]:
    name = task.root.name
    replies = await asker.ask_shortening(
        "codet tests",
        assertions_ladder(task.code, name),
        samples=options.test_samples,
        temperature=options.temperature,
    )
    texts: dict[str, None] = {}
    for reply in replies:
        texts.update(dict.fromkeys(assertions_in(python_blocks(reply), name)[: options.tests_per_sample]))
    return assertions_about(task, texts)


def _trace(
    programs: Sequence[str],
    tests: Sequence[Assertion],
    passed: Sequence[Sequence[bool]],
    scores: Sequence[int],
    best: Sequence[int],
    chosen: int,
) -> dict[str, object]:
    allowance = TextAllowance()
    return {
        "method": "codet",
        "tests": [allowance.take(test.text, 300) for test in tests],
        "programs": [
            {
                "source": allowance.take(program),
                "passed": [number for number, held in enumerate(row) if held],
                "score": score,
            }
            for program, row, score in zip(programs, passed, scores, strict=True)
        ],
        "chosen": chosen,
        "tied": list(best),
    }
