"""Rejection and preference pipelines with a real language model on the CPU, from weights to dataset.

The model is the tiny random one: what it writes makes no sense, so the problems accept any answer of one digit. Some
samples end in one and some do not, which is all that the pipelines need.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("transformers", reason="Transformers is not installed")

from tests.support.pipeline_runs import run_pipeline, write_lines
from tests.support.tiny_model import make_tiny_model

DIGITS = [str(digit) for digit in range(10)]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> str:
    model = make_tiny_model(tmp_path_factory.mktemp("model") / "tiny")
    return f"transformers:{model},device=cpu,dtype=float32,batch_size=16"


def problems(folder: Path) -> str:
    letters = "abcdefghijklmnop"
    return write_lines(
        folder / "problems.jsonl",
        [
            {
                "id": f"digit/{letter}",
                "kind": "answer",
                "prompt": f"Name a digit for {letter * 3}, please.",
                "gold": DIGITS,
            }
            for letter in letters
        ],
    )


def test_rejection_keeps_what_is_right_and_says_why_the_rest_fell(tmp_path: Path, engine: str) -> None:
    options = {"problems": problems(tmp_path), "engine": engine, "temperature": 1.0, "max_tokens": 48, "samples": 6}
    rows, thrown, built = run_pipeline(tmp_path, pipeline="rejection", near=0.0, **options)
    verdicts = [one for one in thrown if one["stage"] == "verdict"]
    assert rows["default"]
    assert verdicts
    assert len(rows["default"]) + len(thrown) == 16 * 6
    assert all(row["answer"] == "0" and row["completion"] for row in rows["default"])
    assert all(one["reason"].startswith(("wrong", "unparsable")) for one in verdicts)
    description = json.loads((built.dataset / "manifest.json").read_text())["engine_description"]
    assert description["engine"] == "transformers"


def test_practice_makes_preference_pairs(tmp_path: Path, engine: str) -> None:
    options = {"problems": problems(tmp_path), "engine": engine, "temperature": 1.0, "max_tokens": 48, "attempts": 6}
    rows, thrown, _ = run_pipeline(tmp_path, pipeline="agents", task="practice", near=0.0, **options)
    assert rows["dpo"]
    assert {row["label"] for row in rows["kto"]} == {True, False}
    for row in rows["dpo"]:
        labels = {one["completion"]: one["label"] for one in rows["kto"] if one["group"] == row["group"]}
        assert labels[row["chosen"]] is True
        assert labels[row["rejected"]] is False
    assert all(one["reason"] in ("all attempts right", "no right attempt") for one in thrown if one["stage"] == "pair")
