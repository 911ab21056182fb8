"""Repair from what the sandbox says: run the examples of the statement, reflect on what fails, write again.

    reasoning evaluate humaneval --method reflexion,rounds=3 --engine ...

Source: Shinn et al., "Reflexion: Language Agents with Verbal Reinforcement Learning", arXiv 2303.11366, with one
difference: the tests are the examples that stand in the statement (see `reasoning.methods.code.examples`; of a whole
program, its samples), never tests of the problem's own. Where there are none, all that can be seen is whether the
program loads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reasoning.engines.base import BudgetSpentError, Message, PromptTooLongError
from reasoning.methods.base import Attempt, Question, Workbench
from reasoning.methods.code.asking import Asker
from reasoning.methods.code.assertions import (
    Assertion,
    CheckOutcome,
    check_assertions,
    read_assertions,
    sample_tests,
)
from reasoning.methods.code.single import program_in
from reasoning.methods.code.tasks import CodeTask, code_task, whole_program
from reasoning.methods.funcoder.trace import TextAllowance
from reasoning.methods.one_shot_code import one_shot_prompt
from reasoning.options import bounded, check_options
from verifiers.programs.behaviour import Input, observe
from verifiers.records import Candidate

if TYPE_CHECKING:
    from verifiers.sandbox import SandboxPool

__all__ = ["ReflexionOptions", "reflexion"]

MAX_FEEDBACK = 2_000
"""Longest report of failures that a model is shown, characters."""
_LOADS = Input("def program_loads():\n    return True\n", "program_loads")

_REFLECT = """\
This program should solve the task, but does not.

```python
{program}
```

What happened:
{feedback}

In at most three sentences: what is wrong, and what should be done instead? Write no code."""
_AGAIN = """\
{task}

An earlier attempt:

```python
{program}
```

What happened:
{feedback}

What was learned:
{lessons}

Write the function again, complete, with its imports and helpers, in one ```python code block."""


@dataclass(frozen=True, slots=True)
class ReflexionOptions:
    """Options of the method `reflexion`.

    Attributes:
        rounds: repairs at most.
        memory: reflections that are kept in view.
        temperature: of repairs and reflections; the first program is sampled as the run says.
        timeout: seconds for one example.
    """

    rounds: int = bounded(3, low=1)
    memory: int = bounded(3, low=1)
    temperature: float = bounded(0.2, low=0)
    timeout: float = bounded(5.0, above=0)

    def __post_init__(self) -> None:
        check_options(self)


@dataclass(slots=True)
class _Round:
    """One program and what came of it."""

    program: str | None
    passed: int = 0
    feedback: str = ""
    reflection: str = ""


@dataclass(slots=True)
class _Rounds:
    """All rounds so far."""

    all: list[_Round] = field(default_factory=list)

    def best(self) -> int | None:
        """The round whose program passed the most examples, the first of several; None where there is no program."""
        usable = [number for number, entry in enumerate(self.all) if entry.program is not None]
        return max(usable, key=lambda number: (self.all[number].passed, -number)) if usable else None


async def reflexion(question: Question, workbench: Workbench, options: ReflexionOptions) -> Attempt:
    """Write, run the visible examples, reflect, write again.

    Raises:
        EngineError: no answer could be had.
        MethodError: the problem asks for no function.
    """
    task = code_task(question.problem, "reflexion")
    examples = sample_tests(task) if task.whole else read_assertions(task.examples, task.root.name)
    asker = Asker(question, workbench, 1 + 2 * options.rounds)
    rounds = _Rounds()
    finish = "stop"
    try:
        await _work(asker, workbench.sandbox, task, examples, options, rounds)
    except BudgetSpentError:
        finish = "budget"
    except PromptTooLongError:
        if not rounds.all:
            raise
        finish = "prompt too long"
    best = rounds.best()
    trace = _trace(examples, rounds, best)
    program = None if best is None else rounds.all[best].program
    if program is None:
        return Attempt(None, "no reply held the function" if finish == "stop" else finish, trace)
    return Attempt(Candidate(question.problem.id, whole_program(task, program), question.sample), finish, trace)


async def _work(
    asker: Asker,
    sandbox: SandboxPool,
    task: CodeTask,
    examples: Sequence[Assertion],
    options: ReflexionOptions,
    rounds: _Rounds,
) -> None:
    [reply] = await asker.ask("reflexion 0", one_shot_prompt(task))
    for number in range(options.rounds + 1):
        entry = await _judged(sandbox, program_in(reply, task), examples, options.timeout)
        rounds.all.append(entry)
        if not entry.feedback or number == options.rounds:
            return
        shown = entry.program or "# the reply held no such function"
        question = _REFLECT.format(program=shown, feedback=entry.feedback)
        [entry.reflection] = await asker.ask(
            f"reflection {number}", (Message("user", question),), temperature=options.temperature
        )
        lessons = "\n".join(f"- {one.reflection.strip()[:MAX_FEEDBACK]}" for one in rounds.all[-options.memory :])
        first = one_shot_prompt(task)
        again = _AGAIN.format(task=first[-1].content, program=shown, feedback=entry.feedback, lessons=lessons)
        [reply] = await asker.ask(
            f"reflexion {number + 1}", (*first[:-1], Message("user", again)), temperature=options.temperature
        )


async def _judged(sandbox: SandboxPool, program: str | None, examples: Sequence[Assertion], seconds: float) -> _Round:
    """What comes of a program; empty feedback where there is nothing to complain of."""
    if program is None:
        return _Round(None, feedback="The reply held no code block with this function.")
    if not examples:
        (row,) = await observe(sandbox, [program], [_LOADS], seconds=seconds)
        answer = row.answers[0]
        return _Round(program, feedback="" if answer.kind == "value" else f"It does not load: {answer.describe()}")
    (outcomes,) = await check_assertions(sandbox, [program], examples, seconds=seconds)
    return _Round(program, sum(outcome.passed for outcome in outcomes), _feedback(examples, outcomes))


def _feedback(examples: Sequence[Assertion], outcomes: Sequence[CheckOutcome]) -> str:
    failed = [
        f"{example.text}  failed: {outcome.reason}"
        for example, outcome in zip(examples, outcomes, strict=True)
        if not outcome.passed
    ]
    return "\n".join(failed)[:MAX_FEEDBACK]


def _trace(examples: Sequence[Assertion], rounds: _Rounds, best: int | None) -> dict[str, object]:
    allowance = TextAllowance()
    return {
        "method": "reflexion",
        "examples": [allowance.take(example.text, 300) for example in examples],
        "rounds": [
            {
                "program": None if entry.program is None else allowance.take(entry.program),
                "passed": entry.passed,
                "feedback": allowance.take(entry.feedback, 1_000),
                "reflection": allowance.take(entry.reflection, 1_000),
            }
            for entry in rounds.all
        ],
        "chosen": best,
    }
