r"""What a reward model is, and from the text that names one to the model.

    model = create_reward_model("transformers:DIRECTORY_OR_HUB_NAME,device=cpu")
    await model.score(Solution((Message("user", "2+2?"),), "It is \boxed{4}."))       # 1.8125

A model that rates is given the whole conversation with the solution as its last turn, and answers with one number.
Scores are rounded to `SCORE_DECIMALS`, so that the order in which solutions are put into batches does not show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from reasoning.engines.base import Message
from reasoning.engines.options import made_from
from verifiers.plugins import Plugins

__all__ = [
    "REWARD_MODELS",
    "SCORE_DECIMALS",
    "RewardModel",
    "Solution",
    "conversation",
    "create_reward_model",
    "render_solution",
]

SCORE_DECIMALS = 4

REWARD_MODELS: dict[str, str] = {
    "transformers": "reasoning.rewards.transformers_reward:create",
    "vllm": "reasoning.rewards.vllm_reward:create",
    "column": "reasoning.rewards.column:create",
}
"""Name -> `module:function`, `(target, options) -> RewardModel`; imported when first used. Other packages add theirs
with entry points in the group `reasoning_toolkit.reward_models`."""
PLUGINS = Plugins("reward_models", "reward model")


@dataclass(frozen=True, slots=True)
class Solution:
    """What is rated.

    Attributes:
        prompt: what the solver was shown, without what it had begun to say itself.
        text: the whole solution.
        meta: what the engine recorded with it; for scores that are there already.
    """

    prompt: tuple[Message, ...]
    text: str
    meta: Mapping[str, Any] = field(default_factory=dict)


class RewardModel(Protocol):
    """Rates solutions."""

    async def score(self, solution: Solution) -> float:
        """The reward of one solution, the higher the better; its scale is the model's own.

        Raises:
            EngineError: it cannot be rated.
        """

    async def close(self) -> None:
        """Release what the model holds; it is not used afterwards."""

    def describe(self) -> dict[str, Any]:
        """Everything needed to make this model again, as plain JSON, with no secret in it."""


def create_reward_model(spec: str) -> RewardModel:
    """Make the model that `spec` (`NAME:TARGET[,key=value...]`) names. Weights are loaded at the first score.

    Raises:
        EngineSpecError: the name, the target or an option is wrong, or a package it needs is not installed.
    """
    model: RewardModel = made_from(spec, REWARD_MODELS, PLUGINS)
    return model


def conversation(solution: Solution) -> list[dict[str, str]]:
    """The turns that a model rates: the prompt's, and the solution as the assistant's last one."""
    turns = [*solution.prompt, Message("assistant", solution.text)]
    return [{"role": turn.role, "content": turn.content} for turn in turns]


def render_solution(tokenizer: Any, solution: Solution) -> list[int]:
    """Token ids of the whole conversation, without a prompt for a further turn.

    Args:
        tokenizer: a Hugging Face tokenizer; one without a chat template gets the turns' texts between blank lines.
        solution: what is rated.
    """
    turns = conversation(solution)
    if getattr(tokenizer, "chat_template", None):
        text = str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=False))
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])
    return list(tokenizer("\n\n".join(turn["content"] for turn in turns))["input_ids"])
