r"""The reward for trainers that name a file and a function in it: verl and OpenRLHF.

    compute_score("gsm8k", "so \\boxed{4}", "4")                  # verl: {"score": 1.0, ...}
    reward_func(queries, prompts, labels)                         # OpenRLHF; over HTTP: verifiers.reward_server

There is no place for settings: kind `answer` for plain labels, whatever the label says for problems in JSON.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import Any

from verifiers.records import Status
from verifiers.rewards.columns import problem_of_label
from verifiers.rewards.shaping import Reward, RewardError, UnjudgedError
from verifiers.rewards.verifier_reward import VerifierReward

__all__ = ["compute_score", "openrlhf_reply", "reward_func", "shared_reward"]

_SPECIAL_TOKENS = re.compile(r"(?:\s*(?:<\|[^|<>]{1,40}\|>|</?s>|<eos>|<pad>|<end_of_turn>))+\s*\Z")
_LONGEST_BEGINNING = 40


@functools.cache
def shared_reward() -> VerifierReward:
    """The reward behind `compute_score` and `reward_func`, made at their first call."""
    return VerifierReward("answer")


async def compute_score(
    data_source: str, solution_str: str, ground_truth: str, extra_info: object = None, **others: object
) -> dict[str, float]:
    """The reward in the form of verl (`reward.custom_reward_function.path` is this module's file).

    Args:
        data_source: name of the data set; unused.
        solution_str: the response.
        ground_truth: JSON of a problem, or the gold answer of one of kind `answer`.
        extra_info: unused.
        others: unused; verl passes more with some settings.

    Returns:
        `score`, and the parts and `rejected` for verl's log; always the same keys.

    Raises:
        UnjudgedError: it could not be judged; verl has no value for that.
    """
    reward = shared_reward()
    [judged] = await reward.judge_async([(problem_of_label(ground_truth), solution_str)])
    return {"score": _value(judged), **judged.parts, "rejected": float(judged.verdict.status is Status.REJECTED)}


def reward_func(
    queries: Sequence[str], prompts: Sequence[str], labels: Sequence[str], **others: object
) -> dict[str, Any]:
    """The reward in the form of OpenRLHF (`--reward.remote_url` is this module's file).

    Args:
        queries: prompts with their responses, special tokens included.
        prompts: the prompts alone.
        labels: as `ground_truth` of `compute_score`.
        others: unused.

    Returns:
        `rewards` and `scores` (the part for being right) as tensors of shape (queries,), and `extra_logs`.

    Raises:
        RewardError: a query does not hold its prompt.
        UnjudgedError: one could not be judged.
    """
    import torch

    reply = openrlhf_reply(shared_reward(), queries, prompts, labels)
    return {
        "rewards": torch.tensor(reply["rewards"]),
        "scores": torch.tensor(reply["scores"]),
        "extra_logs": {name: torch.tensor(values) for name, values in reply["extra_logs"].items()},
    }


def openrlhf_reply(
    reward: VerifierReward, queries: Sequence[str], prompts: Sequence[str], labels: Sequence[str]
) -> dict[str, Any]:
    """What OpenRLHF's reward server answers, as plain JSON; see `reward_func`.

    Args:
        reward: that judges.
        queries: prompts with their responses, special tokens included.
        prompts: the prompts alone.
        labels: gold answers, or problems in JSON.
    """
    if not len(queries) == len(prompts) == len(labels):
        raise RewardError(f"{len(queries)} queries, {len(prompts)} prompts and {len(labels)} labels: expected as many")
    items = [
        (problem_of_label(label, reward.kind or "answer"), _response(query, prompt))
        for query, prompt, label in zip(queries, prompts, labels, strict=True)
    ]
    judged = reward.judge(items)
    return {
        "rewards": [_value(one) for one in judged],
        "scores": [one.parts["correct"] for one in judged],
        "extra_logs": {
            "rejected": [float(one.verdict.status is Status.REJECTED) for one in judged],
            **{name: [one.parts[name] for one in judged] for name in (judged[0].parts if judged else ())},
        },
    }


def _response(query: str, prompt: str) -> str:
    """The response in OpenRLHF's query, without the prompt and the special tokens at the end."""
    before, found, response = query.partition(prompt)
    # A begin token may stand before the prompt.
    if not found or len(before) > _LONGEST_BEGINNING:
        raise RewardError("a query does not begin with its prompt")
    return _SPECIAL_TOKENS.sub("", response)


def _value(reward: Reward) -> float:
    if reward.value is None:
        raise UnjudgedError(f"not judged ({reward.verdict.status.value}): {reward.verdict.detail}")
    return reward.value
