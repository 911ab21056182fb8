"""The plainest method: ask once, take the reply.

attempt = await direct(question, workbench)     # one request; the reply, read by the prompt style, is the candidate
"""

from __future__ import annotations

from reasoning.methods.base import Attempt, Question, Workbench
from verifiers.records import Candidate

__all__ = ["NO_ANSWER", "direct"]

NO_ANSWER = frozenset({"exhausted", "unrecorded"})
"""Finish reasons that say that the engine has nothing to offer."""


async def direct(question: Question, workbench: Workbench) -> Attempt:
    """Ask once for the problem's solution.

    Raises:
        EngineError: no answer could be had.
    """
    request = question.request("direct", question.style.write(question.problem))
    (completion,) = await workbench.engine.complete(request)
    if completion.finish_reason in NO_ANSWER:
        return Attempt(None, completion.finish_reason)
    text = question.style.read(question.problem, completion.text)
    if text is None:
        return Attempt(None, completion.finish_reason)
    return Attempt(Candidate(question.problem.id, text, question.sample), completion.finish_reason)
