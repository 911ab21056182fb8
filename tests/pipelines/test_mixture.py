import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter

import pytest
from pipeline_runs import run_pipeline

from reasoning.pipelines import PipelineError
from reasoning.pipelines.base import PIPELINES, find_pipeline
from reasoning.pipelines.mixture import shares_in
from reasoning.pipelines.settings import COMMON_NAMES, command_of, settings_from

COMMAND = [sys.executable, "-m", "reasoning.cli.main", "generate"]


@pytest.mark.slow
def test_parts_come_by_their_shares(tmp_path):
    rows, _, built = run_pipeline(
        tmp_path, pipeline="mixture", rows=40, parts="programmatic=0.8,puzzles=0.2", splits="train=0.7,test=0.3"
    )
    sources = Counter(row["source"] for row in rows["default"])
    assert sources.total() == 40
    assert 6 <= sources["puzzles"] <= 8  # some of its proposals are not kept, and it catches up by shares
    names = [one["name"] for one in json.loads((built.dataset / "manifest.json").read_text())["inputs"]]
    assert names == ["data:word_problems/word_problems.jsonl", "puzzles"]
    by_group = {}
    for path in (built.dataset / "data").glob("*.parquet"):
        import pyarrow.parquet as pq

        for row in pq.read_table(path).to_pylist():
            by_group.setdefault(row["group"], set()).add(path.name.partition("-")[0])
    assert all(len(splits) == 1 for splits in by_group.values())
    assert {split for splits in by_group.values() for split in splits} == {"train", "test"}


def outcomes(directory):
    try:
        with sqlite3.connect(f"file:{directory / 'run.sqlite'}?mode=ro", uri=True) as store:
            return store.execute("SELECT count(*) FROM outcomes").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def check_killed_and_resumed(tmp_path, options, moments):
    undisturbed, disturbed = tmp_path / "undisturbed", tmp_path / "disturbed"
    command = [
        *COMMAND,
        "mixture",
        *options,
        "--quiet",
        "--concurrency",
        "4",
        "--decontaminate",
        "none",
        "--splits",
        "train=0.9,test=0.1",
    ]
    subprocess.run([*command, "--out", undisturbed], check=True, capture_output=True)
    total = outcomes(undisturbed)
    for share in moments:
        process = subprocess.Popen([*command, "--resume", disturbed], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while outcomes(disturbed) <= share * total and process.poll() is None:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    subprocess.run([*COMMAND, "--quiet", "--resume", disturbed], check=True, capture_output=True)
    names = sorted(path.relative_to(undisturbed) for path in undisturbed.rglob("dataset/**/*") if path.is_file())
    assert len(names) >= 5
    for name in names:
        assert (disturbed / name).read_bytes() == (undisturbed / name).read_bytes(), name


@pytest.mark.slow
def test_a_killed_mixture_ends_with_the_same_bytes(tmp_path):
    check_killed_and_resumed(tmp_path, ["--rows", "60", "--parts", "programmatic=1", "--shard-rows", "25"], (0.2,))


@pytest.mark.slow
def test_a_large_mixture_killed_at_several_moments_ends_with_the_same_bytes(tmp_path):
    check_killed_and_resumed(tmp_path, ["--rows", "1000"], (0.1, 0.4, 0.8))


@pytest.mark.parametrize(
    "parts", ["", "rejection=1", "puzzles", "puzzles=0", "puzzles=inf", "puzzles=1,puzzles=1", "x=1"]
)
def test_bad_parts_are_refused(parts):
    with pytest.raises(PipelineError, match="--parts"):
        shares_in(parts)


@pytest.mark.parametrize("name", PIPELINES)
def test_every_pipeline_says_what_it_is(name):
    pipeline = find_pipeline(name)
    assert pipeline.name == name
    assert pipeline.summary.endswith(".")
    assert pipeline.examples
    own = settings_from({"pipeline": name}).own
    assert not set(own) & set(COMMON_NAMES)
    assert pipeline.options(**own) is not None


def test_the_command_gives_the_settings_back():
    given = {
        "pipeline": "agents",
        "problems": "a file.jsonl",
        "task": "practice",
        "teacher": True,
        "jsonl": True,
        "rows": 7,
    }
    command = command_of(settings_from(given))
    assert command == (
        "reasoning generate agents --problems 'a file.jsonl' --rows 7 --jsonl --task practice --teacher --out RUN_DIR"
    )
    with pytest.raises(PipelineError, match="has no option 'colour'"):
        settings_from({"pipeline": "agents", "colour": "red"})
    with pytest.raises(PipelineError, match="--attempts 1: expected at least 2"):
        settings_from({"pipeline": "agents", "attempts": 1})
    with pytest.raises(PipelineError, match=r"--top-p 1\.5: expected at least 0 and at most 1"):
        settings_from({"pipeline": "agents", "top_p": 1.5})
