"""Decontamination by embeddings: what the words of a text do not give away, its vector may."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest
from pipeline_runs import ScriptedEngine, run_pipeline, write_lines

from reasoning.pipelines import PipelineError
from reasoning.pipelines.backend.contamination import ContaminationIndex, Match
from reasoning.pipelines.backend.nearness import Nearness
from reasoning.pipelines.backend.protected import protect
from tests.support.protocol_server import ProtocolServer


class Table:
    """Vectors by text; counts what is asked."""

    def __init__(self, vectors: dict[str, list[float]]) -> None:
        self.vectors = {text: np.array(row, np.float32) / np.linalg.norm(row) for text, row in vectors.items()}
        self.asked: list[str] = []

    async def embed(self, texts: list[str]) -> np.ndarray:
        self.asked += texts
        return np.stack([self.vectors[text] for text in texts])

    async def close(self) -> None:
        pass

    def describe(self) -> dict[str, object]:
        return {"embedder": "table"}


def test_the_nearest_problem_counts_from_the_similarity_on(tmp_path: Path) -> None:
    table = Table({"p": [1, 0, 0], "q": [0, 1, 0], "a": [3, 4, 0], "b": [1, 0, 1], "c": [0, 0, 2], "q2": [0, 5, 0]})
    texts = [("b/p", "p"), ("b/q", "q")]

    def check(similar: float) -> list[Match | None]:
        nearness = Nearness(table, texts, similar, tmp_path / "protected")
        return asyncio.run(nearness.check(["a", "b", "c", "q2"]))

    assert check(0.8) == [Match("embedding", "b/q", 0.8), None, None, Match("embedding", "b/q", 1.0)]
    assert check(0.7)[1] == Match("embedding", "b/p", 0.7071)
    assert table.asked.count("p") == 1  # the second time its vector was read from the file
    other = Nearness(table, [("b/c", "c")], 0.9, tmp_path / "protected")
    assert asyncio.run(other.check(["c"])) == [Match("embedding", "b/c", 1.0)]
    assert asyncio.run(Nearness(table, [], 0.1, tmp_path / "none").check(["a"])) == [None]


def test_blocks_of_problems_are_searched_to_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reasoning.pipelines.backend.nearness.BLOCK_ROWS", 2)
    draw = np.random.default_rng(0)
    table = Table({str(number): list(draw.normal(size=8)) for number in range(7)})
    nearness = Nearness(table, [(f"id{number}", str(number)) for number in range(7)], 0.99, tmp_path / "protected")
    found = asyncio.run(nearness.check([str(number) for number in (6, 0, 3)]))
    assert [match and match.problem for match in found] == ["id6", "id0", "id3"]


def test_a_pipeline_drops_what_only_the_vectors_give_away(tmp_path: Path) -> None:
    protected = next(text for text in protected_texts() if len(text.split()) > 25)
    backwards = " ".join(reversed(protected.split()))  # no n-gram is left
    other = "A shop receives eight crates of candles in spring, and sells all but nine of them. How many does it sell?"
    problems = write_lines(
        tmp_path / "pool.jsonl",
        [
            {"id": id, "kind": "answer", "prompt": text, "gold": "1"}
            for id, text in (("same", backwards), ("new", other))
        ],
    )
    common = {"pipeline": "curate", "problems": problems, "decontaminate": "puzzles", "topics": "none"}
    rows, _, _ = run_pipeline(tmp_path / "plain", **common)
    assert len(rows["default"]) == 2
    with ProtocolServer() as server:
        spec = f"openai:words,base_url={server.url}"
        rows, thrown, built = run_pipeline(tmp_path / "near", embedder=spec, similar=0.95, **common)
    assert [json.loads(row["problem"])["id"] for row in rows["default"]] == ["new"]
    ((stage, reason),) = [(one["stage"], one["reason"]) for one in thrown]
    assert stage == "contamination"
    assert reason.startswith("embedding: 1.0000 similar to puzzles/")
    manifest = json.loads((built.dataset / "manifest.json").read_text())
    assert manifest["embedder_description"]["model"] == "words"
    assert "embedding model" in (built.dataset / "README.md").read_text()


def test_an_engine_compares_with_the_nearest_in_both_orders(tmp_path: Path) -> None:
    texts = [text for text in protected_texts() if len(text.split()) > 25]
    pool = [("same", f"{texts[0]} Please."), ("prefers", f"{texts[1]} Thanks."), ("other", "How many moons has Mars?")]
    problems = write_lines(
        tmp_path / "pool.jsonl", [{"id": id, "kind": "answer", "prompt": text, "gold": "1"} for id, text in pool]
    )

    def script(prompt: str, sample: int) -> str:
        first, _, second = prompt.partition("Second problem:")
        same = texts[0] in first and texts[0] in second
        preferred = "Thanks" in second and texts[1] in first  # says so in one of the orders only
        return "I think \\boxed{Yes}." if same or preferred else "\\boxed{no}"

    engine = ScriptedEngine(script)
    common = {"pipeline": "curate", "problems": problems, "decontaminate": "puzzles", "topics": "none", "nearest": 2}
    # The words alone would find the first two as well, were it not for this.
    with ProtocolServer() as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(ContaminationIndex, "check", lambda self, batch: [None] * len(batch))
        spec = f"openai:words,base_url={server.url}"
        rows, thrown, _ = run_pipeline(tmp_path, engine, embedder=spec, similar=1.0, **common)
    assert [json.loads(row["problem"])["id"] for row in rows["default"]] == ["other"]
    assert [(one["id"], one["reason"].partition(":")[0]) for one in thrown] == [
        ("same", "judged the same"),
        ("prefers", "judged the same"),
    ]
    assert len([prompt for prompt in engine.prompts if "Mars" in prompt]) == 4  # two problems in two orders
    with pytest.raises(PipelineError, match="--nearest needs --embedder"):
        run_pipeline(tmp_path / "plain", ScriptedEngine(script), **common)


def protected_texts() -> list[str]:
    found: list[str] = []

    def note(texts):
        found.extend(text for _, text in texts)
        return Nearness(Table({}), texts, 1.0, Path("unused"))

    protect("puzzles", [], near=note)
    return found
