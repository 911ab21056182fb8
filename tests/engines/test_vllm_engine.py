"""The real vLLM serves a tiny random model, in process and through its own server, and agrees with Transformers."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import random
import signal
import subprocess
import sys
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from reasoning.engines import Completion, Engine, EngineError, Message, Request, create_engine
from reasoning.engines.vllm_engine import VLLMEngine
from tests.support.tiny_model import make_tiny_model, token_logprobs
from tests.support.vllm_server import VLLMServer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("vllm") is None, reason="vLLM is not installed (scripts/setup_vllm_cpu.sh)"),
]

PROMPTS = [
    "hello",
    "2+2=",
    "def f(x):",
    "Ünïcödé",
    "a" * 60,
    "Q: why?\nA:",
    "for i in range(10):",
    "{}",
    "The",
    "x" * 9,
]
CHATS = [
    (Message("user", "2+2?"),),
    (Message("system", "Be brief."), Message("user", "2+2?")),
    (Message("user", "2+2?"), Message("assistant", "4"), Message("user", "And 3+3?")),
    (Message("user", "2+2?"), Message("assistant", "Let me see: ")),
]
EVERY_ENGINE = pytest.mark.parametrize("name", ["vllm", "openai", "transformers"])
BOTH = pytest.mark.parametrize("name", ["vllm", "openai"])


class Engines:
    """The three engines on one event loop, as vLLM's client lives on the loop that started it."""

    def __init__(self, model: Path, runner: asyncio.Runner, engines: dict[str, Engine]) -> None:
        self.model = model
        self._runner = runner
        self._engines = engines

    @property
    def vllm(self) -> VLLMEngine:
        """The engine in this process."""
        engine = self._engines["vllm"]
        assert isinstance(engine, VLLMEngine)
        return engine

    def run(self, work: Coroutine[Any, Any, list[str]]) -> list[str]:
        """Run something on the event loop of the engines."""
        return self._runner.run(work)

    def ask(self, name: str, *requests: Request) -> list[list[Completion]]:
        """Complete all requests at once."""

        async def run() -> list[list[Completion]]:
            return await asyncio.gather(*(self._engines[name].complete(request) for request in requests))

        return self._runner.run(run())

    def score(self, name: str, request: Request, texts: list[str]) -> list[list[float]]:
        """The log-probabilities of the tokens of each text."""

        async def run() -> list[list[float]]:
            scored = await asyncio.gather(*(self._engines[name].score(request, text) for text in texts))
            return [[token.logprob for token in tokens] for tokens in scored]

        return self._runner.run(run())


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    folder = tmp_path_factory.mktemp("vllm")
    model = make_tiny_model(folder / "tiny")
    specs = {"vllm": f"vllm:{model},dtype=float32,max_model_len=512,enforce_eager=true,cpu_kv_cache_gib=1"}
    with asyncio.Runner() as runner, VLLMServer(model, log=folder / "server.log") as server:
        # The server starts in its own process while the engine in this one does.
        specs["openai"] = f"openai:{VLLMServer.MODEL},base_url={server.url}"
        specs["transformers"] = f"transformers:{model},dtype=float32,device=cpu"
        made = {name: create_engine(spec) for name, spec in specs.items()}
        started = Engines(model, runner, made)
        started.ask("vllm", Request(prompt="x", max_tokens=1))
        server.wait_until_ready()
        yield started
        for engine in made.values():
            runner.run(engine.close())
        assert multiprocessing.active_children() == []


def texts(answers: list[list[Completion]]) -> list[str]:
    return [answer[0].text for answer in answers]


def test_batches_are_as_large_as_those_of_vllms_offline_class(engines: Engines) -> None:
    from vllm import EngineArgs
    from vllm.usage.usage_lib import UsageContext

    [tokens, sequences] = EngineArgs.get_batch_defaults(1)
    chosen = engines.vllm._server._engine.vllm_config.scheduler_config
    assert chosen.max_num_seqs == sequences[UsageContext.LLM_CLASS] > 128
    assert chosen.max_num_batched_tokens == tokens[UsageContext.LLM_CLASS]


def test_cancelled_requests_leave_and_the_others_go_on(engines: Engines) -> None:
    async def run() -> list[str]:
        requests = [Request(prompt=prompt, max_tokens=100) for prompt in PROMPTS]
        tasks = [asyncio.create_task(engines.vllm.complete(request)) for request in requests]
        while not engines.vllm._server._engine.has_unfinished_requests():
            await asyncio.sleep(0.001)
        for task in tasks[::2]:
            task.cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(answer, asyncio.CancelledError) for answer in done[::2])
        return [answer[0].text for answer in done[1::2] if isinstance(answer, list)]

    expected = texts(engines.ask("vllm", *(Request(prompt=prompt, max_tokens=100) for prompt in PROMPTS[1::2])))
    assert engines.run(run()) == expected
    assert not engines.vllm._server._engine.has_unfinished_requests()


@BOTH
def test_greedy_text_equals_transformers(engines: Engines, name: str) -> None:
    requests = [Request(prompt=prompt, max_tokens=60) for prompt in PROMPTS]
    answers = engines.ask(name, *requests)
    assert texts(answers) == texts(engines.ask("transformers", *requests))
    assert len(set(texts(answers))) == len(PROMPTS)


@BOTH
def test_chat_equals_transformers(engines: Engines, name: str) -> None:
    requests = [Request(messages=chat, max_tokens=60) for chat in CHATS]
    answers = engines.ask(name, *requests)
    expected = engines.ask("transformers", *requests)
    assert texts(answers) == texts(expected)
    assert [answer[0].prompt_tokens for answer in answers] == [answer[0].prompt_tokens for answer in expected]


@EVERY_ENGINE
def test_samples_depend_on_their_seed_alone(engines: Engines, name: str) -> None:
    def requests(seeds: list[int]) -> list[Request]:
        return [
            Request(
                prompt=PROMPTS[seed % 4],
                seeds=(seed + 2**62,),
                temperature=(0.7, 1.0)[seed % 2],
                top_p=(1.0, 0.95, 0.9)[seed % 3],
                max_tokens=16,
            )
            for seed in seeds
        ]

    seeds = list(range(16))
    together = dict(zip(seeds, texts(engines.ask(name, *requests(seeds))), strict=True))
    shuffled = random.Random(0).sample(seeds, len(seeds))
    assert dict(zip(shuffled, texts(engines.ask(name, *requests(shuffled))), strict=True)) == together
    alone = {seed: texts(engines.ask(name, *requests([seed])))[0] for seed in seeds[:4]}
    assert alone == {seed: together[seed] for seed in seeds[:4]}
    assert len(set(together.values())) > len(seeds) // 2


@EVERY_ENGINE
def test_several_seeds_of_one_request(engines: Engines, name: str) -> None:
    [three] = engines.ask(name, Request(prompt="x", seeds=(5, 6, 5), temperature=1.0, max_tokens=30))
    assert three[0].text == three[2].text != three[1].text


@BOTH
@pytest.mark.parametrize("chat", [False, True], ids=["plain", "chat"])
def test_logprobs_agree_with_transformers(engines: Engines, name: str, chat: bool) -> None:
    request = Request(messages=CHATS[0] if chat else (), prompt=None if chat else "2+2=", max_tokens=20, logprobs=True)
    [[answer]], [[expected]] = engines.ask(name, request), engines.ask("transformers", request)
    assert [entry.token for entry in answer.logprobs] == [entry.token for entry in expected.logprobs]
    assert [entry.logprob for entry in answer.logprobs] == pytest.approx(
        [entry.logprob for entry in expected.logprobs], abs=1e-3
    )
    assert len(answer.logprobs) == 20


@EVERY_ENGINE
def test_logprobs_do_not_depend_on_the_temperature(engines: Engines, name: str) -> None:
    request = Request(prompt="2+2=", seeds=(3,), temperature=0.5, top_p=0.9, max_tokens=12, logprobs=True)
    [[answer]] = engines.ask(name, request)
    assert "".join(entry.token for entry in answer.logprobs) == answer.text
    expected = token_logprobs(engines.model, "2+2=", answer.text)
    assert [entry.logprob for entry in answer.logprobs] == pytest.approx(expected, abs=1e-3)


@BOTH
def test_stop_texts_agree_with_transformers(engines: Engines, name: str) -> None:
    [[whole]] = engines.ask("transformers", Request(prompt="hello", max_tokens=40))
    stop = ("never-said", whole.text[10:13])
    request = Request(prompt="hello", max_tokens=40, stop=stop)
    [[answer]], [[expected]] = engines.ask(name, request), engines.ask("transformers", request)
    assert answer.text == expected.text == whole.text[: whole.text.index(stop[1])]
    assert answer.finish_reason == expected.finish_reason == "stop"
    assert answer.completion_tokens == expected.completion_tokens


@BOTH
def test_lengths_and_counts_agree_with_transformers(engines: Engines, name: str) -> None:
    requests = [Request(prompt="héllo", max_tokens=length) for length in (1, 7, 30)]
    answers, expected = engines.ask(name, *requests), engines.ask("transformers", *requests)
    assert [replace(answer[0], meta={}) for answer in answers] == [answer[0] for answer in expected]
    assert [answer[0].completion_tokens for answer in answers] == [1, 7, 30]


@EVERY_ENGINE
def test_too_long_prompts_are_refused_in_one_line(engines: Engines, name: str) -> None:
    with pytest.raises(EngineError, match="512") as caught:
        engines.ask(name, Request(prompt="a" * 600, max_tokens=4))
    assert "\n" not in str(caught.value)
    [[answer]] = engines.ask(name, Request(prompt="hello", max_tokens=4))
    assert answer.completion_tokens == 4


@EVERY_ENGINE
def test_given_texts_score_as_a_plain_forward_pass_does(engines: Engines, name: str) -> None:
    texts = ["4", "x y z", "ünï", "q" * 50]
    found = engines.score(name, Request(prompt="2+2="), texts)
    for text, scored in zip(texts, found, strict=True):
        assert scored == pytest.approx(token_logprobs(engines.model, "2+2=", text), abs=1e-3)


@pytest.mark.parametrize("name", ["vllm", "transformers"])
def test_behind_messages_too(engines: Engines, name: str) -> None:
    [scored] = engines.score(name, Request(messages=CHATS[1]), ["four"])
    text = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n2+2?<|im_end|>\n<|im_start|>assistant\n"
    assert scored == pytest.approx(token_logprobs(engines.model, text, "four"), abs=1e-3)


def test_the_death_of_its_process_is_one_line(tmp_path: Path) -> None:
    model = make_tiny_model(tmp_path / "tiny")
    others = multiprocessing.active_children()

    async def run() -> None:
        engine = create_engine(f"vllm:{model},dtype=float32,max_model_len=512,enforce_eager=true,cpu_kv_cache_gib=1")
        await engine.complete(Request(prompt="x", max_tokens=1))
        assert gc.get_freeze_count() > 100_000, "collections look at all that vLLM brought with it"
        under_way = asyncio.create_task(engine.complete(Request(prompt="x", max_tokens=500)))
        await asyncio.sleep(0)
        for process in multiprocessing.active_children():
            if process not in others and process.pid is not None:
                os.kill(process.pid, signal.SIGKILL)
        for lost in (under_way, engine.complete(Request(prompt="x", max_tokens=1))):
            with pytest.raises(EngineError, match=r"^vllm: .+") as caught:
                await lost
            assert "\n" not in str(caught.value)
        await engine.close()
        assert gc.get_freeze_count() == 0

    asyncio.run(run())


def test_a_failed_start_shows_the_cause_in_one_line_and_nothing_else_of_vllm(tmp_path: Path) -> None:
    model = make_tiny_model(tmp_path / "tiny")
    environment = {name: value for name, value in os.environ.items() if name != "VLLM_LOGGING_LEVEL"}
    command = [sys.executable, "-m", "reasoning.cli.main", "evaluate", "puzzles", "--limit", "1", "--max-tokens", "4"]
    command += ["--engine", f"vllm:{model},max_model_len=512,enforce_eager=true,cpu_kv_cache_gib=100000"]
    command += ["--prompt", "short", "--out", str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.stdout.startswith("┏")
    *progress, said = done.stderr.splitlines()
    assert said.startswith(f"1 sample got no answer (first: vllm cannot start '{model}': ValueError: Available memory")
    assert "is less than requested memory for kv (100000.0 GiB)" in said
    assert all(line.startswith("puzzles: ") for line in progress)
