"""The transformers engine with other kinds of model: learned places, ALiBi, windows, states; each row on its own.

Rows of one batch end and join at different times, so that a layer whose cache is selected, padded or joined wrongly
gives another text than `generate` does for the prompt alone.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
transformers = pytest.importorskip("transformers", reason="Transformers is not installed")

from reasoning.engines import EngineError, Request, create_engine  # noqa: E402
from tests.support.tiny_model import make_tiny_model  # noqa: E402

pytestmark = pytest.mark.slow

SIZES = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
GPT_SIZES = {"n_embd": 64, "n_layer": 2, "n_head": 4}
WIDE = SIZES | {"intermediate_size": 96, "num_key_value_heads": 2}
STATES = {
    "linear_num_value_heads": 4, "linear_num_key_heads": 2, "linear_key_head_dim": 16, "linear_value_head_dim": 16,
    "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "shared_expert_intermediate_size": 32,
}  # fmt: skip
ARCHITECTURES = {
    "gpt2": GPT_SIZES,
    "bloom": {"hidden_size": 64, "n_layer": 2, "n_head": 4},
    "falcon": SIZES | {"alibi": True},
    "opt": SIZES | {"ffn_dim": 96, "word_embed_proj_dim": 64},
    "gpt_neox": SIZES | {"intermediate_size": 96},
    "mixtral": WIDE | {"num_local_experts": 4},
    "gemma2": WIDE | {"head_dim": 16, "sliding_window": 16},
    "lfm2": WIDE | {"layer_types": ["conv", "full_attention"]},
    "qwen3_next": WIDE | STATES | {"head_dim": 16, "layer_types": ["linear_attention", "full_attention"]},
}
PROMPTS = ["hello", "2+2=", "def f(x):", "a" * 60, "Q: why?\nA:", "x", "the end of it"]
LENGTHS = [40, 4, 7, 5, 30, 3, 20]


def make_model(directory: Path, kind: str, sizes: dict[str, Any]) -> Path:
    """A random model of this kind, with the tiny model's tokenizer."""
    make_tiny_model(directory)
    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
    config = transformers.AutoConfig.for_model(
        kind, vocab_size=len(tokenizer), tie_word_embeddings=False, bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, **sizes,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = transformers.AutoModelForCausalLM.from_config(config).float()
        with torch.no_grad():
            # Sure of its words, so that rounding changes none of them.
            model.get_output_embeddings().weight.normal_(0, 0.6)
    model.save_pretrained(directory)
    return directory


def complete(model: Path, requests: list[Request], batch_size: int) -> list[str]:
    async def run() -> list[str]:
        engine = create_engine(f"transformers:{model},device=cpu,dtype=float32,batch_size={batch_size}")
        try:
            answers = await asyncio.gather(*map(engine.complete, requests))
        finally:
            await engine.close()
        return [answer.text for [answer] in answers]

    return asyncio.run(run())


@pytest.mark.parametrize("kind", ARCHITECTURES)
def test_rows_that_end_and_join_say_what_each_prompt_says_alone(tmp_path: Path, kind: str) -> None:
    model = make_model(tmp_path / kind, kind, ARCHITECTURES[kind])
    network = transformers.AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    tokenizer = transformers.AutoTokenizer.from_pretrained(model)
    expected = []
    for prompt, length in zip(PROMPTS, LENGTHS, strict=True):
        inputs = tokenizer(prompt, return_tensors="pt", return_token_type_ids=False)
        output = network.generate(**inputs, max_new_tokens=length, do_sample=False)
        expected.append(tokenizer.decode(output[0, inputs.input_ids.shape[1] :], skip_special_tokens=True))
    requests = [Request(prompt=prompt, max_tokens=length) for prompt, length in zip(PROMPTS, LENGTHS, strict=True)]
    assert complete(model, requests, batch_size=2) == expected
    assert complete(model, requests, batch_size=8) == expected


def test_a_model_without_such_a_cache_is_refused_in_one_line(tmp_path: Path) -> None:
    model = make_model(tmp_path / "mamba", "mamba", {"hidden_size": 64, "num_hidden_layers": 2})
    with pytest.raises(EngineError, match="MambaForCausalLM keeps no key-value cache; use vllm for it"):
        complete(model, [Request(prompt="x", max_tokens=4)], batch_size=2)
