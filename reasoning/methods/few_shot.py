"""Few-shot chain of thought for instructed models: worked examples and the problem in one turn of the user.

    reasoning evaluate gsm8k --engine ENGINE --method few_shot,shots=4

The examples are those of the benchmark's family, all of our own making, parted by blank lines. Base models are asked by
the prompt style `few-shot` instead, which continues text.
"""

from __future__ import annotations

from dataclasses import dataclass

from reasoning.engines.base import Message
from reasoning.methods.base import Attempt, MethodError, Prompt, Question, Workbench
from reasoning.methods.direct import answer_to

__all__ = ["FewShotOptions", "few_shot"]


@dataclass(frozen=True, slots=True)
class FewShotOptions:
    """Options of `few_shot`.

    Attributes:
        shots: worked examples before the problem; as many as there are when there are fewer.
    """

    shots: int = 4

    def __post_init__(self) -> None:
        if self.shots < 1:
            raise ValueError(
                f"option shots={self.shots}: expected at least 1; without examples it is the method direct"
            )


async def few_shot(question: Question, workbench: Workbench, options: FewShotOptions) -> Attempt:
    """Ask once, after worked examples.

    Raises:
        EngineError: no answer could be had.
        MethodError: the benchmark has no worked examples.
    """
    plain = question.style.write(question.problem)
    if not plain.messages:
        raise MethodError(
            f"method 'few_shot' asks in a chat, but the prompt style '{question.style.name}' continues text; give "
            "--prompt chat"
        )
    examples = question.style.examples[: options.shots]
    if not examples:
        raise MethodError("method 'few_shot': this benchmark has no worked examples; use the method direct")
    *before, last = plain.messages
    shown = "\n\n".join((*examples, last.content))
    prompt = Prompt(messages=(*before, Message(last.role, shown)), stop=plain.stop)
    return await answer_to(question, workbench, "few_shot", prompt)
