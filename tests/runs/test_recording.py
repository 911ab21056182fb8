import asyncio
import json
from dataclasses import replace

import pytest

from reasoning.engines.base import Completion, EngineError, Message, Request
from reasoning.runs.recording import RecordingEngine, request_key
from reasoning.runs.store import RunStore
from verifiers.records import Problem


class Echo:
    name = "echo"

    def __init__(self, fail_on=()):
        self.asked = []
        self.fail_on = fail_on
        self.under_way = self.most = 0

    async def complete(self, request):
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        self.asked.append((request.seeds, request.sample_indices))
        if request.seeds[0] in self.fail_on:
            raise EngineError("down")
        return [Completion(f"{request.prompt} {seed}") for seed in request.seeds]

    async def close(self):
        pass

    def describe(self):
        return {"engine": "echo"}


@pytest.fixture
def store(tmp_path):
    opened = RunStore(tmp_path / "run.sqlite")
    yield opened
    opened.close()


def test_samples_are_asked_for_one_by_one_and_never_twice(store):
    engine = Echo()
    recording = RecordingEngine(engine, store, concurrency=2)
    request = Request(prompt="p", seeds=(5, 6, 7), sample_indices=(0, 1, 2))
    first = asyncio.run(recording.complete(request))
    assert [completion.text for completion in first] == ["p 5", "p 6", "p 7"]
    assert sorted(engine.asked) == [((5,), (0,)), ((6,), (1,)), ((7,), (2,))]
    assert engine.most == 2
    wider = replace(request, seeds=(7, 8, 5), sample_indices=(2, 3, 0))
    again = asyncio.run(RecordingEngine(engine, store, concurrency=2).complete(wider))
    assert [completion.text for completion in again] == ["p 7", "p 8", "p 5"]
    assert engine.asked[3:] == [((8,), (3,))]


def test_what_arrived_before_a_failure_is_kept(store):
    engine = Echo(fail_on=(6,))
    request = Request(prompt="p", seeds=(5, 6), sample_indices=(0, 1))
    with pytest.raises(EngineError, match="down"):
        asyncio.run(RecordingEngine(engine, store, concurrency=1).complete(request))
    engine.fail_on = ()
    asyncio.run(RecordingEngine(engine, store, concurrency=1).complete(request))
    assert [seeds for seeds, _ in engine.asked] == [(5,), (6,), (6,)]


def test_everything_that_decides_an_answer_is_in_the_key():
    problem = Problem("p", "puzzle", "words", {"sat": "def sat(x: int): return True"})
    base = Request(prompt="p", problem=problem)
    changes = [
        {"prompt": "q"},
        {"prompt": None, "messages": (Message("user", "p"),)},
        {"prompt": None, "messages": (Message("system", "p"),)},
        {"seeds": (1,)},
        {"sample_indices": (1,)},
        {"temperature": 0.5},
        {"top_p": 0.5},
        {"max_tokens": 5},
        {"stop": ("\n",)},
        {"logprobs": True},
        {"problem": None},
        {"problem": replace(problem, fields={"sat": "other"})},
        {"problem": replace(problem, id="q")},
    ]
    description = json.dumps({"engine": "echo"}).encode()
    keys = {request_key(replace(base, **change), description) for change in [{}, *changes]}
    keys.add(request_key(base, b"another engine"))
    assert len(keys) == len(changes) + 2
    assert request_key(base, description) == request_key(replace(base, seeds=(0,)), description)
