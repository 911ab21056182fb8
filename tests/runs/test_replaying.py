"""An earlier run replayed: the same request gets the same completion, another gets none, and never a wrong one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from reasoning.engines import Completion, Engine, EngineError, EngineSpecError, Request, TokenLogprob, create_engine
from reasoning.runs import Run
from tests.engines.test_replay import write
from verifiers.records import Problem

REQUESTS = [
    Request(prompt=f"Q{number}", seeds=(seed,), problem=Problem(f"p{number}", "puzzle"), sample_indices=(seed,))
    for number in range(3)
    for seed in range(2)
]


@pytest.fixture
def run_directory(tmp_path: Path) -> Path:
    """A run that asked a file of recorded samples, interrupted: without records.jsonl."""
    rows = [{"id": f"p{number}", "text": f"a{number}{sample}"} for number in range(3) for sample in range(2)]
    engine = create_engine(f"replay:{write(tmp_path / 's.jsonl', rows)}")

    async def fill(run: Run) -> None:
        recording = run.recording(engine, concurrency=4)
        for request in REQUESTS:
            await recording.complete(request)
        await engine.close()

    settings = {"engine": "replay", "engine_description": engine.describe()}
    with Run.start(tmp_path / "run", settings) as run:
        asyncio.run(fill(run))
    return tmp_path / "run"


def ask(engine: Engine, requests: Sequence[Request]) -> list[list[Completion]]:
    async def run() -> list[list[Completion]]:
        return [await engine.complete(request) for request in requests]

    return asyncio.run(run())


def test_same_requests_get_the_same_completions(run_directory: Path) -> None:
    engine = create_engine(f"replay:{run_directory}")
    assert [answer[0].text for answer in ask(engine, REQUESTS)] == ["a00", "a01", "a10", "a11", "a20", "a21"]
    both = replace(REQUESTS[0], seeds=(1, 0), sample_indices=(1, 0))
    assert [completion.text for completion in ask(engine, [both])[0]] == ["a01", "a00"]


def test_everything_of_a_completion_comes_back(run_directory: Path) -> None:
    full = Completion("\ud800", "length", 3, 4, (TokenLogprob("x", -0.5),), {"k": [1]})

    class Fixed:
        name = "fixed"

        async def complete(self, request: Request) -> list[Completion]:
            return [full]

        async def close(self) -> None:
            """Nothing is held."""

        def describe(self) -> dict[str, object]:
            return {"engine": "fixed"}

    directory = run_directory.parent / "second"
    with Run.start(directory, {"engine_description": Fixed().describe()}) as run:
        ask(run.recording(Fixed(), 1), REQUESTS[:1])
    assert ask(create_engine(f"replay:{directory}"), REQUESTS[:1]) == [[full]]


@pytest.mark.parametrize(
    "other",
    [{"seeds": (9,)}, {"prompt": "Q9"}, {"temperature": 0.5}, {"max_tokens": 9}, {"problem": Problem("p0", "program")}],
    ids=lambda other: next(iter(other)),
)
def test_other_requests_are_unrecorded(run_directory: Path, other: dict[str, object]) -> None:
    engine = create_engine(f"replay:{run_directory}")
    [[answer]] = ask(engine, [replace(REQUESTS[0], **other)])
    assert (answer.text, answer.finish_reason) == ("", "unrecorded")


def test_run_with_other_settings_is_said_and_not_scored_as_nothing(run_directory: Path) -> None:
    unknown = [replace(REQUESTS[0], seeds=(seed,)) for seed in range(100, 120)]
    with pytest.raises(EngineError, match="answered none of the first 20 requests: give the same seed"):
        ask(create_engine(f"replay:{run_directory}"), unknown)
    ask(create_engine(f"replay:{run_directory}"), [REQUESTS[0], *unknown])


def test_directories_that_are_no_runs_are_refused(run_directory: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(EngineSpecError, match=r"config\.json is missing"):
        create_engine(f"replay:{tmp_path / 'empty'}")
    with pytest.raises(EngineSpecError, match="takes no options, got experiment"):
        create_engine(f"replay:{run_directory},experiment=long")
    (run_directory / "run.sqlite").write_bytes(b"not a store" * 1000)
    with pytest.raises(EngineSpecError, match="not a run's store"):
        create_engine(f"replay:{run_directory}")
