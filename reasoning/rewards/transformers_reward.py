r"""A reward model run by Transformers inside this process, solutions batched as they come.

    model = create_reward_model("transformers:DIRECTORY_OR_HUB_NAME,device=cpu")
    await model.score(Solution((Message("user", "2+2?"),), "It is \boxed{4}."))       # 1.8125

The checkpoint is one for sequence classification with a single output. Models that bring their own code, such as
Qwen2.5-Math-RM, are loaded with `trust_remote_code=true`, which runs that code; vLLM knows them without.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from reasoning.engines.base import EngineError
from reasoning.engines.batching import Batcher, Job
from reasoning.engines.options import local_or_hub, read_options, require, versions
from reasoning.engines.pretrained import DTYPES, load_pretrained
from reasoning.options import bounded, check_options, one_of
from reasoning.rewards.base import SCORE_DECIMALS, Solution, render_solution

__all__ = ["TransformersReward", "TransformersRewardOptions", "create"]

_NAME = "transformers"


@dataclass(frozen=True, slots=True)
class TransformersRewardOptions:
    """Options of the `transformers` reward model.

    Attributes:
        device: `auto` (the first GPU, else the CPU) or a PyTorch device.
        dtype: `float32`, `bfloat16`, `float16`, or `auto`: float32 on a CPU, the checkpoint's own elsewhere.
        batch_size: most solutions in one batch.
        max_length: longest conversation in tokens; 0 for the model's own limit.
        revision: commit, tag or branch on the hub.
        trust_remote_code: run the code that the checkpoint brings.
    """

    device: str = "auto"
    dtype: str = one_of("auto", ("auto", *DTYPES))
    batch_size: int = bounded(16, low=1)
    max_length: int = 0
    revision: str | None = None
    trust_remote_code: bool = False

    def __post_init__(self) -> None:
        check_options(self)


def create(target: str, options: Mapping[str, str]) -> TransformersReward:
    """Make the model of `transformers:TARGET,key=value...`.

    Raises:
        EngineSpecError: PyTorch or Transformers is not installed, the directory is not there or an option is wrong.
    """
    parsed = read_options("transformers reward", TransformersRewardOptions, options)
    require("transformers", ("torch", "transformers"), "transformers")
    return TransformersReward(local_or_hub("transformers", target), parsed)


class TransformersReward:
    """Scores by one forward pass a batch, in a worker thread; loaded at the first score."""

    def __init__(self, model: str, options: TransformersRewardOptions | None = None) -> None:
        self._model_name = model
        self._options = options or TransformersRewardOptions()
        self._loaded: tuple[Any, Any, int] | None = None
        self._failure: EngineError | None = None
        self._batcher: Batcher[Solution, float] = Batcher(self._run, limit=self._options.batch_size)

    async def score(self, solution: Solution) -> float:
        """See `RewardModel.score`."""
        return await self._batcher.submit(solution)

    async def close(self) -> None:
        """End the worker thread and let go of the model."""
        await self._batcher.close()
        self._loaded = None

    def describe(self) -> dict[str, Any]:
        """See `RewardModel.describe`."""
        return {
            "reward_model": _NAME,
            "model": self._model_name,
            "options": asdict(self._options),
            "versions": versions("torch", "transformers", "tokenizers"),
        }

    def _run(self, jobs: list[Job[Solution, float]]) -> None:
        if self._failure is not None:
            raise self._failure
        if self._loaded is None:
            try:
                self._loaded = _load(self._model_name, self._options)
            except EngineError as error:
                # Kept, so that a thousand waiting solutions do not each try again.
                self._failure = error
                raise
        model, tokenizer, longest = self._loaded
        rows, chosen = [], []
        for job in jobs:
            ids = render_solution(tokenizer, job.item)
            if not 0 < len(ids) <= longest:
                job.fail(EngineError(f"the conversation to be rated has {len(ids)} tokens, the model takes {longest}"))
            else:
                rows.append(ids)
                chosen.append(job)
        for job, score in zip(chosen, _scores(model, rows), strict=True):
            job.finish(round(score, SCORE_DECIMALS))


def _load(name: str, options: TransformersRewardOptions) -> tuple[Any, Any, int]:
    """Model, tokenizer and the longest conversation in tokens."""
    loaded = load_pretrained(
        "AutoModel" if options.trust_remote_code else "AutoModelForSequenceClassification",
        name,
        what="reward model",
        device=options.device,
        dtype=options.dtype,
        revision=options.revision,
        trust_remote_code=options.trust_remote_code,
    )
    if loaded.missing:
        # A causal model's checkpoint would be taken, with a random head.
        raise EngineError(f"{name!r} is no reward model: its checkpoint lacks {loaded.missing[0]}")
    outputs = getattr(loaded.model.config, "num_labels", 1)
    if not options.trust_remote_code and outputs != 1:
        raise EngineError(f"{name!r} is no reward model: it has {outputs} outputs, expected 1")
    return loaded.model, loaded.tokenizer, options.max_length or loaded.limit or 2**31


def _scores(model: Any, rows: list[list[int]]) -> list[float]:
    """One score a conversation; rows of one length are rated together, so that no model sees padding."""
    import torch

    scores = [0.0] * len(rows)
    by_length: dict[int, list[int]] = {}
    for index, row in enumerate(rows):
        by_length.setdefault(len(row), []).append(index)
    with torch.inference_mode():
        for indices in by_length.values():
            tokens = torch.tensor([rows[index] for index in indices], device=model.device)
            # A model without padding token takes several rows only one by one.
            parts = tokens.split(len(indices) if model.config.pad_token_id is not None else 1)
            for index, score in zip(indices, _all_last(model, parts), strict=True):
                scores[index] = score
    return scores


def _all_last(model: Any, parts: Any) -> list[float]:
    """The last number of each row's output; a model's own code may give one a token."""
    import torch

    outputs = [model(input_ids=part, attention_mask=torch.ones_like(part))[0] for part in parts]
    return [float(row.flatten()[-1]) for output in outputs for row in output.float()]
