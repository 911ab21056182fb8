"""Embeddings from any server that has OpenAI's endpoint /v1/embeddings: vLLM, llama.cpp, Ollama, a provider.

embedder = create_embedder("openai:my-embeddings,base_url=http://127.0.0.1:8000/v1")
await embedder.embed(["What is 2 + 2?"])
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from reasoning.embeddings.base import prefixed, unit_rows
from reasoning.engines.base import EngineError
from reasoning.engines.openai_compatible import OpenAIOptions, client_of
from reasoning.engines.options import EngineSpecError, read_options, versions
from reasoning.options import bounded, check_options
from verifiers.together import all_or_first_error

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["OpenAIEmbedder", "OpenAIEmbedderOptions", "create"]


@dataclass(frozen=True, slots=True)
class OpenAIEmbedderOptions:
    """Options of the `openai` embedding model.

    Attributes:
        base_url: address up to and with `/v1`; else the environment variable OPENAI_BASE_URL, else OpenAI's own.
        api_key_env: environment variable that holds the key; with a `base_url` it may be unset.
        prefix: put before each text, with a space between.
        batch_size: texts of one request.
        concurrency: most requests under way at once.
        timeout: longest wait for one answer, in seconds.
        retries: how often a failed request is tried again.
    """

    base_url: str | None = None
    api_key_env: str = "OPENAI_API_KEY"
    prefix: str = ""
    batch_size: int = bounded(64, low=1)
    concurrency: int = 8
    timeout: float = 600.0
    retries: int = 6

    def __post_init__(self) -> None:
        check_options(self)
        self.connection()

    def connection(self) -> OpenAIOptions:
        """How the server is reached."""
        return OpenAIOptions(
            base_url=self.base_url,
            api_key_env=self.api_key_env,
            concurrency=self.concurrency,
            timeout=self.timeout,
            retries=self.retries,
        )


def create(target: str, options: Mapping[str, str]) -> OpenAIEmbedder:
    """Make the model of `openai:MODEL,key=value...`.

    Raises:
        EngineSpecError: there is no model name, an option is wrong, or the key is missing.
    """
    if not target:
        raise EngineSpecError("embedding model 'openai' needs a name: openai:MODEL[,base_url=URL]")
    return OpenAIEmbedder(target, read_options("openai embedding", OpenAIEmbedderOptions, options))


class OpenAIEmbedder:
    """One model on one server. Used from one event loop."""

    def __init__(self, model: str, options: OpenAIEmbedderOptions | None = None) -> None:
        self._model = model
        self._options = options or OpenAIEmbedderOptions()
        self._client, self._address = client_of(self._options.connection(), retries=self._options.retries)
        self._slots = asyncio.Semaphore(self._options.concurrency)

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See `Embedder.embed`."""
        import numpy as np

        size = self._options.batch_size
        parts = [texts[start : start + size] for start in range(0, len(texts), size)]
        rows = await all_or_first_error(self._batch(part) for part in parts)
        if len({part.shape[1] for part in rows}) > 1:
            raise EngineError(f"openai: {self._model} at {self._address}: vectors of several widths")
        return unit_rows(np.concatenate(rows)) if rows else np.zeros((0, 0), np.float32)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def describe(self) -> dict[str, Any]:
        """See `Embedder.describe`; the key is not in it."""
        options = asdict(self._options) | {"base_url": self._address}
        return {"embedder": "openai", "model": self._model, "options": options, "versions": versions("openai")}

    async def _batch(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np
        import openai

        where = f"openai: {self._model} at {self._address}"
        try:
            async with self._slots:
                reply = await self._client.embeddings.create(
                    model=self._model, input=prefixed(self._options.prefix, texts), encoding_format="float"
                )
            rows = {item.index: item.embedding for item in reply.data}
            vectors = np.array([rows[place] for place in range(len(texts))], np.float32)
        except openai.OpenAIError as error:
            raise EngineError(f"{where}: {' '.join(str(error).split())[:300]}") from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise EngineError(f"{where}: unreadable reply: {' '.join(str(error).split())[:300]}") from error
        if vectors.ndim != 2 or not vectors.size or not np.isfinite(vectors).all():
            raise EngineError(f"{where}: expected {len(texts)} vectors of finite numbers")
        return vectors
