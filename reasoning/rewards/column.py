"""Scores that were recorded with the solutions, in the place of a model.

    reasoning evaluate math --engine replay:samples.jsonl,text_field=response --reward-model column:pred_score

The engine's recorded field of that name holds a number, or a list with a single one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from reasoning.engines.base import EngineError
from reasoning.engines.options import EngineSpecError
from reasoning.rewards.base import SCORE_DECIMALS, Solution

__all__ = ["ColumnReward", "create"]


def create(target: str, options: Mapping[str, str]) -> ColumnReward:
    """Make the model of `column:FIELD`.

    Raises:
        EngineSpecError: no field is named, or an option is given.
    """
    if not target or options:
        raise EngineSpecError("reward model 'column' needs the name of a recorded field and no options: column:FIELD")
    return ColumnReward(target)


class ColumnReward:
    """Reads each solution's score from what the engine recorded with it."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def score(self, solution: Solution) -> float:
        """See `RewardModel.score`."""
        value: Any = solution.meta.get(self._name)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            known = ", ".join(sorted(solution.meta)) or "none"
            raise EngineError(f"reward model 'column': field {self._name!r} holds {value!r:.80}; recorded: {known}")
        return round(float(value), SCORE_DECIMALS)

    async def close(self) -> None:
        """There is nothing to release."""

    def describe(self) -> dict[str, Any]:
        """See `RewardModel.describe`."""
        return {"reward_model": "column", "name": self._name}
