r"""Program-aided language model: the model writes one program, and what it prints is the answer.

    reasoning evaluate gsm8k --engine ENGINE --method pal

The candidate is the reply, the program's output and its last line in a box.

Source: Gao et al. 2023, "PAL: Program-aided Language Models".
"""

from __future__ import annotations

from dataclasses import dataclass

from reasoning.engines.base import Message
from reasoning.methods.base import Attempt, Prompt, Question, Workbench
from reasoning.methods.direct import NO_ANSWER
from reasoning.methods.program_examples import PROGRAM_EXAMPLES
from reasoning.methods.programs import cut, output_block, programs_in, run_program
from reasoning.options import bounded, check_options, one_of
from verifiers.extraction import extract_program
from verifiers.records import Candidate, Problem
from verifiers.sandbox.task import Limits

__all__ = ["ProgramAidedOptions", "program_aided"]

INSTRUCTION = (
    "Write a Python program whose function solution() returns the answer to this problem. Reply with the program "
    "alone, in a ```python block."
)
_PROBLEM = "Problem: "
_PRINTED = "\nif callable(globals().get('solution')):\n    print(solution())\n"
"""Runs the function of a program that prints nothing by itself."""


@dataclass(frozen=True, slots=True)
class ProgramAidedOptions:
    """Options of `pal`.

    Attributes:
        shots: worked examples before the problem, at most 3.
        format: `chat`, or `text` for base models.
        timeout: seconds for the program.
        memory: MiB for the program.
    """

    shots: int = bounded(3, low=0, high=len(PROGRAM_EXAMPLES))
    format: str = one_of("chat", ("chat", "text"))
    timeout: float = bounded(5.0, above=0)
    memory: int = bounded(1024, low=16)

    def __post_init__(self) -> None:
        check_options(self)


async def program_aided(question: Question, workbench: Workbench, options: ProgramAidedOptions) -> Attempt:
    """Ask for a program and run it.

    Raises:
        EngineError: no completion could be had, or the sandbox failed.
    """
    request = question.request("pal", _prompt(question.problem, options))
    (completion,) = await workbench.engine.complete(request)
    if completion.finish_reason in NO_ANSWER:
        return Attempt(None, completion.finish_reason)
    source = _program(completion.text)
    if source is None:
        return Attempt(None, "no program")
    limits = Limits(wall_seconds=options.timeout, memory_mib=options.memory)
    prints = "print(" in source or "def solution" not in source
    result = await run_program(workbench, source if prints else source + _PRINTED, limits)
    trace = {"program": source, "output": result.text, "failed": result.failed}
    if result.failed:
        return Attempt(None, "program failed", trace)
    lines = [line for line in result.output.splitlines() if line.strip()]
    if not lines:
        return Attempt(None, "no output", trace)
    text = f"{completion.text.rstrip()}\n{output_block(cut(result.output.strip()))}\\boxed{{{lines[-1].strip()}}}"
    candidate = Candidate(question.problem.id, text, question.sample, dict(completion.meta))
    return Attempt(candidate, completion.finish_reason, trace)


def _program(reply: str) -> str | None:
    found = programs_in(reply)
    return found[-1] if found else extract_program(reply)


def _prompt(problem: Problem, options: ProgramAidedOptions) -> Prompt:
    examples = PROGRAM_EXAMPLES[: options.shots]
    shown = "".join(f"{_PROBLEM}{one.problem}\n\n{one.solution}\n\n" for one in examples)
    asked = f"{INSTRUCTION}\n\n{shown}{_PROBLEM}{problem.prompt}"
    if options.format == "text":
        return Prompt(text=f"{asked}\n\n```python\n", stop=("\n```",))
    return Prompt(messages=(Message("user", asked),))
