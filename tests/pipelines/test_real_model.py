"""Rejection, preference and EFAGen pipelines with a real language model on the CPU, from weights to dataset.

For the first two it is the tiny random one: what it writes makes no sense, so the problems accept any answer of one
digit. Some samples end in one and some do not, which is all that these pipelines need. EFAGen has one that learned a
few classes by heart.
"""

from __future__ import annotations

import importlib.util
import json
import random
from pathlib import Path
from types import ModuleType
from typing import Any

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


def efagen_script() -> ModuleType:
    path = Path(__file__).parents[2] / "scripts" / "efagen_with_a_model.py"
    spec = importlib.util.spec_from_file_location("efagen_with_a_model", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_efagen_and_a_round_of_rejection_fine_tuning(tmp_path: Path) -> None:
    """A model learns three classes by heart, two of them wrong; the tests tell them apart, and it is trained again."""
    pytest.importorskip("trl", reason="TRL is not installed")
    from reasoning.pipelines.efagen_rates import test_rates as rates_of
    from reasoning.training.config import read_config
    from reasoning.training.recipes import run_training

    script = efagen_script()
    draw = random.Random(4)
    stories = [script.story(draw) for _ in range(3)]
    classes = [stories[0]["class"]]
    for story, test in zip(stories[1:], ("has_dof", "matches_original"), strict=True):
        classes.append(story["class"].replace(*script.SPOILED[test]))
    prompts = [script.efa_problem("", one["problem"], one["solution"], one["answer"]).prompt for one in stories]
    texts = [{"prompt": prompt, "completion": text} for prompt, text in zip(prompts, classes, strict=True)]
    script.make_start(
        tmp_path / "weights", [one["prompt"].rpartition("wanted.")[2] + one["completion"] for one in texts]
    )
    seeds = write_lines(
        tmp_path / "seeds.jsonl",
        [
            {"id": f"story/{number}", "kind": "answer", "prompt": one["problem"], "gold": one["answer"],
             "meta": {"reference": one["solution"]}}
            for number, one in enumerate(stories)
        ],
    )  # fmt: skip

    def trained(model: Path, rows: list[dict[str, str]], steps: int, name: str) -> Path:
        data = write_lines(tmp_path / f"{name}.jsonl", rows)
        changes = [f"model={model}", f"data.train={data}", "data.evaluation=", f"steps={steps}", "batch_size=3"]
        changes += ["threads=1", "max_length=512", "optimizer.learning_rate=0.01", "schedule.name=constant"]
        run_training(read_config("sft", None, changes), tmp_path / name, resume=False, quiet=True)
        return tmp_path / name / "model"

    def generated(model: Path, name: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, int]]:
        options = {"problems": seeds, "engine": f"transformers:{model},device=cpu,dtype=float32", "keep": "families"}
        rows, thrown, _ = run_pipeline(
            tmp_path / name, pipeline="efagen", temperature=0.0, max_tokens=250, candidates=2, near=0.0, **options
        )
        return rows["default"], thrown, {rate.test: rate.passed for rate in rates_of(tmp_path / name / "run")}

    model = trained(tmp_path / "weights", texts, 60, "start")
    rows, thrown, passed = generated(model, "one")
    assert [(row["group"], row["completion"].strip()) for row in rows] == [("story/0", classes[0].strip())]
    fallen = {one["id"]: one for one in thrown if one["stage"] != "repeated"}
    assert (fallen["story/1"]["stage"], fallen["story/2"]["stage"]) == ("has_dof", "matches_original")
    assert all(one["reason"] for one in fallen.values())
    assert passed["is_executable"] == 6
    assert (passed["has_dof"], passed["matches_original"]) == (4, 2)

    model = trained(model, [{name: row[name] for name in ("prompt", "completion")} for row in rows], 2, "again")
    _, _, passed = generated(model, "two")
    assert passed["has_reply"] == 6
