"""The back end end to end, by way of the plainest pipeline: replayed replies, kept and discarded, killed and resumed."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pipeline_runs import ScriptedEngine, run_pipeline

from reasoning.backends import Execution
from reasoning.evaluation.benchmarks import BenchmarkError
from reasoning.evaluation.seeds import find_seeds
from reasoning.pipelines.backend import build
from reasoning.pipelines.base import PIPELINES, Pipeline, Row
from reasoning.pipelines.settings import settings_from

COMMAND = [sys.executable, "-m", "reasoning.cli.main", "generate"]


def write_problems(path, count):
    """Sums with their answers; every fifth statement is the one before it with other spacing."""
    with open(path, "w") as file:
        for number in range(count):
            base = number - 1 if number % 5 == 4 else number
            spaces = "  " if number % 5 == 4 else " "
            prompt = f"What is the{spaces}sum of {base} and {base + 1}, written in base ten?"
            record = {"id": f"sum/{number}", "kind": "answer", "prompt": prompt, "gold": str(2 * base + 1)}
            file.write(json.dumps(record) + "\n")


def write_replies(path, count, samples):
    with open(path, "w") as file:
        for number in range(count):
            base = number - 1 if number % 5 == 4 else number
            rights = 0
            for sample in range(samples):
                right = (number + sample) % 3 > 0
                rights += right
                text = f"Adding once ({rights}).\n\\boxed{{{2 * base + 1 if right else -1}}}"
                file.write(json.dumps({"id": f"sum/{number}", "sample": sample, "completion": text}) + "\n")


@pytest.fixture
def command(tmp_path):
    count, samples = 60, 3
    write_problems(tmp_path / "problems.jsonl", count)
    write_replies(tmp_path / "replies.jsonl", count, samples)
    options = ["--problems", tmp_path / "problems.jsonl", "--engine", f"replay:{tmp_path / 'replies.jsonl'}"]
    return [*COMMAND, "rejection", *options, "--samples", str(samples), "--keep", "1", "--quiet"]


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def contents(directory):
    """Every file of a dataset with its bytes."""
    return {
        str(path.relative_to(directory)): path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()
    }


def test_right_solutions_are_kept_and_the_rest_is_accounted_for(command, tmp_path, monkeypatch):
    splits = ["--splits", "train=0.8,test=0.2", "--split-by", "stream", "--shard-rows", "20", "--decontaminate", "none"]
    run([*command, *splits, "--out", tmp_path / "run"])
    thrown = [json.loads(line) for line in (tmp_path / "run" / "discarded.jsonl").read_text().splitlines()]
    stages = [record["stage"] for record in thrown]
    # Of 3 samples one is wrong and of the two right ones one is kept; every fifth problem says the same as another.
    assert stages.count("verdict") == 60
    assert stages.count("surplus") == 60
    assert [record["id"] for record in thrown if record["stage"] == "duplicate"] == [
        f"sum/{number}" for number in range(4, 60, 5)
    ]
    manifest = json.loads((tmp_path / "run" / "dataset" / "manifest.json").read_text())
    assert manifest["statistics"]["kept"] == 48
    assert sum(file["rows"] for file in manifest["files"]) == 48
    assert max(file["rows"] for file in manifest["files"]) == 20

    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    from datasets import load_dataset

    loaded = load_dataset(str(tmp_path / "run" / "dataset"), cache_dir=str(tmp_path / "cache"))
    rows = [row for split in loaded.values() for row in split]
    assert len(rows) == 48
    assert len({row["prompt"] for row in rows}) == 48
    for row in rows:
        problem = json.loads(row["problem"])
        assert row["answer"] == problem["gold"]
        assert row["completion"].endswith(f"\\boxed{{{problem['gold']}}}")
        assert row["difficulty"] == pytest.approx(1 / 3)


@pytest.mark.slow
def test_reproduce_gives_the_same_bytes_and_says_when_it_does_not(command, tmp_path):
    run([*command, "--out", tmp_path / "run"])
    reproduce = [*COMMAND, "reproduce", tmp_path / "run" / "dataset", "--quiet", "--out"]
    assert run([*reproduce, tmp_path / "again"]).endswith("the same bytes\n")
    path = tmp_path / "run" / "dataset" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"][0]["sha256"] = "0" * 64
    path.write_text(json.dumps(manifest))
    done = subprocess.run([*reproduce, tmp_path / "other"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "differs: data/train-00000-of-00001.parquet\n"


def stored_outcomes(directory):
    try:
        with sqlite3.connect(f"file:{directory / 'run.sqlite'}?mode=ro", uri=True) as store:
            return store.execute("SELECT count(*) FROM outcomes").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


@pytest.mark.slow
def test_a_run_killed_again_and_again_ends_with_the_same_bytes(command, tmp_path):
    undisturbed, disturbed = tmp_path / "undisturbed", tmp_path / "disturbed"
    command += ["--splits", "train=0.5,test=0.5", "--shard-rows", "7", "--jsonl"]
    run([*command, "--out", undisturbed])
    for share in (0.0, 0.2, 0.6):
        process = subprocess.Popen([*command, "--resume", disturbed], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while stored_outcomes(disturbed) <= share * 60 and process.poll() is None:
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    run([*COMMAND, "--quiet", "--resume", disturbed])
    assert contents(disturbed / "dataset") == contents(undisturbed / "dataset")
    for name in ("discarded.jsonl", "metrics.json"):
        assert (disturbed / name).read_bytes() == (undisturbed / name).read_bytes()
    assert not (disturbed / "dataset.partial").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["rejection", "--problems", "nowhere.jsonl"], "--problems nowhere.jsonl: neither a benchmark"),
        (["rejection", "--splits", "train=0.5"], "--splits train=0.5: the shares add up to 0.5, not 1"),
        (["rejection", "--split-by", "row"], "--split-by row: expected group or stream"),
        (["rejection", "--method", "nothing"], "no method 'nothing'"),
        (["nothing"], "No such command 'nothing'"),
        (["reproduce", "nowhere"], "nowhere: cannot be read"),
        (["--resume", "nowhere"], "nowhere holds no run"),
    ],
)
def test_mistakes_get_one_line(options, message, tmp_path):
    done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_cost_counts_the_judges_too_and_a_resume_takes_nothing(tmp_path):
    engine = ScriptedEngine(lambda prompt, sample: "def sol():\n    return 1")
    options = {"pipeline": "rejection", "problems": "puzzles", "limit": 3, "samples": 1}
    _, _, built = run_pipeline(tmp_path, engine, **options)
    cost = json.loads((tmp_path / "run" / "cost.json").read_text())
    assert cost == built.cost
    assert cost["completions"] == 3
    assert cost["sandbox_tasks"] >= 3  # nothing but judging ran there
    assert cost["sandbox_seconds"] > 0
    settings = settings_from({"decontaminate": "none", **options})
    again = asyncio.run(
        build(settings, tmp_path / "run", engine=ScriptedEngine(None), resume=True, execution=Execution(quiet=True))
    )
    assert again.cost == cost


@dataclass(frozen=True, slots=True)
class NoOptions:
    """Of the pipeline below."""


def forgetful(job, options):
    """Gives rows for every other problem, and for the rest nothing at all."""

    async def work(entry):
        even = int(entry.problem.id.rpartition("/")[2]) % 2 == 0
        return [Row(entry.problem, entry.problem.id, "\\boxed{1}")] if even else []

    return job.map("words", job.seeds(), work)


def test_an_item_of_which_nothing_comes_is_counted(tmp_path, monkeypatch):
    monkeypatch.setitem(PIPELINES, "forgetful", f"{__name__}:PIPELINE")
    monkeypatch.setitem(sys.modules, __name__, SimpleNamespace(PIPELINE=PIPELINE))
    write_problems(tmp_path / "problems.jsonl", 4)
    rows, thrown, _ = run_pipeline(tmp_path, pipeline="forgetful", problems=str(tmp_path / "problems.jsonl"))
    assert [row["id"] for row in rows["default"]] == ["sum/0#0", "sum/2#1"]
    assert [(one["stage"], one["reason"]) for one in thrown] == [
        ("nothing", f"item {number} of stage 'words' gave no outcome") for number in (1, 3)
    ]


PIPELINE = Pipeline("forgetful", "for tests", NoOptions, forgetful, seeds=True)


def test_a_folder_of_one_table_is_read_and_another_is_named(tmp_path):
    table = pa.table({"problem": [json.dumps({"id": "a", "kind": "answer", "prompt": "?", "gold": "1"})]})
    for folder in ("kto", "dpo"):
        (tmp_path / folder).mkdir()
        pq.write_table(table, tmp_path / folder / "train-00000.parquet")
    (entry,) = find_seeds(str(tmp_path / "kto")).entries()
    assert entry.problem.id == "a"
    with pytest.raises(BenchmarkError, match=r"holds no data/.*; name one of its tables: \S+/dpo, \S+/kto"):
        find_seeds(str(tmp_path))
