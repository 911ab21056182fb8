"""On a GPU the built-in model says what it says on the CPU, and its samples depend on their seeds alone."""

from __future__ import annotations

import asyncio
import random

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("transformers", reason="Transformers is not installed")

from reasoning.engines import Request, create_engine  # noqa: E402
from reasoning.training.arithmetic import held_out_items  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA GPU")]
PROMPTS = [item.prompt for item in held_out_items(11, 64)]


def ask(spec, requests, at_once=64):
    async def run():
        engine = create_engine(spec)
        room = asyncio.Semaphore(at_once)

        async def one(request):
            async with room:
                return await engine.complete(request)

        try:
            return [reply[0] for reply in await asyncio.gather(*map(one, requests))]
        finally:
            await engine.close()

    return asyncio.run(run())


def test_greedy_text_and_logprobs_agree_with_the_cpu():
    requests = [Request(prompt=prompt, max_tokens=64, logprobs=True) for prompt in PROMPTS]
    here, there = (ask(f"nano,device={device}", requests) for device in ("cpu", "cuda"))
    assert [reply.text for reply in there] == [reply.text for reply in here]
    for mine, theirs in zip(here, there, strict=True):
        values = [[token.logprob for token in reply.logprobs] for reply in (mine, theirs)]
        assert values[1] == pytest.approx(values[0], abs=1e-3)


def test_seeds_give_the_same_samples_in_any_order_and_concurrency():
    requests = [Request(prompt=p, seeds=(n,), temperature=1.0, max_tokens=64) for n, p in enumerate(PROMPTS)]
    first = [reply.text for reply in ask("nano,device=cuda", requests)]
    order = list(range(len(requests)))
    random.Random(5).shuffle(order)
    again = ask("nano,device=cuda", [requests[index] for index in order], at_once=3)
    assert [reply.text for reply in again] == [first[index] for index in order]
    other = ask(
        "nano,device=cuda", [Request(prompt=PROMPTS[0], seeds=(n,), temperature=1.0, max_tokens=64) for n in range(8)]
    )
    assert len({reply.text for reply in other}) > 1
