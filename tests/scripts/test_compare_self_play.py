"""`compare_self_play.py` over two runs of a toy world."""

import asyncio

from toy_self_play import ToyChecker, ToyPolicy, toy_config

from reasoning.selfplay.loop import play
from tests.support.doc_commands import ROOT, environment, shown
from tests.support.doc_commands import play as run_commands


def test_runs_are_compared(tmp_path):
    for name, method in (("stp", "stp"), ("expert", "expert_iteration")):
        config = toy_config(tmp_path, f"method={method}", "rounds=1", difficulties=(0, 1, 2, 3))
        asyncio.run(play(config, tmp_path / "runs" / name, ToyPolicy(), ToyChecker(), resume=False))
    (tmp_path / "scripts").symlink_to(ROOT / "scripts")
    command = shown("self_play.md", "python scripts/compare_self_play.py")
    printed = run_commands(command, tmp_path, environment(tmp_path, benchmarks=False))
    assert "| stp, seed 0 |" in printed
    assert "expert_iteration, seed 0" in printed
    assert (tmp_path / "runs" / "compared" / "proved.svg").read_text().startswith("<svg")
