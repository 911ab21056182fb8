r"""A reward model run by vLLM inside this process, with its continuous batching.

    model = create_reward_model("vllm:Qwen/Qwen2.5-Math-RM-72B,tensor_parallel_size=8")
    await model.score(Solution((Message("user", "2+2?"),), "It is \boxed{4}."))       # 1.8125

Sequence classification models give their raw output, token-wise ones the output at the last token.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reasoning.engines.base import EngineError
from reasoning.engines.options import local_or_hub, read_options, require
from reasoning.engines.vllm_server import VLLMOptions, VLLMServer, first_line
from reasoning.rewards.base import SCORE_DECIMALS, Solution, render_solution

__all__ = ["VLLMReward", "create"]


def create(target: str, options: Mapping[str, str]) -> VLLMReward:
    """Make the model of `vllm:TARGET,key=value...`; the options are those of the engine `vllm`.

    Raises:
        EngineSpecError: vLLM is not installed, the model directory is not there or an option is wrong.
    """
    parsed = read_options("vllm reward", VLLMOptions, options)
    require("vllm", ("vllm",), "vllm")
    return VLLMReward(local_or_hub("vllm", target), parsed)


class VLLMReward:
    """Scores by vLLM's pooling runner; the model is loaded at the first score. Used from one event loop."""

    def __init__(self, model: str, options: VLLMOptions | None = None) -> None:
        self._server = VLLMServer(model, options or VLLMOptions(), {"runner": "pooling"})

    async def score(self, solution: Solution) -> float:
        """See `RewardModel.score`."""
        started = await self._server.started()
        from vllm import PoolingParams
        from vllm.exceptions import VLLMError

        tasks = started.tasks
        wanted = next((task for task in ("classify", "token_classify") if task in tasks), None)
        if wanted is None:
            raise EngineError(f"{self._server.model!r} is no reward model: vLLM can use it for {', '.join(tasks)}")
        ids = render_solution(started.tokenizer, solution)
        pooling = PoolingParams(task=wanted, use_activation=False)
        try:
            final = (await self._server.run(ids, pooling)).outputs.data
        except (VLLMError, ValueError) as error:
            raise EngineError(f"vllm: {first_line(error)}") from error
        if wanted == "classify" and final.numel() != 1:
            raise EngineError(f"{self._server.model!r} is no reward model: it has {final.numel()} outputs, expected 1")
        return round(float(final.float().flatten()[-1]), SCORE_DECIMALS)

    async def close(self) -> None:
        """Stop vLLM and its processes."""
        await self._server.close()

    def describe(self) -> dict[str, Any]:
        """See `RewardModel.describe`."""
        described = self._server.describe("vllm")
        return {"reward_model": described.pop("engine"), **described}
