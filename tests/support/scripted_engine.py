"""An engine that answers from a script, for tests of methods.

engine = ScriptedEngine(lambda call: "```python\\ndef f(): return 1\\n```")
engine.calls[0].turn        # text of the last message of the first request
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reasoning.engines.base import Completion


@dataclass(frozen=True)
class Call:
    """One sample asked for: all messages, the last of them, its index within the request, and the temperature."""

    texts: tuple[str, ...]
    turn: str
    index: int
    temperature: float


class ScriptedEngine:
    """Gives what `answer` returns: a text, a completion, or an exception to raise."""

    name = "scripted"

    def __init__(self, answer: Callable[[Call], object]) -> None:
        self.answer = answer
        self.calls: list[Call] = []

    async def complete(self, request):
        completions = []
        for index in range(len(request.seeds)):
            texts = tuple(message.content for message in request.messages) or (request.prompt,)
            call = Call(texts, texts[-1], index, request.temperature)
            self.calls.append(call)
            reply = self.answer(call)
            if isinstance(reply, BaseException):
                raise reply
            completions.append(reply if isinstance(reply, Completion) else Completion(str(reply), "stop", 10, 5))
        return completions

    async def close(self):
        pass

    def describe(self):
        return {"engine": self.name}


def python(source: str) -> str:
    """A reply with one code block."""
    return f"Some words.\n\n```python\n{source}\n```\n"


STEPS = {
    "divide": "Think step by step and complete the function `",
    "conquer": "Write the function `",
    "callers": "Write functions that call `",
    "examples": "Copy the examples in the docstring of `",
    "tests": "Write assert statements about `",
    "program": "Complete the function `",
    "think": "Write the Python function `",
}


def step_of(call: Call) -> tuple[str, str]:
    """The step of a method that writes programs, and the function that it is about."""
    for step, words in STEPS.items():
        _, found, rest = call.turn.partition(words)
        if found:
            return step, rest.partition("`")[0]
    return "other", ""


class Script:
    """Answers by step and function: a text, a list of texts (one a call, the last repeated), or a function of the call.

    Steps that have no entry are answered with nothing. `asked` counts the calls by step and function.
    """

    def __init__(self, answers: dict[tuple[str, str], object]) -> None:
        self.answers = answers
        self.asked: dict[tuple[str, str], int] = {}

    def __call__(self, call: Call) -> object:
        key = step_of(call)
        number = self.asked.get(key, 0)
        self.asked[key] = number + 1
        answer = self.answers.get(key, "")
        if isinstance(answer, list):
            answer = answer[min(number, len(answer) - 1)]
        return answer(call) if callable(answer) else answer
