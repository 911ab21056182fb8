"""What `run_self_play_comparison.py` makes of an experiment, in a toy world: runs, tables, and the same when called again."""

import sys
from contextlib import nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import run_self_play_comparison
from toy_self_play import ToyChecker, ToyPolicy, problem

from reasoning.selfplay.config import read_self_play_config
from reasoning.selfplay.loop import play

METHODS = ("stp", "parallel_sampling")


def test_every_method_and_seed_is_played_once_and_compared(tmp_path, monkeypatch, capsys):
    targets, out, played = tmp_path / "targets.jsonl", tmp_path / "out", []
    targets.write_text("".join(problem(f"s{place}", place % 8) for place in range(32)))

    async def noted(config, run, policy, checker, *, resume, quiet):
        played.append((run.name, resume, config.checks))
        return await play(config, run, policy, checker, resume=resume)

    monkeypatch.setattr(run_self_play_comparison, "play", noted)
    monkeypatch.setattr(run_self_play_comparison, "LeanChecker", lambda sandbox, section: ToyChecker())
    monkeypatch.setattr(run_self_play_comparison, "ModelPolicy", lambda threads: ToyPolicy())
    monkeypatch.setattr(run_self_play_comparison, "SandboxPool", lambda **options: nullcontext())
    arguments = ["--out", str(out), "--seeds", "2", "--start", "toy", "--methods", *METHODS]
    for change in (f"data.targets={targets}", "rounds=2", "data.limit=0"):
        arguments += ["--set", change]
    monkeypatch.setattr(sys, "argv", ["run", *arguments])
    assert run_self_play_comparison.main() == 0
    names = [f"{method}-{seed}" for seed in (1, 2) for method in METHODS]
    assert played == [(name, False, 1600) for name in names]
    tables = (out / "comparison.md").read_text()
    assert all(f"| {method}, seed {seed} |" in tables for method in METHODS for seed in (1, 2))
    assert "| 1 | " in tables.split("conjectures sampled")[1]
    assert (out / "proved.svg").read_text().startswith("<svg")
    told = capsys.readouterr().out
    assert tables.strip() in told

    assert run_self_play_comparison.main() == 0
    assert played[4:] == [(name, True, 1600) for name in names]
    assert capsys.readouterr().out == told


def test_another_judge_and_a_bad_field_are_one_line(tmp_path, monkeypatch, capsys):
    for change, told in (("system=isabelle", "'system'"), ("rounds=0", "rounds")):
        arguments = ["--out", str(tmp_path / "out"), "--start", "toy", "--set", change]
        monkeypatch.setattr(sys, "argv", ["run", *arguments])
        assert run_self_play_comparison.main() == 2
        error = capsys.readouterr().err
        assert error.startswith("error: ")
        assert told in error
        assert len(error.splitlines()) == 1


def test_the_experiment_is_readable_for_every_method():
    for method in run_self_play_comparison.COMPARED:
        config = read_self_play_config(run_self_play_comparison.CONFIG, [f"method={method}"])
        assert (config.sampling.samples, config.data.targets) == (12, "core-lean:held-out")
