"""Best of n: n samples, and the one that the reward model rates highest wins.

reasoning evaluate math --engine ENGINE --method best_of_n,n=8 --reward-model vllm:Qwen/Qwen2.5-Math-RM-72B
"""

from __future__ import annotations

from dataclasses import dataclass

from reasoning.methods.base import Attempt, Question, Workbench
from reasoning.methods.draws import DrawOptions, chosen, draw, rate
from reasoning.methods.voting import best

__all__ = ["BestOfNOptions", "best_of_n"]


@dataclass(frozen=True, slots=True)
class BestOfNOptions(DrawOptions):
    """Options of `best_of_n`: those of `DrawOptions`."""

    @property
    def needs_reward(self) -> bool:
        """See `DrawOptions.needs_reward`."""
        return True

    @property
    def needs_vote(self) -> bool:
        """See `DrawOptions.needs_vote`."""
        return False


async def best_of_n(question: Question, workbench: Workbench, options: BestOfNOptions) -> Attempt:
    """Draw n samples and take the first of those with the highest reward.

    Raises:
        EngineError: no answer could be had, or one cannot be rated.
        MethodError: the run has no reward model.
    """
    attempts = await draw(question, workbench, options, range(options.n))
    rewards = await rate(question, workbench, attempts)
    winner = best(rewards)
    return chosen(question, attempts, winner, {"rewards": rewards}, None if winner is None else rewards[winner])
