"""The command with a model against a double of Isabelle's server, which speaks its protocol and knows no logic."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from isabelle_double import IsabelleDouble

pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("transformers", reason="Transformers is not installed")

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """
system = "isabelle"
model = "nano"
rounds = 1
threads = 1
[data]
targets = "targets.jsonl"
library = "library.jsonl"
[sampling]
first_samples = 4
max_new_tokens = 12
prompt_tokens = 300
batch_size = 4
[training]
learning_rate = 1e-3
final_learning_rate = 3e-3
batch_size = 4
max_length = 400
supervised_epochs = 80
final = false
[isabelle]
workers = 1
"""
HEADER = "theory Problem imports Main\nbegin"


@contextlib.contextmanager
def double(folder, closes):
    """The double in a thread of its own."""
    loop, end, there = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    servers = []

    async def serve():
        async with IsabelleDouble(folder, closes) as server:
            servers.append(server)
            there.set()
            await end.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert there.wait(30)
    try:
        yield servers[0]
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(30)


def train(directory, variable, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "REASONING_ISABELLE": variable}
    command = [sys.executable, "-m", "reasoning.cli.main", "train", *arguments, "--quiet"]
    return subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, timeout=400)


@pytest.mark.slow
def test_a_model_learns_from_what_isabelle_accepts(tmp_path):
    from reasoning.proving.isabelle_prompts import prover_prompt

    statements = [f'theorem s{n}: "P {n}"' for n in range(2)]
    (tmp_path / "own.toml").write_text(CONFIG)
    (tmp_path / "targets.jsonl").write_text(
        "".join(
            json.dumps({"id": f"s{n}", "kind": "proof", "prompt": "", "system": "isabelle", "statement": text}) + "\n"
            for n, text in enumerate(statements)
        )
    )
    # A model that has learned to say one thing.
    (tmp_path / "library.jsonl").write_text(
        "".join(
            json.dumps({"prompt": prover_prompt(text, HEADER), "completion": "\nby simp\n```"}) + "\n"
            for text in statements
        )
    )
    nowhere = train(tmp_path, "", "self-play", "--config", "own.toml", "--out", "run")
    assert nowhere.returncode == 2
    assert nowhere.stderr.startswith("error: field 'system': is 'isabelle', but no Isabelle server is named")
    assert nowhere.stderr.count("\n") == 1
    with double(tmp_path, {'"P 1"': {"simp"}}) as server:
        done = train(tmp_path, server.variable, "self-play", "--config", "own.toml", "--out", "run")
        assert done.returncode == 0, done.stderr
        assert server.count("session_start") == 1
        assert not server.sessions
    assert "1 of 2 statements proved" in done.stdout
    proofs = (tmp_path / "run" / "rounds" / "000" / "proofs.jsonl").read_text().splitlines()
    assert {json.loads(line)["statement"] for line in proofs} == {"s1"}
    page = (tmp_path / "run" / "report.md").read_text()
    assert "1 of 2 statements proved in 1 round" in page
    assert "Lean" not in page
