"""An embedding model run by Transformers inside this process.

    embedder = create_embedder("transformers:sentence-transformers/all-MiniLM-L6-v2,device=cpu")
    await embedder.embed(["What is 2 + 2?"])            # shape (1, 384)

Any encoder or decoder in the standard layout. `pooling` says how the last layer's vectors become one: their mean
without padding, the `first` token's (BERT's [CLS]) or the `last` token's (decoders). The model's card says which, and
whether it wants a `prefix` such as `query:`.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from reasoning.embeddings.base import prefixed, unit_rows
from reasoning.engines.options import local_or_hub, read_options, require, versions
from reasoning.engines.pretrained import DTYPES, load_pretrained
from reasoning.options import bounded, check_options, one_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["TransformersEmbedder", "TransformersEmbedderOptions", "create"]

_POOLINGS = ("mean", "first", "last")
_LONGEST = 512
"""Tokens of a text that are read where neither the option nor the model names a bound."""


@dataclass(frozen=True, slots=True)
class TransformersEmbedderOptions:
    """Options of the `transformers` embedding model.

    Attributes:
        pooling: `mean`, `first` or `last`.
        prefix: put before each text, with a space between.
        device: `auto` (the first GPU, else the CPU) or a PyTorch device.
        dtype: `float32`, `bfloat16` or `float16`.
        batch_size: texts in one forward pass.
        max_length: tokens of a text that are read; 0 for the model's own limit.
        revision: commit, tag or branch on the hub.
    """

    pooling: str = one_of("mean", _POOLINGS)
    prefix: str = ""
    device: str = "auto"
    dtype: str = one_of("float32", DTYPES)
    batch_size: int = bounded(64, low=1)
    max_length: int = 0
    revision: str | None = None

    def __post_init__(self) -> None:
        check_options(self)


def create(target: str, options: Mapping[str, str]) -> TransformersEmbedder:
    """Make the model of `transformers:TARGET,key=value...`.

    Raises:
        EngineSpecError: PyTorch or Transformers is not installed, the directory is not there or an option is wrong.
    """
    parsed = read_options("transformers embedding", TransformersEmbedderOptions, options)
    require("transformers", ("torch", "transformers"), "transformers")
    return TransformersEmbedder(local_or_hub("transformers", target), parsed)


class TransformersEmbedder:
    """Embeds in a worker thread, one call at a time; loaded at the first text."""

    def __init__(self, model: str, options: TransformersEmbedderOptions | None = None) -> None:
        self._model_name = model
        self._options = options or TransformersEmbedderOptions()
        self._loaded: tuple[Any, Any, int] | None = None
        self._lock = threading.Lock()

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Embedder.embed`."""
        return await asyncio.to_thread(self._embedded, list(texts))

    async def close(self) -> None:
        """Let go of the model."""
        self._loaded = None

    def describe(self) -> dict[str, Any]:
        """See `Embedder.describe`."""
        return {
            "embedder": "transformers",
            "model": self._model_name,
            "options": asdict(self._options),
            "versions": versions("torch", "transformers", "tokenizers"),
        }

    def _embedded(self, texts: list[str]) -> NDArray[np.float32]:
        import numpy as np

        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self._model_name, self._options)
            model, tokenizer, longest = self._loaded
            # Texts of like length share a pass, so that little of it is padding.
            order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
            rows: list[Any] = [None] * len(texts)
            for start in range(0, len(order), self._options.batch_size):
                places = order[start : start + self._options.batch_size]
                batch = prefixed(self._options.prefix, [texts[place] for place in places])
                for place, row in zip(places, self._pooled(model, tokenizer, batch, longest), strict=True):
                    rows[place] = row
        return unit_rows(np.stack(rows)) if rows else np.zeros((0, 0), np.float32)

    def _pooled(self, model: Any, tokenizer: Any, batch: list[str], longest: int) -> NDArray[np.float32]:
        import torch

        tokens = tokenizer(batch, padding=True, truncation=True, max_length=longest, return_tensors="pt")
        mask = tokens["attention_mask"].to(model.device)
        with torch.inference_mode():
            hidden = model(input_ids=tokens["input_ids"].to(model.device), attention_mask=mask).last_hidden_state
            hidden = hidden.float()
            if self._options.pooling == "mean":
                weights = mask.unsqueeze(-1).float()
                pooled = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)
            else:
                # With padding on either side: the first or the last place whose mask is 1.
                places = torch.arange(mask.shape[1], device=mask.device).expand_as(mask)
                chosen = torch.where(mask > 0, places, mask.shape[1] if self._options.pooling == "first" else -1)
                place = chosen.amin(1) if self._options.pooling == "first" else chosen.amax(1)
                pooled = hidden[torch.arange(len(batch), device=mask.device), place.clamp(0, mask.shape[1] - 1)]
        found: NDArray[np.float32] = pooled.cpu().numpy()
        return found


def _load(name: str, options: TransformersEmbedderOptions) -> tuple[Any, Any, int]:
    """Model, tokenizer and how many tokens of a text are read."""
    loaded = load_pretrained(
        "AutoModel",
        name,
        what="embedding model",
        device=options.device,
        dtype=options.dtype,
        revision=options.revision,
    )
    if loaded.tokenizer.pad_token_id is None:
        loaded.tokenizer.pad_token = loaded.tokenizer.eos_token
    longest = options.max_length or min(loaded.limit or _LONGEST, _LONGEST)
    return loaded.model, loaded.tokenizer, longest
