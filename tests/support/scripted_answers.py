"""An engine that says what a script tells it to, for tests of methods.

    engine = ScriptedEngine({"problem-1": ["first reply", "second reply"]})     # by problem, in the order of its requests
    engine.requests     # what it was asked

A script may also be a function from the request to the reply's text or to the whole completion.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from reasoning.engines.base import Completion, Message, Request
from reasoning.methods import Prompt, PromptStyle, Question, Sampling, Workbench
from reasoning.rewards import RewardModel
from verifiers.records import Problem
from verifiers.sandbox import SandboxPool

Script = Mapping[str, Sequence[str]] | Callable[[Request], str | Completion]
Result = TypeVar("Result")

CHAT = PromptStyle(
    "chat",
    "for tests",
    lambda problem: Prompt(messages=(Message("user", f"{problem.prompt} Box it."),)),
    lambda problem, reply: reply or None,
)


class ScriptedEngine:
    """Replies by script; each reply is cut at the request's stop texts, as a real engine does."""

    name = "scripted"

    def __init__(self, script: Script) -> None:
        self.requests: list[Request] = []
        self._script = script
        self._told: dict[str, int] = defaultdict(int)

    async def complete(self, request: Request) -> list[Completion]:
        self.requests.append(request)
        return [self._reply(request) for _ in request.seeds]

    async def close(self) -> None:
        pass

    def describe(self) -> dict[str, Any]:
        return {"engine": self.name}

    def _reply(self, request: Request) -> Completion:
        assert request.problem is not None
        if callable(self._script):
            said = self._script(request)
            if isinstance(said, Completion):
                return said
            text = said
        else:
            told = self._told[request.problem.id]
            self._told[request.problem.id] += 1
            replies = self._script[request.problem.id]
            if told >= len(replies):
                return Completion("", "exhausted")
            text = replies[told]
        for stop in request.stop:
            text = text.partition(stop)[0]
        return Completion(text, prompt_tokens=10, completion_tokens=len(text))


def question(problem: Problem, sample: int = 0, **sampling: Any) -> Question:
    """A question in chat style."""
    return Question(problem, CHAT, sample, 0, Sampling(**sampling))


class Bench:
    """One sandbox and one event loop for the methods of a test module."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self._pool = SandboxPool(workers=1)
        self._runner.run(self._pool.__aenter__())

    def close(self) -> None:
        self._runner.run(self._pool.__aexit__(None, None, None))
        self._runner.close()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self._runner.run(work)

    def workbench(self, engine: Any, reward: RewardModel | None = None) -> Workbench:
        return Workbench(engine, self._pool, reward)
