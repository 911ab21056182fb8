r"""A number-independent program that a model writes for a masked problem, and repairs when it fails.

written = await write_program(job, problem, mask_numbers(problem.prompt), answer=Fraction(72), fixes=1)
written.source          # "def solution(n0):\n    ..."
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from reasoning.engines.base import Message
from reasoning.families.induction import InductionError
from reasoning.methods import Prompt
from reasoning.pipelines.executing import Failure, call_many
from reasoning.pipelines.job import Job
from reasoning.pipelines.masking import Masked
from verifiers.extraction import extract_program
from verifiers.records import Problem

__all__ = ["ENTRY", "WrittenProgram", "write_program"]

ENTRY = "solution"
_WRITE = """The numbers of this problem are replaced by placeholders:

{template}

Write a Python function `def {entry}({names}):` that returns the answer for any values of the placeholders, which it
gets as text and turns into exact numbers with `Fraction`. It must not know the numbers of the original problem. Begin
with a docstring that says what it computes. Reply with one Python code block."""
_FIX = """This function is meant to answer the problem

{template}

but for {names} = {values} it went wrong: {reason}

```python
{source}
```

Reply with one Python code block that holds the corrected function."""


@dataclass(frozen=True, slots=True)
class WrittenProgram:
    """A program that gave the seed's answer: its source, and the constants that change what it returns."""

    source: str
    used: tuple[int, ...]


async def write_program(job: Job, problem: Problem, masked: Masked, answer: Fraction, fixes: int) -> WrittenProgram:
    """Ask for a program, and send it back with its error up to `fixes` times.

    Raises:
        InductionError: none was right at the seed's numbers.
        EngineError: no answer could be had.
    """
    names = ", ".join(f"n{number}" for number in range(len(masked.constants)))
    values = tuple(str(constant.value) for constant in masked.constants)
    text = _WRITE.format(template=masked.template, entry=ENTRY, names=names)
    reason = ""
    for attempt in range(fixes + 1):
        completion = await job.ask("program", problem.id, attempt, Prompt(messages=(Message("user", text),)))
        source = extract_program(completion.text, entry_point=ENTRY) or ""
        source = (
            source
            if "Fraction" not in source or "import" in source
            else f"from fractions import Fraction\n\n\n{source}"
        )
        reason = await _fault(job, source, values, answer)
        if not reason:
            return WrittenProgram(source, tuple(range(len(masked.constants))))
        shown = ", ".join(values)
        text = _FIX.format(template=masked.template, names=names, values=shown, reason=reason, source=source)
    raise InductionError(f"no program gives the seed's answer: {reason}")


async def _fault(job: Job, source: str, values: tuple[str, ...], answer: Fraction) -> str:
    """What is wrong with a program at the seed's numbers; empty when nothing is. It never learns the answer."""
    if not source:
        return "the reply holds no program"
    (returned,) = await call_many(job.pool, source, ENTRY, [values], job.limits)
    if isinstance(returned, Failure):
        return returned.reason
    try:
        right = Fraction(str(returned)) == answer
    except (ValueError, ZeroDivisionError):
        right = False
    return "" if right else f"it returned {str(returned)[:80]}, which is not the answer"
