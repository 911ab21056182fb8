"""The thread that drives vLLM, with a scripted engine in vLLM's place (test_vllm_engine.py has the real one)."""

from __future__ import annotations

import asyncio
import multiprocessing
import queue
import signal
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from reasoning.engines import EngineError
from reasoning.engines.vllm_server import _Loop, _Order


@dataclass
class Scripted:
    """Ends a request when it was in so many batches as its only token says; a step begins when the test lets it."""

    steps: queue.Queue[str] = field(default_factory=queue.Queue)
    left: dict[str, int] = field(default_factory=dict)
    batches: list[list[str]] = field(default_factory=list)
    aborted: list[str] = field(default_factory=list)

    @property
    def renderer(self) -> Scripted:
        return self

    def render_cmpl(self, prompts: list[dict[str, list[int]]]) -> list[list[int]]:
        return [prompt["prompt_token_ids"] for prompt in prompts]

    def add_request(self, id: str, prompt: list[int], parameters: Any) -> None:
        if not prompt:
            raise ValueError("an empty prompt")
        [self.left[id]] = prompt

    def abort_request(self, ids: list[str]) -> None:
        self.aborted += ids
        for id in ids:
            del self.left[id]

    def step(self) -> list[Any]:
        if self.steps.get() == "die":
            raise RuntimeError("out of memory\nmore of it")
        self.batches.append(sorted(self.left))
        for id in self.left:
            self.left[id] -= 1
        ended = [id for id, left in self.left.items() if left == 0]
        for id in ended:
            del self.left[id]
        return [SimpleNamespace(request_id=id, finished=True) for id in ended]


async def until(condition: Any) -> None:
    while not condition():
        await asyncio.sleep(0.001)


def test_requests_join_the_running_batch_and_leave_it_as_they_end() -> None:
    async def run() -> tuple[list[str], list[list[str]]]:
        engine = Scripted()
        loop = _Loop(engine, [])
        first = asyncio.create_task(loop.run(_Order("first", [4], None)))
        await until(lambda: "first" in engine.left)
        engine.steps.put("go")
        await until(lambda: engine.batches)
        second = asyncio.create_task(loop.run(_Order("second", [1], None)))
        await asyncio.sleep(0)
        for _ in range(3):
            engine.steps.put("go")
        outputs = await asyncio.gather(first, second)
        await asyncio.to_thread(loop.close)
        return [output.request_id for output in outputs], engine.batches

    answered, batches = asyncio.run(run())
    assert answered == ["first", "second"]
    assert batches[0] == ["first"]
    assert batches[2] == ["first", "second"] or batches[1] == ["first", "second"]
    assert len(batches) == 4
    assert sum("second" in batch for batch in batches) == 1


def test_a_refused_request_fails_alone_and_a_cancelled_one_leaves_the_batch() -> None:
    async def run() -> list[str]:
        engine = Scripted()
        loop = _Loop(engine, [])
        kept, dropped = (asyncio.create_task(loop.run(_Order(id, [3], None))) for id in ("kept", "dropped"))
        with pytest.raises(ValueError, match="an empty prompt"):
            await loop.run(_Order("refused", [], None))
        await until(lambda: len(engine.left) == 2)
        dropped.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dropped
        for _ in range(3):
            engine.steps.put("go")
        assert (await kept).request_id == "kept"
        await asyncio.to_thread(loop.close)
        assert len(engine.batches) == 3
        return engine.aborted

    assert asyncio.run(run()) == ["dropped"]


def test_a_failed_step_fails_all_requests_in_one_line_and_those_to_come() -> None:
    async def run() -> None:
        engine = Scripted()
        loop = _Loop(engine, [])
        tasks = [asyncio.create_task(loop.run(_Order(id, [3], None))) for id in ("a", "b")]
        await until(lambda: len(engine.left) == 2)
        engine.steps.put("die")
        for task in tasks:
            with pytest.raises(EngineError, match=r"^vllm: out of memory$"):
                await task
        with pytest.raises(EngineError, match=r"^vllm: out of memory$"):
            await loop.run(_Order("c", [1], None))
        await asyncio.to_thread(loop.close)

    asyncio.run(run())


def test_the_death_of_a_process_fails_requests_whose_output_will_never_come() -> None:
    async def run() -> None:
        process = multiprocessing.get_context("fork").Process(target=signal.pause)
        process.start()
        engine = Scripted()
        loop = _Loop(engine, [process])
        waiting = asyncio.create_task(loop.run(_Order("a", [1], None)))
        await until(lambda: engine.left)
        process.kill()
        for lost in (waiting, loop.run(_Order("b", [1], None))):
            with pytest.raises(EngineError, match=r"^vllm: its engine process has died$"):
                await lost
        engine.steps.put("go")
        await asyncio.to_thread(loop.close)
        process.join()

    asyncio.run(run())


def test_what_runs_when_it_is_closed_is_aborted_and_fails() -> None:
    async def run() -> list[str]:
        engine = Scripted()
        loop = _Loop(engine, [])
        running = asyncio.create_task(loop.run(_Order("a", [5], None)))
        await until(lambda: engine.left)
        closing = asyncio.create_task(asyncio.to_thread(loop.close))
        engine.steps.put("go")
        with pytest.raises(EngineError, match="the engine is closed"):
            await running
        await closing
        return engine.aborted

    assert asyncio.run(run()) == ["a"]
