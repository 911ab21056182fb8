"""The thread that drives vLLM, with a scripted engine in vLLM's place (test_vllm_engine.py has the real one)."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pydantic
import pytest

from reasoning.engines import EngineError
from reasoning.engines.process_output import ProcessOutput
from reasoning.engines.vllm_server import VLLMOptions, _engine_arguments, _Loop, _Order, first_line

STEP_SECONDS = 0.0005


@dataclass
class Scripted:
    """An engine whose steps take a moment; a request ends when the test wants it to."""

    running: list[str] = field(default_factory=list)
    ending: set[str] = field(default_factory=set)
    aborted: list[str] = field(default_factory=list)
    broken: bool = False
    silent: bool = False
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def renderer(self) -> Scripted:
        return self

    def render_cmpl(self, prompts: list[dict[str, list[int]]]) -> list[list[int]]:
        return [prompt["prompt_token_ids"] for prompt in prompts]

    def add_request(self, id: str, prompt: list[int], parameters: Any) -> None:
        if not prompt:
            raise ValueError("an empty prompt")
        self.running.append(id)

    def abort_request(self, ids: list[str]) -> None:
        for id in ids:
            self.running.remove(id)
        self.aborted += ids

    def step(self) -> list[Any]:
        if self.silent:
            self.released.wait()
        time.sleep(STEP_SECONDS)
        if self.broken:
            raise RuntimeError("out of memory\nmore of it")
        ended = [id for id in self.running if id in self.ending]
        self.running = [id for id in self.running if id not in ended]
        return [SimpleNamespace(request_id=id, finished=True) for id in ended]


def order(id: str, ids: Sequence[int] = (1,)) -> _Order:
    return _Order(id, list(ids), None)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


def test_requests_join_the_running_batch_and_leave_it_as_they_end() -> None:
    async def run() -> None:
        engine = Scripted()
        loop = _Loop(engine, [])
        first = asyncio.create_task(loop.run(order("first")))
        await until(lambda: engine.running == ["first"])
        second = asyncio.create_task(loop.run(order("second")))
        await until(lambda: engine.running == ["first", "second"])
        engine.ending.add("second")
        assert (await second).request_id == "second"
        assert not first.done()
        engine.ending.add("first")
        assert (await first).request_id == "first"
        await asyncio.to_thread(loop.close)

    asyncio.run(run())


def test_a_refused_request_fails_alone_and_a_cancelled_one_leaves_the_batch() -> None:
    async def run() -> None:
        engine = Scripted()
        loop = _Loop(engine, [])
        kept, dropped = (asyncio.create_task(loop.run(order(id))) for id in ("kept", "dropped"))
        with pytest.raises(ValueError, match="an empty prompt"):
            await loop.run(order("refused", ()))
        await until(lambda: engine.running == ["kept", "dropped"])
        dropped.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dropped
        await until(lambda: engine.aborted == ["dropped"])
        engine.ending.add("kept")
        assert (await kept).request_id == "kept"
        await asyncio.to_thread(loop.close)

    asyncio.run(run())


def test_a_failed_step_fails_all_requests_in_one_line_and_those_to_come() -> None:
    async def run() -> None:
        engine = Scripted()
        loop = _Loop(engine, [])
        tasks = [asyncio.create_task(loop.run(order(id))) for id in ("a", "b")]
        await until(lambda: engine.running == ["a", "b"])
        engine.broken = True
        for lost in (*tasks, loop.run(order("c"))):
            with pytest.raises(EngineError, match=r"^vllm: out of memory$"):
                await lost
        await asyncio.to_thread(loop.close)

    asyncio.run(run())


@pytest.mark.parametrize("cause", ["", "ValueError: no room"])
def test_the_death_of_a_process_fails_requests_whose_output_will_never_come(cause: str) -> None:
    async def run() -> None:
        process = multiprocessing.get_context("fork").Process(target=signal.pause)
        process.start()
        engine = Scripted(silent=True)
        output = ProcessOutput()
        logger = logging.Logger("vllm")
        logger.addHandler(logging.StreamHandler())
        output.take_log(logger)
        logger.error(cause)
        loop = _Loop(engine, [process], output)
        waiting = asyncio.create_task(loop.run(order("a")))
        await until(lambda: engine.running == ["a"])
        process.kill()
        for lost in (waiting, loop.run(order("b"))):
            with pytest.raises(
                EngineError, match=rf"^vllm: its engine process has died{': ' + cause if cause else ''}$"
            ):
                await lost
        await asyncio.to_thread(loop.close)
        engine.released.set()
        process.join()

    asyncio.run(run())


def test_what_runs_when_it_is_closed_is_aborted_and_fails() -> None:
    async def run() -> list[str]:
        engine = Scripted()
        loop = _Loop(engine, [])
        running = asyncio.create_task(loop.run(order("a")))
        await until(lambda: engine.running == ["a"])
        await asyncio.to_thread(loop.close)
        with pytest.raises(EngineError, match="the engine is closed"):
            await running
        return engine.aborted

    assert asyncio.run(run()) == ["a"]


def test_on_a_cpu_half_of_the_memory_is_left_to_others_unless_asked_for():
    assert _engine_arguments(VLLMOptions(), on_cpu=True)["gpu_memory_utilization"] == 0.5
    assert _engine_arguments(VLLMOptions(gpu_memory_utilization=0.9), on_cpu=True)["gpu_memory_utilization"] == 0.9
    assert "gpu_memory_utilization" not in _engine_arguments(VLLMOptions(), on_cpu=False)
    assert "cpu_kv_cache_gib" not in _engine_arguments(VLLMOptions(cpu_kv_cache_gib=2), on_cpu=True)


def test_a_mistake_in_an_option_is_said_and_not_counted() -> None:
    class Config(pydantic.BaseModel):
        dtype: int

    with pytest.raises(pydantic.ValidationError) as caught:
        Config(dtype="float99")
    assert first_line(caught.value).startswith("dtype Input should be a valid integer")
    assert first_line(RuntimeError(" out of memory\nmore of it")) == "out of memory"
    assert first_line(RuntimeError()) == "RuntimeError"
