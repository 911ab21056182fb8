"""vLLM's own server and a tiny random model, forced by a grammar, complete a round trip of a tool call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from importlib.util import find_spec
from math import prod
from pathlib import Path

import pytest

from reasoning.discovery.llm import Settings, search
from reasoning.engines import Message, create_engine
from reasoning.methods.base import Attempt, Prompt, PromptStyle, Question, Sampling, Workbench
from reasoning.methods.registry import find_method
from reasoning.solvers.registry import find_tool
from tests.support.tiny_model import make_tiny_model
from tests.support.vllm_server import VLLMServer
from verifiers.records import Problem
from verifiers.sandbox import SandboxPool

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("vllm") is None, reason="vLLM is not installed (scripts/setup_vllm_cpu.sh)"),
]

SPEC = "direct,tools=factor_integer,tool_rounds=2,tool_choice=factor_integer,tool_strict=true,tool_timeout=2"
SAMPLES = 8
"""A random model may write digits up to its last token, which is no JSON; most samples end before."""
POSITIONS = 2_048
PARSER = ("--enable-auto-tool-choice", "--tool-call-parser", "hermes")
STYLE = PromptStyle(
    "plain", "", lambda problem: Prompt(messages=(Message("user", problem.prompt),)), lambda problem, reply: reply
)


@pytest.fixture(scope="module")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory = tmp_path_factory.mktemp("served")
    model = make_tiny_model(directory / "model", max_positions=POSITIONS)
    with VLLMServer(model, log=directory / "server.log", max_model_len=POSITIONS, more=PARSER) as server:
        server.wait_until_ready()
        yield server.url


def test_a_forced_call_reaches_the_solver_and_its_result_the_model(server_url: str) -> None:
    async def attempts(url: str) -> list[Attempt]:
        engine = create_engine(f"openai:{VLLMServer.MODEL},base_url={url}")
        try:
            async with SandboxPool(workers=1) as pool:
                workbench, method = Workbench(engine, pool), find_method(SPEC)
                sampling = Sampling(temperature=2.0, max_tokens=128)
                problem = Problem("p", "answer", "91?")
                questions = [Question(problem, STYLE, sample, 0, sampling) for sample in range(SAMPLES)]
                return await asyncio.gather(*(method(question, workbench) for question in questions))
        finally:
            await engine.close()

    made = asyncio.run(attempts(server_url))
    calls = [call for attempt in made for call in attempt.trace["tools"]]
    converged = [call for call in calls if call["status"] == "converged"]
    assert converged
    for call in calls:
        assert call["tool"] == "factor_integer"
        (number,) = find_tool(call["tool"]).bind(json.loads(call["arguments"])).values()
        # A long number may have no factors within the time limit; 0 has none at all.
        assert call["status"] in ("converged", "limit") or number == 0
        if call in converged:
            solution = json.loads(call["result"])["solution"]
            factors = (int(prime) ** int(exponent) for prime, exponent in solution["factors"])
            assert solution["sign"] * prod(factors) == number
    # The last round follows the tool's result, and no call is taken from it.
    assert all(len(attempt.trace["tools"]) <= 1 for attempt in made)
    assert any(attempt.trace["tools"] and attempt.candidate is not None for attempt in made)


def test_forced_proposals_of_fractions_are_read_and_judged(server_url: str, tmp_path: Path) -> None:
    settings = Settings(
        engine=f"openai:{VLLMServer.MODEL},base_url={server_url}", constants=("e", "phi"), rounds=2, samples=SAMPLES,
        temperature=1.0, max_tokens=256, structured=True,
    )  # fmt: skip
    outcome = asyncio.run(search(settings, tmp_path / "run", quiet=True))
    counts = outcome.counts
    assert counts["replies"] == 2 * SAMPLES
    # The grammar holds even a random model to lists of whole numbers, of which some end in time.
    assert counts["proposals"] >= counts["fresh"] > 0
    assert counts["verified"] == len({(one.a, one.b, one.constant) for one in outcome.conjectures})
    assert (tmp_path / "run" / "catalogue.html").exists()
    again = asyncio.run(search(settings, tmp_path / "run", resume=True, quiet=True))
    assert again == outcome
