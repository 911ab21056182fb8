"""The plainest method: ask once, take the reply.

attempt = await direct(question, workbench)     # one request; the reply, read by the prompt style, is the candidate
"""

from __future__ import annotations

from reasoning.methods.base import Attempt, Prompt, Question, Workbench
from verifiers.records import Candidate

__all__ = ["NO_ANSWER", "answer_to", "direct"]

NO_ANSWER = frozenset({"exhausted", "unrecorded"})
"""Finish reasons that say that the engine has nothing to offer."""


async def direct(question: Question, workbench: Workbench) -> Attempt:
    """Ask once for the problem's solution.

    Raises:
        EngineError: no answer could be had.
    """
    return await answer_to(question, workbench, "direct", question.style.write(question.problem))


async def answer_to(question: Question, workbench: Workbench, step: str, prompt: Prompt) -> Attempt:
    """What the prompt style reads in the one reply to `prompt`.

    Raises:
        EngineError: no answer could be had.
    """
    (completion,) = await workbench.engine.complete(question.request(step, prompt))
    if completion.finish_reason in NO_ANSWER:
        return Attempt(None, completion.finish_reason)
    text = question.style.read(question.problem, completion.text)
    if text is None:
        return Attempt(None, completion.finish_reason)
    candidate = Candidate(question.problem.id, text, question.sample, completion.meta)
    return Attempt(candidate, completion.finish_reason)
