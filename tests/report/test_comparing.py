"""Runs of each kind beside each other: what differs, what is in common, whose curve is whose."""

from __future__ import annotations

import asyncio
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from run_directories import HOSTILE, checked, discovery, evaluation, generation, record, share, study, training
from toy_self_play import ToyChecker, ToyPolicy, toy_config
from typer.testing import CliRunner

from reasoning.cli.commands import app
from reasoning.report import ReportError, comparison_page
from reasoning.report.comparing import counts_table, differing_settings, overlap_table
from reasoning.selfplay.loop import play

MAKERS = {"training": training, "study on families": study, "search for formulas": discovery, "dataset": generation}


def changed(path, **values):
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_runs_of_each_kind_make_a_whole_and_harmless_page(make, tmp_path):
    runs = {HOSTILE: make(tmp_path / "a"), "b": make(tmp_path / "b")}
    config = json.loads((tmp_path / "b" / "config.json").read_text())
    changed(tmp_path / "b" / "config.json", settings={**config["settings"], "seed": "other than a's"})
    markup = checked(comparison_page(runs))
    assert "owned" in markup.text
    assert "other than a's" in markup.text


def test_two_training_runs_have_their_curves_in_one_chart(tmp_path):
    runs = {"grpo": training(tmp_path / "a"), "apo": training(tmp_path / "b")}
    page = comparison_page(runs)
    for title in ("mean reward of the training samples", "KL of the next token to the start"):
        chart = next(part for part in page.split("</svg>") if title in part)
        assert chart.count("<polyline") == 2
        assert "<title>grpo</title>" in chart
        assert "<title>apo</title>" in chart
    assert "apo: after" in checked(page).text


def test_a_run_without_a_curve_leaves_the_others_theirs(tmp_path):
    runs = {"a": training(tmp_path / "a"), "b": training(tmp_path / "b")}
    (tmp_path / "b" / "log.jsonl").unlink()
    chart = next(
        part for part in comparison_page(runs).split("</svg>") if "mean reward of the training samples" in part
    )
    assert chart.count("<polyline") == 1


def test_datasets_are_compared_by_counts_and_by_their_prompts(tmp_path):
    runs = {name: generation(tmp_path / name) for name in ("a", "b")}
    for name, prompts in (("a", ["p", "q", "r", "p"]), ("b", ["q", "r", "s"])):
        pq.write_table(pa.table({"prompt": prompts}), tmp_path / name / "dataset" / "data" / "train-0.parquet")
        pq.write_table(pa.table({"other": [1]}), tmp_path / name / "dataset" / "other.parquet")
    changed(tmp_path / "b" / "metrics.json", rows={"default": {"train": 3, "test": 1}}, difficulty=[3, 1, 0])
    page = comparison_page(runs)
    text = checked(page).text
    assert "a 3 3 2 b 3 2 3" in text
    assert "default, train 1 (100.0 %) 3 (75.0 %)" in text
    assert "default, test 0 (0.0 %) 1 (25.0 %)" in text
    chart = next(part for part in page.split("</svg>") if "share of the rows" in part)
    assert chart.count("<polyline") == 2


def test_searches_are_compared_by_their_formulas(tmp_path):
    runs = {name: discovery(tmp_path / name) for name in ("a", "b")}
    row = json.loads((tmp_path / "a" / "catalogue.jsonl").read_text().splitlines()[0])
    (tmp_path / "b" / "catalogue.jsonl").write_text(json.dumps(row) + "\n")
    assert "a 2 2 1 b 1 1 1" in checked(comparison_page(runs)).text


def test_self_play_is_compared_by_its_curves(tmp_path):
    for seed in (0, 1):
        asyncio.run(
            play(toy_config(tmp_path, f"seed={seed}"), tmp_path / f"run{seed}", ToyPolicy(), ToyChecker(), resume=False)
        )
    page = comparison_page({"first": tmp_path / "run0", "second": tmp_path / "run1"})
    chart = next(part for part in page.split("</svg>") if "proved statements" in part)
    assert chart.count("<polyline") == 2
    text = checked(page).text
    assert "seed 0 1" in text
    metrics = [json.loads((tmp_path / f"run{seed}" / "metrics.json").read_text()) for seed in (0, 1)]
    assert f"verdicts {metrics[0]['checks']} {metrics[1]['checks']}" in text


def test_evaluations_are_compared_problem_by_problem_with_their_pictures(tmp_path):
    for name, right in (("a", True), ("b", False)):
        found = {f"pass@{k}": share(float(right)) for k in (1, 2)}
        evaluation(tmp_path / name, [record(p, s, right) for p in "xy" for s in (0, 1)], found, method=name)
    page = comparison_page({"a": tmp_path / "a", "b": tmp_path / "b"})
    text = checked(page).text
    assert "method a b" in text
    assert "-100.00 %" in text
    assert next(part for part in page.split("</svg>") if "pass@k" in part).count("<polyline") == 2


def test_only_runs_of_one_kind_that_can_be_compared_are(tmp_path):
    runs = {"t": training(tmp_path / "t"), "s": study(tmp_path / "s")}
    with pytest.raises(ReportError, match=r"one kind can be compared \(t: training, s: study on families"):
        comparison_page(runs)
    (tmp_path / "m1").mkdir()
    (tmp_path / "m1" / "methods.json").write_text("{}")
    with pytest.raises(ReportError, match="methods side by side"):
        comparison_page({"one": tmp_path / "m1", "same": tmp_path / "m1"})
    with pytest.raises(ReportError, match="no run of a known kind"):
        comparison_page({"a": tmp_path, "b": tmp_path})


def test_settings_are_told_where_they_differ_and_only_there(tmp_path):
    for name, settings in (("a", {"x": {"y": 1, "z": 2}, "seed": 0}), ("b", {"x": {"y": 1, "z": 3}, "new": None})):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(json.dumps({"settings": settings}))
    table = differing_settings({name: tmp_path / name for name in "ab"})
    assert "<td>x.z</td><td>2</td><td>3</td>" in table
    assert "<td>seed</td><td>0</td><td></td>" in table
    assert "<td>new</td><td></td><td>null</td>" in table
    assert "x.y" not in table


def test_counts_are_ranked_and_have_shares_of_their_own_run():
    table = counts_table("topic", {"a": {"x": 1, "y": 3}, "b": {"x": 9, "z": True}}, 2)
    assert table.index("<td>x</td><td>1 (25.0 %)</td><td>9 (100.0 %)</td>") < table.index("<td>y</td>")
    assert "<td>z</td>" not in table


def test_nothing_in_common_is_no_table():
    assert overlap_table("prompts", {"a": [], "b": []}) == ""
    assert "<td>a</td><td>1</td><td>1</td><td>0</td>" in overlap_table("prompts", {"a": ["\ud800"], "b": []})


def test_the_command_compares_several_directories_and_reports_one_that_is_named_twice(tmp_path, monkeypatch):
    training(tmp_path / "x" / "run")
    training(tmp_path / "y" / "run")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["report", "x/run", "y/run"])
    assert (result.exit_code, result.stdout) == (0, "written: comparison.html\n")
    assert "<title>x/run</title>" in (tmp_path / "comparison.html").read_text()
    result = CliRunner().invoke(app, ["report", "x/run", "x/../x/run"])
    assert (result.exit_code, result.stdout) == (0, "written: x/run/report.html\n")
