"""How a model is asked: a prompt style writes the prompt, a method asks, and an attempt comes of it.

    question = Question(problem, style, sample=0, run_seed=0, sampling=Sampling(temperature=0.8))
    attempt = await direct(question, engine)
    attempt.candidate.text      # "def sol(): return 3"

A method is a straight-line coroutine function over one sample of one problem: `async (Question, Engine) -> Attempt`.
Thousands run at once; none knows of the others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module

from reasoning.engines.base import Engine, Message, Request, derive_seed
from verifiers.records import Candidate, Problem

__all__ = [
    "METHODS",
    "Attempt",
    "Method",
    "MethodError",
    "Prompt",
    "PromptStyle",
    "Question",
    "Sampling",
    "find_method",
]


class MethodError(ValueError):
    """There is no such method; one clear line."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is shown: `messages`, or `text` to be continued, and the texts at which it stops."""

    messages: tuple[Message, ...] = ()
    text: str | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptStyle:
    """A way of asking for a problem's solution, and of reading the reply.

    Attributes:
        name: as given to `--prompt`.
        summary: one line for people.
        write: the prompt for a problem.
        read: the candidate in a reply, or None where there is none.
    """

    name: str
    summary: str
    write: Callable[[Problem], Prompt]
    read: Callable[[Problem, str], str | None]


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to sample; see `reasoning.engines.Request`."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 1024


@dataclass(frozen=True, slots=True)
class Question:
    """One sample wanted of one problem.

    Attributes:
        problem: what to solve.
        style: how it is put to a model.
        sample: index among the samples of this problem.
        run_seed: seed of the whole run.
        sampling: how to sample.
    """

    problem: Problem
    style: PromptStyle
    sample: int
    run_seed: int
    sampling: Sampling

    def request(self, step: str, prompt: Prompt) -> Request:
        """A request for one completion of `prompt`; `step` names the method's step, so that each has its own seed."""
        return Request(
            messages=prompt.messages,
            prompt=prompt.text,
            seeds=(derive_seed(self.run_seed, self.problem.id, step, self.sample),),
            temperature=self.sampling.temperature,
            top_p=self.sampling.top_p,
            max_tokens=self.sampling.max_tokens,
            stop=prompt.stop,
            problem=self.problem,
            sample_indices=(self.sample,),
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a method made of a question: a candidate, or None, and how the last completion ended."""

    candidate: Candidate | None
    finish_reason: str


Method = Callable[[Question, Engine], Awaitable[Attempt]]

METHODS: dict[str, str] = {
    "direct": "reasoning.methods.direct:direct",
}
"""Name -> `module:function`; imported when first used."""


def find_method(name: str) -> Method:
    """The method with this name.

    Raises:
        MethodError: there is none.
    """
    target = METHODS.get(name)
    if target is None:
        raise MethodError(f"no method '{name}'; known methods: {', '.join(sorted(METHODS))}")
    module, _, function = target.partition(":")
    found: Method = getattr(import_module(module), function)
    return found
