"""What an embedding model is, and from the text that names one to the model.

embedder = create_embedder("transformers:DIRECTORY_OR_HUB_NAME,pooling=mean")
vectors = await embedder.embed(["What is 2 + 2?", "How much is two and two?"])      # shape (2, width), length 1
vectors[0] @ vectors[1]         # cosine similarity

create_embedder("openai:text-embedding-3-small")                # any server with /v1/embeddings
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from reasoning.engines.options import made_from
from verifiers.plugins import Plugins

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["EMBEDDERS", "Embedder", "create_embedder", "prefixed", "unit_rows"]

EMBEDDERS: dict[str, str] = {
    "transformers": "reasoning.embeddings.transformers_embedder:create",
    "openai": "reasoning.embeddings.openai_embedder:create",
}
"""Name -> `module:function`, `(target, options) -> Embedder`; imported when first used. Other packages add theirs with
entry points in the group `reasoning_toolkit.embedders`."""
PLUGINS = Plugins("embedders", "embedding model")


class Embedder(Protocol):
    """Turns texts into vectors."""

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row of length 1 for each text; shape (len(texts), width).

        Raises:
            EngineError: there is no vector for one of them.
        """

    async def close(self) -> None:
        """Release what the model holds; it is not used afterwards."""

    def describe(self) -> dict[str, Any]:
        """Everything needed to make this model again, as plain JSON, with no secret in it."""


def create_embedder(spec: str) -> Embedder:
    """Make the model that `spec` (`NAME:TARGET[,key=value...]`) names. Weights are loaded at the first text.

    Raises:
        EngineSpecError: the name, the target or an option is wrong, or a package it needs is not installed.
    """
    model: Embedder = made_from(spec, EMBEDDERS, PLUGINS)
    return model


def prefixed(prefix: str, texts: Sequence[str]) -> list[str]:
    """The texts as the model wants them: after its prefix and a space, where it has one."""
    return [f"{prefix} {text}" if prefix else text for text in texts]


def unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each row divided by its length; a row of zeros stays one. Shape (rows, width) in and out."""
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    divided: NDArray[np.float32] = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return divided
