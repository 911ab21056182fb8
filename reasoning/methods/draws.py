"""Several samples of one problem by another method, for methods that make one answer of them.

    attempts = await draw(question, workbench, "direct", range(8), temperature=0.7)
    classes = classes_of(question.problem, attempts)        # [0, 0, 1, None, ...]

Draw i of sample s of the problem is the inner method's sample `s * n + i`: it has its own seeds, and a file of recorded
samples serves them in order.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from reasoning.engines.base import EngineError, Message
from reasoning.engines.options import parse_spec
from reasoning.methods.base import Attempt, Method, MethodError, Question, Workbench
from reasoning.methods.registry import find_method
from reasoning.options import bounded, check_options
from reasoning.rewards.base import RewardModel, Solution
from verifiers.answers.classes import answer_classes, can_vote
from verifiers.records import Candidate, Problem
from verifiers.together import all_or_first_error

__all__ = [
    "MATCHES",
    "DrawOptions",
    "check_needs",
    "check_tools",
    "chosen",
    "classes_of",
    "draw",
    "rate",
    "rated",
    "solution_of",
    "tallied",
]

MATCHES = ("equivalent", "strings")


@dataclass(frozen=True, slots=True)
class DrawOptions:
    """Options of methods that draw several samples.

    Attributes:
        n: samples drawn.
        of: the method that each is drawn by, with its default options.
        temperature: of the draws where the run itself is greedy, since greedy draws are all the same.
    """

    n: int = bounded(8, low=1)
    of: str = "direct"
    temperature: float = bounded(0.7, low=0)

    def __post_init__(self) -> None:
        check_options(self)
        try:
            find_method(self.of)
        except MethodError as error:
            raise ValueError(f"option of: {error}") from None

    @property
    def needs_reward(self) -> bool:
        """Whether the method asks the run's reward model."""
        return False

    @property
    def needs_vote(self) -> bool:
        """Whether the method has to tell which answers are the same."""
        return True


async def draw(question: Question, workbench: Workbench, options: DrawOptions, indices: Iterable[int]) -> list[Attempt]:
    """The draws with these indices, all at once.

    Raises:
        EngineError: no answer could be had for one of them.
    """
    method = find_method(options.of)
    temperature = question.sampling.temperature or options.temperature
    sampling = question.with_sampling(temperature=temperature)
    first = question.sample * options.n
    questions = [replace(question, sample=first + index, sampling=sampling) for index in indices]
    return await all_or_first_error(_attempt(method, one, workbench) for one in questions)


async def _attempt(method: Any, question: Question, workbench: Workbench) -> Attempt:
    attempt: Attempt = await method(question, workbench)
    return attempt


def classes_of(question: Question, attempts: Sequence[Attempt], match: str = "equivalent") -> list[int | None]:
    """The class of each attempt's answer.

    Raises:
        MethodError: answers to problems of this kind cannot be told to be the same.
    """
    _refuse_vote_over(question.problem)
    texts = [None if attempt.candidate is None else attempt.candidate.text for attempt in attempts]
    return answer_classes(question.problem, texts, strings=match == "strings")


async def rate(question: Question, workbench: Workbench, attempts: Sequence[Attempt]) -> list[float | None]:
    """The reward of each attempt; None where it has no candidate.

    Raises:
        MethodError: the run has no reward model.
        EngineError: one cannot be rated.
    """
    if workbench.reward is None:
        raise MethodError("this method needs a reward model: give --reward-model")
    model = workbench.reward
    return await all_or_first_error(_rated(question, model, attempt.candidate) for attempt in attempts)


async def _rated(question: Question, model: RewardModel, candidate: Candidate | None) -> float | None:
    if candidate is None:
        return None
    reward = await model.score(solution_of(question, candidate))
    if not math.isfinite(reward):
        raise EngineError(f"the reward model gave {reward}")
    return reward


def check_needs(method: Method, problem: Problem | None, *, engine: str, rewarded: bool) -> None:
    """See that a method has what it needs, before anything is begun.

    Args:
        method: as `find_method` gives it.
        engine: spec of the engine that it will ask; empty: one of which nothing is known.
        problem: one of those that it will be asked; None: there are none.
        rewarded: whether the run has a reward model.

    Raises:
        MethodError: it asks a reward model that the run lacks, votes over answers that cannot be compared, or gives
            tools to an engine that calls none.
    """
    check_tools(method, engine)
    while isinstance(method, partial) and "inner" in method.keywords:
        method = method.keywords["inner"]  # with tools it needs what it needs without
    options = method.keywords.get("options") if isinstance(method, partial) else None
    if not isinstance(options, DrawOptions):
        return
    if options.needs_reward and not rewarded:
        raise MethodError("this method needs a reward model: give --reward-model")
    if options.needs_vote and problem is not None:
        _refuse_vote_over(problem)


def check_tools(method: Method, engine: str) -> None:
    """See that a method whose model may call tools asks an engine that has one.

    Args:
        method: as `find_method` gives it.
        engine: spec of the engine; empty: one of which nothing is known.

    Raises:
        MethodError: the engine calls no tools.
        EngineSpecError: the spec is wrong.
    """
    if not engine or not isinstance(method, partial) or "calling" not in method.keywords:
        return
    spec = parse_spec(engine)
    # A run answers again what its model said after its calls; a file holds the ends alone.
    recorded = spec.name == "replay" and not Path(spec.target).expanduser().is_dir()
    if spec.name == "search" or recorded:
        raise MethodError(f"engine '{spec.name}' has no model that could call tools: leave tools= out of the method")


def _refuse_vote_over(problem: Problem) -> None:
    if not can_vote(problem):
        raise MethodError(f"answers of kind '{problem.kind}' cannot be compared with each other: no vote over them")


async def rated(question: Question, attempt: Attempt, model: RewardModel | None) -> Attempt:
    """The attempt with its reward for a vote, where there is a model and its method has not asked it already.

    Raises:
        EngineError: it cannot be rated.
    """
    vote = attempt.trace.get("vote", {})
    if model is None or attempt.candidate is None or "reward" in vote:
        return attempt
    reward = await _rated(question, model, attempt.candidate)
    return replace(attempt, trace={**attempt.trace, "vote": {**vote, "reward": reward}})


def solution_of(question: Question, candidate: Candidate) -> Solution:
    """What a reward model is shown of a candidate: the chat in which the problem is put, and its whole text."""
    messages = question.style.write(question.problem).messages
    return Solution(messages or (Message("user", question.problem.prompt),), candidate.text, candidate.meta)


def chosen(
    question: Question, attempts: Sequence[Attempt], winner: int | None, trace: Mapping[str, Any], reward: float | None
) -> Attempt:
    """The attempt that the winning draw makes, under the question's own sample index."""
    vote: dict[str, Any] = {} if reward is None else {"reward": reward}
    kept = {**trace, "vote": vote} if vote else dict(trace)
    winning = attempts[winner].candidate if winner is not None else None
    if winner is None or winning is None:
        return Attempt(None, "no answer" if attempts else "no draws", kept)
    candidate = replace(winning, sample=question.sample)
    kept["winner"] = winner
    if attempts[winner].trace:
        kept["winning"] = dict(attempts[winner].trace)
    return Attempt(candidate, attempts[winner].finish_reason, kept)


def tallied(classes: Sequence[int | None]) -> dict[str, Any]:
    """The draws by class, for a trace: `{"classes": [0, 0, 1, null]}`."""
    return {"classes": list(classes)}
