r"""One reward, written once over the verifiers and the sandbox, for every trainer.

    reward = VerifierReward(kind="answer")                        # TRL: GRPOTrainer(reward_funcs=reward, ...)
    reward(completions=["so \\boxed{4}"], gold=["4"])             # [1.0]; columns of the dataset come by name
    reward.judge([(problem, "so \\boxed{4}")])                    # plain Python: [Reward(value=1.0, ...)]
    compute_score("gsm8k", "so \\boxed{4}", "4")                  # verl: {"score": 1.0, ...}
    reward_func(queries, prompts, labels)                         # OpenRLHF; over HTTP: verifiers.reward_server

What could not be judged (`unavailable`, `internal`) is None, never 0: TRL leaves such a sample out, and where a trainer
has no such value the call fails instead. A candidate that cheats (`rejected`) earns 0 whatever its form, and is
counted. `shaping` says what a verdict is worth, `columns` what a trainer's columns mean, `verifier_reward` judges in a
thread of its own, `trainers` holds what verl and OpenRLHF call.
"""

from verifiers.rewards.columns import problem_of_label
from verifiers.rewards.shaping import Reward, RewardError, Shaping, UnjudgedError
from verifiers.rewards.trainers import compute_score, openrlhf_reply, reward_func, shared_reward
from verifiers.rewards.verifier_reward import VerifierReward

__all__ = [
    "Reward",
    "RewardError",
    "Shaping",
    "UnjudgedError",
    "VerifierReward",
    "compute_score",
    "openrlhf_reply",
    "problem_of_label",
    "reward_func",
    "shared_reward",
]
