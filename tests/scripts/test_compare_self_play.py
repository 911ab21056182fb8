"""`compare_self_play.py` over two runs of a toy world."""

import asyncio
import subprocess
import sys
from pathlib import Path

from toy_self_play import ToyChecker, ToyPolicy, toy_config

from reasoning.selfplay.loop import play

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "compare_self_play.py"


def test_runs_are_compared(tmp_path):
    for name, method in (("stp", "stp"), ("expert", "expert_iteration")):
        config = toy_config(tmp_path, f"method={method}", "rounds=1", difficulties=(0, 1, 2, 3))
        asyncio.run(play(config, tmp_path / "runs" / name, ToyPolicy(), ToyChecker(), resume=False))
    command = [sys.executable, SCRIPT, "runs/stp", "runs/expert", "--out", "runs/compared"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "| stp, seed 0 |" in done.stdout
    assert "expert_iteration, seed 0" in done.stdout
    assert (tmp_path / "runs" / "compared" / "proved.svg").read_text().startswith("<svg")
