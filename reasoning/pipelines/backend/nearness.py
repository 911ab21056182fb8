"""Finds texts that lie close to a benchmark problem in the space of an embedding model: free paraphrases, translations.

    nearness = Nearness(embedder, texts, similar=0.9, cache=Path("runs/first/protected"))
    await nearness.check(["..."])       # one Match or None for each; Match("embedding", "gsm8k/17", 0.934)

The problems' vectors are computed once and kept beside the run, so that a resume reads them. What similarity means
"the same problem" differs from model to model: it is for `--similar` to say, after a look at what was found.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reasoning.embeddings import Embedder
from reasoning.pipelines.backend.contamination import Match
from reasoning.runs.files import PARTIAL_SUFFIX

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Nearness"]

BLOCK_ROWS = 16_384
"""Problems that a batch of texts is compared with at once: bounds the memory of the products."""
EMBEDDED_AT_ONCE = 2_048
DECIMALS = 4
"""A similarity is rounded, so that the order of a sum's terms does not decide."""


class Nearness:
    """All protected problems as vectors."""

    def __init__(self, embedder: Embedder, texts: Sequence[tuple[str, str]], similar: float, cache: Path) -> None:
        """Compare with these problems.

        Args:
            embedder: makes the vectors; closed by its owner.
            texts: id and text of each problem.
            similar: the cosine similarity from which a text gives a problem away.
            cache: prefix of the file that keeps the problems' vectors.
        """
        self._embedder = embedder
        self._texts = texts
        self._similar = similar
        self._cache = cache
        self._problems: NDArray[np.float32] | None = None
        self._reading = asyncio.Lock()

    async def check(self, texts: Sequence[str]) -> list[Match | None]:
        """The nearest problem of each text, where it is near enough.

        Raises:
            EngineError: the model gives no vectors.
        """
        if not texts or not self._texts:
            return [None] * len(texts)
        return self._matches(await self._embedder.embed(texts), await self._vectors())

    async def nearest(self, text: str, count: int) -> list[tuple[str, str]]:
        """Id and text of the problems that lie nearest to a text, the nearest first.

        Raises:
            EngineError: the model gives no vectors.
        """
        import numpy as np

        if not self._texts:
            return []
        products = (await self._vectors()) @ (await self._embedder.embed([text]))[0]
        places = np.argsort(-np.round(products.astype(float), DECIMALS), kind="stable")[:count]
        return [self._texts[place] for place in places.tolist()]

    async def _vectors(self) -> NDArray[np.float32]:
        """The problems' vectors; shape (problems, width)."""
        async with self._reading:
            if self._problems is None:
                self._problems = await self._read_or_embed()
        return self._problems

    def _matches(self, vectors: NDArray[np.float32], problems: NDArray[np.float32]) -> list[Match | None]:
        import numpy as np

        best = np.full(len(vectors), -2.0)
        places = np.zeros(len(vectors), np.int64)
        for start in range(0, len(problems), BLOCK_ROWS):
            products = vectors @ problems[start : start + BLOCK_ROWS].T
            found = products.argmax(axis=1)
            values = np.round(products[np.arange(len(vectors)), found].astype(float), DECIMALS)
            better = values > best
            best[better], places[better] = values[better], found[better] + start
        return [
            Match("embedding", self._texts[place][0], value) if value >= self._similar else None
            for place, value in zip(places.tolist(), best.tolist(), strict=True)
        ]

    async def _read_or_embed(self) -> NDArray[np.float32]:
        import numpy as np

        path = self._cache.with_name(f"{self._cache.name}-{self._key()}.npy")
        if path.exists():
            kept: NDArray[np.float32] = np.load(path, allow_pickle=False)
            return kept
        texts = [text for _, text in self._texts]
        parts = [
            await self._embedder.embed(texts[start : start + EMBEDDED_AT_ONCE])
            for start in range(0, len(texts), EMBEDDED_AT_ONCE)
        ]
        vectors = np.concatenate(parts)
        partial = path.with_name(path.name + PARTIAL_SUFFIX)
        with open(partial, "wb") as file:
            np.save(file, vectors)
        partial.replace(path)
        return vectors

    def _key(self) -> str:
        """A hash of the model and of all texts."""
        hashed = hashlib.sha256(json.dumps(self._embedder.describe(), sort_keys=True).encode())
        for id, text in self._texts:
            hashed.update(f"{id}\x1f{text}\x1e".encode("utf-8", "surrogatepass"))
        return hashed.hexdigest()[:16]
