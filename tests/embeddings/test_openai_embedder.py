"""Embeddings from a server: batches, order, retries, and one clear line when they cannot be had."""

from __future__ import annotations

import asyncio
import json

import numpy as np
import pytest

from reasoning.embeddings import create_embedder
from reasoning.engines import EngineError, EngineSpecError
from tests.support.protocol_server import Clock, ProtocolServer, Refuse, Say, words_vector

TEXTS = ["one two three", "", "three two one", "four", "five five", "a b", "c"]


def embedded(server: ProtocolServer, texts: list[str], options: str = "") -> np.ndarray:
    async def work() -> np.ndarray:
        embedder = create_embedder(f"openai:m,base_url={server.url}{options}")
        try:
            return await embedder.embed(texts)
        finally:
            await embedder.close()

    return asyncio.run(work())


def test_vectors_come_in_the_order_of_the_texts_with_length_1() -> None:
    with ProtocolServer() as server:
        vectors = embedded(server, TEXTS, ",batch_size=3,prefix=query")
    sizes = sorted(len(body["input"]) for body in server.bodies)
    assert sizes == [1, 3, 3]
    assert {body["input"][0].partition(" ")[0] for body in server.bodies} == {"query"}
    for text, row in zip(TEXTS, vectors, strict=True):
        wanted = np.array(words_vector(f"query {text}"))
        assert row == pytest.approx(wanted / np.linalg.norm(wanted), abs=1e-6)


def test_a_text_without_words_is_a_row_of_zeros_and_no_text_no_row() -> None:
    with ProtocolServer() as server:
        assert embedded(server, [""]).tolist() == [[0.0] * 256]
        assert len(embedded(server, [])) == 0


def test_a_busy_server_is_asked_again() -> None:
    with ProtocolServer(Refuse(503), Refuse(429, headers={"retry-after": "0"})) as server:
        assert embedded(server, ["x"]).shape == (1, 256)
    assert len(server.bodies) == 3


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Refuse(404, "no such model"), "no such model"),
        (Say(b"{}"), "unreadable reply"),
        (Say(json.dumps({"data": [{"index": 0, "embedding": [1.0]}]}).encode()), "unreadable reply: 1"),
        (Say(json.dumps({"data": [{"index": 0, "embedding": "x"}, {"index": 1, "embedding": []}]}).encode()), "reply"),
        (
            Say(json.dumps({"data": [{"index": 0, "embedding": []}, {"index": 1, "embedding": []}]}).encode()),
            "expected 2",
        ),
    ],
)
def test_what_is_no_answer_is_one_line(answer: Refuse | Say, words: str) -> None:
    with ProtocolServer(forever=answer) as server, pytest.raises(EngineError, match=words) as caught:
        embedded(server, ["x", "y"], ",retries=0")
    assert "\n" not in str(caught.value)


def test_an_absent_server_is_looked_for_as_long_as_by_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    with ProtocolServer() as server:
        pass
    with pytest.raises(EngineError, match=rf"^openai: m at {server.url}/: no connection: .* \(tried 3 times\)$"):
        embedded(server, TEXTS, ",retries=20")
    assert clock.now == 103.0


def test_an_error_does_not_tell_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "s3cret")
    with ProtocolServer(Refuse(401, "bad key s3cret")) as server, pytest.raises(EngineError, match=r"bad key \[key\]"):
        embedded(server, ["x"])


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("openai:", "needs a name"),
        ("word2vec:x", "no embedding model 'word2vec'; known: transformers, openai"),
        ("openai:m,batch_size=0", "batch_size=0: expected at least 1"),
        ("openai:m,base_url=ftp://x", "expected http"),
        ("openai:m,base_url=http://x,api_key_env=NO_SUCH_KEY", "NO_SUCH_KEY is not set"),
    ],
)
def test_wrong_specs(spec: str, words: str) -> None:
    with pytest.raises(EngineSpecError, match=words):
        create_embedder(spec)
