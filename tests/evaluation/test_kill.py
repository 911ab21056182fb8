import json
import random
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from interrupts import heed_interrupts

COPIES = 2
KILLS = 20
"""Different texts for each built-in puzzle, so that there is work left when the last kill comes."""


@pytest.fixture
def recorded(tmp_path):
    """A file of replies to the built-in puzzles, and the command that evaluates it."""
    from reasoning.evaluation.benchmarks import find_benchmark, locate

    benchmark = find_benchmark("puzzles")
    path = tmp_path / "replies.jsonl"
    with open(path, "w") as file:
        for number, entry in enumerate(benchmark.read(locate(benchmark, "all", None), "all")):
            for sample in range(COPIES):
                good = (number + sample) % 3 > 0
                text = f"{entry.references[0] if good else 'def sol(): return None'}\n# {sample}\n"
                file.write(json.dumps({"id": entry.problem.id, "sample": sample, "completion": text}) + "\n")
    command = [sys.executable, "-m", "reasoning.cli.main", "evaluate", "puzzles", "--engine", f"replay:{path}"]
    return [*command, "--jobs", "2", "--timeout", "30", "--quiet"]


def finished_items(directory) -> int:
    """Items that the run's store holds by now."""
    try:
        with sqlite3.connect(f"file:{directory / 'run.sqlite'}?mode=ro", uri=True) as store:
            return store.execute("SELECT count(*) FROM items").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


@pytest.mark.slow
def test_a_run_killed_at_random_moments_ends_as_an_undisturbed_one(tmp_path, recorded):
    recorded += ["--samples", str(COPIES)]
    undisturbed, disturbed = tmp_path / "undisturbed", tmp_path / "disturbed"
    subprocess.run([*recorded, "--out", undisturbed], check=True, capture_output=True)
    total = finished_items(undisturbed)
    assert total == 229 * COPIES

    # Each kill comes when a random share of the work is done, and then at any point of what happens there.
    moments = random.Random(20_240_229)
    for share in sorted(moments.uniform(0.0, 0.9) for _ in range(KILLS)):
        process = subprocess.Popen(
            [*recorded, "--resume", disturbed], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        while finished_items(disturbed) < share * total and process.poll() is None:
            time.sleep(0.01)
        time.sleep(moments.random() * 0.02)
        process.send_signal(signal.SIGKILL)
        _, errors = process.communicate()
        assert process.returncode == -signal.SIGKILL, errors
    assert finished_items(disturbed) < total
    last = subprocess.run([*recorded, "--resume", disturbed], capture_output=True, text=True)
    assert last.returncode == 0, last.stderr
    for name in ("records.jsonl", "metrics.json"):
        assert (disturbed / name).read_bytes() == (undisturbed / name).read_bytes()


def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(tmp_path, recorded):
    recorded += ["--samples", str(COPIES)]
    directory = tmp_path / "run"
    process = subprocess.Popen(
        [*recorded, "--out", directory], stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    )
    while finished_items(directory) < 20 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert errors.strip() == f"stopped; go on with: reasoning evaluate puzzles --resume {directory}"
    done = subprocess.run([*recorded[:4], "--resume", directory, "--quiet"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "of 229 problems solved" in done.stdout
