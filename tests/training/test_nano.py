"""The built-in model: its tokenizer, its recipe, the checkpoint that ships, and the engine that runs it."""

from __future__ import annotations

import asyncio
import json
from importlib.util import find_spec

import pytest

from reasoning.data_files import data_file
from reasoning.engines import EngineSpecError, Message, Request, create_engine
from reasoning.engines.registry import list_engines
from reasoning.training.arithmetic import held_out_items, is_correct

if find_spec("torch") is None:
    torch = None
else:
    import torch

needs_torch = pytest.mark.skipif(torch is None, reason="PyTorch is not installed")
MIB = 1 << 20


def test_the_engine_is_listed_and_says_what_it_lacks():
    [listed] = [engine for engine in list_engines() if engine.name == "nano"]
    assert listed.installed == (find_spec("torch") is not None and find_spec("transformers") is not None)
    if not listed.installed:
        assert listed.install == "pip install 'reasoning-toolkit[transformers]'"
        with pytest.raises(EngineSpecError, match=r"engine 'nano' needs torch, transformers: pip install"):
            create_engine("nano")


def test_the_checkpoint_is_small_and_described():
    folder = data_file("nano/config.json").parent
    assert {"config.json", "model.safetensors", "tokenizer.json", "README.md", "training.json"} <= {
        path.name for path in folder.iterdir()
    }
    assert sum(path.stat().st_size for path in folder.iterdir()) < MIB


@needs_torch
def test_any_text_makes_the_round_trip_and_a_digit_is_a_token():
    from reasoning.training.nano import make_tokenizer

    tokenizer = make_tokenizer()
    for text in ("Q:37+58=?\nA:", "Ünïcödé \t\n ∑ 你好", "  two  spaces "):
        assert tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True) == text
    assert len(tokenizer("12345")["input_ids"]) == 5


@needs_torch
def test_the_chat_template_writes_the_prompt():
    from reasoning.training.nano import make_tokenizer

    item = held_out_items(1, 1)[0]
    turns = [{"role": "user", "content": item.question}]
    written = make_tokenizer().apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    assert written == item.prompt


@needs_torch
@pytest.mark.parametrize("model", ["nano", "nano_plus", "nano_prover"])
def test_no_text_has_a_token_that_the_model_lacks(model):
    from transformers import AutoTokenizer

    config = data_file(f"{model}/config.json")
    tokenizer = AutoTokenizer.from_pretrained(config.parent)
    given = tokenizer("1+1 <|endoftext|><unk><|im_start|>\x00é")["input_ids"]
    assert 0 <= min(given) <= max(given) < json.loads(config.read_text())["vocab_size"]
    assert len(tokenizer) <= json.loads(config.read_text())["vocab_size"]


@needs_torch
@pytest.mark.slow
def test_the_recipe_is_deterministic_and_learns():
    from reasoning.training.nano import NanoSettings, train_nano

    settings = NanoSettings(steps=12, batch_size=16, held_out=8, warmup_steps=4)
    one, other = train_nano(settings), train_nano(settings)
    assert one.losses == other.losses
    assert one.losses[-1] < one.losses[0] - 1
    assert all(torch.equal(a, b) for a, b in zip(one.model.parameters(), other.model.parameters(), strict=True))


@needs_torch
@pytest.mark.slow
def test_the_shipped_model_answers_seven_of_ten_held_out_questions_through_the_engine():
    items = held_out_items(101, 100)

    async def answers(spec, requests):
        engine = create_engine(spec)
        try:
            replies = await asyncio.gather(*(engine.complete(request) for request in requests))
        finally:
            await engine.close()
        return [reply[0].text for reply in replies]

    chat = [Request(messages=(Message("user", item.question),), max_tokens=64) for item in items]
    plain = [Request(prompt=item.prompt, max_tokens=64) for item in items]
    texts = asyncio.run(answers("nano", chat))
    assert sum(is_correct(text, item.answer) for text, item in zip(texts, items, strict=True)) >= 70
    folder = data_file("nano/config.json").parent
    assert asyncio.run(answers(f"transformers:{folder},device=cpu,dtype=float32,batch_size=7", plain)) == texts
