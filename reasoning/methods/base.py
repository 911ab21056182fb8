"""How a model is asked: a prompt style writes the prompt, a method asks, and an attempt comes of it.

    question = Question(problem, style, sample=0, run_seed=0, sampling=Sampling(temperature=0.8))
    attempt = await direct(question, Workbench(engine, sandbox))
    attempt.candidate.text      # "def sol(): return 3"

A method is a straight-line coroutine function over one sample of one problem: `async (Question, Workbench) -> Attempt`,
with its options dataclass as a third argument where it has options. Thousands run at once; none knows of the others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reasoning.engines.base import BudgetSpentError, Engine, Message, PromptTooLongError, Request, derive_seed
from verifiers.records import Candidate, Problem

if TYPE_CHECKING:
    from reasoning.rewards.base import RewardModel
    from reasoning.solvers.toolbox import ReplyMemory
    from verifiers.sandbox import SandboxPool

__all__ = [
    "Attempt",
    "Method",
    "MethodError",
    "Prompt",
    "PromptStyle",
    "Question",
    "Sampling",
    "Workbench",
]


class MethodError(ValueError):
    """There is no such method, or it has no such option; one clear line."""


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
        examples: worked examples of the benchmark's family, each a whole text, for methods that show some.
    """

    name: str
    summary: str
    write: Callable[[Problem], Prompt]
    read: Callable[[Problem, str], str | None]
    examples: tuple[str, ...] = ()


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

    def request(self, step: str, prompt: Prompt, samples: int = 1, sampling: Sampling | None = None) -> Request:
        """A request for completions of `prompt`.

        Args:
            step: names the method's step, so that each has its own seeds.
            prompt: what the model is shown.
            samples: completions wanted; the first of several has the same seed as a single one.
            sampling: how to sample where the method's step differs from the run's own sampling.
        """
        chosen = sampling or self.sampling
        first = derive_seed(self.run_seed, self.problem.id, step, self.sample)
        more = (derive_seed(self.run_seed, self.problem.id, step, self.sample, index) for index in range(1, samples))
        return Request(
            messages=prompt.messages,
            prompt=prompt.text,
            seeds=(first, *more),
            temperature=chosen.temperature,
            top_p=chosen.top_p,
            max_tokens=chosen.max_tokens,
            stop=prompt.stop,
            problem=self.problem,
            sample_indices=tuple(range(self.sample * samples, (self.sample + 1) * samples)),
        )

    def with_sampling(self, **changes: float) -> Sampling:
        """The run's sampling with some of its fields changed."""
        return replace(self.sampling, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Workbench:
    """What a method works with.

    Attributes:
        engine: answers requests; every completion is kept in the run, and counted for the sample.
        sandbox: runs the code that the engine wrote; its time is counted for the sample.
        reward: rates solutions, where the run has such a model.
        replies: what tools and programs have answered in this run; None: nothing is kept.
    """

    engine: Engine
    sandbox: SandboxPool
    reward: RewardModel | None = None
    replies: ReplyMemory | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a method made of a question.

    Attributes:
        candidate: what is judged, or None where the method has nothing to offer.
        finish_reason: how the last completion ended, or why there is no candidate.
        trace: how it came about, as plain JSON (rounds, votes, a function tree ...); kept in the run's store and shown
            by `reasoning explain`. No times in it. What a vote may weigh the sample by stands in its part `vote`:
            `reward`, a number, and `state`, of a self-verification; the calls of tools in its part `tools`.
    """

    candidate: Candidate | None
    finish_reason: str
    trace: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def stopped(cls, error: BudgetSpentError | PromptTooLongError) -> Attempt:
        """What is left of a method that did not expect the end of its means."""
        reason = "the budget is spent" if isinstance(error, BudgetSpentError) else "the prompt is too long"
        return cls(None, f"{reason}: {error}")


Method = Callable[[Question, Workbench], Awaitable[Attempt]]
