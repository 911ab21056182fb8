"""Reports of all kinds of runs: what they count, what they show, and that nothing in them is markup or a script."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run_directories import HOSTILE, checked, discovery, evaluation, generation, record, share, study, training
from toy_self_play import ToyChecker, ToyPolicy, toy_config
from typer.testing import CliRunner

from reasoning.cli.commands import app
from reasoning.report import ReportError, kind_of, report_page
from reasoning.report.base import Drawn
from reasoning.report.calibration import Agreement, calibration_error
from reasoning.report.evaluation import _Counted, _pass_curve
from reasoning.report.kinds import headline_of
from reasoning.selfplay.loop import play

MAKERS = {
    "training": training,
    "study on families": study,
    "search for formulas": discovery,
    "generated dataset": generation,
}


def hostile_evaluation(directory, **settings):
    records = [record("a", 0, True), record("a", 1, False, vote={"reward": 0.5}),
               record(HOSTILE, 0, False, status="rejected", candidate=HOSTILE, detail=HOSTILE, finish_reason=HOSTILE),
               record(HOSTILE, 1, False, status="unavailable", candidate=None)]  # fmt: skip
    metrics = {"pass@1": share(0.25), "pass@2": share(0.5), "maj@2": share(0.5), "samples": 4,
               "groups": {"level": {HOSTILE: {"problems": 1, "solved": 0, "pass@1": share(0.1)}}},
               "cost_per_sample": {"calls": 1.0, "prompt_tokens": 10.0, "completion_tokens": 100.0}}  # fmt: skip
    return evaluation(directory, records, metrics, engine=HOSTILE, **settings)


@pytest.mark.parametrize("name", MAKERS)
def test_each_kind_is_known_and_its_page_is_whole_and_harmless(tmp_path, name):
    directory = MAKERS[name](tmp_path / "run")
    assert kind_of(directory).name == name
    markup = checked(report_page(directory))
    assert "owned" in markup.text  # it is there, as text
    assert "svg" in markup.tags
    assert kind_of(directory).headline(directory)


def test_an_evaluation_shows_metrics_verdicts_groups_and_items(tmp_path):
    markup = checked(report_page(hostile_evaluation(tmp_path / "run")))
    for part in ("pass@1 25.00 % 15.00 % - 35.00 %", "wrong 1 (25.0 %)", "any of k right", "pass@1 by level",
                 "expected calibration error", "equal numbers", "\\x1b[2J\\u202eevil\\u2066"):  # fmt: skip
        assert part in markup.text, part


def test_methods_side_by_side_are_compared(tmp_path):
    for name, right in (("direct", False), ("tir", True)):
        evaluation(tmp_path / "run" / name, [record("a", s, right) for s in range(2)], {"pass@1": share(float(right))})
    (tmp_path / "run" / "methods.json").write_text("{}")
    assert kind_of(tmp_path / "run").name == "methods side by side"
    markup = checked(report_page(tmp_path / "run"))
    assert "+100.00 %" in markup.text
    assert kind_of(tmp_path / "run").headline(tmp_path / "run") == "direct 0.00 %, tir 100.00 %"


def test_a_run_that_is_not_finished_is_read_from_its_store(tmp_path):
    from reasoning.runs.store import Cost, RunStore
    from verifiers.records import Status, Verdict

    directory = evaluation(tmp_path / "run", [])
    (directory / "records.jsonl").unlink()
    store = RunStore(directory / "run.sqlite")
    store.add_problem(0, "p0", {})
    judgement = store.add_judgement(b"key", 0, "text", Verdict.of("p0", Status.PASSED))
    store.add_item(0, judgement, "stop", Cost(calls=1, completion_tokens=5))
    store.close()
    markup = checked(report_page(directory))
    assert "not finished; go on with" in markup.text
    assert "passed: 1" in markup.text


def test_function_trees_are_drawn(tmp_path):
    from reasoning.runs.store import RunStore

    directory = evaluation(
        tmp_path / "run", [record("p0", 0, True)], {"pass@1": share(1.0)}, method="funcoder", samples=1
    )
    store = RunStore(directory / "run.sqlite")
    store.add_problem(0, "p0", {})
    tree = {"name": HOSTILE, "candidates": [], "children": [{"name": "helper", "chosen": 0, "candidates": [{}]}]}
    store.add_item(0, 1, "stop", None, {"tree": tree})
    store.close()
    markup = checked(report_page(directory))
    assert "1 candidate, took 0" in markup.text


def test_self_play_shows_curves_rounds_and_conjectures(tmp_path):
    metrics = asyncio.run(play(toy_config(tmp_path), tmp_path / "run", ToyPolicy(), ToyChecker(), resume=False))
    assert kind_of(tmp_path / "run").name == "self-play"
    page = report_page(tmp_path / "run")
    markup = checked(page)
    assert "proved statements" in markup.text
    assert f"proved {metrics['proved']} statements {metrics['statements']}" in markup.text
    assert "samples prove it" in markup.text
    assert kind_of(tmp_path / "run").headline(tmp_path / "run").startswith(f"{metrics['proved']} of ")
    broken = tmp_path / "run" / "rounds" / "000" / "summary.json"
    broken.write_text("{}")
    with pytest.raises(ReportError, match="damaged"):
        report_page(tmp_path / "run")


def test_many_items_are_counted_whole_and_shown_in_part(tmp_path):
    records = [record(f"p{number}", 0, number % 3 == 0) for number in range(900)]
    page = report_page(evaluation(tmp_path / "run", records, {"pass@1": share(1 / 3)}))
    markup = checked(page)
    assert "wrong: 600, of which 150 are here" in markup.text
    assert "passed: 300, of which 150 are here" in markup.text
    assert markup.text.count("equal numbers") == 300
    assert "101 - 150" in markup.text


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("records.jsonl", '{"id": "a"}\n', r"records\.jsonl, line 1: field 'status'"),
        ("records.jsonl", "[1]\n", r"records\.jsonl, line 1: expected an object"),
        ("records.jsonl", "[" * 100_000 + "\n", r"records\.jsonl, line 1: not JSON"),
        ("metrics.json", "{", r"metrics\.json: cannot be read"),
        ("config.json", "3", r"config\.json: expected an object"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, name, content, message):
    directory = evaluation(tmp_path / "run", [record("a", 0, True)], {"pass@1": share(1.0)})
    (directory / name).write_text(content)
    with pytest.raises(ReportError, match=message):
        report_page(directory)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just(HOSTILE),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=3,
)


def damaged(value, choose, other):
    """`value` with one part of it replaced by `other`."""
    parts = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    place = choose(st.integers(0, len(parts)))
    if place == len(parts):
        return other
    changed = value.copy()
    changed[parts[place][0]] = damaged(parts[place][1], choose, other)
    return changed


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(["evaluation", *MAKERS]), st.data())
def test_a_damaged_run_gives_a_whole_page_or_one_clear_error(name, data):
    with tempfile.TemporaryDirectory() as folder:
        directory = {"evaluation": hostile_evaluation, **MAKERS}[name](Path(folder) / "run")
        files = sorted(path for path in directory.rglob("*.json*") if path.is_file())
        path = data.draw(st.sampled_from(files))
        lines = path.read_text().splitlines()
        number = data.draw(st.integers(0, len(lines) - 1))
        lines[number] = json.dumps(damaged(json.loads(lines[number]), data.draw, data.draw(JSON)))
        path.write_text("\n".join(lines) + "\n")
        with contextlib.suppress(ReportError):
            checked(report_page(directory))
            headline_of(directory, kind_of(directory))


def test_the_curve_is_the_unbiased_estimator():
    counted = _Counted(tallies={"a": [4, 2], "b": [4, 0], "c": [2, 1]})
    curve = dict(_pass_curve(counted, 4))
    assert curve[1.0] == pytest.approx((0.5 + 0 + 0.5) / 3)
    assert curve[2.0] == pytest.approx((5 / 6 + 0 + 1) / 3)  # 1 - C(2,2)/C(4,2) = 5/6
    assert curve[4.0] == pytest.approx(0.5)  # c has no four samples


def test_calibration_is_the_mean_gap_of_its_bins():
    pairs = [(0.95, True), (0.95, True), (0.95, False), (0.15, False)]
    assert calibration_error(pairs) == pytest.approx(3 / 4 * abs(0.95 - 2 / 3) + 1 / 4 * 0.15)
    votes = Agreement()
    for problem in range(4):
        for text, right in (("\\boxed{1}", True), ("\\boxed{1}", True), ("\\boxed{2}", False), (None, False)):
            votes.add(f"p{problem}", text, right)
    assert "4 problems; expected calibration error 0.500" in votes.html()


def test_what_is_drawn_depends_on_names_alone():
    names = [f"item {number}" for number in range(500)]
    first, second = Drawn(20), Drawn(20)
    for name in names:
        first.offer(name, name)
    for name in random.Random(0).sample(names, len(names)):
        second.offer(name, name)
    assert sorted(first.kept()) == sorted(second.kept())
    assert first.kept() == sorted(first.kept(), key=names.index)
    assert len(first.kept()) == 20
    assert max(map(names.index, first.kept())) > 250 > min(map(names.index, first.kept()))


def test_the_command_writes_one_file_and_refuses_what_is_no_run(tmp_path):
    directory = hostile_evaluation(tmp_path / "run")
    result = CliRunner().invoke(app, ["report", str(directory)])
    assert (result.exit_code, result.stdout) == (0, f"written: {directory / 'report.html'}\n")
    assert (directory / "report.html").read_text() == report_page(directory)
    result = CliRunner().invoke(app, ["report", str(tmp_path)])
    assert isinstance(result.exception, ReportError)
    assert "reasoning view" in str(result.exception)
    assert isinstance(CliRunner().invoke(app, ["report", str(tmp_path / "gone")]).exception, ReportError)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed (apt-get install chromium)")
def test_a_browser_shows_the_pages_and_runs_nothing_of_them(tmp_path):
    directories = [make(tmp_path / name) for name, make in (("evaluation", hostile_evaluation), *MAKERS.items())]
    for directory in directories:
        page = tmp_path / "page.html"
        page.write_text(report_page(directory))
        browser = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
        done = subprocess.run(
            [*browser, "--enable-logging=stderr", "--dump-dom", page.as_uri()],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        assert "<script" not in done.stdout
        assert "owned</title>" not in done.stdout
        assert done.stdout.count("<svg") == page.read_text().count("<svg")
        assert done.stdout.count("<details") == page.read_text().count("<details")
        assert "Refused to" not in done.stderr  # the page asks for nothing that its own policy forbids
        assert "Content Security Policy" not in done.stderr


@pytest.mark.slow
def test_real_runs_of_the_commands_are_reported(tmp_path):
    commands = {
        "evaluation": ["evaluate", "puzzles", "--limit", "3", "--samples", "2"],
        "methods side by side": ["evaluate", "compound", "--limit", "1", "--engine", "search", "--method", "direct,one_shot_code"],
        "generated dataset": ["generate", "rejection", "--limit", "2"],
        "search for formulas": ["discover", "mitm", "--constants", "e", "--a-degree", "1", "--b-degree", "1",
                                "--a-coefficients", "2", "--b-coefficients", "2", "--jobs", "1"],
        "study on families": ["families", "study", "stable", "--engine", "search", "--families", "number_theory",
                              "--limit", "1", "--variants", "2"],
    }  # fmt: skip
    for name, command in commands.items():  # search solves no problem of the study, which therefore ends unfinished
        directory = tmp_path / name.replace(" ", "-")
        CliRunner().invoke(app, [*command, "--out", str(directory), "--quiet"])
        assert kind_of(directory).name == name
        checked(report_page(directory))
    assert json.loads((tmp_path / "evaluation" / "metrics.json").read_text())["samples"] == 6
