"""Reward models: one number for a problem and a solution, the higher the better.

>>> create_reward_model("column:pred_score").describe()
{'reward_model': 'column', 'name': 'pred_score'}
"""

from reasoning.rewards.base import REWARD_MODELS, RewardModel, Solution, create_reward_model

__all__ = ["REWARD_MODELS", "RewardModel", "Solution", "create_reward_model"]
