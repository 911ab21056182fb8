"""Every recipe end to end on the built-in model: a few steps, a model that loads, a log; and what stops it."""

from __future__ import annotations

import errno
import json
import math
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("trl", reason="TRL is not installed")
transformers = pytest.importorskip("transformers", reason="Transformers is not installed")

from reasoning.training import session as sessions  # noqa: E402
from reasoning.training.config import read_config  # noqa: E402
from reasoning.training.forms import ConfigError  # noqa: E402
from reasoning.training.recipes import run_training  # noqa: E402
from reasoning.training.session import TrainingError, last_checkpoint, model_path  # noqa: E402
from tests.support.cheats import CHEATS  # noqa: E402
from tests.support.doc_commands import shown  # noqa: E402
from verifiers import Problem, Status, Verdict  # noqa: E402
from verifiers.programs import ProgramVerifier  # noqa: E402
from verifiers.rewards import VerifierReward  # noqa: E402
from verifiers.sandbox import Limits, SandboxPool  # noqa: E402

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SMALL = (
    "threads=1", "steps=2", "log_every=1", "batch_size=8", "data.count=64", "data.evaluation_count=4",
    "sampling.prompts=12", "sampling.samples=4", "sampling.max_new_tokens=40", "reward.workers=1",
)  # fmt: skip
GRPO = ("grpo.group=4", "sampling.temperature=1.3")


def train(directory, recipe, *changes, config=None):
    return run_training(read_config(recipe, config, [*SMALL, *changes]), directory, resume=False, quiet=True)


def log(directory):
    return [json.loads(line) for line in (directory / "log.jsonl").read_text().splitlines()]


def weights(path):
    return transformers.AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).state_dict()


RUNS = {
    "sft": ("sft",),
    "sft with SOAP": ("sft", "optimizer.name=soap", "optimizer.precondition_every=1"),
    "sft with LoRA": ("sft", "lora.rank=4", "optimizer.name=lion"),
    "rejection": ("rejection",),
    "expert iteration": ("expert-iteration", "sampling.rounds=2", "steps=1"),
    "DPO": ("preference", "optimizer.name=muon"),
    "KTO": ("preference", "preference.loss=kto"),
    "CPL": ("preference", "preference.loss=cpl", "preference.bias=0.75", "preference.cloning=0.1", "accumulation=2"),
    "CPL without reference": (
        "preference",
        "preference.loss=cpl",
        "preference.reference=false",
        "preference.beta=0.05",
    ),
    "GRPO": ("grpo", *GRPO, "schedule.warmup_steps=0"),
    "GRPO, Dr. loss, LoRA": ("grpo", *GRPO, "grpo.loss=dr_grpo", "grpo.scale_rewards=none", "lora.rank=4"),
    "APO": ("apo", *GRPO),
    "APO, DAPO loss, two updates": (
        "apo",
        *GRPO,
        "batch_size=24",
        "sampling.temperature=2.0",
        "apo.loss=dapo",
        "apo.positive=correct",
        "grpo.iterations=2",
    ),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_recipe_changes_the_model_and_keeps_a_log(tmp_path, name):
    recipe, *changes = RUNS[name]
    out = tmp_path / "run"
    metrics = train(out, recipe, "sampling.temperature=1.3", *changes)
    assert metrics["before"]["asked"] == metrics["after"]["asked"] == 4
    start, end = weights(model_path("nano")), weights(out / "model")
    assert start.keys() == end.keys()
    moved = [name for name in start if not torch.equal(start[name], end[name])]
    assert moved
    lines = log(out)
    assert all(math.isfinite(line["loss"]) for line in lines if "loss" in line)
    assert lines[0]["when"] == "before"
    assert lines[-1]["when"] == "after"
    assert json.loads((out / "config.json").read_text())["settings"]["recipe"] == recipe
    assert len(json.loads((out / "gradient_norms.json").read_text())["l1"]) > 0
    if recipe == "apo":
        shaped = [line["apo/kl_weight"] for line in lines if "apo/kl_weight" in line]
        assert shaped
        assert all(0.28 < weight <= 1 for weight in shaped)
        assert any(weight < 1 for weight in shaped)


@pytest.mark.parametrize("form", ["pairwise", "pointwise"])
def test_a_reward_model_scores_for_best_of_n(tmp_path, form):
    metrics = train(tmp_path / "run", "reward-model", f"reward_model.form={form}", "sampling.temperature=1.3")
    best = metrics["best_of_n"]
    assert best["problems"] == 4
    assert 0 <= best["one"] <= best["any"] <= 1
    assert best["best"] <= best["any"]
    loaded = transformers.AutoModelForSequenceClassification.from_pretrained(tmp_path / "run" / "model")
    assert loaded.config.num_labels == 1


def test_preferences_can_come_from_a_file(tmp_path):
    rows = [{"prompt": f"{n}+1=?", "chosen": f"####{n + 1}\n", "rejected": f"####{n}\n"} for n in range(8)]
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert train(tmp_path / "run", "preference", f"data.train={path}")["rows"] == 8


def test_a_refined_schedule_is_taken_from_a_finished_run(tmp_path):
    train(tmp_path / "first", "sft", "steps=12", "batch_size=4", "save_every=0")
    norms = tmp_path / "first" / "gradient_norms.json"
    train(
        tmp_path / "second",
        "sft",
        "steps=12",
        "batch_size=4",
        "schedule.name=refined",
        f"schedule.gradient_norms={norms}",
    )
    rates = [line["learning_rate"] for line in log(tmp_path / "second") if "learning_rate" in line]
    assert len(rates) == 12
    assert max(rates) <= 1e-3
    assert rates[-1] < 0.5 * max(rates)
    assert rates != sorted(rates)


@pytest.mark.parametrize("recipe", ["preference", "reward-model"])
def test_micro_batches_add_up_to_the_same_gradient(tmp_path, recipe):
    rows = tmp_path / "rows.jsonl"
    with open(rows, "w") as file:
        for n in range(1, 9):
            prompt, right, wrong = f"Q:{n}+{n + 3}=?\nA:", f"{n}####{2 * n + 3}\n" * (1 + n % 3), f"####{n}\n"
            judged = {"completion": right if n % 2 else wrong, "label": bool(n % 2)}
            pair = {"chosen": right, "rejected": wrong}
            file.write(json.dumps({"prompt": prompt, **(pair if recipe == "preference" else judged)}) + "\n")
    changes = (
        "preference.loss=cpl",
        "reward_model.form=pointwise",
        "steps=1",
        "data.evaluation=",
        f"data.train={rows}",
    )
    norms = []
    for accumulation in (1, 2):
        out = tmp_path / str(accumulation)
        train(out, recipe, *changes, f"accumulation={accumulation}")
        norms.append(json.loads((out / "gradient_norms.json").read_text())["l2"][0])
    assert norms[0] == pytest.approx(norms[1], rel=1e-3)


def test_learning_rates_follow_the_batch(tmp_path):
    train(
        tmp_path / "run", "sft", "optimizer.base_batch_size=2", "optimizer.learning_rate=1e-3", "schedule.name=constant"
    )
    assert log(tmp_path / "run")[1]["learning_rate"] == pytest.approx(2e-3)


@pytest.mark.parametrize("loss", ["view-r1", "grpo", "dapo"])
def test_the_trainer_computes_apo_as_by_hand(tmp_path, monkeypatch, loss):
    from reasoning.training.apo import ApoTrainer

    seen = []
    original = ApoTrainer._compute_loss

    def watched(self, model, inputs):
        value = original(self, model, inputs)
        seen.append((inputs, self._logps.detach(), float(value.detach()), self.max_completion_length))
        return value

    monkeypatch.setattr(ApoTrainer, "_compute_loss", watched)
    changes = ("batch_size=32", "accumulation=2", "grpo.beta=0.5", "optimizer.learning_rate=1e-2", "data.evaluation=")
    train(
        tmp_path / "run",
        "apo",
        *GRPO,
        *changes,
        f"apo.loss={loss}",
        "sampling.temperature=2.0",
        "schedule.warmup_steps=0",
    )
    assert len(seen) == 4
    inputs, logps, value, longest = seen[-1]
    mask, weights_, advantages = inputs["completion_mask"], inputs["kl_weight"], inputs["advantages"]
    ratio = inputs["ref_per_token_logps"] - logps
    kl = (ratio.exp() - ratio - 1) * mask
    assert float(kl.sum()) > 0.01
    # One update a generation: the probability ratio is 1, and the policy term is minus the advantage.
    policy, weighted = -advantages[:, None] * mask, weights_[:, None] * kl
    tokens = mask.sum(1)
    expected = {
        "view-r1": policy.sum() / mask.sum() / 2 + 0.5 * (weighted.sum(1) / tokens).mean() / 2,
        "bnpo": (policy + 0.5 * weighted).sum() / mask.sum() / 2,
        "grpo": ((policy + 0.5 * weighted).sum(1) / tokens).mean() / 2,
        "dapo": (policy + 0.5 * weighted).sum() / inputs["num_items_in_batch"],
        "dr_grpo": (policy + 0.5 * weighted).sum() / (len(mask) * longest) / 2,
    }[loss]
    assert value == pytest.approx(float(expected), rel=1e-4, abs=1e-6)


@pytest.fixture
def hostile(tmp_path, monkeypatch):
    """A policy that answers each problem with the cheat made for it; gives the change that sets the problems."""
    rows = [{"id": name, "prompt": "?", **problem} for name, (problem, _) in CHEATS.items()]
    (tmp_path / "problems.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    submit = VerifierReward._submit

    def cheat(reward, items):
        return submit(reward, [(problem, CHEATS[problem.id][1]) for problem, _ in items])

    monkeypatch.setattr(VerifierReward, "_submit", cheat)
    return f"data.train={tmp_path / 'problems.jsonl'}"


@pytest.mark.parametrize("recipe", ["grpo", "apo"])
def test_a_hostile_policy_earns_nothing_and_nothing_is_learned_from_it(tmp_path, hostile, recipe):
    train(tmp_path / "run", recipe, *GRPO, hostile, "data.evaluation=", f"batch_size={4 * len(CHEATS)}")
    assert [line["reward"] for line in log(tmp_path / "run") if "reward" in line] == [0.0, 0.0]
    start, end = weights(model_path("nano")), weights(tmp_path / "run" / "model")
    if recipe == "grpo":
        assert all(torch.equal(start[name], end[name]) for name in start)
    else:
        # The KL term to the model itself has no gradient at the start; what is left is rounding.
        assert all(torch.allclose(start[name], end[name], atol=1e-3) for name in start)


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ("rejection", r"of \d+ samples none is right, so there is nothing to learn from"),
        ("expert-iteration", r"of \d+ samples none is right"),
        ("preference", r"of \d+ samples none makes a pair"),
        ("reward-model", r"of \d+ samples none makes a pair"),
    ],
)
def test_a_hostile_policy_gives_no_training_rows(tmp_path, hostile, recipe, words):
    with pytest.raises(TrainingError, match=words):
        train(tmp_path / "run", recipe, hostile, "data.evaluation=", "sampling.prompts=15", "sampling.samples=2")


class Absent:
    def __init__(self, sandbox: SandboxPool) -> None:
        pass

    async def verify(self, problem: Problem, candidate: str, limits: Limits) -> Verdict:
        return Verdict.of(problem.id, Status.UNAVAILABLE, "the prover is gone")


def test_a_dead_judge_stops_training_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(sessions, "_own_verifier", lambda name: Absent)
    with pytest.raises(
        TrainingError, match=r"of 8 completions none could be judged \(unavailable: the prover is gone\)"
    ):
        train(tmp_path / "run", "grpo", *GRPO, "reward.verifier=x:y", "data.evaluation=")


class Fragile:
    """Judges by running a program in the sandbox, whose servers are killed before the second batch."""

    judged = 0

    def __init__(self, sandbox: SandboxPool) -> None:
        self._programs = ProgramVerifier(sandbox)

    async def verify(self, problem: Problem, candidate: str, limits: Limits) -> Verdict:
        Fragile.judged += 1
        if Fragile.judged == 9:
            killed = [pid for pid in children_of(os.getpid()) if "verifiers.sandbox" in command_of(pid)]
            assert killed
            for pid in killed:
                os.kill(pid, signal.SIGKILL)
        program = Problem(problem.id, "program", fields={"stdio": [{"input": "", "output": "7"}]})
        return await self._programs.verify(program, f"print({len(candidate) % 2 + 6})", limits)


def children_of(parent):
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and f"\nPPid:\t{parent}\n" in (entry / "status").read_text():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def command_of(pid):
    return Path(f"/proc/{pid}/cmdline").read_text()


def test_a_killed_sandbox_is_replaced_and_training_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(Fragile, "judged", 0)
    monkeypatch.setattr(sessions, "_own_verifier", lambda name: Fragile)
    train(tmp_path / "run", "grpo", *GRPO, "steps=3", "reward.verifier=x:y", "data.evaluation=", "reward.form=")
    assert Fragile.judged >= 24
    rewards = [line["reward"] for line in log(tmp_path / "run") if "reward" in line]
    assert len(rewards) == 3
    assert all(0 <= reward <= 1 for reward in rewards)
    assert (tmp_path / "run" / "model" / "model.safetensors").exists()


def test_a_gradient_that_is_not_finite_stops_before_the_step(tmp_path):
    with pytest.raises(TrainingError, match=r"the gradient is not finite at step [23]"):
        train(
            tmp_path / "run", "sft", "steps=3", "optimizer.learning_rate=1e30", "schedule.name=constant", "save_every=1"
        )
    assert last_checkpoint(tmp_path / "run" / "checkpoints") is not None


@pytest.mark.parametrize("norms", [None, ""])
def test_a_checkpoint_whose_last_file_was_not_written_is_passed_over(tmp_path, norms):
    for step, text in ((2, '{"l1": [], "l2": []}'), (4, norms)):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        (folder / "trainer_state.json").write_text("{}")
        if text is not None:
            (folder / "gradient_norms.json").write_text(text)
    assert last_checkpoint(tmp_path) == tmp_path / "checkpoint-2"


@pytest.mark.parametrize(
    "full", [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), RuntimeError("unexpected pos 576 vs 534")]
)
def test_a_full_disk_stops_in_one_line_and_the_run_goes_on_when_there_is_room(tmp_path, monkeypatch, full):
    changes = ("steps=4", "save_every=2", "data.evaluation=")
    with monkeypatch.context() as patched:
        patched.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=0))
        patched.setattr(sessions, "save_whole", lambda *arguments: (_ for _ in ()).throw(full))
        with pytest.raises(
            TrainingError, match=r"no space left on the disk; free some, then go on with: reasoning train sft"
        ):
            train(tmp_path / "run", "sft", *changes)
    config = sessions.stored_config(tmp_path / "run")
    run_training(config, tmp_path / "run", resume=True, quiet=True)
    assert (tmp_path / "run" / "model" / "model.safetensors").exists()
    assert [line["step"] for line in log(tmp_path / "run") if "loss" in line] == [1, 2, 3, 4]


def test_a_directory_that_holds_something_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(TrainingError, match=r"is not empty: it holds notes\.txt"):
        train(tmp_path, "sft")


def test_a_model_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"model './gone': cannot be loaded"):
        train(tmp_path / "run", "sft", "model=./gone")


def command(*arguments, cwd):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return [sys.executable, "-m", "reasoning.cli.main", "train", *arguments], {"cwd": cwd, "env": environment}


GRPO_TOML = """\
threads = 1
steps = 8
save_every = 2
log_every = 1
batch_size = 8
data.count = 64
data.evaluation_count = 4
grpo.group = 4
reward.workers = 1
sampling = { max_new_tokens = 40, temperature = 1.3 }
"""


@pytest.mark.parametrize("recipe", ["sft", "grpo"])
def test_killed_and_resumed_the_curve_goes_on(tmp_path, recipe):
    """GRPO by the commands of the docs."""
    (tmp_path / "grpo.toml").write_text(GRPO_TOML)
    changes = ["steps=8", "save_every=2"]
    words, where = command(
        recipe, *(f"--set={change}" for change in (*SMALL, *changes)), "--out", "runs/soap", cwd=tmp_path
    )
    resume, config = ["--resume", "runs/soap"], None
    if recipe == "grpo":
        shown_begin = shown("training.md", "reasoning train grpo --config").split()
        words, config, changes = [*words[:3], *shown_begin[1:]], tmp_path / "grpo.toml", ["optimizer.name=soap"]
        resume = shown("training.md", "reasoning train --resume").split()[2:]
    run_training(
        read_config(recipe, config, [*(() if config else SMALL), *changes]),
        tmp_path / "straight",
        resume=False,
        quiet=True,
    )
    process = subprocess.Popen([*words, "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **where)
    checkpoints = tmp_path / "runs" / "soap" / "checkpoints"
    while process.poll() is None and last_checkpoint(checkpoints) is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    arguments, where = command(*resume, "--quiet", cwd=tmp_path)
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, **where)
    assert done.returncode == 0, done.stderr
    folders = [tmp_path / "straight", tmp_path / "runs" / "soap"]
    straight, resumed = ([(line["step"], line["loss"]) for line in log(folder) if "loss" in line] for folder in folders)
    assert [step for step, _ in resumed] == list(range(1, 9))
    norms = [json.loads((folder / "gradient_norms.json").read_text())["l2"] for folder in folders]
    assert norms[1] == pytest.approx(norms[0], rel=1e-3)
    assert [loss for _, loss in resumed] == pytest.approx([loss for _, loss in straight], abs=1e-4)


def test_the_own_task_of_the_docs_is_learned(tmp_path):
    page = (ROOT / "docs" / "training.md").read_text()
    blocks = dict(re.findall(r"<!-- (own[\w.]+) -->\n```\w+\n(.*?)```", page, re.DOTALL))
    assert sum(bool(line.strip()) for body in blocks.values() for line in body.splitlines()) <= 15
    for name, body in blocks.items():
        (tmp_path / name).write_text(body)
    subprocess.run([sys.executable, "own_problems.py"], cwd=tmp_path, check=True)
    arguments, where = command(
        "grpo", "--config", "own.toml", "--out", "run", "--quiet", "--set", "threads=1", cwd=tmp_path
    )
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, **where)
    assert done.returncode == 0, done.stderr
    rewards = [line["reward"] for line in log(tmp_path / "run") if "reward" in line]
    assert sum(rewards[-2:]) > sum(rewards[:2]) + 0.2
