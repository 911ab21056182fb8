r"""OptiBench's own protocol: a program first, then one question for each quantity about what it printed.

    reasoning evaluate optibench --engine ENGINE --prompt solve --method two_turn

The first turn is the prompt style's. The first program of the reply is run; when it fails, or prints that the problem
could not be solved to optimality, the sample has no candidate. Then the model is asked for each described quantity in a
turn of its own, which shows the problem, the program and the end of its output, and answers with a boxed number. The
numbers under their names are the candidate, which `verifiers.optimization` judges.

Source: Yang et al. 2024, "OptiBench meets ReSocratic: Measure and Improve LLMs for Optimization Modeling". There the
last number is evaluated as Python; here it is read as a decimal number or a fraction.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from reasoning.engines.base import Message
from reasoning.methods.base import Attempt, MethodError, Prompt, Question, Workbench
from reasoning.methods.direct import NO_ANSWER
from reasoning.methods.programs import programs_in, run_program
from reasoning.options import bounded, check_options
from verifiers.optimization import PROFILE
from verifiers.records import Candidate
from verifiers.sandbox.task import Limits
from verifiers.together import all_or_first_error

__all__ = ["TwoTurnOptions", "last_number", "two_turn"]

SHOWN_OUTPUT = 1000
"""Characters of the output, from its end, that the second turns show."""
UNSOLVED = "could not be solved to optimality"
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?(?:\s*/\s*\d+)?")
_BOX = re.compile(r"\\boxed\{([^{}]{1,200})\}")


@dataclass(frozen=True, slots=True)
class TwoTurnOptions:
    """Options of `two_turn`.

    Attributes:
        timeout: seconds for the program.
        memory: MiB for the program.
    """

    timeout: float = bounded(20.0, above=0)
    memory: int = bounded(1024, low=16)

    def __post_init__(self) -> None:
        check_options(self)


async def two_turn(question: Question, workbench: Workbench, options: TwoTurnOptions) -> Attempt:
    """Ask for a program, run it, and ask for each quantity.

    Raises:
        MethodError: the problem describes no quantities.
        EngineError: no completion could be had, or the sandbox failed.
    """
    results = question.problem.fields.get("results")
    if not isinstance(results, Mapping) or not results:
        raise MethodError("method 'two_turn' is for problems with named results, such as those of optibench")
    first = question.style.write(question.problem)
    (completion,) = await workbench.engine.complete(question.request("two_turn/program", first))
    if completion.finish_reason in NO_ANSWER:
        return Attempt(None, completion.finish_reason)
    programs = programs_in(completion.text)
    if not programs:
        return Attempt(None, "no program")
    limits = Limits(wall_seconds=options.timeout, memory_mib=options.memory)
    ran = await run_program(workbench, programs[0], limits, profile=PROFILE)
    trace = {"program": programs[0], "output": ran.text, "failed": ran.failed or UNSOLVED in ran.output}
    if trace["failed"]:
        return Attempt(None, "program failed", trace)
    shown = ran.output.strip()[-SHOWN_OUTPUT:]
    names = [str(name) for name in results]
    texts = await all_or_first_error(
        _value(question, workbench, number, name, programs[0], shown) for number, name in enumerate(names)
    )
    values = {name: last_number(text) for name, text in zip(names, texts, strict=True)}
    trace["values"] = values
    known = {name: value for name, value in values.items() if value is not None}
    if not known:
        return Attempt(None, "no number", trace)
    candidate = Candidate(question.problem.id, json.dumps(known), question.sample, dict(completion.meta))
    return Attempt(candidate, completion.finish_reason, trace)


async def _value(question: Question, workbench: Workbench, number: int, name: str, program: str, output: str) -> str:
    """What the model says of one quantity."""
    asked = (
        f"{question.problem.prompt}\n\nThis program solves the problem:\n\n```python\n{program}```\n\nIt printed:\n\n"
        f"```\n{output}\n```\n\nWhat is the value of this quantity: {name}? Answer with one number in \\boxed{{}}, to "
        "five decimals, without a unit."
    )
    request = question.request(f"two_turn/value/{number}", Prompt(messages=(Message("user", asked),)))
    (completion,) = await workbench.engine.complete(request)
    return "" if completion.finish_reason in NO_ANSWER else completion.text


def last_number(text: str) -> float | None:
    r"""The last number in the last box of a text, or of the whole text when it has no box.

    >>> last_number(r"It is $\boxed{\$1,250.5}$"), last_number("x = 1/4"), last_number("none")
    (1250.5, 0.25, None)
    """
    boxes = _BOX.findall(text)
    found = _NUMBER.findall((boxes[-1] if boxes else text).replace("$", "").replace(",", ""))
    if not found:
        return None
    top, _, bottom = found[-1].replace(" ", "").partition("/")
    try:
        return float(Fraction(top) / Fraction(bottom or 1))
    except (ZeroDivisionError, OverflowError):
        return None
