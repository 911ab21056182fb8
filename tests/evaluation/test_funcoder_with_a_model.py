"""FunCoder on HumanEval with a real (random) language model, killed on the way; needs torch."""

import json
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from tiny_model import make_tiny_model

pytest.importorskip("transformers")

POSITIONS = 16_384
"""Room for the whole prompt with its worked examples."""
PROBLEMS = 8


def finished(directory):
    try:
        with sqlite3.connect(f"file:{directory / 'run.sqlite'}?mode=ro", uri=True) as store:
            return store.execute("SELECT count(*) FROM items").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


@pytest.mark.slow
def test_a_run_that_was_killed_finishes_and_explains_each_verdict(tmp_path):
    model = make_tiny_model(tmp_path / "model", max_positions=POSITIONS)
    rows = [
        {
            "task_id": f"t/{n}",
            "entry_point": f"plus_{n}",
            "prompt": f'def plus_{n}(x: int) -> int:\n    """x plus {n}."""\n',
            "canonical_solution": f"    return x + {n}\n",
            "test": f"def check(candidate):\n    assert candidate(10) == {10 + n}\n",
        }
        for n in range(PROBLEMS)
    ]
    data = tmp_path / "problems.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = [sys.executable, "-m", "reasoning.cli.main"]
    options = ["--engine", f"transformers:{model},batch_size=2", "--method", "funcoder,attempts=2", "--data", str(data)]
    options += ["--max-tokens", "16", "--concurrency", "2", "--jobs", "1", "--quiet"]
    directory = tmp_path / "run"
    process = subprocess.Popen(
        [*command, "evaluate", "humaneval", *options, "--out", directory], stderr=subprocess.PIPE
    )
    while finished(directory) < 1 and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert 0 < finished(directory) < PROBLEMS
    done = subprocess.run([*command, "evaluate", "--resume", directory, "--quiet"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in (directory / "records.jsonl").read_text().splitlines()]
    assert [record["id"] for record in records] == [f"t/{n}" for n in range(PROBLEMS)]
    assert all(record["finish_reason"] == "no reply held the function" for record in records)
    assert all(record["cost"]["calls"] == 2 for record in records)
    shown = subprocess.run(
        [*command, "explain", directory, "t/0", "--full"], capture_output=True, text=True, check=True
    )
    assert "given up: no reply held the function" in shown.stdout
    assert shown.stdout.count("== request ") == 2
    assert "note:" not in shown.stdout
