r"""How a problem with a short answer is put to a model, in English or in Chinese.

    chat      asks an instructed model to reason and to put the answer in \boxed{}
    direct    asks it for the answer alone
    few-shot  worked examples, then the problem; for models that continue text

WORD_STYLES[0].write(Problem("p", "answer", "What is 2 + 3?")).messages[0].content
# "What is 2 + 3?\n\nReason step by step, and put your final answer in \\boxed{}."

The verifier finds the answer in the reply; what a model writes after its answer as a further problem is cut off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reasoning.engines.base import Message
from reasoning.evaluation.benchmarks.answer_examples import (
    CHINESE,
    COMPETITION,
    MULTIPLE_CHOICE,
    WORD_PROBLEMS,
    Example,
)
from reasoning.methods.base import Prompt, PromptStyle
from verifiers.records import Problem

__all__ = ["CHINESE_STYLES", "CHOICE_STYLES", "COMPETITION_STYLES", "WORD_STYLES", "answer_styles"]


@dataclass(frozen=True, slots=True)
class _Language:
    """The fixed words of a prompt; `asked` names what goes in the box, by the problem's kind."""

    asked: Mapping[str, str]
    chat: str
    direct: str
    problem: str
    solution: str
    answer: str


_ENGLISH = _Language(
    asked={"answer": "your final answer", "choice": "the letter of the right option"},
    chat="Reason step by step, and put {asked} in \\boxed{{}}.",
    direct="Without any explanation, reply only with {asked} in \\boxed{{}}.",
    problem="Problem: ",
    solution="Solution:",
    answer=" {solution} The answer is $\\boxed{{{answer}}}$.",
)
_CHINESE = _Language(
    asked={"answer": "最终答案", "choice": "所有正确选项的字母"},
    chat="请逐步推理，并把{asked}写在 \\boxed{{}} 中。",
    direct="不要解释，只把{asked}写在 \\boxed{{}} 中作为回答。",
    problem="问题：",
    solution="解答：",
    answer="{solution}答案是 $\\boxed{{{answer}}}$。",
)


def answer_styles(examples: Sequence[Example], language: _Language = _ENGLISH) -> tuple[PromptStyle, ...]:
    """`chat`, `direct` and `few-shot` with these worked examples."""
    worked = tuple(
        f"{language.problem}{problem}\n{language.solution}{language.answer.format(solution=solution, answer=answer)}"
        for problem, solution, answer in examples
    )
    shown = "".join(f"{one}\n\n" for one in worked)
    stop = f"\n{language.problem.rstrip()}"

    def message(problem: Problem, instruction: str) -> Prompt:
        asked = language.asked[problem.kind]
        return Prompt(messages=(Message("user", f"{problem.prompt}\n\n{instruction.format(asked=asked)}"),))

    def continued(problem: Problem) -> Prompt:
        return Prompt(text=f"{shown}{language.problem}{problem.prompt}\n{language.solution}", stop=(stop,))

    def first_solution(problem: Problem, reply: str) -> str | None:
        return _whole(problem, reply.partition(stop)[0])

    return (
        PromptStyle(
            "chat", "asks for reasoning, the answer in a box", lambda p: message(p, language.chat), _whole, worked
        ),
        PromptStyle(
            "direct", "asks for the answer alone, in a box", lambda p: message(p, language.direct), _whole, worked
        ),
        PromptStyle("few-shot", f"after {len(examples)} worked examples; for base models", continued, first_solution),
    )


def _whole(problem: Problem, reply: str) -> str | None:
    return reply if reply.strip() else None


WORD_STYLES = answer_styles(WORD_PROBLEMS)
COMPETITION_STYLES = answer_styles(COMPETITION)
CHOICE_STYLES = answer_styles(MULTIPLE_CHOICE)
CHINESE_STYLES = answer_styles(CHINESE, _CHINESE)
