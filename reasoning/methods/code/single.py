"""One request for one program: what the plainest methods that write code share.

attempt = await ask_once(question, workbench, "cot_code", task, messages)
"""

from __future__ import annotations

from reasoning.engines.base import Message
from reasoning.methods.base import Attempt, Question, Workbench
from reasoning.methods.code.asking import Asker
from reasoning.methods.code.imports import complete_program
from reasoning.methods.code.replies import read_function
from reasoning.methods.code.tasks import CodeTask, whole_program
from verifiers.records import Candidate

__all__ = ["ask_once", "program_in"]


async def ask_once(
    question: Question, workbench: Workbench, method: str, task: CodeTask, messages: tuple[Message, ...]
) -> Attempt:
    """The program in the one reply that is asked for.

    Args:
        question: the sample that is wanted.
        workbench: engine and sandbox.
        method: name of the method and its step.
        task: the function to write.
        messages: what the model is shown.

    Raises:
        EngineError: no answer could be had.
    """
    [reply] = await Asker(question, workbench, 1).ask(method, messages)
    program = program_in(reply, task)
    if program is None:
        return Attempt(None, "no reply held the function", {"method": method})
    return Attempt(
        Candidate(question.problem.id, whole_program(task, program), question.sample), "stop", {"method": method}
    )


def program_in(reply: str, task: CodeTask) -> str | None:
    """The program that a reply holds, with what the problem gives; None where the function is not in it."""
    written = read_function(reply, task.root, task.docstring, free=True)
    if written is None:
        return None
    return complete_program([*task.context, *written.others, written.function])
