r"""Tool-integrated reasoning: words and programs in turn, the final answer in a box.

    reasoning evaluate gsm8k --engine vllm:Qwen/Qwen2.5-Math-7B-Instruct --method tir --samples 4
    reasoning evaluate math --engine ENGINE --method tir,rounds=6,timeout=10,turns=many

See `tool_loop` for the loop. The whole transcript is the candidate.

Source: Gou et al. 2024, "ToRA: A Tool-Integrated Reasoning Agent for Mathematical Problem Solving"; the loop is that of
Qwen2.5-Math's evaluation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reasoning.engines.base import Message
from reasoning.methods.base import Attempt, Prompt, Question, Workbench
from reasoning.methods.program_examples import TOOL_EXAMPLES
from reasoning.methods.tool_loop import ToolOptions, converse
from reasoning.options import one_of
from verifiers.records import Candidate, Problem

__all__ = ["FORMATS", "ToolIntegratedOptions", "asked_of", "text_prompt", "tool_integrated", "tool_prompt"]

FORMATS = ("chat", "bare", "text")
SYSTEM = (
    "Solve the problem step by step, in words together with Python programs. Put each program into a ```python block; "
    "what it prints is shown to you in an ```output block. Put {asked} in \\boxed{{}}."
)
_PROBLEM = "Problem: "
_SOLUTION = "Solution:\n"


@dataclass(frozen=True, slots=True)
class ToolIntegratedOptions(ToolOptions):
    """Options of `tir`: those of `ToolOptions`, and how the problem is put.

    Attributes:
        format: `chat` (a system message and the bare problem), `bare` (the bare problem, for models that were taught
            the form), or `text` (worked examples, for base models).
    """

    format: str = one_of("chat", FORMATS)


async def tool_integrated(question: Question, workbench: Workbench, options: ToolIntegratedOptions) -> Attempt:
    """Let the model reason and run programs.

    Raises:
        EngineError: no completion could be had, or the sandbox failed.
    """
    prompt = _PROMPTS[options.format](question.problem, options)
    transcript = await converse(question, workbench, prompt, options, step="tir")
    trace = {"rounds": list(transcript.rounds)}
    if not transcript.text.strip():
        return Attempt(None, transcript.finish_reason, trace)
    candidate = Candidate(question.problem.id, transcript.text, question.sample, transcript.meta)
    return Attempt(candidate, transcript.finish_reason, trace)


def tool_prompt(problem: Problem, options: ToolOptions) -> Prompt:
    """A system message and the bare problem."""
    system = options.system or SYSTEM.format(asked=asked_of(problem))
    return Prompt(messages=(Message("system", system), Message("user", problem.prompt)))


def text_prompt(problem: Problem) -> Prompt:
    """Worked examples with programs, then the problem, to be continued."""
    shown = "".join(f"{_PROBLEM}{one.problem}\n{_SOLUTION}{one.solution}\n\n" for one in TOOL_EXAMPLES)
    return Prompt(text=f"{shown}{_PROBLEM}{problem.prompt}\n{_SOLUTION}", stop=(f"\n{_PROBLEM.rstrip()}",))


def asked_of(problem: Problem) -> str:
    """What the box is for."""
    return "the letter of the right option" if problem.kind == "choice" else "the final answer"


_PROMPTS: dict[str, Callable[[Problem, ToolOptions], Prompt]] = {
    "chat": tool_prompt,
    "bare": lambda problem, options: Prompt(messages=(Message("user", problem.prompt),)),
    "text": lambda problem, options: text_prompt(problem),
}
