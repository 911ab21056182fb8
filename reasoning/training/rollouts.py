"""Samples of the model in training, judged by the reward.

    judged = sample_and_judge(model, tokenizer, tasks, reward, samples=8, settings=SampleSettings(temperature=1.0))
    kept = [one for one in judged if one.right]

What could not be judged is neither right nor wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from reasoning.evaluation.metrics import wilson_interval
from reasoning.training.data import Task
from reasoning.training.policy import PolicyMeasures
from reasoning.training.sampling import SampleSettings, sample_texts
from verifiers.records import Status
from verifiers.rewards import Reward, VerifierReward

__all__ = ["Evaluation", "Judged", "evaluate_model", "labelled", "pairs", "sample_and_judge"]


@dataclass(frozen=True, slots=True)
class Judged:
    """One sample of one task.

    Attributes:
        task: its index among the tasks that were sampled.
        prompt: of the task.
        text: the completion.
        reward: what it earns.
    """

    task: int
    prompt: str
    text: str
    reward: Reward

    @property
    def right(self) -> bool:
        """Whether it was judged and is right (in the required form)."""
        return self.reward.value is not None and self.reward.parts["correct"] == 1.0

    @property
    def wrong(self) -> bool:
        """Whether it was judged and is not right."""
        return self.reward.value is not None and not self.right


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Greedy answers to held-out problems.

    Attributes:
        right: right answers.
        asked: answers that could be judged.
        low: lower end of the 95 % interval of the share (Wilson).
        high: upper end.
        mean_length: characters of an answer.
        rejected: answers that cheat.
        unjudged: answers that could not be judged.
        policy: what the samples of the model look like, where that was measured.
    """

    right: int
    asked: int
    low: float
    high: float
    mean_length: float
    rejected: int
    unjudged: int
    policy: PolicyMeasures | None = None

    @property
    def accuracy(self) -> float:
        """Share of right answers; 0 where nothing could be judged."""
        return self.right / self.asked if self.asked else 0.0

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return {
            "accuracy": self.accuracy,
            "low": self.low,
            "high": self.high,
            "right": self.right,
            "asked": self.asked,
            "mean_length": self.mean_length,
            "rejected": self.rejected,
            "unjudged": self.unjudged,
            **({"policy": asdict(self.policy)} if self.policy else {}),
        }


def sample_and_judge(
    model: Any,
    tokenizer: Any,
    tasks: Sequence[Task],
    reward: VerifierReward,
    *,
    samples: int,
    settings: SampleSettings,
) -> list[Judged]:
    """Several completions of each task with their rewards, those of one task side by side.

    Args:
        model: in training, a causal language model.
        tokenizer: its own.
        tasks: what it is asked.
        reward: the judge.
        samples: completions of each task.
        settings: how to sample.

    Returns:
        `len(tasks) * samples` completions.
    """
    asked = [index for index in range(len(tasks)) for _ in range(samples)]
    texts = sample_texts(model, tokenizer, [tasks[index].prompt for index in asked], settings)
    rewards = reward.judge([(tasks[index].problem, text) for index, text in zip(asked, texts, strict=True)])
    return [
        Judged(index, tasks[index].prompt, text, one) for index, text, one in zip(asked, texts, rewards, strict=True)
    ]


def evaluate_model(
    model: Any, tokenizer: Any, tasks: Sequence[Task], reward: VerifierReward, settings: SampleSettings
) -> Evaluation:
    """Ask every task once.

    Args:
        model: in training, a causal language model.
        tokenizer: its own.
        tasks: held-out ones.
        reward: the judge.
        settings: how to sample; greedily, as a rule.
    """
    judged = sample_and_judge(model, tokenizer, tasks, reward, samples=1, settings=settings)
    right, wrong = sum(one.right for one in judged), sum(one.wrong for one in judged)
    low, high = wilson_interval(right, right + wrong) if right + wrong else (0.0, 1.0)
    return Evaluation(
        right=right,
        asked=right + wrong,
        low=low,
        high=high,
        mean_length=sum(len(one.text) for one in judged) / max(len(judged), 1),
        rejected=sum(one.reward.verdict.status is Status.REJECTED for one in judged),
        unjudged=len(judged) - right - wrong,
    )


def pairs(judged: Sequence[Judged], most: int) -> list[dict[str, str]]:
    """Rows of `prompt`, `chosen` (right) and `rejected` (wrong): at most `most` of a task, no text twice in one."""
    rows = []
    for group in _by_task(judged):
        right = dict.fromkeys(one.text for one in group if one.right)
        wrong = dict.fromkeys(one.text for one in group if one.wrong)
        rows += [
            {"prompt": group[0].prompt, "chosen": chosen, "rejected": rejected}
            for chosen, rejected in list(zip(right, wrong, strict=False))[:most]
        ]
    return rows


def labelled(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """Rows of `prompt`, `completion` and `label` (right or not), no text twice in a task."""
    rows = []
    for group in _by_task(judged):
        distinct = {one.text: one for one in group if one.right or one.wrong}
        rows += [{"prompt": one.prompt, "completion": one.text, "label": one.right} for one in distinct.values()]
    return rows


def _by_task(judged: Sequence[Judged]) -> list[list[Judged]]:
    groups: dict[int, list[Judged]] = {}
    for one in judged:
        groups.setdefault(one.task, []).append(one)
    return list(groups.values())
