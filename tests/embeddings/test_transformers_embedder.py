"""An embedding model on a tiny random network: vectors equal to a plain forward pass, in any company."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
transformers = pytest.importorskip("transformers", reason="Transformers is not installed")

from reasoning.embeddings import create_embedder  # noqa: E402
from reasoning.engines import EngineError, EngineSpecError  # noqa: E402
from tests.support.tiny_model import make_tiny_model  # noqa: E402

TEXTS = [
    "What is 2 + 2?",
    "A much longer text, so that the short ones are padded to its length.",
    "x",
    "What is 3 + 2?",
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("model") / "tiny")


def embedded(spec: str, *calls: list[str]) -> list[np.ndarray]:
    async def work() -> list[np.ndarray]:
        embedder = create_embedder(spec)
        try:
            return list(await asyncio.gather(*(embedder.embed(texts) for texts in calls)))
        finally:
            await embedder.close()

    return asyncio.run(work())


def alone(model: Path, text: str, pooling: str) -> np.ndarray:
    """The vector of one text without padding, by a plain forward pass."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    network = transformers.AutoModel.from_pretrained(model, dtype=torch.float32).eval()
    with torch.inference_mode():
        hidden = network(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
    row = {"mean": hidden.mean(0), "first": hidden[0], "last": hidden[-1]}[pooling].numpy()
    return row / np.linalg.norm(row)


@pytest.mark.parametrize("pooling", ["mean", "first", "last"])
def test_padding_and_company_do_not_show(model: Path, pooling: str) -> None:
    spec = f"transformers:{model},device=cpu,pooling={pooling},batch_size=3"
    together, single = embedded(spec, TEXTS, TEXTS[2:3])
    for text, row in zip(TEXTS, together, strict=True):
        assert row == pytest.approx(alone(model, text, pooling), abs=1e-5)
    assert single[0] == pytest.approx(together[2], abs=1e-5)


def test_long_texts_are_cut_and_prefixes_count(model: Path) -> None:
    long = "ab" * 500
    cut, prefixed = embedded(f"transformers:{model},device=cpu,max_length=7,prefix=ab", [long, long + "c"], ["cd"])
    assert cut[0] == pytest.approx(cut[1], abs=1e-6)
    assert prefixed[0] == pytest.approx(alone(model, "ab cd", "mean"), abs=1e-5)
    assert embedded(f"transformers:{model},device=cpu", [])[0].shape == (0, 0)


def test_what_is_wrong_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(EngineSpecError, match="pooling='max': expected one of mean, first, last"):
        create_embedder(f"transformers:{tmp_path},pooling=max")
    with pytest.raises(EngineSpecError, match="no model directory"):
        create_embedder("transformers:./nowhere")
    with pytest.raises(EngineError, match="cannot load the embedding model"):
        embedded(f"transformers:{tmp_path}", ["x"])
