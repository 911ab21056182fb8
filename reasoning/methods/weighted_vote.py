"""A vote over n samples in which not all votes weigh the same: by reward, or by the state of a self-verification.

    reasoning evaluate math --engine ENGINE --method weighted_vote,n=8,transform=softmax --reward-model MODEL
    reasoning evaluate math --engine ENGINE --method weighted_vote,n=8,of=csv,by=verification,uncertain=0.5,false=0.2

The answer whose votes have the largest sum of weights wins; ties go to the one seen first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reasoning.methods.base import Attempt, Question, Workbench
from reasoning.methods.draws import DrawOptions, chosen, classes_of, draw, rate, tallied
from reasoning.methods.voting import TRANSFORMS, WEIGHTS, VerificationWeights, reward_weights, weighted
from reasoning.options import one_of

__all__ = ["WeightedVoteOptions", "weighted_vote"]

WEIGHERS = ("reward", "verification")


@dataclass(frozen=True, slots=True)
class WeightedVoteOptions(DrawOptions):
    """Options of `weighted_vote`: those of `DrawOptions`, and what a vote weighs.

    Attributes:
        by: `reward` (of the run's reward model) or `verification` (of draws by `csv`).
        transform: from rewards to weights: `softmax`, `shift` or `raw`.
        true: weight of a vote whose verification says true.
        uncertain: of one whose verification says neither.
        false: of one whose verification says false.
    """

    by: str = one_of("reward", WEIGHERS)
    transform: str = one_of("softmax", TRANSFORMS)
    true: float = WEIGHTS.true
    uncertain: float = WEIGHTS.uncertain
    false: float = WEIGHTS.false

    @property
    def needs_reward(self) -> bool:
        """See `DrawOptions.needs_reward`."""
        return self.by == "reward"

    def __post_init__(self) -> None:
        DrawOptions.__post_init__(self)
        VerificationWeights(self.true, self.uncertain, self.false)


async def weighted_vote(question: Question, workbench: Workbench, options: WeightedVoteOptions) -> Attempt:
    """Draw n samples and take the first of the answer with the most weight.

    Raises:
        EngineError: no answer could be had, or one cannot be rated.
        MethodError: answers of this kind cannot be compared, or the run has no reward model.
    """
    attempts = await draw(question, workbench, options, range(options.n))
    classes = classes_of(question, attempts)
    trace: dict[str, Any] = tallied(classes)
    if options.by == "verification":
        states = [_state(attempt) for attempt in attempts]
        scale = VerificationWeights(options.true, options.uncertain, options.false)
        winner = weighted(classes, [scale.of(state) for state in states])
        return chosen(question, attempts, winner, {**trace, "states": states}, None)
    rewards = await rate(question, workbench, attempts)
    voting = [index for index, reward in enumerate(rewards) if reward is not None]
    weights = reward_weights([rewards[index] or 0.0 for index in voting], options.transform)
    place = weighted([classes[index] for index in voting], weights)
    winner = None if place is None else voting[place]
    reward = None if winner is None else rewards[winner]
    return chosen(question, attempts, winner, {**trace, "rewards": rewards}, reward)


def _state(attempt: Attempt) -> str | None:
    vote = attempt.trace.get("vote")
    return vote.get("state") if isinstance(vote, dict) else None
