r"""How a programming task is put to an instructed model.

chat_prompt("Complete this function.", "def add(a, b):\\n")     # one user message that asks for one code block
"""

from __future__ import annotations

from reasoning.engines.base import Message
from reasoning.methods.base import Prompt
from verifiers.records import Problem

__all__ = ["WHOLE_PROGRAM", "chat_prompt", "whole_reply"]

WHOLE_PROGRAM = (
    "Write a Python program that solves this problem. It reads standard input and prints to standard output. Reply "
    "with one Python code block that holds the whole program."
)
"""What is asked below the statement of a contest problem."""


def chat_prompt(instruction: str, code: str) -> Prompt:
    """One message: what to do, the code that it is about, and the form of the reply."""
    text = (
        f"{instruction}\n\n```python\n{code.strip()}\n```\n\nReply with one Python code block that holds all the code."
    )
    return Prompt(messages=(Message("user", text),))


def whole_reply(problem: Problem, reply: str) -> str | None:
    """The reply as it stands, fences and prose included (the verifier finds the code in it); None when blank."""
    return reply if reply.strip() else None
