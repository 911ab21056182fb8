"""The script that measures the judges of answers says in one line what it lacks."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "bench_answers.py"


def test_a_folder_without_the_recorded_outputs_is_one_line(tmp_path):
    command = [sys.executable, SCRIPT, "--recorded", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"bench_answers.py: error: --recorded {tmp_path}: ")
