"""The mixture of nano-plus is judged and split by problem; its recipe runs, and its files are small enough."""

from __future__ import annotations

import asyncio
import json
import math
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from reasoning.training import mixture
from reasoning.training.arithmetic import is_held_out, prompt_of
from reasoning.training.mixture import KINDS, MixtureCounts, PlusExample, make_mixture, split_mixture
from tests.support.doc_commands import environment, lay_out, play, shown
from verifiers.records import Problem
from verifiers.sandbox import SandboxPool

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
MIB = 1 << 20


def made(**counts):
    async def run():
        async with SandboxPool() as pool:
            return await make_mixture(pool, MixtureCounts(**counts), seed=1, longest=500)

    return asyncio.run(run())


def test_every_kind_is_there_and_short_enough():
    examples = made(worked=32, words=40, tools=40, functions=16, puzzles=16)
    assert {example.kind for example in examples} == set(KINDS)
    assert all(len(example.prompt + example.solution) <= 500 for example in examples)
    tools = [example for example in examples if example.kind == "tools"]
    for example in tools:
        # The program of the example really prints the output that it shows.
        program, output = example.solution.removeprefix("```python\n").split("```\n```output\n")
        run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert run.stdout.strip() == output.partition("\n```")[0] == example.problem.text("gold")


def test_a_function_that_is_not_what_was_asked_is_left_out(monkeypatch):
    assert len(made(functions=12)) == 12
    monkeypatch.setattr(mixture, "_value", lambda body, numbers, n: numbers["a"] * n - numbers["b"])
    assert made(functions=12) == []


def test_a_problem_is_held_out_in_every_form():
    def example(kind, prompt, text):
        return PlusExample(kind, prompt, "", Problem("p", "answer", text, {"gold": "1"}))

    texts = [f"What is {n}?" for n in range(100)]
    both = [example(kind, prompt_of(text + more), text) for text in texts for kind, more in
            (("words", ""), ("tools", " Use Python."))]  # fmt: skip
    train, held_out = split_mixture(both)
    assert len(train) + len(held_out) == 200
    assert {one.problem.prompt for one in held_out} == {text for text in texts if is_held_out(prompt_of(text))}
    assert len(held_out) == 2 * len({one.problem.prompt for one in held_out}) > 0


def test_the_whole_recipe_runs_on_a_cpu_and_goes_on_after_a_kill(tmp_path):
    """By the commands of the docs, all of them with `--smoke`."""
    pytest.importorskip("torch", reason="PyTorch is not installed")
    transformers = pytest.importorskip("transformers", reason="Transformers is not installed")
    lay_out(tmp_path)
    variables = environment(tmp_path, benchmarks=False)
    plan = shown("nano.md", "python scripts/train_nano_plus.py --out runs/nano-plus --plan") + " --smoke"
    assert "on one H200 (estimated)" in play(plan, tmp_path, variables)
    undisturbed, stopped = tmp_path / "runs" / "plus", tmp_path / "runs" / "nano-plus"
    undisturbed.mkdir()
    for name in ("train.npz", "held_out.jsonl"):
        shutil.copy(stopped / name, undisturbed)
    play(
        shown("nano.md", ".venv-vllm/bin/python scripts/train_nano_plus.py --out runs/plus --smoke"),
        tmp_path,
        variables,
    )

    begin = shown("nano.md", "python scripts/train_nano_plus.py --out runs/nano-plus$") + " --smoke"
    with subprocess.Popen(begin.split(), cwd=tmp_path, env=variables, stderr=subprocess.PIPE) as process:
        while process.poll() is None and not (stopped / "checkpoint.pt").exists():
            time.sleep(0.01)
        process.kill()
    assert process.returncode == -signal.SIGKILL  # it was asking the model, at the latest
    again = subprocess.run(begin.split(), cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
    assert (again.returncode, "--resume goes on with it" in again.stderr) == (2, True)
    play(
        shown("nano.md", "python scripts/train_nano_plus.py --out runs/nano-plus --resume") + " --smoke",
        tmp_path,
        variables,
    )
    card = (stopped / "model" / "README.md").read_text()
    assert "No GPU was at hand" in card or "cuda" in card.lower() or "NVIDIA" in card
    losses, expected = (
        json.loads((folder / "model" / "training.json").read_text())["losses"] for folder in (stopped, undisturbed)
    )
    assert losses == pytest.approx(expected)
    assert len(losses) == 4
    assert all(map(math.isfinite, losses))
    loaded = transformers.AutoModelForCausalLM.from_pretrained(stopped / "model")
    assert str(loaded.dtype) == "torch.bfloat16"
    assert not (stopped / "checkpoint.pt").exists()


def test_a_training_that_goes_on_learns_what_one_that_was_never_stopped_does(tmp_path):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    pytest.importorskip("transformers", reason="Transformers is not installed")
    from reasoning.training.nano_plus import SMOKE, CheckpointError, train_plus
    from reasoning.training.token_rows import TokenRows

    rows = TokenRows.of([(f"Q:{n}+1=?\nA:", f"####{n + 1}\n") for n in range(20)])
    settings = replace(SMOKE, steps=9, save_every=3)
    path = tmp_path / "checkpoint.pt"

    def stop(step, planned, losses):
        if step > 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_plus(settings, rows, stop, path)
    with pytest.raises(CheckpointError, match="is of another recipe"):
        train_plus(replace(settings, seed=2), rows, checkpoint=path)
    steps = []
    result = train_plus(replace(settings, minutes=2.0), rows, lambda step, *_: steps.append(step), path)
    undisturbed = train_plus(settings, rows)
    assert steps == [9]
    assert result.losses == undisturbed.losses
    assert len(result.losses) == 9
    for one, other in zip(result.model.parameters(), undisturbed.model.parameters(), strict=True):
        assert torch.equal(one, other)
    path.write_bytes(b"no checkpoint")
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        train_plus(settings, rows, checkpoint=path)


def test_nano_plus_fits_in_small_files_and_its_time_is_estimated(tmp_path):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    pytest.importorskip("transformers", reason="Transformers is not installed")
    from reasoning.training.nano import make_model
    from reasoning.training.nano_plus import NANO_PLUS, PlusSettings, estimate, parameters_of, save_plus
    from reasoning.training.token_rows import TokenRows

    assert parameters_of(NANO_PLUS) <= 35e6
    save_plus(make_model(NANO_PLUS, 0), tmp_path)
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert max(sizes) < 16 * MIB
    assert sum(sizes) < 48 * MIB
    settings = PlusSettings()
    expected = estimate(settings, TokenRows.of([("x" * 100, "y" * 99)]))
    # 6 N D operations, D of 200 tokens an example, at 17 % of 790e12 a second.
    tokens = 200 * settings.steps * settings.batch_size
    assert expected.tokens == tokens
    assert expected.seconds == pytest.approx(6 * parameters_of(NANO_PLUS) * tokens / 134.3e12)


def test_the_schedule_is_cut_to_the_minutes():
    pytest.importorskip("torch", reason="PyTorch is not installed")
    pytest.importorskip("transformers", reason="Transformers is not installed")
    from reasoning.training.nano_plus import SMOKE, train_plus
    from reasoning.training.token_rows import TokenRows

    rows = TokenRows.of([("Q:1+1=?\nA:", "####2\n")] * 8)
    told = []
    settings = replace(SMOKE, steps=10_000, minutes=0.0)
    result = train_plus(settings, rows, lambda step, planned, losses: told.append((step, planned, len(losses))))
    assert result.steps == 20
    assert told == [(10, 10_000, 10), (20, 20, 10)]


def test_the_shipped_model_writes_what_its_verifiers_accept(tmp_path):
    """By the command of the docs, of two kinds."""
    pytest.importorskip("torch", reason="PyTorch is not installed")
    pytest.importorskip("transformers", reason="Transformers is not installed")
    lay_out(tmp_path)
    judge = shown("nano.md", ".venv-vllm/bin/python scripts/train_nano_plus.py --judge")
    variables = environment(tmp_path, benchmarks=False)
    printed = play(f"{judge} --kinds worked functions --limit 8", tmp_path, variables)
    [worked] = re.findall(r"^\| worked \| (\d) of 8 \|$", printed, re.MULTILINE)
    assert int(worked) >= 7
    assert "| functions | 8 of 8 |" in printed
    assert "| words |" not in printed
    rows = [json.loads(line) for line in (ROOT / "data" / "nano_plus" / "held_out.jsonl").read_text().splitlines()]
    assert all(is_held_out(prompt_of(row["problem"]["prompt"])) for row in rows)


def test_the_shipped_files_are_small_enough():
    sizes = [path.stat().st_size for path in (ROOT / "data" / "nano_plus").iterdir()]
    assert max(sizes) < 16 * MIB
    assert sum(sizes) < 48 * MIB
